"""Reads dates as people type them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from bot.forms.readers.folding import fold, plain_digits
from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood

_DAYS: Mapping[str, int] = {
    "heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "gestern": -1, "yesterday": -1,
    "ubermorgen": 2, "uebermorgen": 2, "vorgestern": -2,
}  # fmt: skip
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.\s*(?P<year>\d{4}|\d{2})", re.ASCII)
_NAMED = (
    re.compile(r"(?P<day>\d{1,2})\.?\s+(?P<name>[^\W\d]{3,9})\.?,?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<name>[^\W\d]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"),
)
_MONTHS = (
    ("januar", "january", "janner", "jaenner"), ("februar", "february"), ("marz", "march", "maerz"), ("april",),
    ("mai", "may"), ("juni", "june"), ("juli", "july"), ("august",), ("september",), ("oktober", "october"),
    ("november",), ("dezember", "december"),
)  # fmt: skip
SHORT_YEARS_AHEAD = 20
"""A year of two digits lies at most so far ahead (`45` in 2026), else in the last century (`85`)."""


def read_date(text: str, *, today: date, language: str) -> Reading:
    """Read ISO 8601, `31.1.26`, `31. Januar 2026`, `Jan 31, 2026` and words such as tomorrow.

    Dates with slashes are refused: 1/2/2026 is one day in London and another in New York.
    """
    german = language.lower().startswith("de")
    refusal = NotUnderstood("date", {"example": "31.01.2026" if german else "2026-01-31"})
    text = plain_digits(text).strip()
    if len(text) > 40:
        return refusal
    if fold(text) in _DAYS:
        return _shifted(today, _DAYS[fold(text)]) or refusal
    for pattern in (_ISO, _DOTTED, *_NAMED):
        match = pattern.fullmatch(text)
        if match is not None:
            return _made(match.groupdict(), today=today) or refusal
    return refusal


def _shifted(today: date, days: int) -> Understood | None:
    try:
        return Understood((today + timedelta(days=days)).isoformat())
    except OverflowError:
        return None


def _made(parts: Mapping[str, str], *, today: date) -> Understood | None:
    month = int(parts["month"]) if "month" in parts else _month(parts["name"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += today.year // 100 * 100
        year -= 100 if year > today.year + SHORT_YEARS_AHEAD else 0
    try:
        return Understood(date(year, month, int(parts["day"])).isoformat())
    except ValueError:
        return None


def _month(name: str) -> int:
    """Return the month of a name or of its first letters, 0 if there is none."""
    wanted = fold(name)
    for number, names in enumerate(_MONTHS, start=1):
        if any(known.startswith(wanted) for known in names) and len(wanted) >= 3:
            return number
    return 0
