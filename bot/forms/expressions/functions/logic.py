"""Functions of truth and choice between expressions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from bot.forms.expressions.closures import Closure, Nodes, Truth, as_number, as_text, as_truth, items, joined
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import UNLIMITED, Function, plain
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.expressions.values import Item, is_set, to_number, to_text


def _build_if(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    condition, yes, no = arguments
    truth, on_yes, on_no = as_truth(condition), yes.run, no.run
    kind = yes.kind if yes.kind == no.kind and yes.nodes is None else "any"

    def run(frame: Frame) -> Item:
        return on_yes(frame) if truth(frame) else on_no(frame)

    return joined(*arguments, kind=kind, run=run, nodes=_either(truth, yes, no))


def _either(truth: Truth, yes: Closure, no: Closure) -> Nodes | None:
    on_yes, on_no = yes.nodes, no.nodes
    if on_yes is None or on_no is None:
        return None
    return lambda frame: on_yes(frame) if truth(frame) else on_no(frame)


def _build_coalesce(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    texts = tuple(as_text(argument) for argument in arguments)

    def run(frame: Frame) -> Item:
        for text in texts:
            found = text(frame)
            if found:
                return found
        return ""

    return joined(*arguments, kind="text", run=run)


def _build_once(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    compute = arguments[0].run

    def run(frame: Frame) -> Item:
        return frame.here if is_set(frame.here) else compute(frame)

    return joined(*arguments, kind="any", run=run)


def _facts(closure: Closure) -> Callable[[Frame], list[bool]]:
    """Return a run that gives the truth of each value: of a node-set's those that are not empty."""
    if closure.nodes is None:
        truth = as_truth(closure)
        return lambda frame: [truth(frame)]
    values = items(closure)
    return lambda frame: [bool(to_text(item).strip()) for item in values(frame)]


def _build_checklist(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    least, most = as_number(arguments[0]), as_number(arguments[1])
    facts = tuple(_facts(argument) for argument in arguments[2:])

    def run(frame: Frame) -> Item:
        count = sum(sum(fact(frame)) for fact in facts)
        return _within(count, least=least(frame), most=most(frame))

    return joined(*arguments, kind="truth", run=run)


def _build_weighted(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    if len(arguments) % 2:
        raise ExpressionError("weighted-checklist() takes pairs of a fact and its weight", mend="Add the last weight.")
    least, most = as_number(arguments[0]), as_number(arguments[1])
    pairs = tuple((_facts(fact), items(weight)) for fact, weight in zip(arguments[2::2], arguments[3::2], strict=True))

    def run(frame: Frame) -> Item:
        weight_of_all = 0.0
        for facts, weights in pairs:
            for fact, weight in itertools.zip_longest(facts(frame), weights(frame)):
                if weight is not None and fact is None:
                    return False
                weight_of_all += to_number(weight, zone=frame.zone) if fact and weight is not None else 0.0
        return _within(weight_of_all, least=least(frame), most=most(frame))

    return joined(*arguments, kind="truth", run=run)


def _within(count: float, *, least: float, most: float) -> bool:
    if most == -1:
        return least < 1 or count >= least
    return count >= least and not count > most  # a limit that is no number is none


FUNCTIONS = (
    Function(name="if", least=3, most=3, build=_build_if, truths=1),
    Function(name="coalesce", least=2, most=2, build=_build_coalesce),
    Function(name="once", least=1, most=1, build=_build_once),
    plain("not", "b", "truth", lambda truth: not truth),
    plain("true", "", "truth", lambda: True),
    plain("false", "", "truth", lambda: False),
    plain("boolean", "b", "truth", lambda truth: truth),
    plain("boolean-from-string", "t", "truth", lambda text: text in ("1", "true")),
    Function(name="checklist", least=2, most=UNLIMITED, build=_build_checklist),
    Function(name="weighted-checklist", least=4, most=UNLIMITED, build=_build_weighted),
)
