"""Reads the answer to an acknowledge question."""

from __future__ import annotations

from bot.forms.readers.folding import fold
from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood

OK = "OK"
"""What ODK stores for an acknowledged question."""

_WORDS = frozenset(
    {
        "ok", "okay", "oke", "okey", "ja", "j", "yes", "y", "yep", "gelesen", "verstanden", "einverstanden", "gut",
        "alles klar", "klar", "in ordnung", "passt", "bestatigt", "bestaetigt", "read", "understood", "agreed",
        "i agree", "got it", "confirmed", "done", "fine", "weiter", "next", "1",
    }
)  # fmt: skip


def read_acknowledge(text: str) -> Reading:
    """Take any word of agreement, or a thumb or tick."""
    if fold(text) in _WORDS or text.strip().rstrip("\ufe0f🏻🏼🏽🏾🏿") in ("👍", "✅", "✓", "✔", "☑"):
        return Understood(OK)
    return NotUnderstood("acknowledge")
