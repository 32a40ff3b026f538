"""Makes texts that people would call the same equal: letter case, spaces, accents, punctuation, ß and ss."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})


_SIGNS = {**dict.fromkeys("−‒–﹣－", "-"), **dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")}


KEPT_LENGTH = 200
"""Characters of the longest text that is remembered: labels are met at each answer, long answers once."""


def fold(text: str) -> str:
    """Return the bare letters and digits of a text, words joined by one space."""
    return _remembered(text) if len(text) <= KEPT_LENGTH else _folded(text)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (character if character.isalnum() else " " for character in plain if not unicodedata.combining(character))
    return " ".join("".join(kept).split())


_remembered = lru_cache(maxsize=8192)(_folded)


def folds(text: str) -> tuple[str, ...]:
    """Return all ways in which a text may be typed: `Käse` as kase and as kaese; signs alone stand for themselves."""
    return _remembered_ways(text) if len(text) <= KEPT_LENGTH else _ways(text)


def _ways(text: str) -> tuple[str, ...]:
    composed = unicodedata.normalize("NFC", text)
    found = dict.fromkeys((fold(composed), fold(composed.translate(_GERMAN))))
    return tuple(form for form in found if form) or (composed.strip(),)


_remembered_ways = lru_cache(maxsize=8192)(_ways)


def plain_digits(text: str) -> str:
    """Return the text with digits of any script as 0 to 9, other minus signs as -, other spaces as a space."""
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else _SIGNS.get(character, character)
        for character in text
    )
