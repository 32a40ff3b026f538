"""Writes values as people write them: dates, times, numbers and places, in German and English."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from bot.forms.model import QuestionType, Value
from bot.forms.readers.calendar_words import ENGLISH_MONTHS

EXACT_DIGITS = 15
"""Digits that a 64-bit float always keeps."""


def written_value(value: Value, *, type: QuestionType, language: str) -> str:  # noqa: A002 (the word of XLSForm)
    """Return a value without choices as people write it; the type's reader reads it back. Else the text as it is."""
    german = language.lower().startswith("de")
    match value:
        case float() | int():
            return _number(value, german=german)
        case tuple():
            return ", ".join(value)
        case _:
            return _text(value, type, german=german)


def _text(value: str, kind: QuestionType, *, german: bool) -> str:
    try:
        match kind:
            case "date":
                return _day(value[:10], german=german)
            case "time":
                return _clock(value, german=german)
            case "datetime":
                return f"{_day(value[:10], german=german)}, {_clock(value[11:], german=german)}"
            case "geopoint":
                return _place(value)
            case _:
                return value
    except ValueError:
        return value


def _number(value: float, *, german: bool) -> str:
    if isinstance(value, int):
        return str(value)
    short = f"{value:.{EXACT_DIGITS}g}"
    text = format(Decimal(short if float(short) == value else repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if german else text


def _day(iso: str, *, german: bool) -> str:
    day = date.fromisoformat(iso)
    if german:
        return f"{day.day:02}.{day.month:02}.{day.year:04}"
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year:04}"


def _clock(text: str, *, german: bool) -> str:
    """Write `14:30 Uhr` and `2:30 pm`, the seconds only where there are some."""
    clock = time.fromisoformat(text[:8])
    rest = f"{clock.minute:02}" + (f":{clock.second:02}" if clock.second else "")
    if german:
        return f"{clock.hour:02}:{rest} Uhr"
    return f"{clock.hour % 12 or 12}:{rest} {'am' if clock.hour < 12 else 'pm'}"


def _place(text: str) -> str:
    """Write `51.63, 7.63`, behind it in brackets the height and the accuracy, where they are known."""
    numbers = [_number(float(part), german=False) for part in text.split()]
    if len(numbers) < 2:
        return text
    height = [f"{number} m" for number in numbers[2:3] if number != "0"]
    accuracy = [f"±{number} m" for number in numbers[3:4] if number != "0"]
    known = ", ".join(height + accuracy)
    return ", ".join(numbers[:2]) + (f" ({known})" if known else "")
