"""Finds conditions that can never hold: questions that nobody reaches, constraints that no answer meets.

Only comparisons of a question with constants are understood, anything else may hold: what is said is certain, and much
is not said.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from bot.forms.expressions.parser import parse
from bot.forms.expressions.syntax import (
    Call,
    Comparison,
    ExpressionError,
    Junction,
    Negation,
    Node,
    Number,
    Path,
    Reference,
    Text,
)
from bot.forms.expressions.values import to_number
from bot.forms.model import Form, Group, Question
from bot.forms.xlsform.regions import Case, Numbers, Words

MOST_CASES = 64
"""Ways in which a condition may hold; of one with more nothing is said."""

FEW = 100
"""Choices of which it is worth knowing that all of them are ruled out."""

_ANY = (Case(),)
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_COUNTING = {"string-length": "length", "count-selected": "count"}


class Surroundings:
    """All questions of a form by name, to tell which of them have one value where a condition stands."""

    def __init__(self, questions: Sequence[Question], groups: Sequence[Group]) -> None:
        names = Counter(question.name for question in questions)
        self.named = {question.name: question for question in questions if names[question.name] == 1}
        self.repeats = frozenset(group.path for group in groups if group.repeats)
        self._lists: dict[int, frozenset[str]] = {}

    def choices(self, question: Question) -> frozenset[str]:
        """Return the names that an answer to a select may have, empty if nobody knows; each list is read once."""
        known = self._lists.get(id(question.choices))
        if known is None:
            known = self._lists[id(question.choices)] = frozenset(choice.name for choice in question.choices)
        return known

    def of(self, item: Question | Group, *, own: Question | None = None) -> Place:
        """Return where an item's conditions stand; `own` is what they mean by `.`."""
        around = item.groups if isinstance(item, Question) else item.parents
        return Place(self, around=frozenset(around), own=own)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a condition stands."""

    surroundings: Surroundings
    around: frozenset[str] = frozenset()
    own: Question | None = None

    def question(self, node: Node) -> Question | None:
        """Return the question that a node is; None if it is another thing, or has many values (in a repeat)."""
        if isinstance(node, Reference):
            found = self.surroundings.named.get(node.name)
            single = found is not None and self.around.issuperset(self.surroundings.repeats.intersection(found.groups))
            return found if single else None
        if not isinstance(node, Path) or node.absolute or node.start is not None or len(node.strides) != 1:
            return None
        stride = node.strides[0]
        is_own = stride.axis == "self" and stride.test == "node()" and not stride.predicates
        return self.own if is_own else None


def cases_of(text: str, *, place: Place) -> tuple[Case, ...]:
    """Return the ways in which a condition may hold, none if it never does."""
    try:
        return _cases(parse(text), place=place, holds=True)
    except ExpressionError:
        return _ANY


def both(first: Sequence[Case], second: Sequence[Case]) -> tuple[Case, ...]:
    """Return the ways in which two conditions hold together."""
    found = [case for one in first for two in second if (case := one.both(two)) is not None]
    return tuple(found) if len(found) <= MOST_CASES else _ANY


def _cases(node: Node, *, place: Place, holds: bool) -> tuple[Case, ...]:
    match node:
        case Junction():
            parts = [_cases(operand, place=place, holds=holds) for operand in node.operands]
            if (node.operator == "and") is holds:
                found: tuple[Case, ...] = _ANY
                for part in parts:
                    found = both(found, part)
                return found
            joined = tuple(case for part in parts for case in part)
            return joined if len(joined) <= MOST_CASES else _ANY
        case Call(name="not", arguments=(inner,)):
            return _cases(inner, place=place, holds=not holds)
        case Call(name="true" | "false", arguments=()):
            return _ANY if (node.name == "true") is holds else ()
        case Call(name="selected", arguments=(subject, Text() as wanted)):
            return _selected(place.question(subject), wanted.value, place=place, holds=holds)
        case Comparison():
            return _compared(node, place=place, holds=holds)
        case _:
            return _ANY


def _selected(question: Question | None, name: str, *, place: Place, holds: bool) -> tuple[Case, ...]:
    if question is None or question.type not in ("select_one", "select_multiple") or not name:
        return _ANY
    if question.type == "select_one":
        return _words(question, name, place=place, holds=holds)
    if holds and question.choices and name not in place.surroundings.choices(question):
        return ()
    aspect = (f"has {name}", question.path)
    wanted = Words(named=frozenset({"yes" if holds else "no"}))
    return (Case(words={aspect: wanted}),)


def _compared(node: Comparison, *, place: Place, holds: bool) -> tuple[Case, ...]:
    for subject, other, operator in (
        (node.left, node.right, node.operator),
        (node.right, node.left, _MIRRORED[node.operator]),
    ):
        constant = _constant(other)
        if constant is None:
            continue
        own = _constant(subject)
        if own is not None:
            return _ANY if type(own) is not type(constant) or _true(own, operator, constant) is holds else ()
        if isinstance(constant, str) and operator in ("=", "!="):
            question = place.question(subject)
            if question is None:
                return _ANY
            return _words(question, constant, place=place, holds=(operator == "=") is holds)
        aspect = _aspect(subject, place=place)
        if aspect is not None and holds:  # what is not greater may be no number at all
            return _numbers(aspect, operator, constant)
    return _ANY


def _constant(node: Node) -> float | str | None:
    match node:
        case Number():
            return node.value
        case Text():
            return node.value
        case Negation(operand=Number() as number):
            return -number.value
        case Call(name="date", arguments=(Text() as text,)):
            days = to_number(text.value, zone=UTC)
            return days if math.isfinite(days) else None
        case _:
            return None


def _true(left: float | str, operator: str, right: float | str) -> bool | None:
    """Return whether a comparison of two constants of a kind holds; None for texts that are ordered."""
    if operator in ("=", "!="):
        return (left == right) is (operator == "=")
    if isinstance(left, str) or isinstance(right, str):
        return None
    return _ORDER[operator](left, right)


_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right, "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right, ">=": lambda left, right: left >= right,
}  # fmt: skip


def _aspect(subject: Node, *, place: Place) -> tuple[str, Question] | None:
    if isinstance(subject, Call) and subject.name in _COUNTING and len(subject.arguments) == 1:
        question = place.question(subject.arguments[0])
        return (_COUNTING[subject.name], question) if question is not None else None
    question = place.question(subject)
    return ("number", question) if question is not None else None


def _numbers(aspect: tuple[str, Question], operator: str, constant: float | str) -> tuple[Case, ...]:
    kind, question = aspect
    number = constant if isinstance(constant, float) else to_number(constant, zone=UTC)
    if not math.isfinite(number):
        return _ANY
    match operator:
        case "<" | "<=":
            asked = Numbers(high=number, high_open=operator == "<")
        case ">" | ">=":
            asked = Numbers(low=number, low_open=operator == ">")
        case "=":
            asked = Numbers(low=number, high=number)
        case _:
            asked = Numbers(without=frozenset({number}))
    found = possible(kind, question).both(asked)
    return () if found.is_empty else (Case(numbers={(kind, question.path): found}),)


def possible(kind: str, question: Question) -> Numbers:
    """Return the numbers that there can be before anything is asked."""
    if kind == "length":
        return Numbers(low=0, whole=True)
    if kind == "count":
        most = len(question.choices) if question.choices and question.type == "select_multiple" else math.inf
        return Numbers(low=0, high=most, whole=True)
    if question.type == "range":
        low, high = (to_number(question.parameters.get(name, ""), zone=UTC) for name in ("start", "end"))
        ends = (low, high) if math.isfinite(low) and math.isfinite(high) else (-math.inf, math.inf)
        return Numbers(low=ends[0], high=ends[1])
    return Numbers(whole=question.type == "integer")


def _words(question: Question, text: str, *, place: Place, holds: bool) -> tuple[Case, ...]:
    names = place.surroundings.choices(question) if question.type == "select_one" else frozenset[str]()
    asked = Words(named=frozenset({text})) if holds else Words(without=frozenset({text}))
    if names and holds and text and text not in names:
        return ()
    if names and not holds and len(names) <= FEW:
        asked = Words(named=names | {""}, without=frozenset({text}))
    return (Case(words={("text", question.path): asked}),)


_SWITCHED_OFF = frozenset({"false", "false()", "0"})
"""Conditions by which an author says that nobody shall see a row, often to keep a list in the form."""


def unreachable(form: Form, *, around: Surroundings, order: Sequence[str]) -> Iterator[str]:
    """Yield the paths whose relevance never holds; of what is inside such a group nothing more is said.

    Args:
        form: the form.
        around: its questions.
        order: the paths of its questions and groups in document order.
    """
    cases: dict[str, tuple[Case, ...]] = {"": _ANY}
    for path in order:
        item: Question | Group | None = form.by_path.get(path) or form.group_by_path.get(path)
        if item is None:
            continue
        above = item.groups if isinstance(item, Question) else item.parents
        outside = cases.get(above[-1] if above else "", _ANY)
        if not outside or item.relevant is None:
            cases[path] = outside
            continue
        cases[path] = both(outside, cases_of(item.relevant.text, place=around.of(item)))
        if not cases[path] and item.relevant.text.strip().lower() not in _SWITCHED_OFF:
            yield path


def unmeetable(form: Form, *, around: Surroundings) -> Iterator[str]:
    """Yield the paths of questions whose constraint no answer meets."""
    for question in form.questions:
        if question.constraint is None or not question.asked:
            continue
        if not cases_of(question.constraint.text, place=around.of(question, own=question)):
            yield question.path
