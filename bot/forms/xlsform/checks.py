"""What we find in a form beyond pyxform: expressions, cycles, missing texts and translations, bad choices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Literal

from bot.forms.expressions.syntax import ExpressionError
from bot.forms.model import SILENT, Form, Problem, Texts
from bot.forms.outline import in_document_order
from bot.forms.program import Fault, Findings
from bot.forms.xlsform.elements import Elements
from bot.forms.xlsform.rows import YES, Places, cell, header_of

MAX_QUESTIONS = 2_000
"""Rows of a survey; nobody answers more in a chat, and the largest public forms have about 1,500."""
MAX_CHOICES = 20_000
"""Rows of the choices sheet (all municipalities of a country have about 11,000)."""

ROWS_NAMED = 8
"""Rows that lack a translation are named up to here; who has to translate more looks through the column anyway."""

_LANGUAGE_TEXTS = ("label", "hint", "guidance", "constraint_message", "required_message")


def check_size(places: Places) -> Iterator[Problem]:
    """Say if a sheet is larger than we read."""
    sheets = places.sheets
    if sheets is None:
        return
    for name, rows, limit in (("survey", sheets.survey, MAX_QUESTIONS), ("choices", sheets.choices, MAX_CHOICES)):
        if len(rows) > limit:
            yield Problem(
                level="error", what=f"the sheet has {len(rows)} rows, at most {limit} are read",
                mend="Divide the form.", sheet=name, row=limit + 1,
            )  # fmt: skip


def check_choices(places: Places) -> Iterator[Problem]:
    """Find choices without a name, named twice in a list, or named with spaces."""
    seen: dict[tuple[str, str], int] = {}
    doubled = places.setting("allow_choice_duplicates").lower() in YES
    for row, cells in enumerate(places.sheets.choices if places.sheets else (), start=2):
        list_name, name = cell(cells, "list_name"), cell(cells, "name")
        column = header_of(cells, "name")
        if not list_name:
            continue
        if not name:
            yield _of_choice(row, "error", "the choice has no name", column=column, mend="Fill in the column name.")
        elif (list_name, name) in seen and not doubled:
            yield _of_choice(
                row, "error", f"the list {list_name} has a choice {name} in row {seen[list_name, name]} already",
                column=column, mend="Give each choice of a list its own name.",
            )  # fmt: skip
        elif any(sign.isspace() for sign in name):
            yield _of_choice(
                row, "warning", f"the name {name!r} has a space, as if it were two names",
                column=column, mend="Use _ instead.",
            )  # fmt: skip
        seen.setdefault((list_name, name), row)


def check_texts(form: Form, *, places: Places) -> Iterator[Problem]:
    """Find questions that show nothing, and texts that one of the languages lacks."""
    for question in form.questions:
        shown = question.type == "note" or question.type not in SILENT
        said = question.label or question.hint or question.media or (question.calculation and question.read_only)
        if shown and not said:
            yield _of_row(
                question.path, "error", "the question has neither label nor hint", column="label", places=places,
                mend="Fill in the column label.",
            )  # fmt: skip
    untranslated: dict[tuple[str, str, str], list[int]] = {}
    for item in in_document_order(form):
        for column in _LANGUAGE_TEXTS:
            for code in _missing(getattr(item, column, None) or {}, form=form):
                header = places.header(item.path, column)
                untranslated.setdefault(("survey", header, code), []).append(places.row(item.path))
    yield from _check_choice_texts(form, places=places, untranslated=untranslated)
    yield from _untranslated(untranslated)


def _untranslated(found: Mapping[tuple[str, str, str], list[int]]) -> Iterator[Problem]:
    """Say once for each column and language which rows lack a text; rows that pyxform has made are not the author's."""
    for (sheet, column, code), rows in found.items():
        lacking = [row for row in rows if row]
        if not lacking:
            continue
        others = ", ".join(map(str, lacking[1:ROWS_NAMED])) + (" …" if len(lacking) > ROWS_NAMED else "")
        what = f"there is no text in the language {code}"
        yield Problem(
            level="warning", what=f"{what}, nor in {_rows(len(lacking) - 1)} ({others})" if others else what,
            mend="Translate it; the default language is shown until then.", sheet=sheet, row=lacking[0], column=column,
        )  # fmt: skip


def _rows(count: int) -> str:
    return "one other row" if count == 1 else f"{count} other rows"


def _check_choice_texts(
    form: Form, *, places: Places, untranslated: dict[tuple[str, str, str], list[int]]
) -> Iterator[Problem]:
    done: set[int] = set()
    lists: set[int] = set()
    for question in form.questions:
        if id(question.choices) in lists:
            continue
        lists.add(id(question.choices))
        list_name = places.cell(question.path, "type").split()[1:2]
        for choice in question.choices:
            row = places.choices.get((list_name[0] if list_name else "", choice.name), 0)
            if id(choice) in done or not row:
                continue
            done.add(id(choice))
            if not choice.label:
                yield _of_choice(
                    row, "warning", "the choice has no label; its name is shown", column="label", mend="Fill it in."
                )
            for code in _missing(choice.label, form=form):
                untranslated.setdefault(("choices", "label", code), []).append(row)


def _missing(texts: Texts, *, form: Form) -> list[str]:
    if not texts or "" in texts:
        return []
    return [code for code in form.languages if code not in texts]


def problems_of(findings: Findings, *, found: Elements, places: Places) -> Iterator[Problem]:
    """Say what compiling the expressions found."""
    for fault in findings.faults:
        yield _of_expression(fault, level="error", found=found, places=places)
    for doubt in findings.doubts:
        yield _of_expression(doubt, level="warning", found=found, places=places)
    if findings.ring:
        yield _of_ring(findings, places=places)


def _of_ring(findings: Findings, *, places: Places) -> Problem:
    """Say what depends on itself; a group that reads what is inside it can be run, and is hardly meant."""
    ring = tuple(path.removesuffix("#") for path in findings.ring)
    inside = any(below.startswith(f"{above}/") for below, above in itertools.pairwise(ring))
    first = ring[0]
    column = "calculation" if (first, "calculation") in findings.depends else "relevant"
    return _of_row(
        first, "warning" if inside else "error", f"these depend on each other in a ring: {' > '.join(ring)}",
        column=column, places=places, mend="Take one of them out of the other's calculation or relevance.",
    )  # fmt: skip


def _of_expression(fault: Fault, *, level: Literal["error", "warning"], found: Elements, places: Places) -> Problem:
    error: ExpressionError = fault.error
    what, column = error.what, fault.column
    if column == "dynamic_default" and fault.path in found.triggered:
        column = "calculation"
    if level == "error" and error.at and column != "choice_filter" and len(places.cell(fault.path, column)) > error.at:
        what = f"{what}, at character {error.at + 1}"
    return _of_row(fault.path, level, what, column=column, places=places, mend=error.mend)


def _of_row(
    path: str, level: Literal["error", "warning"], what: str, *, column: str, places: Places, mend: str = ""
) -> Problem:
    return Problem(
        level=level, what=what, mend=mend, sheet="survey", row=places.row(path), column=places.header(path, column)
    )


def _of_choice(row: int, level: Literal["error", "warning"], what: str, *, column: str, mend: str) -> Problem:
    return Problem(level=level, what=what, mend=mend, sheet="choices", row=row, column=column)
