"""Walks location paths (XPath 1.0, section 2) over answers and lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.forms.expressions.closures import Closure, Nodes, as_truth
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.nodes import Node
from bot.forms.expressions.shape import Spec
from bot.forms.expressions.syntax import ExpressionError

Axis = Callable[[Node], Iterable[Node]]
Keep = Callable[[Frame, list[Node]], list[Node]]

REVERSE = frozenset({"parent", "ancestor", "ancestor-or-self", "preceding", "preceding-sibling"})
"""Axes that count positions from the node backwards (XPath 1.0, section 2.4)."""

_KEEPS_APART = frozenset({"self", "child", "attribute", "following-sibling", "preceding-sibling"})
"""Axes that lead from nodes of which none is within another to such nodes again."""

_NODE_TESTS = frozenset({"node()", "*"})
_NO_NODES = frozenset({"text()", "comment()", "processing-instruction()"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One compiled step: where to, which names, which of the nodes it keeps."""

    axis: str
    test: str
    keeps: tuple[Keep, ...] = ()


def walk(start: Nodes, legs: Sequence[Leg], *, apart: bool = True) -> Nodes:
    """Return a run that walks all legs from the nodes where it starts; `apart`: none of those is within another."""
    steps = []
    for leg in legs:
        steps.append(_step(leg, apart=apart))
        apart = apart and leg.axis in _KEEPS_APART

    def nodes(frame: Frame) -> list[Node]:
        found = start(frame)
        for step in steps:
            found = step(frame, found)
        return found

    return nodes


def _step(leg: Leg, *, apart: bool) -> Keep:
    axis, test, keeps = AXES[leg.axis], leg.test, leg.keeps
    # Children of nodes that hold one another do not come in document order.
    single = leg.axis in ("self", "attribute") or (apart and leg.axis == "child")

    def step(frame: Frame, starts: list[Node]) -> list[Node]:
        if single or len(starts) == 1:
            found = [node for start in starts for node in axis(start) if _fits(node, test)]
        else:
            found = ordered(node for start in starts for node in axis(start) if _fits(node, test))
        frame.spend(len(found) + 1)
        for keep in keeps:
            found = keep(frame, found)
        return found[::-1] if leg.axis in REVERSE and len(starts) == 1 else found

    return step


def _fits(node: Node, test: str) -> bool:
    if test == node.name:
        return True
    if test == "*":
        return bool(node.name)
    return test == "node()" or (":" in test and test.partition(":")[2] == node.name)


def ordered(nodes: Iterable[Node]) -> list[Node]:
    """Return nodes once each, in document order."""
    return sorted(dict.fromkeys(nodes), key=lambda node: node.key())


def _descendants(node: Node) -> Iterator[Node]:
    for child in node.children():
        yield child
        yield from _descendants(child)


def _ancestors(node: Node) -> Iterator[Node]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def _siblings(node: Node) -> Sequence[Node]:
    above = node.parent
    return above.children() if above is not None else ()


def _after(node: Node) -> Iterator[Node]:
    return itertools.islice(itertools.dropwhile(lambda other: other is not node, _siblings(node)), 1, None)


def _before(node: Node) -> Iterator[Node]:
    return reversed(list(itertools.takewhile(lambda other: other is not node, _siblings(node))))


def _following(node: Node) -> Iterator[Node]:
    for start in (node, *_ancestors(node)):
        for sibling in _after(start):
            yield sibling
            yield from _descendants(sibling)


def _preceding(node: Node) -> Iterator[Node]:
    for start in (node, *_ancestors(node)):
        for sibling in _before(start):
            yield from reversed(list(_descendants(sibling)))
            yield sibling


AXES: dict[str, Axis] = {
    "self": lambda node: (node,),
    "child": lambda node: node.children(),
    "parent": lambda node: (node.parent,) if node.parent is not None else (),
    "descendant": _descendants,
    "descendant-or-self": lambda node: itertools.chain((node,), _descendants(node)),
    "ancestor": _ancestors,
    "ancestor-or-self": lambda node: itertools.chain((node,), _ancestors(node)),
    "following-sibling": _after,
    "preceding-sibling": _before,
    "following": _following,
    "preceding": _preceding,
    "attribute": lambda _: (),
}


def keeper(predicate: Closure) -> Keep:
    """Return what keeps the nodes for which a predicate holds; a number is compared with the position.

    As in the ODK engine, positions count through all nodes that the step found, whatever node they were found from.
    """
    if isinstance(predicate.constant, float):
        place = predicate.constant
        return lambda _, nodes: [nodes[int(place) - 1]] if place == int(place) and 1 <= place <= len(nodes) else []
    judge = _judge(predicate)

    def keep(frame: Frame, nodes: list[Node]) -> list[Node]:
        saved = frame.item, frame.position, frame.size
        frame.size = len(nodes)
        kept = []
        frame.spend(len(nodes))
        try:
            for position, node in enumerate(nodes, start=1):
                frame.item, frame.position = node, position
                if judge(frame):
                    kept.append(node)
        finally:
            frame.item, frame.position, frame.size = saved
        return kept

    return keep


def _judge(predicate: Closure) -> Callable[[Frame], bool]:
    run = predicate.run
    if predicate.kind == "number":
        return lambda frame: run(frame) == frame.position
    truth = as_truth(predicate)
    if predicate.kind != "any":
        return truth

    def judge(frame: Frame) -> bool:
        item = run(frame)
        if isinstance(item, int | float) and not isinstance(item, bool):
            return item == frame.position
        return truth(frame)

    return judge


@dataclass(slots=True)
class Found:
    """The places that a path can lead to, known without answers; `foreign`: also to nodes of lists.

    seen: paths of questions and repeats that it reads on the way.
    """

    specs: list[Spec]
    foreign: bool = False
    seen: set[str] = field(default_factory=set)


def foresee(found: Found, *, axis: str, test: str) -> Found:
    """Return where one more step can lead.

    Raises:
        ExpressionError: there is no such axis.
    """
    if axis not in AXES:
        raise ExpressionError(f"there is no axis {axis}::", mend="Write child::, parent:: or another axis of XPath.")
    if test in _NO_NODES:
        return Found([], foreign=found.foreign, seen=found.seen)
    specs = dict.fromkeys(spec for start in found.specs for spec in _reach(start, axis) if _named(spec, test))
    seen = {spec.path for spec in specs if spec.sort == "repeat" or spec.is_question}
    seen |= {spec.home.path for spec in specs if spec.depth}
    return Found([*specs], foreign=found.foreign, seen=found.seen | seen)


def _named(spec: Spec, test: str) -> bool:
    if test in _NODE_TESTS:
        return test == "node()" or bool(spec.name)
    return test == spec.name or (":" in test and test.partition(":")[2] == spec.name)


def _reach(spec: Spec, axis: str) -> Iterable[Spec]:
    above = spec.parent
    match axis:
        case "self":
            return (spec,)
        case "child":
            return spec.children
        case "parent":
            return (above,) if above is not None else ()
        case "descendant":
            return itertools.islice(spec.everything(), 1, None)
        case "descendant-or-self":
            return spec.everything()
        case "ancestor" | "ancestor-or-self":
            return _upwards(spec if axis == "ancestor-or-self" else above)
        case "following-sibling" | "preceding-sibling":
            return above.children if above is not None else ()
        case "attribute":
            return ()
        case _:  # following and preceding: anywhere
            return [*_upwards(spec)][-1].everything()


def _upwards(spec: Spec | None) -> Iterator[Spec]:
    while spec is not None:
        yield spec
        spec = spec.parent
