"""Functions of selects."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.forms.expressions.closures import Closure, as_number, as_text, depends_of
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.parser import parse
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError, Path, Reference
from bot.forms.expressions.values import Item, words


def _build_selected(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    chosen, wanted = arguments
    run = chosen.run
    if isinstance(wanted.constant, str):
        name = wanted.constant.strip()
        return Closure(kind="truth", run=lambda frame: _has(run(frame), name), depends=chosen.depends)
    text = as_text(wanted)
    depends = depends_of(chosen, wanted)
    return Closure(kind="truth", run=lambda frame: _has(run(frame), text(frame).strip()), depends=depends)


def _has(item: Item, name: str) -> bool:
    if item is None:
        return name == ""
    return name in (item if isinstance(item, tuple) else words(item))


def _build_selected_at(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    chosen, index = arguments[0].run, as_number(arguments[1])

    def run(frame: Frame) -> str:
        names, place = words(chosen(frame)), index(frame)
        return names[int(place)] if not math.isnan(place) and 0 <= place < len(names) else ""

    return Closure(kind="text", run=run, depends=depends_of(*arguments))


def _build_choice_name(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:
    """`jr:choice-name(value, '${question}')`: the second argument is a quoted name or path."""
    value, quoted = arguments
    if not isinstance(quoted.constant, str):
        raise ExpressionError(
            "the second argument of jr:choice-name() is the question in quotation marks",
            mend="Write jr:choice-name(${q}, '${q}').",
        )
    tree = parse(quoted.constant)
    if isinstance(tree, Reference):
        path = scope.reference(tree)
    elif isinstance(tree, Path):
        path = scope.path(tree)
    else:
        raise ExpressionError("the second argument of jr:choice-name() names no question", mend="Write '${q}'.")
    text, labels = as_text(value), scope.names.labels
    return Closure(kind="text", run=lambda frame: labels(path, text(frame), frame.language), depends=value.depends)


FUNCTIONS: tuple[Function, ...] = (
    Function(name="selected", least=2, most=2, build=_build_selected),
    Function(name="selected-at", least=2, most=2, build=_build_selected_at),
    plain("count-selected", "a", "number", lambda item: float(len(words(item)))),
    Function(name="jr:choice-name", least=2, most=2, build=_build_choice_name),
    Function(name="choice-name", least=2, most=2, build=_build_choice_name),
)
