"""Reads the answer to a text question."""

from __future__ import annotations

import re
import unicodedata

from bot.forms.readers.folding import plain_digits
from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood

MAX_TEXT = 10_000
"""Characters of one answer: two and a half messages of Telegram, far beyond what anybody types as one answer."""

_NUMBERS = re.compile(r"(?=.*[0-9])[0-9+\-.,/() ]{1,200}")


def read_text(text: str, *, appearance: str = "") -> Reading:
    """Take any text that is not empty, without control characters; right-to-left marks stay.

    With the appearance `numbers` it holds digits and the signs between them (ODK shows a keyboard of digits for it).
    """
    text = "".join(
        character
        for character in text[: 2 * MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    ).strip()
    if not text:
        return NotUnderstood("text")
    if len(text) > MAX_TEXT:
        return NotUnderstood("too_long", {"limit": str(MAX_TEXT)})
    if "numbers" in appearance.split():
        digits = plain_digits(text[:201])
        return Understood(digits) if _NUMBERS.fullmatch(digits) else NotUnderstood("numbers", {"example": "12345"})
    return Understood(text)
