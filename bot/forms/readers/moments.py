"""Reads a day with a time: `31.01.2026 14:30`, `morgen um 9`, ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from bot.forms.readers.clocks import Clock, offset_text, read_clock
from bot.forms.readers.dates import read_date
from bot.forms.readers.folding import fold, plain_digits
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood

MAX_MOMENT = 80
"""Characters; longer texts are no moments."""
MAX_PARTS = 12
"""Words; each border between two of them is tried."""

_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})?\s?(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)
_NOW = frozenset({"jetzt", "now", "right now"})
_EDGES = re.compile(r"^(?:um|at)\s+|[\s,;-]+(?:um|at|on|am)?$|[\s,;-]+$", re.IGNORECASE)


def read_datetime(text: str, *, now: datetime, language: str) -> Reading:
    """Read a moment in the zone of `now`; a guessed day or time makes the whole a guess."""
    german = language.lower().startswith("de")
    refusal = NotUnderstood("datetime", {"example": "31.01.2026 14:30" if german else "31 January 2026 2:30 pm"})
    text = plain_digits(text[: MAX_MOMENT + 1]).strip()
    if not 0 < len(text) <= MAX_MOMENT:
        return refusal
    if fold(text) in _NOW:
        return Understood(_text(now.replace(second=0, microsecond=0)))
    match = _ISO.fullmatch(text)
    if match is not None:
        return _iso(match, now=now) or refusal
    best: Reading | None = None
    for day, clock in _split(text):
        reading = _joined(day, clock, now=now, language=language)
        if isinstance(reading, Understood):
            return reading
        best = best or reading
    return best or refusal


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield all ways to part a text into a day and a time."""
    borders = [match.span() for match in re.finditer(r"[\s,;]+", text)]
    if len(borders) >= MAX_PARTS:
        return
    for begin, end in borders:
        left, right = text[:begin], text[end:]
        yield _EDGES.sub("", left), right
        yield right, _EDGES.sub("", f"{left} ") if left.lower().endswith((" am", " on")) else left


def _joined(day: str, clock: str, *, now: datetime, language: str) -> Reading | None:
    time = read_clock(clock)
    reading = read_date(day, today=now.date(), language=language) if time is not None else None
    if time is None or reading is None or isinstance(reading, NotUnderstood):
        return None
    # A bare number beside a day is its hour: `morgen 9`.
    value = _on(date.fromisoformat(str(reading.value)), time, now=now)
    if value is None:
        return None
    sure = isinstance(reading, Understood) and time.sure
    return Understood(value) if sure else Guessed(value)


def _on(day: date, clock: Clock, *, now: datetime) -> str | None:
    """Return the moment; an hour that the change of the clocks leaves out is the one after it."""
    try:
        begin = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall time, which gets its zone below)
        wall = (begin + timedelta(seconds=clock.seconds)).replace(tzinfo=now.tzinfo)
        return _text(wall.astimezone(UTC).astimezone(now.tzinfo))
    except (OverflowError, ValueError):
        return None


def _iso(match: re.Match[str], *, now: datetime) -> Understood | None:
    try:
        offset = (match["offset"] or "").upper().replace("Z", "+00:00")
        offset = f"{offset[:3]}:{offset[3:]}" if len(offset) == 5 else offset
        moment = datetime.fromisoformat(f"{match['day']}T{match['time']}{offset}")
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
        return Understood(_text(zoned.astimezone(UTC).astimezone(now.tzinfo)))
    except (OverflowError, ValueError):
        return None


def _text(moment: datetime) -> str:
    """Return ISO 8601 with milliseconds and offset, as ODK keeps it."""
    bare = moment.replace(tzinfo=None, microsecond=0).isoformat(timespec="milliseconds")
    return f"{bare}{offset_text(moment)}"
