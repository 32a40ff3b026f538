"""Problems while they are collected, and the exception that ends a reading for good."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.errors import FormError
from bot.forms.model import Problem


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
    ("with no name", "Fill in the column name."),
    ("List name not in choices sheet", "Add the list to the choices sheet, or correct its name in the column type."),
    ("There should be a choices sheet", "Add a sheet named choices."),
    ("Choice names with spaces", "Use _ in the column name of the choices sheet."),
    ("Unmatched 'end_", "Remove it, or add the begin row that is missing."),
    ("Unmatched 'begin_", "Add the end row that is missing."),
    ("Missing calculation", "Fill in the column calculation."),
    ("Unknown question type", "Correct the column type."),
    ("reserved for form metadata", "Rename the group."),
    ("Duplicate column header", "Remove or rename one of the columns."),
    ("has no label or hint", "Fill in the column label."),
)
"""Part of pyxform's message -> what the author does about it, where the message itself does not say so."""


def from_pyxform(message: str, *, level: str = "error", sheet: str = "") -> tuple[Problem, ...]:
    """Return pyxform's message as problems: one a line if every line names its row."""
    lines = message.strip().split("\n")
    if len(lines) > 1 and all(_ROW.match(line) for line in lines):
        return tuple(_from_line(line, level=level, sheet=sheet) for line in lines)
    return (_from_line(message, level=level, sheet=sheet),)


def _from_line(message: str, *, level: str, sheet: str) -> Problem:
    row, named, column = _ROW.search(message), _SHEET.search(message), _COLUMN.search(message)
    what = _LINKS.sub("", _DUMP.sub("", _ROW.sub("", message))).strip().rstrip(":").strip()
    mend = next((mend for part, mend in _MENDS if part in message), "")
    return Problem(
        level="error" if level == "error" else "warning",
        what=what or "pyxform refuses the form",
        mend=mend,
        sheet=named[1] if named else sheet or ("survey" if row else ""),
        row=int(row[1]) if row else 0,
        column=column[1] if column else "",
    )


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
