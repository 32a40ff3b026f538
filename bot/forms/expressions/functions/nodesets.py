"""Functions of node-sets: counting them, taking some, asking for names and places."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence

from bot.forms.expressions.closures import Closure, Nodes, as_number, as_text, joined
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import UNLIMITED, Function, plain
from bot.forms.expressions.nodes import ListNode, Node
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.expressions.values import Item, to_number, to_text

_MODULUS = 2**31 - 1
_MULTIPLIER = 16_807
_LONG = 2**63


def _set_of(closure: Closure) -> Nodes:
    if closure.nodes is None:
        raise ExpressionError("a node-set is expected here", mend="Name questions or a list.")
    return closure.nodes


def _made(arguments: Sequence[Closure], nodes: Nodes) -> Closure:
    def run(frame: Frame) -> Item:
        found = nodes(frame)
        return found[0].text() if found else None

    return joined(*arguments, kind="set", run=run, nodes=nodes)


def _build_count(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    nodes = _set_of(arguments[0])
    return joined(*arguments, kind="number", run=lambda frame: float(len(nodes(frame))))


def _build_position(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    if not arguments:
        return Closure(kind="number", run=lambda frame: float(frame.position))
    nodes = _set_of(arguments[0])

    def run(frame: Frame) -> float:
        found = nodes(frame)
        return _place(found[0]) if found else math.nan

    return joined(*arguments, kind="number", run=run)


def _place(node: Node) -> float:
    """Count the neighbours of the same name before a node, itself included."""
    count = 0
    for sibling in node.parent.children() if node.parent is not None else (node,):
        count = count + 1 if sibling.name == node.name else 0
        if sibling is node:
            break
    return float(count)


def _build_instance(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    name = as_text(arguments[0])

    def nodes(frame: Frame) -> list[Node]:
        found = frame.world.lists.get(name(frame)) if frame.world is not None else None
        return [found] if found is not None else []

    return _made(arguments, nodes)


def _build_pulldata(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    name, wanted, column, value = (as_text(argument) for argument in arguments)

    def run(frame: Frame) -> str:
        found = frame.world.lists.get(name(frame)) if frame.world is not None else None
        row = _row(found, column=column(frame), value=value(frame), frame=frame) if found is not None else None
        return _cell(row, wanted(frame)) if row is not None else ""

    return joined(*arguments, kind="text", run=run)


def _row(found: ListNode, *, column: str, value: str, frame: Frame) -> ListNode | None:
    for root in found.children():
        frame.spend(len(root.children()))
        for row in root.children():
            if _cell(row, column) == value and any(cell.name == column for cell in row.children()):
                return row
    return None


def _cell(row: ListNode, column: str) -> str:
    return next((cell.text() for cell in row.children() if cell.name == column), "")


def _build_indexed(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    if len(arguments) % 2 == 0:
        raise ExpressionError("indexed-repeat() takes a question, then pairs of a repeat and a number")
    target = _set_of(arguments[0])
    pairs = [(_set_of(one), as_number(two)) for one, two in zip(arguments[1::2], arguments[2::2], strict=True)]

    def nodes(frame: Frame) -> list[Node]:
        chosen: list[Node] = []
        levels = sorted(((pick(frame), number(frame)) for pick, number in pairs), key=lambda level: _depth(level[0]))
        for repeats, place in levels:
            inside = [node for node in repeats if not chosen or _within(node, chosen[-1])]
            if math.isnan(place) or place != int(place) or not 1 <= place <= len(inside):
                return []
            chosen.append(inside[int(place) - 1])
        return [node for node in target(frame) if _within(node, chosen[-1])]

    return _made(arguments, nodes)


def _depth(nodes: list[Node]) -> int:
    return len(nodes[0].key()) if nodes else 0


def _within(node: Node, outer: Node) -> bool:
    place: Node | None = node
    while place is not None:
        if place is outer:
            return True
        place = place.parent
    return False


def _build_randomize(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    nodes = _set_of(arguments[0])
    seed = arguments[1].run if len(arguments) > 1 else None

    def run(frame: Frame) -> list[Node]:
        found = nodes(frame)
        if seed is not None:
            return _shuffled(found, _seeded(_seed(seed(frame), frame=frame)))
        chance = frame.world.chance if frame.world is not None else None
        return _shuffled(found, random.random if chance is None else _seeded(chance + len(found)))

    return _made(arguments, run)


def _seed(item: Item, *, frame: Frame) -> int:
    """Return the seed as the ODK engine (and Java before it) reads it: a text that is no number counts by its hash."""
    number = to_number(item, zone=frame.zone)
    if math.isnan(number):
        text = to_text(item)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True) if text else 0
    if math.isinf(number):
        return _LONG - 1 if number > 0 else -_LONG
    return math.trunc(number)


def _seeded(seed: int) -> Callable[[], float]:
    """Return the generator of Park and Miller that the ODK XForms specification names ("randomize")."""
    state = (
        int(math.fmod(seed, _MODULUS)) if abs(seed) < 2**53 else seed % _MODULUS if seed > 0 else -(-seed % _MODULUS)
    )
    if state <= 0:
        state += _MODULUS - 1

    def draw() -> float:
        nonlocal state
        state = state * _MULTIPLIER % _MODULUS
        return (state - 1) / (_MODULUS - 1)

    return draw


def _shuffled(nodes: list[Node], draw: Callable[[], float]) -> list[Node]:
    """Shuffle from the inside out (Fisher and Yates)."""
    found: list[Node] = []
    for place, node in enumerate(nodes):
        other = math.floor(draw() * (place + 1))
        found.append(node)
        if other != place:
            found[place], found[other] = found[other], node
    return found


def _build_name(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:
    if not arguments:
        name = scope.spec.name if scope.spec is not None else ""
        return Closure(kind="text", run=lambda frame: frame.item.name if frame.item is not None else name)
    nodes = _set_of(arguments[0])
    return joined(*arguments, kind="text", run=lambda frame: next((node.name for node in nodes(frame)), ""))


def _build_current(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    spec = scope.spec

    def nodes(frame: Frame) -> list[Node]:
        return [frame.instance.node(spec)] if spec is not None and spec.depth == scope.level else []

    return _made((), nodes)


def _build_itext(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    name = as_text(arguments[0])
    return joined(
        *arguments, kind="text", run=lambda frame: frame.world.text(name(frame)) if frame.world is not None else ""
    )


FUNCTIONS: tuple[Function, ...] = (
    Function(name="count", least=1, most=1, build=_build_count),
    Function(name="position", least=0, most=1, build=_build_position),
    plain("last", "", "number", lambda frame: float(frame.size), framed=True),
    Function(name="current", least=0, most=0, build=_build_current),
    Function(name="instance", least=1, most=1, build=_build_instance),
    Function(name="pulldata", least=4, most=4, build=_build_pulldata),
    Function(name="indexed-repeat", least=3, most=UNLIMITED, build=_build_indexed),
    Function(name="randomize", least=1, most=2, build=_build_randomize),
    Function(name="name", least=0, most=1, build=_build_name),
    Function(name="local-name", least=0, most=1, build=_build_name),
    plain("namespace-uri", "a", "text", lambda _="": "", optional=1),
    plain("lang", "t", "truth", lambda _: False),
    Function(name="jr:itext", least=1, most=1, build=_build_itext),
)
