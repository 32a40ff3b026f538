"""Functions of truth and choice between expressions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.forms.expressions.closures import Closure, as_number, as_text, as_truth, depends_of
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import UNLIMITED, Function, plain
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.expressions.values import Item, is_set


def _build_if(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    condition, yes, no = arguments
    truth, on_yes, on_no = as_truth(condition), yes.run, no.run
    kind = yes.kind if yes.kind == no.kind and yes.kind != "node" else "any"

    def run(frame: Frame) -> Item:
        return on_yes(frame) if truth(frame) else on_no(frame)

    return Closure(kind=kind, run=run, depends=depends_of(*arguments))


def _build_coalesce(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    texts = tuple(as_text(argument) for argument in arguments)

    def run(frame: Frame) -> Item:
        for text in texts:
            found = text(frame)
            if found:
                return found
        return ""

    return Closure(kind="text", run=run, depends=depends_of(*arguments))


def _build_once(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    compute = arguments[0].run

    def run(frame: Frame) -> Item:
        return frame.here if is_set(frame.here) else compute(frame)

    return Closure(kind="any", run=run, depends=arguments[0].depends)


def _checklist(least: float, most: float, *facts: bool) -> bool:
    return _within(sum(facts), least=least, most=most)


def _build_weighted(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    if len(arguments) % 2:
        raise ExpressionError("weighted-checklist() takes pairs of a fact and its weight", mend="Add the last weight.")
    least, most = as_number(arguments[0]), as_number(arguments[1])
    pairs = tuple(
        (as_truth(fact), as_number(weight)) for fact, weight in zip(arguments[2::2], arguments[3::2], strict=True)
    )

    def run(frame: Frame) -> Item:
        weight_of_all = sum(weight(frame) for fact, weight in pairs if fact(frame))
        return _within(weight_of_all, least=least(frame), most=most(frame))

    return Closure(kind="truth", run=run, depends=depends_of(*arguments))


def _within(count: float, *, least: float, most: float) -> bool:
    return count >= least and (most == -1 or count <= most)


FUNCTIONS = (
    Function(name="if", least=3, most=3, build=_build_if, truths=1),
    Function(name="coalesce", least=2, most=2, build=_build_coalesce),
    Function(name="once", least=1, most=1, build=_build_once),
    plain("not", "b", "truth", lambda truth: not truth),
    plain("true", "", "truth", lambda: True),
    plain("false", "", "truth", lambda: False),
    plain("boolean", "b", "truth", lambda truth: truth),
    plain("boolean-from-string", "t", "truth", lambda text: text in ("1", "true")),
    plain("checklist", "nnb*", "truth", _checklist),
    Function(name="weighted-checklist", least=4, most=UNLIMITED, build=_build_weighted),
)
