"""Tags of a company: a word as key, and a value; what audiences and reports group by."""

from __future__ import annotations

import re

from bot.domain.choosing import folded
from bot.domain.listed import TAG_LIMIT
from bot.domain.people import clean_name

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
# Every hub has these, whatever people call them.
_WORDS = {
    "sector": ("branche", "sector", "industry", "wirtschaftszweig"),
    "size": (
        "grosse", "groesse", "size", "mitarbeiter", "mitarbeitende", "beschaftigte", "beschaeftigte", "employees",
        "headcount",
        "anzahl mitarbeiter", "unternehmensgrosse", "betriebsgrosse",
    ),
    "municipality": ("gemeinde", "municipality", "kommune"),
}  # fmt: skip
_KEYS = {word: key for key, words in _WORDS.items() for word in words}


def tag_key(text: str) -> str | None:
    """Return the key that a word means: `Branche` is `sector`; None if no key can be made of it."""
    known = common_key(text)
    if known is not None:
        return known
    plain = clean_name(text).lower()
    for umlaut, ascii_form in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), (" ", "_")):
        plain = plain.replace(umlaut, ascii_form)
    return plain if KEY.fullmatch(plain) else None


def common_key(text: str) -> str | None:
    """Return which of the keys that every hub has a word means."""
    return _KEYS.get(folded(text))


def read_tag(text: str) -> tuple[str, str]:
    """Read `key=value`, or a mere key.

    Raises:
        ValueError: there is no key in it, or the value is too long.
    """
    word, _, value = text.partition("=" if "=" in text else ":")
    key, value = tag_key(word), clean_name(value)
    if key is None or len(value) > TAG_LIMIT:
        raise ValueError("write a tag such as sector=Maschinenbau; a value has at most 100 characters")
    return key, value
