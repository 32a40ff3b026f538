"""Problems while they are collected, and the exception that ends a reading for good."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.errors import FormError
from bot.forms.model import Problem

STRANGE = "the form cannot be read"
"""What is said where pyxform broke down without words."""


class Unreadable(FormError):
    """A source that cannot be read any further; `problem` says why."""

    def __init__(self, what: str, *, mend: str = "", sheet: str = "", row: int = 0, column: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(level="error", what=what, mend=mend, sheet=sheet, row=row, column=column)


_ROW = re.compile(r"\[row : (\d+)\]\s*:?\s*")
_SHEET = re.compile(r"[Oo]n the '(\w+)' sheet,? ?")
_COLUMN = re.compile(r"the '([\w:]+)' value")
_LINKS = re.compile(r"\s*Learn more: \S+")
_DUMP = re.compile(r"\s*\{.*\}\s*$", re.DOTALL)

_MENDS: tuple[tuple[str, str], ...] = (
    ("no type", "Fill in the column type."),
    ("Choice names with spaces", "Use _ in the column name of the choices sheet."),
    ("Unknown question type", "Correct the column type."),
    ("Duplicate column header", "Remove or rename one of the columns."),
    ("has no label or hint", "Fill in the column label."),
)
"""Part of pyxform's message -> what the author does about it, where the message itself does not say so."""


_OURS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), what, mend)
    for pattern, what, mend in (
        (
            r"The name 'meta' is reserved", "the name meta is kept for what every response holds about itself",
            "Rename the group or question.",
        ),
        (r"Could not find the name '([^']+)'", "there is no question ${{{0}}}", "Use a name from the survey sheet."),
        (
            r"variables names must be unique .*The name '([^']+)' appears", "${{{0}}} is the name of several questions",
            "Give each its own name.",
        ),
        (
            r"Reference variables must start with", "a mention of a question is not complete",
            "Write ${name}, without spaces inside the brackets.",
        ),
        (
            r"the 'name' value '([^']+)' is invalid\. Questions, groups, and repeats must be unique",
            "the name {0} must be unique: another row of the same group has it already", "Rename one of them.",
        ),
        (
            r"Choice filter not supported with or_other", "or_other and a choice_filter do not go together",
            "Add a choice other to the list, and a text question after it.",
        ),
        (
            r"Please specify choices for this 'or other' question", "or_other needs a list of the choices sheet",
            "Add a choice other to the file, and a text question after it.",
        ),
        (r"Audits must always be named", "a row of the type audit has no name of its own", "Empty its column name."),
        (
            r"Unmatched 'end_(\w+)'", "this row ends a {0} that was not begun",
            "Remove it, or add the begin row that is missing.",
        ),
        (r"Unmatched 'begin_(\w+)'", "this {0} is begun and never ended", "Add the end row that is missing."),
        (
            r"randomize must be set to true or false: '([^']*)'", "randomize is true or false, not {0}",
            "Correct the parameter.",
        ),
        (r"Missing calculation", "the row has no calculation", "Fill in the column calculation."),
        (r"Question or group with no name", "the row has no name", "Fill in the column name."),
        (
            r"provided for sheet: '(\w+)'.*headers were not found: '(\w+)'", "the sheet {0} has no column {1}",
            "Add it, or correct the header of the column that is meant.",
        ),
        (
            r"List name not in choices sheet: (\S+)", "there is no list {0} in the choices sheet",
            "Add the list to the choices sheet, or correct its name in the column type.",
        ),
        (r"There should be a choices sheet", "there is no sheet choices with the column list_name",
         "Add the sheet, or correct its name or that of the column."),
        (
            r"Names must begin with a letter", "a name must begin with a letter, and holds letters, digits, _, - and .",
            "Correct the name.",
        ),
    )
)  # fmt: skip
"""What pyxform says (a pattern) -> how we say it, with what the pattern caught, and how to mend it."""


def from_pyxform(message: str, *, level: str = "error", sheet: str = "") -> tuple[Problem, ...]:
    """Return pyxform's message as problems: one a line if every line names its row."""
    lines = message.strip().split("\n")
    if len(lines) > 1 and all(_ROW.match(line) for line in lines):
        return tuple(_from_line(line, level=level, sheet=sheet) for line in lines)
    return (_from_line(message, level=level, sheet=sheet),)


def _from_line(message: str, *, level: str, sheet: str) -> Problem:
    row, named, column = _ROW.search(message), _SHEET.search(message), _COLUMN.search(message)
    for pattern, ours, how in _OURS:
        caught = pattern.search(message)
        if caught is not None:
            what, mend = ours.format(*caught.groups()), how
            break
    else:
        what, mend = _plain(message)
    return Problem(
        level="error" if level == "error" else "warning",
        what=what or "pyxform refuses the form",
        mend=mend,
        sheet=named[1] if named else sheet or ("survey" if row else ""),
        row=int(row[1]) if row else 0,
        column=column[1] if column else "",
    )


def _plain(message: str) -> tuple[str, str]:
    """Return pyxform's own words without marks and links, and what we know to do about it."""
    what = _LINKS.sub("", _DUMP.sub("", _ROW.sub("", message))).strip().rstrip(":").strip()
    return what, next((mend for part, mend in _MENDS if part in message), "")


def merged(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return problems in sheet order, each once."""
    sheets = {"": 0, "settings": 1, "survey": 2, "choices": 3}
    seen: set[tuple[object, ...]] = set()
    kept: list[Problem] = []
    for problem in problems:
        key = (problem.level, problem.sheet, problem.row, problem.column, problem.what)
        if key not in seen:
            seen.add(key)
            ended = not problem.mend or problem.what.endswith((".", "?", "!"))
            kept.append(problem if ended else replace(problem, what=f"{problem.what}."))
    return tuple(sorted(kept, key=lambda problem: (sheets.get(problem.sheet, 9), problem.row)))
