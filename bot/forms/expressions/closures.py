"""A compiled piece of an expression, and its conversions; what is known of its kind beforehand is not asked again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.forms.expressions.frames import Frame
from bot.forms.expressions.values import Item, to_number, to_text, to_truth, whole

Kind = Literal["number", "text", "truth", "node", "any"]
"""What a piece gives: `node` is an answer as it is stored (a text to XPath), `any` is known only when it runs."""

Run = Callable[[Frame], Item]
Number = Callable[[Frame], float]
Text = Callable[[Frame], str]
Truth = Callable[[Frame], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One compiled piece. path: of the question a node reads; constant: a literal's own value."""

    kind: Kind
    run: Run
    depends: frozenset[str] = frozenset()
    path: str | None = None
    constant: str | float | None = None


def literal(value: str | float) -> Closure:
    """Return the piece that always gives `value`."""
    return Closure(kind="text" if isinstance(value, str) else "number", run=lambda _: value, constant=value)


def node(path: str) -> Closure:
    """Return the piece that reads the answer at `path`; irrelevant and missing ones are empty."""

    def run(frame: Frame) -> Item:
        return frame.values.get(path)

    return Closure(kind="node", run=run, depends=frozenset((path,)), path=path)


def here() -> Closure:
    """Return the piece that reads `.`."""
    return Closure(kind="node", run=lambda frame: frame.here)


def as_text(closure: Closure) -> Text:
    """Return a run that gives the string value."""
    run = closure.run
    if closure.kind == "text":
        return run  # type: ignore[return-value]  # the kind says so

    def text(frame: Frame) -> str:
        item = run(frame)
        return item if isinstance(item, str) else to_text(item)

    return text


def as_number(closure: Closure) -> Number:
    """Return a run that gives the number value."""
    run = closure.run
    if closure.kind == "number":
        return run  # type: ignore[return-value]  # the kind says so

    def number(frame: Frame) -> float:
        item = run(frame)
        kind = item.__class__
        if kind is float:
            return item  # type: ignore[return-value]
        if kind is int:
            return whole(item)  # type: ignore[arg-type]
        if item is None:
            return math.nan
        return to_number(item, zone=frame.zone)

    return number


def as_truth(closure: Closure) -> Truth:
    """Return a run that gives the boolean value; a node is true because it exists (XPath 1.0, section 4.3)."""
    run = closure.run
    if closure.kind == "truth":
        return run  # type: ignore[return-value]  # the kind says so
    if closure.kind == "node":
        return lambda _: True

    def truth(frame: Frame) -> bool:
        return to_truth(run(frame))

    return truth


def depends_of(*closures: Closure) -> frozenset[str]:
    """Return all paths that these pieces read."""
    return frozenset().union(*(closure.depends for closure in closures))
