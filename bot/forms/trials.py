"""Expressions tried out by themselves, without a form: for authors, and to compare with other engines."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from bot.forms.expressions.closures import Closure, as_number, as_text, as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.frames import Frame, Surroundings
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.scopes import ROOT, Names, Scope
from bot.forms.expressions.shape import Shape

Shown = bool | float | str

_KINDS: Mapping[str, Callable[[Closure], Callable[[Frame], bool | float | str]]] = {
    "boolean": as_truth, "number": as_number, "string": as_text,
}  # fmt: skip


def try_expression(text: str, *, kind: str, now: datetime, zone: tzinfo) -> Shown:
    """Return what an expression gives over an empty form, as a boolean, a number or a string.

    Raises:
        FormError: the text is no expression, or it takes too long.
        KeyError: there is no such kind.
    """
    shape = Shape((), root=ROOT)
    closure = compile_expression(text, scope=Scope(names=Names(shape), here=True, strict=False))
    world = Surroundings(lists={}, label=lambda _node, name: name, text=lambda _: "")
    instance = Instance(shape.root)
    frame = Frame(instance.values, now=now, zone=zone, language="", world=world, instance=instance)
    found = _KINDS[kind](closure)(frame)
    return _word(found) if isinstance(found, float) and not math.isfinite(found) else found


def _word(number: float) -> str:
    """Return what JSON has no number for, as JavaScript writes it."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
