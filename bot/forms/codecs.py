"""How the ODK engine keeps a text as the value of a bind's type; what does not fit the type is no value."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial

from bot.forms.blueprint import Entry
from bot.forms.expressions.values import MAX_TEXT, Item, decimal_text, moment_text, to_number
from bot.forms.model import Value

Decode = Callable[[str], Value | None]

MOST_INTEGER = 2**31 - 1
"""Integers of the specification have 32 bits."""

_TIME = r"\d{2}:\d{2}:\d{2}(?:\.\d+)?"
_OFFSET = r"(?:[+-](?:0\d|1[0-4]):[0-5]\d|Z)?"
_DATE = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}})(?:T(?:{_TIME}|\d{{2}}(?::\d{{2}})?))?", re.ASCII)
_DATETIME = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}}T({_TIME})){_OFFSET}", re.ASCII)
_CLOCK = re.compile(rf"({_TIME}){_OFFSET}", re.ASCII)
_POLE, _DATE_LINE = 90.0, 180.0


def decoder(entry: Entry) -> Decode:
    """Return what reads the texts of a question into its values."""
    match entry.control:
        case "select" | "rank":
            return _names
        case "trigger":
            return lambda text: "OK" if text.lower() == "ok" else None
        case "range":
            return partial(
                _bounded, decode=_BY_TYPE.get(entry.type, _text), low=_bound(entry.low), high=_bound(entry.high)
            )
        case "select1":
            return _text
        case _:
            return _BY_TYPE.get(entry.type, _text)


def day_of(item: Item, *, zone: tzinfo) -> str | None:
    """Return the day that a moment, or a number of days since 1970, lies on; of texts nothing.

    ODK Collect makes a date of them, ODK's web forms do not: whoever compares with these does not ask.
    """
    if isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item):
        # Days added to today() pass the change of the clocks with an hour more or less: the nearest day is meant.
        try:
            item = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=float(item))
            item = item.astimezone(zone) + timedelta(hours=1, minutes=30)
        except OverflowError:
            return None
    return item.date().isoformat() if isinstance(item, datetime) else None


def preloaded(entry: Entry, *, now: datetime, zone: tzinfo) -> str:
    """Return what fills a question at the beginning (ODK XForms, "Preload attributes"), nothing of a device."""
    local = now.astimezone(zone)
    match entry.preload.split():
        case ["date", *_]:
            return local.date().isoformat()
        case ["timestamp", "start"]:
            return moment_text(local)
        case ["uid", *_]:
            return f"uuid:{uuid.uuid4()}"
        case _:
            return ""


def _bound(text: str) -> float:
    return to_number(text, zone=UTC)


def _bounded(text: str, *, decode: Decode, low: float, high: float) -> Value | None:
    value = decode(text)
    return value if isinstance(value, int | float) and low <= value <= high else None


def _text(text: str) -> Value | None:
    return text[:MAX_TEXT] or None


def _names(text: str) -> Value | None:
    return tuple(text.split()) or None


def _decimal(text: str) -> Value | None:
    number = _number(text)
    return number if math.isfinite(number) else None


def _integer(text: str) -> Value | None:
    number = _number(text)
    whole = math.trunc(number) if math.isfinite(number) else MOST_INTEGER + 1
    return whole if -MOST_INTEGER - 1 <= whole <= MOST_INTEGER else None


def _number(text: str) -> float:
    """Read a number, but no date: its days are no number here."""
    return math.nan if _DATE.match(text.strip()) else to_number(text, zone=UTC)


def _date(text: str) -> Value | None:
    match = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(match[1]).isoformat() if match else None
    except ValueError:
        return None


def _is_real(_: datetime | time, /) -> bool:
    """Whether there is such a time: who could be made, is."""
    return True


def _datetime(text: str) -> Value | None:
    match = _DATETIME.fullmatch(text)
    try:
        return text if match and _is_real(datetime.fromisoformat(match[1][:19])) else None
    except ValueError:
        return None


def _clock(text: str) -> Value | None:
    match = _CLOCK.fullmatch(text)
    try:
        return text if match and _is_real(time.fromisoformat(match[1][:8])) else None
    except ValueError:
        return None


def _point(text: str) -> str | None:
    """Read `latitude longitude altitude accuracy`, the last two as far as they are given."""
    try:
        numbers = [float(part) for part in text.split()[:4]]
    except ValueError:
        return None
    if len(numbers) < 2 or not all(map(math.isfinite, numbers)):
        return None
    latitude, longitude = numbers[:2]
    if abs(latitude) > _POLE or abs(longitude) > _DATE_LINE or (latitude == 0 and longitude == 0):
        return None
    return " ".join(map(decimal_text, numbers))


def _trace(text: str, *, closed: bool) -> Value | None:
    parts = text.rstrip().removesuffix(";").split(";") if text.strip() else []
    points = [_point(part) for part in parts]
    whole = [point for point in points if point is not None]
    if len(whole) != len(parts) or len(whole) < (3 if closed else 2):
        return None
    ends = [point.split()[:2] for point in (whole[0], whole[-1])]
    return ";".join(whole) if (ends[0] == ends[1]) is closed else None


_BY_TYPE: dict[str, Decode] = {
    "int": _integer, "integer": _integer, "decimal": _decimal, "date": _date, "time": _clock, "dateTime": _datetime,
    "geopoint": _point, "geotrace": partial(_trace, closed=False), "geoshape": partial(_trace, closed=True),
}  # fmt: skip
