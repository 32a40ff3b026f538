"""What the engine runs: the places of a form with their expressions, its lists and texts, as plain, immutable data.

It knows nothing of sheets, of pyxform or of XML, and says nothing of how a question is asked: that is the `Form`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from bot.forms.expressions.shape import Sort

Control = Literal["", "input", "note", "select", "select1", "rank", "range", "trigger", "upload"]
"""How a question is answered (ODK XForms, "Body elements"); "" is one that nobody sees."""

FIRST_LOAD, LOAD, NEW_REPEAT, CHANGED = (
    "odk-instance-first-load", "odk-instance-load", "odk-new-repeat", "xforms-value-changed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: words, or the expression whose value stands there."""

    text: str
    is_output: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text: the id of a translation, else an expression that gives it, else pieces."""

    translation: str = ""
    expression: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A choice that is always there."""

    name: str
    label: Label = Label()


@dataclass(frozen=True, slots=True, kw_only=True)
class Itemset:
    """Choices that an expression gives: of a list, filtered or shuffled, or of the instances of a repeat."""

    nodes: str
    name: str
    label: Label = Label()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A value that is set when something happens: at the beginning, with a new instance, or when `source` changes."""

    events: tuple[str, ...]
    target: str
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A piece of the answers as the form begins; `is_template` stands for new instances only."""

    name: str
    text: str = ""
    is_template: bool = False
    children: tuple[Seed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One group, repeat or question.

    path: without the root; type: of the value, as binds have it; count: of a repeat's instances, "" where people add
    them; template: of a repeat's new instances; preload: what fills it at the beginning (`today`, `start`);
    low, high: bounds of a range.
    """

    path: str
    sort: Sort
    type: str = "string"
    control: Control = ""
    relevant: str = ""
    required: str = ""
    read_only: str = ""
    constraint: str = ""
    calculation: str = ""
    count: str = ""
    template: Seed | None = None
    options: tuple[Option, ...] = ()
    itemset: Itemset | None = None
    label: Label = Label()
    preload: str = ""
    low: str = ""
    high: str = ""


Row = tuple[tuple[str, str], ...]
"""One item of a list: columns and their texts."""


def _no_lists() -> Mapping[str, tuple[Row, ...]]:
    return MappingProxyType({})


def _no_texts() -> Mapping[str, Mapping[str, tuple[Part, ...]]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A whole form for the engine.

    root: name of the element around all answers; entries: in document order; beginning: the answers of a new
    response; texts: language -> id -> text; languages: in their order, the default first.
    """

    root: str
    entries: tuple[Entry, ...]
    actions: tuple[Action, ...] = ()
    lists: Mapping[str, tuple[Row, ...]] = field(default_factory=_no_lists)
    texts: Mapping[str, Mapping[str, tuple[Part, ...]]] = field(default_factory=_no_texts)
    languages: tuple[str, ...] = ()
    beginning: Seed = Seed(name="")
