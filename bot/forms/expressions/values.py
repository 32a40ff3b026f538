"""What expressions compute with, and how one kind becomes another (XPath 1.0 section 4; dates as in ODK XForms)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache

from bot.forms.model import Value


class InvalidDate:
    """What date() makes of a text that is none: no number, and a text that says so, as in the ODK engine."""

    __slots__ = ()


INVALID_DATE = InvalidDate()


class Days(float):
    """What number() makes of a date: days with their fraction, whose text is whole days (as in the ODK engine)."""

    __slots__ = ()


class Fixed(float):
    """A decimal answer in the middle of an expression: its text keeps a digit behind the point."""

    __slots__ = ()


Item = Value | bool | datetime | InvalidDate | None
"""A value in the middle of an expression: an answer as it is stored (None is empty), a truth value, or a moment
(aware; midnight of the person's zone is a plain date)."""

MAX_TEXT = 32_767
"""Characters a text may grow to (a cell of a workbook holds no more): stops calculations that double each other."""

EXACT = 2**53
"""From here on a float no longer tells neighbouring whole numbers apart."""

DAY = 86_400.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN_FROM, _PLAIN_TO = 1e-6, 1e21
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*", re.ASCII)
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,200}")
_WORDS = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:T(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d+))?)?)?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?",
    re.ASCII,
)


def to_text(item: Item) -> str:
    """Return the string value."""
    match item:
        case str():
            return item
        case None:
            return ""
        case bool():
            return "true" if item else "false"
        case int():
            return str(item)
        case Fixed():
            return decimal_text(item)
        case Days():
            return str(math.floor(item))
        case float():
            return number_text(item)
        case tuple():
            return " ".join(item)
        case datetime():
            return moment_text(item)
        case InvalidDate():
            return "Invalid Date"


def number_text(number: float) -> str:
    """Write a number as the ODK engine does: NaN is empty, no `.0`, an exponent only from 1e21 and below 1e-6."""
    if math.isnan(number):
        return ""
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number) and abs(number) < EXACT:
        return str(int(number))
    if number and not _PLAIN_FROM <= abs(number) < _PLAIN_TO:
        digits, _, exponent = repr(number).partition("e")
        return f"{digits.removesuffix('.0')}e{int(exponent):+d}"
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def decimal_text(number: float) -> str:
    """Write a decimal answer: at least one digit behind the point, never an exponent."""
    if not math.isfinite(number):
        return ""
    text = format(Decimal(repr(number)), "f")
    return text if "." in text else f"{text}.0"


def moment_text(moment: datetime) -> str:
    """Write a moment: the date alone at midnight, else ISO 8601 with milliseconds and offset."""
    if not (moment.hour or moment.minute or moment.second or moment.microsecond):
        return moment.date().isoformat()
    return moment.isoformat(timespec="milliseconds")


def to_truth(item: Item) -> bool:
    """Return the boolean value: a non-empty text, a number other than zero and NaN, a moment other than the epoch."""
    match item:
        case bool():
            return item
        case int():
            return item != 0
        case float():
            return item != 0 and not math.isnan(item)
        case datetime():
            return item != _EPOCH
        case InvalidDate():
            return False
        case _:
            return bool(item)


def to_number(item: Item, *, zone: tzinfo) -> float:
    """Return the number value; a date in text form is its days since 1970-01-01T00:00Z, as a fraction."""
    match item:
        case Fixed():
            return float(item)
        case float():
            return item
        case int():  # bool is an int, and counts as 0 or 1
            return whole(item)
        case str():
            if _NUMBER.fullmatch(item):
                return float(item)
            moment = to_moment(item, zone=zone)
            return _strange_number(item.strip()) if moment is None else days(moment)
        case datetime():
            return days(item)
        case tuple():
            return to_number(" ".join(item), zone=zone)
        case None | InvalidDate():
            return math.nan


def _strange_number(text: str) -> float:
    """Read what only JavaScript, the language of the ODK engine, takes for a number."""
    return float(int(text, 16)) if _HEX.fullmatch(text) else _WORDS.get(text, math.nan)


def whole(number: int) -> float:
    """Return a whole number as float: computing with Python's unlimited ones could grow without bound."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def days(moment: datetime) -> float:
    """Return days since the epoch."""
    return (moment - _EPOCH).total_seconds() / DAY


@lru_cache(maxsize=4096)
def to_moment(text: str, *, zone: tzinfo) -> datetime | None:
    """Read ISO 8601 (a date, or a date with time and perhaps offset); None if it is none."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    micro = int((parts["part"] or "0").ljust(6, "0")[:6])
    try:
        wall = datetime(
            int(parts["year"]), int(parts["month"]), int(parts["day"]),
            int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0), micro,
            tzinfo=_offset(parts["zone"]) or zone,
        )  # fmt: skip
        return wall.astimezone(UTC).astimezone(zone)  # by UTC: an hour that clocks leave out becomes the next one
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    shift = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-shift if text[0] == "-" else shift)


def moment_of_days(number: float, *, zone: tzinfo) -> datetime | None:
    """Return the moment so many days after the epoch; None for NaN and out of the calendar."""
    if math.isnan(number) or math.isinf(number):
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=round(number * DAY * 1000))).astimezone(zone)
    except OverflowError:
        return None


_NUMBERS = (int, float, datetime, InvalidDate)


def equal(left: Item, right: Item, *, zone: tzinfo) -> bool:
    """Compare two computed values: as booleans if one is, else as numbers if one is, else as texts."""
    if isinstance(left, bool) or isinstance(right, bool):
        return to_truth(left) == to_truth(right)
    if isinstance(left, _NUMBERS) or isinstance(right, _NUMBERS):
        return to_number(left, zone=zone) == to_number(right, zone=zone)
    return to_text(left) == to_text(right)


def is_set(item: Item) -> bool:
    """Whether an answer is there."""
    return item is not None and item not in ("", ())


def words(item: Item) -> tuple[str, ...]:
    """Return the chosen names: a tuple as it is, a text split at spaces."""
    return item if isinstance(item, tuple) else tuple(to_text(item).split())
