"""A form's answers as a table: which columns there are, and what stands in them for one response."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bot.domain.desk import ReportedResponse, public_id
from bot.forms.model import Form, Question, Value

Cell = str | int | float | tuple[str, ...] | None
Values = Literal["codes", "labels"]

FIXED = (
    "response_id",
    "company",
    "contact",
    "channel",
    "language",
    "form_version",
    "status",
    "started_at",
    "submitted_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `source`: path of its question in each version that has it; `choice`: a 0/1 column of that choice,
    whose `source` are the versions that offer it: not offered is not the same as not chosen.
    """

    name: str
    source: Mapping[int, str] = field(default_factory=dict)
    choice: str | None = None


class Table:
    """The columns of one or several versions of a form, and rows made for them.

    Args:
        versions: compiled forms by version number.
        values: codes as the form's author named them, or labels as people read them.
        language: of the labels; the same for all rows, so that equal answers look equal.
        pseudonym: gives company and contact another name, from "company" or "contact" and the id; None: their own.
    """

    def __init__(
        self,
        versions: Mapping[int, Form],
        *,
        values: Values = "codes",
        language: str = "",
        pseudonym: Callable[[str, int], str] | None = None,
    ) -> None:
        self.columns = columns_of(versions)
        self.names = (*FIXED, *(column.name for column in self.columns))
        self.plain_names = (*FIXED, *(column.name for column in self.columns if column.choice is None))
        self._versions = versions
        self._values = values
        self._language = language
        self._pseudonym = pseudonym

    def row(self, response: ReportedResponse) -> dict[str, Cell]:
        """Return the cells of a response by column name; None where there is nothing."""
        cells = self._fixed(response)
        for column in self.columns:
            cells[column.name] = self._cell(column, response)
        return cells

    def _fixed(self, response: ReportedResponse) -> dict[str, Cell]:
        return {
            "response_id": public_id("R", response.id),
            "company": self._called("company", response.company_id, response.company),
            "contact": self._called("contact", response.contact_id, response.contact),
            "channel": response.channel,
            "language": response.language,
            "form_version": response.version,
            "status": response.status,
            "started_at": _moment(response.started_at),
            "submitted_at": _moment(response.submitted_at),
        }

    def _called(self, kind: str, number: int | None, name: str) -> str | None:
        if number is None:
            return None
        return self._pseudonym(kind, number) if self._pseudonym else name

    def _cell(self, column: Column, response: ReportedResponse) -> Cell:
        path = column.source.get(response.version)
        value = response.answers.get(path) if path is not None else None
        if path is None or value is None:
            return None
        if column.choice is not None:
            return int(column.choice in value) if isinstance(value, tuple) else None
        if self._values == "codes":
            return value
        form = self._versions[response.version]
        return _labels(form, form.by_path[path], value, language=self._language)


def _labels(form: Form, question: Question, value: Value, *, language: str) -> Cell:
    def label(name: str) -> str:
        choice = question.choice(name)
        return (form.say(choice.label, language) if choice else "") or name

    if isinstance(value, tuple):
        return tuple(label(name) for name in value)
    return label(value) if question.choices and isinstance(value, str) else value


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


# --- columns ---------------------------------------------------------------------------------------------------------


def columns_of(versions: Mapping[int, Form]) -> tuple[Column, ...]:
    """Return the question columns: those of the newest version in its order, then what only older ones had."""
    bare = _unambiguous(versions.values())
    found: dict[str, dict[int, str]] = {}
    offered: dict[str, dict[str, dict[int, str]]] = {}
    taken = set(FIXED)
    for number in sorted(versions, reverse=True):
        form = versions[number]
        for question in _exported(form):
            name = question.name if question.name in bare else question.path
            found.setdefault(name, {})[number] = question.path
            if question.type == "select_multiple":
                for choice in question.choices:
                    offered.setdefault(name, {}).setdefault(choice.name, {})[number] = question.path
    columns: list[Column] = []
    root = versions[max(versions)].name if versions else ""
    for name, source in found.items():
        free = _free(name, taken, root=root)
        columns.append(Column(name=free, source=source))
        columns += [
            Column(name=_free(f"{free}/{choice}", taken, root=root), source=offering, choice=choice)
            for choice, offering in offered.get(name, {}).items()
        ]
    return tuple(columns)


def _exported(form: Form) -> list[Question]:
    return [question for question in form.questions if question.type != "note"]


def _unambiguous(forms: Iterable[Form]) -> set[str]:
    """Return the names that no version gives to two questions."""
    counts = [Counter(question.name for question in _exported(form)) for form in forms]
    names = {name for count in counts for name in count}
    return {name for name in names if all(count[name] <= 1 for count in counts)}


def _free(name: str, taken: set[str], *, root: str) -> str:
    """Return a name that no other column has: a question called `company` becomes `needs/company`."""
    candidates = [name, f"{root}/{name}", *(f"{root}/{name}_{number}" for number in range(2, len(taken) + 3))]
    free = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(free)
    return free


def shown(names: Sequence[str], cells: Mapping[str, Cell]) -> list[tuple[str, str]]:
    """Return the cells that hold something as texts for people, in order."""
    texts = [(name, cells[name]) for name in names if cells.get(name) is not None]
    return [(name, ", ".join(cell) if isinstance(cell, tuple) else str(cell)) for name, cell in texts]
