"""Functions that give or take texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.forms.expressions.closures import Closure, as_text, depends_of
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.patterns import compile_pattern
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.expressions.values import MAX_TEXT


def _joined(glue: str, *texts: str) -> str:
    return glue.join(texts)[:MAX_TEXT]


def _concat(*texts: str) -> str:
    return "".join(texts)[:MAX_TEXT]


def _substr(text: str, start: float, end: float = math.inf) -> str:
    """Cut from `start` up to before `end`, both counted from 0, from the end if negative (ODK's own function)."""
    if math.isnan(start) or math.isnan(end):
        return ""
    first, last = (_place(text, number) for number in (start, end))
    return text[first:last]


def _place(text: str, number: float) -> int:
    size = len(text)
    place = math.trunc(max(-size, min(size, number)))
    return place + size if place < 0 else place


def _substring(text: str, start: float, length: float = math.inf) -> str:
    """Cut as XPath does: counted from 1, numbers rounded half up."""
    begin = _half_up(start)
    end = begin + _half_up(length)
    if math.isnan(begin) or math.isnan(end):
        return ""
    size = len(text) + 1.0
    return text[int(max(1.0, min(size, begin))) - 1 : int(max(1.0, min(size, end))) - 1]


def _half_up(number: float) -> float:
    return float(math.floor(number + 0.5)) if math.isfinite(number) else number


def _before(text: str, part: str) -> str:
    return text.partition(part)[0] if part and part in text else ""


def _translate(text: str, old: str, new: str) -> str:
    table: dict[int, str | None] = {}
    for index, character in enumerate(old):
        table.setdefault(ord(character), new[index] if index < len(new) else None)
    return text.translate(table)


def _build_regex(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001
    subject, pattern = arguments
    text = as_text(subject)
    if isinstance(pattern.constant, str):
        found_in = compile_pattern(pattern.constant).found_in
        return Closure(kind="truth", run=lambda frame: found_in(text(frame)), depends=subject.depends)
    source = as_text(pattern)

    def run(frame: Frame) -> bool:
        try:
            return compile_pattern(source(frame)).found_in(text(frame))
        except ExpressionError:  # a pattern made at run time that cannot be used matches nothing
            return False

    return Closure(kind="truth", run=run, depends=depends_of(subject, pattern))


FUNCTIONS: tuple[Function, ...] = (
    plain("string", "t", "text", lambda text: text),
    plain("string-length", "t", "number", lambda text: float(len(text))),
    plain("concat", "t*", "text", _concat),
    plain("join", "tt*", "text", _joined),
    plain("contains", "tt", "truth", lambda text, part: part in text),
    plain("starts-with", "tt", "truth", str.startswith),
    plain("ends-with", "tt", "truth", str.endswith),
    plain("substr", "tnn", "text", _substr, optional=1),
    plain("substring", "tnn", "text", _substring, optional=1),
    plain("substring-before", "tt", "text", _before),
    plain("substring-after", "tt", "text", lambda text, part: text.partition(part)[2] if part else text),
    plain("normalize-space", "t", "text", lambda text: " ".join(text.split())),
    plain("translate", "ttt", "text", _translate),
    Function(name="regex", least=2, most=2, build=_build_regex),
)
