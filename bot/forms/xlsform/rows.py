"""Where in the sheets a thing stands: rows by path, the author's own header of a column, rows of choices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.forms.model import Problem
from bot.forms.xlsform.sheets import Cells, Sheets

_ALIASES: Mapping[str, frozenset[str]] = {
    "type": frozenset({"type", "command"}),
    "name": frozenset({"name", "tag", "value"}),
    "label": frozenset({"label", "caption"}),
    "relevant": frozenset({"relevant", "relevance", "bind::relevant"}),
    "calculation": frozenset({"calculation", "calculate", "bind::calculate"}),
    "constraint": frozenset({"constraint", "bind::constraint"}),
    "required": frozenset({"required", "bind::required"}),
    "default": frozenset({"default"}),
    "read_only": frozenset({"readonly", "read_only", "bind::readonly"}),
    "choice_filter": frozenset({"choice_filter"}),
    "count": frozenset({"repeat_count", "jr:count", "count"}),
    "list_name": frozenset({"list_name"}),
    "disabled": frozenset({"disabled"}),
}
"""Our name of a column -> the headers that mean it, in snake case."""

_BEGIN = re.compile(r"begin[\s_](?:group|lgroup|repeat|loop|looped group)\b")
_END = re.compile(r"end[\s_](?:group|lgroup|repeat|loop|looped group)\b")
_UNKNOWN_TYPE = re.compile(r"Unknown question type '(.+)'")
_SPACED = re.compile(r"Choice names with spaces .* See \[(.+)\] in \[(.+)\]")
_HEADERS = re.compile(r"Invalid headers provided for sheet: '(\w+)'|the sheet (\w+) has no column")
_RANDOMIZE = re.compile(r"randomize is true or false, not (.*)")
YES = frozenset({"yes", "true", "true()"})


def header_of(cells: Cells, column: str) -> str:
    """Return the header that a row has for a column, else the column's usual name."""
    column = "default" if column == "dynamic_default" else column
    wanted = _ALIASES.get(column, frozenset({column}))
    return next((header for header in cells if "_".join(header.split()).lower() in wanted), column)


def cell(cells: Cells, column: str) -> str:
    """Return the text of a cell, "" if there is none."""
    return (cells.get(header_of(cells, column)) or "").strip()


@dataclass(slots=True)
class Places:
    """Rows of the survey by path, and of the choices by list and name; 1 is the header."""

    survey: dict[str, int] = field(default_factory=dict)
    choices: dict[tuple[str, str], int] = field(default_factory=dict)
    sheets: Sheets | None = None

    def row(self, path: str) -> int:
        """Return the row of a path; what pyxform made of a row (the text of or_other) is found by it."""
        return self.survey.get(path) or self.survey.get(path.removesuffix("_other"), 0)

    def header(self, path: str, column: str) -> str:
        """Return the author's header for a column in the row of a path."""
        row = self.row(path)
        return header_of(self.sheets.survey[row - 2], column) if self.sheets and row > 1 else column

    def cell(self, path: str, column: str) -> str:
        """Return the raw text in the row of a path."""
        row = self.row(path)
        return cell(self.sheets.survey[row - 2], column) if self.sheets and row > 1 else ""

    def setting(self, name: str) -> str:
        """Return a setting, "" if there is none."""
        return cell(self.sheets.settings, name) if self.sheets is not None else ""


def locate(sheets: Sheets) -> Places:
    """Find all rows."""
    places = Places(sheets=sheets)
    for path, row in _survey_rows(sheets):
        places.survey.setdefault(path, row)
    for row, cells in enumerate(sheets.choices, start=2):
        places.choices.setdefault((cell(cells, "list_name"), cell(cells, "name")), row)
    return places


def placed(problem: Problem, *, places: Places) -> Problem:
    """Return pyxform's problem with the row that it does not name but hints at."""
    if problem.row or places.sheets is None:
        return problem
    unknown, spaced, headers = (pattern.search(problem.what) for pattern in (_UNKNOWN_TYPE, _SPACED, _HEADERS))
    if unknown is not None:
        rows = enumerate(places.sheets.survey, start=2)
        row = next((row for row, cells in rows if " ".join(cell(cells, "type").split()) == unknown[1]), 0)
        return replace(problem, sheet="survey", row=row, column="type")
    if spaced is not None:
        row = places.choices.get((spaced[2], spaced[1]), 0)
        return replace(problem, sheet="choices", row=row, column="name")
    if headers is not None:
        return replace(problem, sheet=headers[1] or headers[2], row=1)
    shuffled = _RANDOMIZE.search(problem.what)
    if shuffled is not None:
        rows = enumerate(places.sheets.survey, start=2)
        row = next((row for row, cells in rows if "randomize" in cell(cells, "parameters")), 0)
        return replace(problem, sheet="survey", row=row, column="parameters")
    return problem


def _survey_rows(sheets: Sheets) -> Iterator[tuple[str, int]]:
    groups: list[str] = []
    for row, cells in enumerate(sheets.survey, start=2):
        kind = " ".join(cell(cells, "type").split()).lower()
        if not kind or cell(cells, "disabled").lower() in YES:
            continue
        if _END.match(kind):
            groups[-1:] = []
            continue
        name = cell(cells, "name")
        if not name and kind == "note":
            name = f"generated_note_name_{row}"  # what pyxform calls it
        yield "/".join((*groups, name)), row
        if _BEGIN.match(kind):
            groups.append(name)
