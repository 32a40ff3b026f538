"""The rules for texts and captions that a bot sends, with the limits of the Bot API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.telegram.markup import Entity, parse_html, trimmed, units, with_commands
from tests.doubles.telegram.refusals import violation

# https://core.telegram.org/bots/api#sendmessage, #senddocument: both "after entities parsing".
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
# https://core.telegram.org/bots/features#deep-linking
DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LINKED = re.compile(r"(?:t\.me|telegram\.me)/\w+\?start(?:group)?=([^\s\"'<>&#]*)")
# The servers replace control characters by spaces and drop carriage returns.
_CLEANED = {code: " " for code in range(32) if code != 10} | {13: None}


def message_text(params: Mapping[str, Any]) -> tuple[str, list[Entity]]:
    """Return the text and entities of a message as it will be shown."""
    text, entities = _formatted(params, text="text", entities="entities")
    if not text:
        raise violation("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise violation("message is too long")
    return text, entities


def caption(params: Mapping[str, Any]) -> tuple[str, list[Entity]]:
    """Return the caption of a file, which may be empty."""
    text, entities = _formatted(params, text="caption", entities="caption_entities")
    if units(text) > CAPTION_LIMIT:
        raise violation("message caption is too long")
    return text, entities


def check_deep_links(text: str) -> None:
    """Refuse links to a bot's start whose payload would not arrive."""
    for payload in _LINKED.findall(text):
        if not DEEP_LINK.fullmatch(payload):
            raise violation(f"the start parameter of a deep link must match {DEEP_LINK.pattern}")


def cleaned(text: str) -> str:
    """Replace the control characters that the servers do not keep."""
    return text if text.isprintable() else text.translate(_CLEANED)


def _formatted(params: Mapping[str, Any], *, text: str, entities: str) -> tuple[str, list[Entity]]:
    source = cleaned(params.get(text, ""))
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise violation("strings must be encoded in UTF-8") from error
    mode = params.get("parse_mode")
    if mode is None:
        plain, marks = source, list(params.get(entities, ()))
        _check_entities(plain, marks)
    elif mode.lower() == "html":
        if entities in params:
            raise violation(f"parse_mode and {entities} exclude each other")
        plain, marks = parse_html(source)
    elif mode.lower() in {"markdown", "markdownv2"}:
        raise violation("this double reads no Markdown")
    else:
        raise violation("unsupported parse_mode")
    plain, marks = trimmed(plain, marks)
    if "?start" in plain or any("?start" in one.get("url", "") for one in marks):
        check_deep_links("\n".join([plain, *(one.get("url", "") for one in marks)]))
    return plain, with_commands(plain, marks)


def _check_entities(text: str, entities: list[Entity]) -> None:
    if not entities:
        return
    raw = text.encode("utf-16-le")
    for one in entities:
        start, stop = one["offset"], one["offset"] + one["length"]
        if start < 0 or one["length"] <= 0 or stop > len(raw) // 2:
            raise violation(f"entity {one['type']} lies outside of the text (offsets are UTF-16 units)")
        if _splits(raw, start) or _splits(raw, stop):
            raise violation(f"entity {one['type']} begins or ends in the middle of a UTF-16 symbol")


def _splits(raw: bytes, place: int) -> bool:
    """Say whether a UTF-16 offset lies between the two halves of one sign (the next unit is a low surrogate)."""
    return 2 * place < len(raw) and 0xDC <= raw[2 * place + 1] <= 0xDF


def limited(params: Mapping[str, Any], name: str, *, limit: int) -> str:
    """Return a short text parameter, at most `limit` characters long."""
    text: str = params.get(name, "")
    if units(text) > limit:
        raise violation(f"{name} is too long, at most {limit} characters are allowed")
    return text
