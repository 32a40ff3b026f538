"""Languages of a form: `Deutsch (de)` in a header becomes the code `de`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from bot.forms.model import Texts

_CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*$")
_BARE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.IGNORECASE)
_NAMES: Mapping[str, str] = {
    "deutsch": "de", "german": "de", "english": "en", "englisch": "en", "français": "fr", "french": "fr",
    "español": "es", "spanish": "es", "türkçe": "tr", "turkish": "tr", "polski": "pl", "polish": "pl",
    "nederlands": "nl", "dutch": "nl", "italiano": "it", "italian": "it", "українська": "uk", "ukrainian": "uk",
}  # fmt: skip
_UNNAMED = frozenset({"", "default"})
"""What pyxform calls texts without a language."""


def code_of(name: str) -> str:
    """Return the code of a language as authors write it; an unknown name stands for itself."""
    name = name.strip()
    if name.lower() in _UNNAMED:
        return ""
    match = _CODE.search(name)
    if match is not None:
        return match[1].lower() if "-" not in match[1] else match[1]
    if name.lower() in _NAMES:
        return _NAMES[name.lower()]
    return name


def name_of(code: str, *, names: Iterable[str]) -> str:
    """Return the name that a blueprint has for a language (`Deutsch (de)` for `de`), else its first one, else ""."""
    known = tuple(names)
    return next((name for name in known if code_of(name) == code), known[0] if known else "")


def looks_coded(name: str) -> bool:
    """Whether a language's name carries a code, or is one."""
    return bool(_CODE.search(name) or name.strip().lower() in _NAMES or _BARE.fullmatch(name.strip()))


_QUOTES = "\u2018\u2019\u201c\u201d"
_KEPT = {ord(quote): chr(0xE000 + number) for number, quote in enumerate(_QUOTES)}
_BACK = {ord(kept): chr(quote) for quote, kept in _KEPT.items()}
_SAID = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "caption")


def with_quotes_kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose texts for people keep their typographic quotes: pyxform would make them straight.

    That is right in expressions, where it mends what word processors did, and wrong in German, where „so“ is how one
    quotes; so the quotes hide behind private characters, and `texts_of` puts them back.
    """
    return {
        header: text.translate(_KEPT) if isinstance(text, str) and _is_said(header) else text
        for header, text in row.items()
    }


def with_quotes_back(text: str) -> str:
    """Return a text for people with the quotes that `with_quotes_kept` had hidden."""
    return text.translate(_BACK)


def _is_said(header: object) -> bool:
    name = "_".join(str(header).replace(":", " ").split()).lower()
    return name.startswith(_SAID) or name.startswith(
        tuple(f"bind_jr_{word}" for word in ("constraintmsg", "requiredmsg"))
    )


def texts_of(raw: Any) -> Texts:
    """Return texts by code of what pyxform keeps: nothing, one text, or a dict by language."""
    if not raw:
        return MappingProxyType({})
    found = raw if isinstance(raw, dict) else {"": raw}
    texts = {code_of(name): with_quotes_back(str(text or "")).strip() for name, text in found.items()}
    return MappingProxyType({code: text for code, text in texts.items() if text})


def in_header_order(names: Iterable[str], *, headers: Iterable[str]) -> list[str]:
    """Return the languages' names in the order in which the sheets' headers first mention them."""
    joined = "\n".join(headers)
    return sorted(dict.fromkeys(names), key=lambda name: (joined.find(name) if name in joined else len(joined), name))
