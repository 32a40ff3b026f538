"""A compiled piece of an expression, and its conversions; what is known of its kind beforehand is not asked again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.forms.expressions.frames import Frame
from bot.forms.expressions.nodes import Instance, Node
from bot.forms.expressions.shape import Spec
from bot.forms.expressions.values import Fixed, Item, to_number, to_text, to_truth, whole

Kind = Literal["number", "text", "truth", "node", "set", "any"]
"""What a piece gives: `node` is one answer as it is stored (a text to XPath), `set` is a node-set, whose `run` gives
the value of its first node; `any` is known only when it runs."""

Nodes = Callable[[Frame], list[Node]]
Run = Callable[[Frame], Item]
Number = Callable[[Frame], float]
Text = Callable[[Frame], str]
Truth = Callable[[Frame], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One compiled piece.

    depends: paths it reads, those of repeats included whose number of instances matters; far: those of them that it
    reads not in its own instance or one around it, but wherever they stand.
    path: of the question a node reads; constant: a literal's own value; nodes: the node-set, where there is one.
    """

    kind: Kind
    run: Run
    depends: frozenset[str] = frozenset()
    far: frozenset[str] = frozenset()
    path: str | None = None
    constant: str | float | None = None
    nodes: Nodes | None = None


def literal(value: str | float) -> Closure:
    """Return the piece that always gives `value`."""
    return Closure(kind="text" if isinstance(value, str) else "number", run=lambda _: value, constant=value)


def node(spec: Spec, *, up: int = 0) -> Closure:
    """Return the piece that reads the answer at a place; irrelevant and missing ones are empty.

    Args:
        spec: the place.
        up: how many repeats further out than the expression it stands.
    """
    path = spec.path

    def run(frame: Frame) -> Item:
        return frame.values.get(path)

    def run_above(frame: Frame) -> Item:
        return above(frame, up).values.get(path)

    def nodes(frame: Frame) -> list[Node]:
        return [above(frame, up).node(spec)]

    def run_decimal(frame: Frame) -> Item:
        item = above(frame, up).values.get(path)
        return Fixed(item) if isinstance(item, float) else item

    read = run_decimal if spec.type == "decimal" else run_above if up else run
    return Closure(kind="node", run=read, depends=frozenset((path,)), path=path, nodes=nodes)


def above(frame: Frame, up: int, /) -> Instance:
    """Return the instance so many repeats further out than the frame's own."""
    instance = frame.instance
    for _ in range(up):
        instance = instance.parent or instance
    return instance


def here(spec: Spec | None = None) -> Closure:
    """Return the piece that reads `.`, which stands at `spec`."""

    def nodes(frame: Frame) -> list[Node]:
        return [frame.instance.node(spec)] if spec is not None else []

    own = frozenset((spec.path,)) if spec is not None else frozenset()
    return Closure(kind="node", run=lambda frame: frame.here, nodes=nodes, far=own)


def node_set(nodes: Nodes, *, depends: frozenset[str] = frozenset(), far: frozenset[str] = frozenset()) -> Closure:
    """Return the piece that gives these nodes."""

    def run(frame: Frame) -> Item:
        found = nodes(frame)
        return found[0].text() if found else None

    return Closure(kind="set", run=run, depends=depends, far=far, nodes=nodes)


def items(closure: Closure) -> Callable[[Frame], list[Item]]:
    """Return a run that gives the text of every node of a node-set, or the one value of anything else."""
    nodes, run = closure.nodes, closure.run
    if closure.kind == "node":
        text = as_text(closure)
        return lambda frame: [text(frame)]
    if nodes is not None:
        return lambda frame: [node.text() for node in nodes(frame)]
    return lambda frame: [run(frame)]


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
    nodes = closure.nodes
    if nodes is not None:
        return lambda frame: bool(nodes(frame))

    def truth(frame: Frame) -> bool:
        return to_truth(run(frame))

    return truth


def joined(*closures: Closure, kind: Kind, run: Run, nodes: Nodes | None = None) -> Closure:
    """Return a piece made of others: it reads what they read."""
    return Closure(
        kind=kind,
        run=run,
        depends=frozenset().union(*(closure.depends for closure in closures)),
        far=frozenset().union(*(closure.far for closure in closures)),
        nodes=nodes,
    )
