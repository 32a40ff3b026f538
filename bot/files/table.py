"""A form's answers as a table: which columns there are, and what stands in them for one response."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, Protocol

from bot.domain.desk import Missing, ReportedInstance, ReportedResponse, public_id
from bot.files.columns import Column, Repeat, columns_of, free_name, plain_names, repeats_of
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
KEYS = ("PARENT_KEY", "KEY", "ordinal")
MISSING: Mapping[Missing | Literal[""], int] = MappingProxyType({"unknown": -97, "skipped": -98})
NOT_ASKED = -99
"""Why there is no answer: don't know, passed over, not asked (not relevant, not reached, not in that version)."""


class Given(Protocol):
    """What somebody answered: a response, or one instance of a repeat."""

    @property
    def answers(self) -> Mapping[str, Value]:
        """Values by path."""

    @property
    def missing(self) -> Mapping[str, Missing]:
        """Why there is no value, by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How answers are written.

    values: codes as the form's author named them, or labels as people read them; language: of the labels, the same for
    all rows, so that equal answers look equal; missing: whether what has no answer gets a code that says why.
    """

    values: Values = "codes"
    language: str = ""
    missing: bool = False


class Cells:
    """Cells of a form's questions, for the columns of one table."""

    def __init__(self, versions: Mapping[int, Form], columns: Sequence[Column], manner: Manner) -> None:
        self.columns = columns
        self._versions = versions
        self._manner = manner

    def of(self, version: int, given: Given) -> dict[str, Cell]:
        """Return the cells of a response or of one of its instances by column name; None where there is nothing."""
        return {column.name: self._cell(column, version, given) for column in self.columns}

    def _cell(self, column: Column, version: int, given: Given) -> Cell:
        path = column.source.get(version)
        value = given.answers.get(path) if path is not None else None
        if path is None or value is None:
            return self._missing(path, version, given) if self._manner.missing else None
        if column.choice is not None:
            return int(column.choice in value) if isinstance(value, tuple) else None
        if self._manner.values == "codes":
            return value
        form = self._versions[version]
        return _labels(form, form.by_path[path], value, language=self._manner.language)

    def _missing(self, path: str | None, version: int, given: Given) -> Cell:
        if path is None:
            return NOT_ASKED
        if not self._versions[version].by_path[path].asked:  # a calculation without a result is no answer withheld
            return None
        return MISSING.get(given.missing.get(path, ""), NOT_ASKED)


class Table:
    """The columns of one or several versions of a form, and rows made for them.

    Args:
        versions: compiled forms by version number.
        manner: how answers are written.
        pseudonym: gives company and contact another name, from "company" or "contact" and the id; None: their own.
    """

    def __init__(
        self,
        versions: Mapping[int, Form],
        *,
        manner: Manner = Manner(),
        pseudonym: Callable[[str, int], str] | None = None,
    ) -> None:
        taken = set(FIXED)
        self.columns = columns_of(versions, taken=taken)
        self.manner = manner
        self.names = (*FIXED, *(column.name for column in self.columns))
        self.plain_names = (*FIXED, *plain_names(self.columns))
        self.repeats = tuple(RepeatTable(versions, repeat, manner, taken=taken) for repeat in repeats_of(versions))
        self._cells = Cells(versions, self.columns, manner)
        self._pseudonym = pseudonym

    def row(self, response: ReportedResponse) -> dict[str, Cell]:
        """Return the cells of a response by column name; None where there is nothing."""
        return self._fixed(response) | self._cells.of(response.version, response)

    def nested(self, response: ReportedResponse) -> dict[str, object]:
        """Return the plain cells of a response, with a list of objects for each repeat."""
        cells = self.row(response)
        tree = Tree(response)
        return {name: cells[name] for name in self.plain_names} | self._lists(tree, response.version, "", None)

    def _lists(self, tree: Tree, version: int, parent: str, inside: int | None) -> dict[str, object]:
        found: dict[str, object] = {}
        for repeat in self.repeats:
            if repeat.parent == parent:
                found[repeat.list_name] = [
                    repeat.plain(version, instance) | self._lists(tree, version, repeat.name, instance.id)
                    for instance in tree.inside(inside, repeat.source.get(version))
                ]
        return found

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


class RepeatTable:
    """The table of one repeat: a row an instance, with keys that lead to the row it belongs to, as ODK writes them."""

    def __init__(self, versions: Mapping[int, Form], repeat: Repeat, manner: Manner, *, taken: set[str]) -> None:
        self.name, self.parent, self.source = repeat.name, repeat.parent, repeat.source
        self.list_name = free_name(repeat.name, taken, root="repeat")
        self.columns = columns_of(versions, taken=set(KEYS), repeat=repeat)
        self.names = (*KEYS, *(column.name for column in self.columns))
        self._plain = plain_names(self.columns)
        self._cells = Cells(versions, self.columns, manner)

    def rows(self, response: ReportedResponse) -> list[dict[str, Cell]]:
        """Return the rows of all instances of a response, in their order."""
        path = self.source.get(response.version)
        tree = Tree(response)
        found = [] if path is None else [instance for instance in tree.in_order() if instance.path == path]
        return [self._keys(tree, instance) | self._cells.of(response.version, instance) for instance in found]

    def cells(self, version: int, instance: ReportedInstance) -> dict[str, Cell]:
        """Return the cells of one instance."""
        return self._cells.of(version, instance)

    def plain(self, version: int, instance: ReportedInstance) -> dict[str, Cell]:
        """Return the cells of one instance without 0/1 columns."""
        cells = self._cells.of(version, instance)
        return {name: cells[name] for name in self._plain}

    def _keys(self, tree: Tree, instance: ReportedInstance) -> dict[str, Cell]:
        parent, key = tree.keys(instance)
        return {"PARENT_KEY": parent, "KEY": key, "ordinal": tree.ordinal(instance)}


class Tree:
    """A response's instances, found by what they are in."""

    def __init__(self, response: ReportedResponse) -> None:
        self._root = public_id("R", response.id)
        self._by_id = {instance.id: instance for instance in response.instances}
        self._inside: dict[tuple[int | None, str], list[ReportedInstance]] = {}
        for instance in sorted(response.instances, key=lambda each: (each.ordinal, each.id)):
            self._inside.setdefault((instance.parent, instance.path), []).append(instance)

    def inside(self, parent: int | None, path: str | None) -> list[ReportedInstance]:
        """Return the instances of a repeat in one instance (None: in the response itself), in order."""
        return self._inside.get((parent, path), []) if path is not None else []

    def in_order(self) -> list[ReportedInstance]:
        """Return all instances, those of one place together."""
        return sorted(self._by_id.values(), key=self.place)

    def ordinal(self, instance: ReportedInstance) -> int:
        """Return the number of an instance among its siblings, without gaps."""
        return self.inside(instance.parent, instance.path).index(instance) + 1

    def keys(self, instance: ReportedInstance) -> tuple[str, str]:
        """Return the key of what the instance is in, and its own: `R0B5…/sites[2]`."""
        above = self._by_id.get(instance.parent or 0)
        parent = self._root if above is None else self.keys(above)[1]
        return parent, f"{parent}/{instance.path.rpartition('/')[2]}[{self.ordinal(instance)}]"

    def place(self, instance: ReportedInstance) -> tuple[int, ...]:
        """Return the numbers of an instance and of those around it, outermost first."""
        above = self._by_id.get(instance.parent or 0)
        return (*(() if above is None else self.place(above)), self.ordinal(instance))


def _labels(form: Form, question: Question, value: Value, *, language: str) -> Cell:
    def label(name: str) -> str:
        choice = question.choice(name)
        return (form.say(choice.label, language) if choice else "") or name

    if isinstance(value, tuple):
        return tuple(label(name) for name in value)
    return label(value) if question.choices and isinstance(value, str) else value


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def shown(names: Sequence[str], cells: Mapping[str, Cell]) -> list[tuple[str, str]]:
    """Return the cells that hold something as texts for people, in order."""
    texts = [(name, cells[name]) for name in names if cells.get(name) is not None]
    return [(name, ", ".join(cell) if isinstance(cell, tuple) else str(cell)) for name, cell in texts]
