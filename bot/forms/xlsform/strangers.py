"""Finds what pyxform trips over without a word of its own: attributes, prefixes and signs that no XForm can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.forms.model import Problem
from bot.forms.xlsform.rows import Places, cell
from bot.forms.xlsform.sheets import Cells

_ATTRIBUTE = re.compile(r"(instance|bind|body|control)\s*::\s*(.*)", re.IGNORECASE)
_XML_NAME = re.compile(r"(?:([^\W\d][\w.-]*):)?[^\W\d][\w.-]*")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PREFIXES = frozenset({"odk", "jr", "orx", "h", "ev", "xsd", "entities"})
_SECTION = re.compile(r"begin[\s_]", re.IGNORECASE)


def explained(problem: Problem, *, places: Places) -> Problem:
    """Return the cell or header that is to blame for a problem that names none, else the problem."""
    return next(_found(places), problem)


def _found(places: Places) -> Iterator[Problem]:
    sheets = places.sheets
    for sheet, rows in (("survey", sheets.survey), ("choices", sheets.choices)) if sheets is not None else ():
        for row, cells in enumerate(rows, start=2):
            yield from _in_row(cells, sheet=sheet, row=row, places=places)


def _in_row(cells: Cells, *, sheet: str, row: int, places: Places) -> Iterator[Problem]:
    name = cell(cells, "name")
    prefix = name.partition(":")[0] if sheet == "survey" and ":" in name else ""
    if prefix and prefix not in _known(places):
        yield _error(f"the name {name} holds a colon", sheet=sheet, row=row, column="name", mend="Write _ instead.")
    if sheet == "survey" and cell(cells, "type").lower().startswith("select_one_external"):
        yield _error(
            "the type select_one_external cannot be asked in a chat", sheet=sheet, row=row, column="type",
            mend="Use select_one with a choice_filter.",
        )  # fmt: skip
    for header, text in cells.items():
        if _NO_XML.search(text):
            yield _error(
                "the cell holds a control character", sheet=sheet, row=row, column=header, mend="Type the text anew."
            )
        attribute = _ATTRIBUTE.fullmatch(header.strip())
        if attribute is None or not text.strip():
            continue
        named = _XML_NAME.fullmatch(attribute[2].strip())
        if named is None:
            yield _error(
                f"the header {header} names no attribute", sheet=sheet, row=1, column=header,
                mend="Remove the column, or write letters, digits, - and _ behind the ::.",
            )  # fmt: skip
        elif named[1] and named[1] not in _known(places):
            yield _error(
                f"the header {header} has a prefix {named[1]} that the form does not explain", sheet=sheet, row=1,
                column=header, mend="Remove the column; a chat has no use for it.",
            )  # fmt: skip
        elif attribute[1].lower() == "instance" and (sheet == "choices" or _SECTION.match(cell(cells, "type"))):
            what = "a choice" if sheet == "choices" else "a group or repeat"
            yield _error(
                f"the column {header} is for questions, {what} cannot have it", sheet=sheet, row=row, column=header,
                mend="Empty the cell.",
            )  # fmt: skip


def _known(places: Places) -> frozenset[str]:
    """Return the prefixes that XForms know, and those that the settings explain (`esri="http://…"`)."""
    return _PREFIXES | {part.partition("=")[0] for part in places.setting("namespaces").split()}


def _error(what: str, *, sheet: str, row: int, column: str, mend: str) -> Problem:
    return Problem(level="error", what=what, mend=mend, sheet=sheet, row=row, column=column)
