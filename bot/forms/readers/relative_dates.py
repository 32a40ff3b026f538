"""Reads dates that are said from today on: tomorrow, in three days, next Friday."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from bot.forms.readers.calendar_words import weekday
from bot.forms.readers.folding import fold
from bot.forms.readers.number_words import number_in_words
from bot.forms.readers.outcomes import Guessed, Reading, Understood

_DAYS: Mapping[str, int] = {
    "heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "gestern": -1, "yesterday": -1, "jetzt": 0, "now": 0,
    "tonight": 0,
    "ubermorgen": 2, "uebermorgen": 2, "vorgestern": -2, "day after tomorrow": 2, "the day after tomorrow": 2,
    "day before yesterday": -2, "the day before yesterday": -2,
}  # fmt: skip
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("tag", "tage", "tagen", "day", "days"), "day"),
    **dict.fromkeys(("woche", "wochen", "week", "weeks"), "week"),
    **dict.fromkeys(("monat", "monate", "monaten", "month", "months"), "month"),
    **dict.fromkeys(("jahr", "jahre", "jahren", "year", "years"), "year"),
}
_COMING = frozenset(
    "nachsten nachster nachste nachstem naechsten naechster naechste kommenden kommender kommende next coming this "
    "diesen dieser".split()
)  # fmt: skip
_PAST = frozenset("letzten letzter letzte vergangenen vergangener vorigen voriger last past".split())
_PARTS_OF_DAY = frozenset(
    "fruh frueh morgen vormittag mittag nachmittag abend nacht morning noon afternoon evening night".split()
)
_MOST = 100_000  # units; more leaves the calendar


def read_relative(text: str, *, today: date) -> Reading | None:
    """Read words that count from today; a weekday, and months and years ahead, are guesses."""
    words = fold(text).split()
    if not words:
        return None
    if len(words) > 1 and words[-1] in _PARTS_OF_DAY:
        words = words[:-1]
    joined = " ".join(words)
    if joined in _DAYS:
        return _moved(today, "day", _DAYS[joined])
    return _distance(words, today=today) or _weekday(words, today=today)


def _distance(words: Sequence[str], *, today: date) -> Reading | None:
    match words:
        case ["in", *number, unit] if unit in _UNITS:
            sign = 1
        case ["vor", *number, unit] if unit in _UNITS:
            sign = -1
        case [*number, unit, "ago"] if unit in _UNITS:
            sign = -1
        case _:
            return None
    count = _count(number)
    return None if count is None else _moved(today, _UNITS[unit], sign * count)


def _count(words: Sequence[str]) -> int | None:
    if len(words) == 1 and words[0].isdecimal() and words[0].isascii() and len(words[0]) <= 6:
        found: int | float | None = int(words[0])
    else:
        found = number_in_words(words)
    return found if isinstance(found, int) and abs(found) <= _MOST else None


def _moved(today: date, unit: str, count: int) -> Reading | None:
    try:
        if unit in ("day", "week"):
            return Understood((today + timedelta(days=count * (7 if unit == "week" else 1))).isoformat())
        months = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
        year, month = months // 12, months % 12 + 1
        if not date.min.year <= year <= date.max.year:
            return None
        return Guessed(date(year, month, min(today.day, monthrange(year, month)[1])).isoformat())
    except OverflowError:
        return None


def _weekday(words: Sequence[str], *, today: date) -> Reading | None:
    """Guess the coming day of that name, one to seven days ahead; `last` goes back as far."""
    number = weekday(words[-1])
    if number is None or len(words) > 2 or (len(words) == 2 and words[0] not in _COMING | _PAST):
        return None
    past = words[0] in _PAST
    ahead = (number - today.weekday() - 1) % 7 + 1 - (7 if past else 0)
    moved = _moved(today, "day", ahead or -7)
    return Guessed(moved.value) if isinstance(moved, Understood) else None
