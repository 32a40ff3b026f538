"""The operators of expressions as closures (XPath 1.0, sections 3.4 and 3.5)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from bot.forms.expressions.closures import Closure, Run, as_number, as_text, as_truth, items, joined
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.values import equal, to_number

_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def negation(operand: Closure) -> Closure:
    """Return minus an operand."""
    number = as_number(operand)
    return joined(operand, kind="number", run=lambda frame: -number(frame))


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if math.isnan(left) or math.isnan(right) or left == 0:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _remainder(left: float, right: float) -> float:
    if not right or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "div": _divide, "mod": _remainder,
}  # fmt: skip


def arithmetic(first: Closure, rest: list[tuple[str, Closure]]) -> Closure:
    """Return a chain of one precedence, worked out from the left."""
    pieces = (first, *(closure for _, closure in rest))
    start = as_number(first)
    steps = [(_ARITHMETIC[sign], as_number(closure)) for sign, closure in rest]
    if len(steps) == 1:
        compute, second = steps[0]
        return joined(*pieces, kind="number", run=lambda frame: compute(start(frame), second(frame)))

    def run(frame: Frame) -> float:
        total = start(frame)
        for compute, number in steps:
            total = compute(total, number(frame))
        return total

    return joined(*pieces, kind="number", run=run)


def comparison(sign: str, *, left: Closure, right: Closure) -> Closure:
    """Return whether two sides compare so; of a node-set, one node for which they do is enough."""
    if "set" in (left.kind, right.kind) and "truth" not in (left.kind, right.kind):
        return joined(left, right, kind="truth", run=_any_of(sign, left=left, right=right))
    if sign in _ORDER:
        order, lower, upper = _ORDER[sign], as_number(left), as_number(right)
        return joined(left, right, kind="truth", run=lambda frame: order(lower(frame), upper(frame)))
    run = _equality(left, right)
    if sign == "!=":
        return joined(left, right, kind="truth", run=lambda frame: not run(frame))
    return joined(left, right, kind="truth", run=run)


def _any_of(sign: str, *, left: Closure, right: Closure) -> Run:
    """Compare node-sets: one pair for which it holds is enough (XPath 1.0, section 3.4)."""
    lefts, rights = items(left), items(right)
    order = _ORDER.get(sign)

    def run(frame: Frame) -> bool:
        others = rights(frame)
        zone = frame.zone
        frame.spend(len(others))
        if order is not None:
            numbers = [to_number(other, zone=zone) for other in others]
            return any(order(to_number(one, zone=zone), number) for one in lefts(frame) for number in numbers)
        wanted = sign == "="
        return any(equal(one, other, zone=zone) is wanted for one in lefts(frame) for other in others)

    return run


def _equality(left: Closure, right: Closure) -> Run:
    kinds = (left.kind, right.kind)
    if "truth" in kinds:
        one, two = as_truth(left), as_truth(right)
        return lambda frame: one(frame) is two(frame)
    if "any" in kinds:
        first, second = (side.run if side.nodes is None else as_text(side) for side in (left, right))
        return lambda frame: equal(first(frame), second(frame), zone=frame.zone)
    if "number" in kinds:
        lower, upper = as_number(left), as_number(right)
        return lambda frame: lower(frame) == upper(frame)
    if isinstance(left.constant, str):
        left, right = right, left
    text = as_text(left)
    if isinstance(right.constant, str):
        wanted = right.constant
        return lambda frame: text(frame) == wanted
    other = as_text(right)
    return lambda frame: text(frame) == other(frame)


def junction(sign: str, operands: list[Closure]) -> Closure:
    """Return a chain of `and` or of `or`, which ends as soon as its truth is known."""
    truths = tuple(as_truth(operand) for operand in operands)
    if len(truths) == 2:
        one, two = truths
        if sign == "and":
            return joined(*operands, kind="truth", run=lambda frame: one(frame) and two(frame))
        return joined(*operands, kind="truth", run=lambda frame: one(frame) or two(frame))
    if sign == "and":
        return joined(*operands, kind="truth", run=lambda frame: all(truth(frame) for truth in truths))
    return joined(*operands, kind="truth", run=lambda frame: any(truth(frame) for truth in truths))
