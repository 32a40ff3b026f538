"""Reads the answer to a text question."""

from __future__ import annotations

import unicodedata

from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood

MAX_TEXT = 10_000
"""Characters of one answer: two and a half messages of Telegram, far beyond what anybody types as one answer."""


def read_text(text: str) -> Reading:
    """Take any text that is not empty, without control characters; right-to-left marks stay."""
    text = "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    ).strip()
    if not text:
        return NotUnderstood("text")
    if len(text) > MAX_TEXT:
        return NotUnderstood("too_long", {"limit": str(MAX_TEXT)})
    return Understood(text)
