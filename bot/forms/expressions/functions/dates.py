"""Functions of dates and times; all of them see the person's time zone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.values import INVALID_DATE, InvalidDate, Item, days, moment_of_days, to_moment

_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"),
}
_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
}
_PADDED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(T.*)?", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def _moment(frame: Frame, item: Item) -> datetime | None:
    match item:
        case datetime():
            return item
        case bool() | None | tuple() | InvalidDate():
            return None
        case int() | float():
            return moment_of_days(float(item), zone=frame.zone)
        case str():
            padded = _PADDED.fullmatch(item)
            if padded is None:
                return None
            year, month, day, time = padded.groups()
            return to_moment(f"{year}-{month:0>2}-{day:0>2}{time or ''}", zone=frame.zone)


def _date(frame: Frame, item: Item) -> Item:
    """Return the moment; nothing for what is empty or a truth value, an invalid date for any other text."""
    if item is None or item == "" or isinstance(item, bool):
        return ""
    return _moment(frame, item) or INVALID_DATE


def _decimal(frame: Frame, item: Item) -> float:
    moment = _moment(frame, item)
    return math.nan if moment is None else days(moment)


def _decimal_time(frame: Frame, text: str) -> float:
    """Return the part of the day that a time of day (in its own or the person's zone) is in the person's zone."""
    if not _TIME.fullmatch(text):
        return math.nan
    moment = to_moment(f"1970-01-01T{text}", zone=frame.zone)
    if moment is None:
        return math.nan
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return seconds / 86_400


_LETTERS: Mapping[str, Callable[[datetime, str], str]] = {
    "Y": lambda moment, _: f"{moment.year:04}",
    "y": lambda moment, _: f"{moment.year:04}"[2:],
    "m": lambda moment, _: f"{moment.month:02}",
    "n": lambda moment, _: str(moment.month),
    "b": lambda moment, language: _MONTHS[language][moment.month - 1],
    "d": lambda moment, _: f"{moment.day:02}",
    "e": lambda moment, _: str(moment.day),
    "a": lambda moment, language: _WEEKDAYS[language][moment.weekday()],
    "H": lambda moment, _: f"{moment.hour:02}",
    "h": lambda moment, _: str(moment.hour),
    "M": lambda moment, _: f"{moment.minute:02}",
    "S": lambda moment, _: f"{moment.second:02}",
    "3": lambda moment, _: f"{moment.microsecond // 1000:03}",
}


def _formatted(frame: Frame, item: Item, pattern: str) -> str:
    moment = _moment(frame, item)
    if moment is None:
        return ""
    language = "de" if frame.language.lower().startswith("de") else "en"
    return re.sub("%([YymnbdeaHhMS3])", lambda found: _LETTERS[found[1]](moment, language), pattern)


FUNCTIONS: tuple[Function, ...] = (
    plain("today", "", "any", lambda frame: frame.today, framed=True),
    plain("now", "", "any", lambda frame: frame.now.astimezone(frame.zone), framed=True),
    plain("date", "v", "any", _date, framed=True),
    plain("date-time", "v", "any", _date, framed=True),
    plain("decimal-date-time", "v", "number", _decimal, framed=True),
    plain("decimal-time", "t", "number", _decimal_time, framed=True),
    plain("format-date", "tt", "text", _formatted, framed=True),
    plain("format-date-time", "tt", "text", _formatted, framed=True),
)
