"""Reads dates as people type them: written out, in part, or relative to today."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Literal

from bot.forms.readers.calendar_words import month, weekday
from bot.forms.readers.folding import plain_digits
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood
from bot.forms.readers.relative_dates import read_relative

MAX_DATE = 60
"""Characters; longer texts are no dates."""
SHORT_YEARS_AHEAD = 20
"""A year of two digits lies at most so far ahead (`45` in 2026), else in the last century (`85`)."""
_LEAP_CYCLE = 9  # years within which 29 February comes again, also around 1900 or 2100

Precision = Literal["day", "month", "year"]

_LEADS = re.compile(r"^(?:(?:am|den|der|dem|the|on|zum|vom|ab|seit|since|from|by)\s+)+", re.IGNORECASE)
_YEAR = r"(?P<year>\d{4})"
_FULL = (
    re.compile(r"(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.\s*(?P<year>\d{4}|\d{2})", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.?", re.ASCII),
    re.compile(r"(?P<year>[12]\d{3})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII),
    re.compile(
        r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?\s*(?:of\s+)?(?P<name>[^\W\d_]{3,9})(?:[.,]{0,2}\s*(?P<year>\d{4}|\d{2}))?\.?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<name>[^\W\d_]{3,9})\.?\s+(?:the\s+)?(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?(?:,?\s+(?P<year>\d{4}))?",
        re.IGNORECASE,
    ),
)
_SLASHED = re.compile(r"(?P<one>\d{1,2})(?P<mark>[-/])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})", re.ASCII)
_MONTHLY = (
    re.compile(rf"(?P<month>\d{{1,2}})\s*[/.-]\s*{_YEAR}", re.ASCII),
    re.compile(rf"{_YEAR}\s*[-/]\s*(?P<month>\d{{1,2}})", re.ASCII),
    re.compile(rf"(?P<name>[^\W\d_]{{3,9}})\.?,?\s+{_YEAR}"),
)
_PART = re.compile(
    r"(?P<part>anfang|beginning|start|early|mitte|middle|mid|ende|end|late)[\s-]+(?:of\s+|des\s+)?"
    r"(?P<name>[^\W\d_]{3,9})\.?(?:,?\s+(?P<year>\d{4}))?",
    re.IGNORECASE,
)
_DAY_OF_PART = {"anfang": 1, "beginning": 1, "start": 1, "early": 1, "mitte": 15, "middle": 15, "mid": 15}
_WITH_WEEKDAY = re.compile(r"(?P<weekday>[^\W\d_]{2,10})\.?,?\s+(?P<rest>.*\d.*)", re.DOTALL)


def read_date(text: str, *, today: date, language: str, appearance: str = "") -> Reading:
    """Read ISO 8601, `31.1.26`, `31. Januar 2026`, `Jan 31, 2026` and words such as tomorrow.

    A date without its year, a weekday's name or the end of a month is a guess. Dates with slashes are read where only
    one part can be the month: 1/2/2026 is one day in London and another in New York.

    Args:
        text: what was typed.
        today: the person's date.
        language: for the example.
        appearance: `month-year` or `year` take less than a day and store the first of it (XLSForm, "Appearances").
    """
    precision = _precision(appearance)
    refusal = _refusal(precision, german=language.lower().startswith("de"))
    text = _LEADS.sub("", plain_digits(text[: MAX_DATE + 1]).strip(), count=1).rstrip("!? \t\n")
    if not 0 < len(text) <= MAX_DATE:
        return refusal
    reading = (_coarse(text, precision) if precision != "day" else None) or _day(text, today=today)
    return refusal if reading is None else _floored(reading, precision)


def _precision(appearance: str) -> Precision:
    words = appearance.split()
    return "month" if "month-year" in words else "year" if "year" in words else "day"


def _refusal(precision: Precision, *, german: bool) -> NotUnderstood:
    match precision:
        case "month":
            return NotUnderstood("month", {"example": "03/2026"})
        case "year":
            return NotUnderstood("year", {"example": "2026"})
        case _:
            return NotUnderstood("date", {"example": "31.01.2026" if german else "2026-01-31"})


def _floored(reading: Reading, precision: Precision) -> Reading:
    if precision == "day" or isinstance(reading, NotUnderstood):
        return reading
    value = f"{str(reading.value)[:7]}-01" if precision == "month" else f"{str(reading.value)[:4]}-01-01"
    return Understood(value) if isinstance(reading, Understood) else Guessed(value)


def _coarse(text: str, precision: Precision) -> Reading | None:
    """Read a month of a year, or a year alone."""
    if precision == "year" and re.fullmatch(r"[0-9]{4}", text):
        return _understood(int(text), 1, 1)
    for pattern in _MONTHLY:
        match = pattern.fullmatch(text)
        if match is not None:
            return _understood(int(match["year"]), _month_of(match.groupdict()), 1)
    return None


def _day(text: str, *, today: date) -> Reading | None:
    for pattern in _FULL:
        match = pattern.fullmatch(text)
        if match is not None and (reading := _made(match.groupdict(), today=today)) is not None:
            return reading
    match = _SLASHED.fullmatch(text)
    if match is not None:
        return _slashed(int(match["one"]), int(match["two"]), year=int(match["year"]))
    match = _PART.fullmatch(text)
    if match is not None:
        return _part(match["part"].lower(), month(match["name"]), year=match["year"], today=today)
    return read_relative(text, today=today) or _after_weekday(text, today=today)


def _after_weekday(text: str, *, today: date) -> Reading | None:
    """Read `Fr, 30.01.2026`; where the weekday is another one, the date is only a guess."""
    match = _WITH_WEEKDAY.fullmatch(text)
    named = weekday(match["weekday"]) if match is not None else None
    if match is None or named is None:
        return None
    rest = _LEADS.sub("", match["rest"], count=1)
    if _WITH_WEEKDAY.fullmatch(rest) and weekday(rest.split()[0].strip(".,")) is not None:
        return None
    reading = _day(rest, today=today)
    if not isinstance(reading, Understood):
        return reading
    return reading if date.fromisoformat(str(reading.value)).weekday() == named else Guessed(reading.value)


def _made(parts: Mapping[str, str | None], *, today: date) -> Reading | None:
    number, day, written = _month_of(parts), int(parts["day"] or 0), parts.get("year")
    if written is None:
        return _next(number, day, today=today)
    year = int(written)
    if len(written) == 2:
        year += today.year // 100 * 100
        year -= 100 if year > today.year + SHORT_YEARS_AHEAD else 0
    return _understood(year, number, day)


def _month_of(parts: Mapping[str, str | None]) -> int:
    return int(parts["month"] or 0) if "month" in parts else month(parts["name"] or "")


def _next(number: int, day: int, *, today: date) -> Guessed | None:
    """Guess the next such day, today included."""
    for year in range(today.year, today.year + _LEAP_CYCLE):
        reading = _understood(year, number, day)
        if reading is not None and str(reading.value) >= today.isoformat():
            return Guessed(reading.value)
    return None


def _part(part: str, number: int, *, year: str | None, today: date) -> Guessed | None:
    """Guess the first, the fifteenth or the last day of a month; without a year the next one."""
    for when in [int(year)] if year else [today.year, today.year + 1]:
        if not number or not 1 <= when <= date.max.year:
            return None
        found = date(when, number, _DAY_OF_PART.get(part) or monthrange(when, number)[1])
        if year or found >= today:
            return Guessed(found.isoformat())
    return None


def _slashed(one: int, two: int, *, year: int) -> Understood | None:
    if one <= 12 and two <= 12 and one != two:
        return None
    return _understood(year, min(one, two), max(one, two))


def _understood(year: int, number: int, day: int) -> Understood | None:
    try:
        return Understood(date(year, number, day).isoformat())
    except ValueError:
        return None
