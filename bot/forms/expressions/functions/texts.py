"""Functions that give or take texts."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import uuid
from collections.abc import Sequence

from bot.forms.expressions.closures import Closure, as_text, joined
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.patterns import compile_pattern
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.expressions.values import MAX_TEXT, Item, to_text

_SPACES = re.compile(r"[ \t\r\n]+")
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _joined(glue: str, *parts: list[Item]) -> str:
    return glue.join(to_text(item) for part in parts for item in part)[:MAX_TEXT]


def _concat(*parts: list[Item]) -> str:
    return _joined("", *parts)


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
        return joined(subject, kind="truth", run=lambda frame: found_in(text(frame)))
    source = as_text(pattern)

    def run(frame: Frame) -> bool:
        try:
            return compile_pattern(source(frame)).found_in(text(frame))
        except ExpressionError:  # a pattern made at run time that cannot be used matches nothing
            return False

    return joined(subject, pattern, kind="truth", run=run)


def _digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    """Return the digest of a text; "" for an algorithm or encoding that there is not."""
    name = _ALGORITHMS.get(algorithm)
    if name is None or encoding not in ("base64", "hex"):
        return ""
    made = hashlib.new(name, text.encode(), usedforsecurity=False)
    return made.hexdigest() if encoding == "hex" else base64.b64encode(made.digest()).decode()


def _decoded(text: str) -> str:
    try:
        text = "".join(text.split())
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode(errors="replace")
    except ValueError:
        return ""


def _uuid(length: float = 36.0) -> str:
    """Return a random UUID, or so many characters of such."""
    if not 0 <= length <= MAX_TEXT:
        return ""
    made = "".join(str(uuid.uuid4()) for _ in range(math.ceil(length / 36) or 1))
    return made[: math.floor(length)]


FUNCTIONS: tuple[Function, ...] = (
    plain("string", "t", "text", lambda text: text),
    plain("string-length", "t", "number", lambda text: float(len(text))),
    plain("concat", "s*", "text", _concat),
    plain("join", "ts*", "text", _joined),
    plain("contains", "tt", "truth", lambda text, part: part in text),
    plain("starts-with", "tt", "truth", str.startswith),
    plain("ends-with", "tt", "truth", str.endswith),
    plain("substr", "tnn", "text", _substr, optional=1),
    plain("substring", "tnn", "text", _substring, optional=1),
    plain("substring-before", "tt", "text", _before),
    plain("substring-after", "tt", "text", lambda text, part: text.partition(part)[2] if part else text),
    plain("normalize-space", "t", "text", lambda text: _SPACES.sub(" ", text).strip(" ")),
    plain("translate", "ttt", "text", _translate),
    plain("digest", "ttt", "text", _digest, optional=1),
    plain("base64-decode", "t", "text", _decoded),
    plain("uuid", "n", "text", _uuid, optional=1),
    Function(name="regex", least=2, most=2, build=_build_regex),
)
