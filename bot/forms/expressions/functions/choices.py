"""Functions of selects."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.forms.expressions.closures import Closure, as_number, as_text, joined
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.values import Item, words


def _build_selected(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    chosen, wanted = arguments
    run = chosen.run
    if isinstance(wanted.constant, str):
        name = wanted.constant.strip()
        return joined(chosen, kind="truth", run=lambda frame: _has(run(frame), name))
    text = as_text(wanted)
    return joined(chosen, wanted, kind="truth", run=lambda frame: _has(run(frame), text(frame).strip()))


def _has(item: Item, name: str) -> bool:
    if item is None:
        return name == ""
    return name in (item if isinstance(item, tuple) else words(item))


def _build_selected_at(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    chosen, index = arguments[0].run, as_number(arguments[1])

    def run(frame: Frame) -> str:
        names, place = words(chosen(frame)), index(frame)
        return names[int(place)] if not math.isnan(place) and 0 <= place < len(names) else ""

    return joined(*arguments, kind="text", run=run)


def _build_choice_name(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    """`jr:choice-name(value, '${question}')`: the compiler has read the quoted name or path already."""
    value, question = arguments
    text, nodes = as_text(value), question.nodes

    def run(frame: Frame) -> str:
        found = nodes(frame) if nodes is not None else []
        return frame.world.label(found[0], text(frame)) if found and frame.world is not None else ""

    return joined(value, question, kind="text", run=run)


FUNCTIONS: tuple[Function, ...] = (
    Function(name="selected", least=2, most=2, build=_build_selected),
    Function(name="selected-at", least=2, most=2, build=_build_selected_at),
    plain("count-selected", "a", "number", lambda item: float(len(words(item)))),
    Function(name="jr:choice-name", least=2, most=2, build=_build_choice_name),
    Function(name="choice-name", least=2, most=2, build=_build_choice_name),
)
