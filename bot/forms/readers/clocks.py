"""Reads times of day as people type and say them: `14.30 Uhr`, `halb drei`, `quarter past eight`, `2:30 pm`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.forms.readers.folding import fold, plain_digits
from bot.forms.readers.number_words import number_in_words
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood

MAX_CLOCK = 60
"""Characters; longer texts are no times of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time of day: seconds since midnight, at most 24:00; sure: nobody could mean another one by it."""

    seconds: int
    sure: bool = True


_HALF_DAY = 12 * 3600
_DAY = 2 * _HALF_DAY
_AFTER_NOON = {hour: hour + 12 for hour in range(1, 12)}
_HOURS: Mapping[str, Mapping[int, int]] = {
    # What an hour as it is said becomes in that part of the day.
    "am": {12: 0, **{hour: hour for hour in range(1, 12)}},
    "pm": {12: 12, **_AFTER_NOON, **{hour: hour for hour in range(13, 24)}},
    "morning": {hour: hour for hour in range(12)},
    "midday": {11: 11, 12: 12, 1: 13, 2: 14, 3: 15, 13: 13, 14: 14},
    "afternoon": {12: 12, **{hour: hour + 12 for hour in range(1, 7)}, **{hour: hour for hour in range(13, 19)}},
    "evening": {12: 0, **{hour: hour + 12 for hour in range(4, 12)}, **{hour: hour for hour in range(16, 24)}},
    "night": {12: 0, 9: 21, 10: 22, 11: 23, **{hour: hour for hour in (0, 1, 2, 3, 4, 5, 21, 22, 23)}},
    # Said without it: a time between seven in the morning and seven in the evening is meant.
    "day": {12: 12, **{hour: hour + 12 for hour in range(1, 7)}, **{hour: hour for hour in range(7, 12)}},
}
_PERIODS: tuple[tuple[str, str], ...] = (
    ("in der fruh", "morning"), ("in der frueh", "morning"), ("am morgen", "morning"), ("am vormittag", "morning"),
    ("in the morning", "morning"), ("morgens", "morning"), ("vormittags", "morning"), ("fruh", "morning"),
    ("frueh", "morning"), ("am mittag", "midday"), ("mittags", "midday"), ("am nachmittag", "afternoon"),
    ("in the afternoon", "afternoon"), ("nachmittags", "afternoon"), ("am abend", "evening"),
    ("in the evening", "evening"), ("abends", "evening"), ("in der nacht", "night"), ("at night", "night"),
    ("nachts", "night"), ("vormittag", "morning"), ("morning", "morning"), ("nachmittag", "afternoon"),
    ("afternoon", "afternoon"), ("abend", "evening"), ("evening", "evening"), ("tonight", "evening"),
    ("a m", "am"), ("p m", "pm"), ("am", "am"), ("pm", "pm"),
)  # fmt: skip
_DIGITAL = re.compile(
    r"(?P<hour>\d{1,2})(?P<mark>[:.h])(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?", re.ASCII
)
_NAMED = {"mittag": _HALF_DAY, "noon": _HALF_DAY, "midday": _HALF_DAY, "mitternacht": 0, "midnight": 0}
_NOW = frozenset({"jetzt", "now", "gerade eben", "right now"})
_HEDGES = frozenset("ca circa etwa ungefahr ungefaehr gegen about around approximately kurz so".split())
_BEFORE, _AFTER = frozenset({"vor", "to", "before", "of", "till"}), frozenset({"nach", "past", "after"})
_MINUTES = frozenset({"minuten", "minute", "minutes", "min"})


def read_time(text: str, *, now: datetime) -> Reading:
    """Read a time of day in the zone of `now`; what may mean morning or evening is a guess at daytime."""
    if fold(text[: MAX_CLOCK + 1]) in _NOW:
        return Understood(clock_text(now.hour * 3600 + now.minute * 60, now=now))
    clock = read_clock(text)
    if clock is None:
        return NotUnderstood("time", {"example": "14:30"})
    value = clock_text(clock.seconds % _DAY, now=now)
    return Understood(value) if clock.sure else Guessed(value)


def clock_text(seconds: int, *, now: datetime) -> str:
    """Return a time as ODK keeps it: `14:30:00.000+01:00`, with the offset that holds at `now`."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}.000{offset_text(now)}"


def offset_text(moment: datetime) -> str:
    """Return a moment's distance from UTC in whole minutes (older ones have seconds, which ODK does not know)."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def read_clock(text: str) -> Clock | None:
    """Read a time of day, or None."""
    text = plain_digits(text[: MAX_CLOCK + 1]).strip()
    if not 0 < len(text) <= MAX_CLOCK:
        return None
    match = re.search(r"[0-9]{1,2}[:.h][0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?![0-9:])", text, re.IGNORECASE)
    digital = match[0] if match is not None else ""
    # The digits become one word, which folding would take apart.
    around = text.replace(digital, " digital ", 1) if digital else text
    if "-" in around or ":" in around:
        return None
    words, period = _without_period(fold(_split_digits(around)).split())
    hedged = any(word in _HEDGES for word in words)
    words = [word for word in words if word not in _HEDGES]
    introduced = bool(words) and words[0] in ("um", "at")
    words = words[1:] if introduced else words
    if len(words) == 2 and words[0] in _BEFORE | _AFTER:  # `kurz nach acht`
        words, hedged = words[1:], True
    clock = _digital(digital.lower(), words, period) if digital else _worded(words, period, introduced=introduced)
    return None if clock is None else Clock(seconds=clock.seconds, sure=clock.sure and not hedged)


def _split_digits(text: str) -> str:
    """Set letters apart from digits: `2pm`, `14h`."""
    return re.sub(r"(?<=[0-9])(?=[^\W\d_])", " ", text)


def _without_period(words: Sequence[str]) -> tuple[list[str], str | None]:
    for phrase, period in _PERIODS:
        parts = phrase.split()
        for at in range(len(words) - len(parts) + 1):
            if list(words[at : at + len(parts)]) == parts:
                return [*words[:at], *words[at + len(parts) :]], period
    return list(words), None


def _digital(digital: str, words: Sequence[str], period: str | None) -> Clock | None:
    match = _DIGITAL.fullmatch(digital)
    if match is None or list(words) not in (
        ["digital"],
        ["digital", "uhr"],
        ["digital", "h"],
        ["digital", "hrs"],
        ["digital", "o", "clock"],
    ):
        return None
    return _at(int(match["hour"]), int(match["minute"]), int(match["second"] or 0), period=period)


def _at(hour: int, minute: int, second: int = 0, *, period: str | None) -> Clock | None:
    """Return a time of the clock with 24 hours, or of that part of the day."""
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and minute + second):
        return None
    mapped = hour if period is None else _HOURS[period].get(hour)
    return None if mapped is None else Clock(seconds=mapped * 3600 + minute * 60 + second)


def _worded(words: Sequence[str], period: str | None, *, introduced: bool) -> Clock | None:
    match words:
        case [name] if name in _NAMED:
            return Clock(seconds=_NAMED[name])
        case ["zwolf" | "zwoelf" | "12", "uhr"] if period == "night":
            return Clock(seconds=0)
        case [digits] if digits.isascii() and digits.isdecimal() and len(digits) == 4:
            clock = _at(int(digits[:2]), int(digits[2:]), period=period)
            return clock and Clock(seconds=clock.seconds, sure=period is not None)
        case [hour, "uhr" | "h" | "hrs", *rest]:
            minute = 0 if not rest else _minute([word for word in rest if word not in _MINUTES])
            said = _number(hour)
            return None if said is None or minute is None else _at(said, minute, period=period)
        case [hour] if (said := _number(hour)) is not None:
            if not hour.isdecimal() and period is None and 1 <= said <= 12:
                return _spoken(said * 60, period=None)
            clock = _at(said, 0, period=period)
            sure = period is not None or said > 12 or introduced
            return clock and Clock(seconds=clock.seconds, sure=sure)
        case [hour, "o", "clock"] | [hour, "oclock"] if (said := _number(hour)) is not None:
            return _spoken(said * 60, period=period) if said <= 12 else None
        case _:
            minutes = _relative(words)
            return None if minutes is None else _spoken(minutes, period=period)


def _spoken(minutes: int, *, period: str | None) -> Clock | None:
    """Return a time of the clock with 12 hours: sure with a part of the day, else a guess."""
    hour, minute = divmod(minutes % 720, 60)
    mapped = _HOURS[period or "day"].get(hour or 12)
    return None if mapped is None else Clock(seconds=mapped * 3600 + minute * 60, sure=period is not None)


def _relative(words: Sequence[str]) -> int | None:
    """Return the minutes that `halb drei`, `zehn vor acht` or `quarter past eight` mean on a clock with 12 hours."""
    words = [word for word in words if word not in _MINUTES and word != "uhr"]
    words = words[1:] if words[:1] == ["a"] else words
    words = ["dreiviertel", *words[2:]] if words[:2] == ["drei", "viertel"] else words
    for at, word in enumerate(words[1:-1], start=1):
        if word in _BEFORE | _AFTER:
            distance, base = _part(words[:at]), _base(words[at + 1 :])
            if distance is None or base is None:
                return None
            return base - distance if word in _BEFORE else base + distance
    return _base(words)


def _part(words: Sequence[str]) -> int | None:
    match words:
        case ["viertel" | "quarter"]:
            return 15
        case ["half"]:
            return 30
        case _:
            return _minute(words)


def _base(words: Sequence[str]) -> int | None:
    match words:
        case [hour]:
            return _hour(hour, 0)
        case ["halb", hour]:
            return _hour(hour, -30)
        case ["viertel", hour]:
            return _hour(hour, -45)
        case ["dreiviertel", hour]:
            return _hour(hour, -15)
        case ["half", hour]:
            return _hour(hour, 30)
        case [hour, *minutes] if (
            len(minutes) <= 2 and not hour.isdecimal() and (minute := _minute(minutes)) is not None
        ):
            return _hour(hour, minute) if minute >= 10 else None
        case _:
            return None


def _hour(word: str, minutes: int) -> int | None:
    hour = _number(word)
    return None if hour is None or not 1 <= hour <= 12 else hour * 60 + minutes


def _minute(words: Sequence[str]) -> int | None:
    found = _number(words[0]) if len(words) == 1 else number_in_words(words)
    return found if isinstance(found, int) and 0 <= found <= 59 else None


def _number(word: str) -> int | None:
    if word.isascii() and word.isdecimal():
        return int(word) if len(word) <= 2 else None
    found = number_in_words([word])
    return found if isinstance(found, int) and found >= 0 else None
