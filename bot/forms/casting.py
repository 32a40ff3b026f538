"""Makes stored values: of what an expression gives, and of what an author wrote into the default column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.forms.expressions.values import EXACT, MAX_TEXT, Item, to_moment, to_number, to_text
from bot.forms.model import Question, Value


def cast(item: Item, *, question: Question, zone: tzinfo) -> Value | None:
    """Return the value that a question of this type keeps of a result; None if it is empty or does not fit."""
    match question.type:
        case "integer":
            return _whole(to_number(item, zone=zone))
        case "decimal":
            number = to_number(item, zone=zone)
            return number if math.isfinite(number) else None
        case "date":
            return _date(item, zone=zone)
        case "select_multiple":
            return in_order(to_text(item).split(), question=question)
        case _:
            return _plain(item)


def in_order(names: Iterable[str], *, question: Question) -> tuple[str, ...] | None:
    """Return the chosen names in the order of the choices, unknown ones left out; None if none is left."""
    wanted = set(names)
    return tuple(choice.name for choice in question.choices if choice.name in wanted) or None


def _plain(item: Item) -> Value | None:
    match item:
        case None:
            return None
        case bool():
            return to_text(item)
        case int() | float():
            number = float(item)
            if not math.isfinite(number):
                return None
            return int(number) if number == int(number) and abs(number) < EXACT else number
        case _:
            return to_text(item)[:MAX_TEXT] or None


def _whole(number: float) -> int | None:
    return int(number) if math.isfinite(number) and abs(number) < EXACT else None


def _date(item: Item, *, zone: tzinfo) -> str | None:
    if isinstance(item, str):
        item = to_moment(item, zone=zone)
    elif isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item):
        # Days added to today() pass the change of the clocks with an hour more or less: the nearest day is meant.
        try:
            item = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=float(item))
            item = item.astimezone(zone) + timedelta(hours=1, minutes=30)
        except OverflowError:
            return None
    return item.date().isoformat() if isinstance(item, datetime) else None


def read_default(text: str, *, question: Question) -> Value | None:
    """Return the value that a static default means; None if it does not fit the question's type."""
    text = text.strip()
    match question.type:
        case "integer":
            number = to_number(text, zone=UTC)
            return _whole(number) if number == math.trunc(number if math.isfinite(number) else 0) else None
        case "decimal":
            number = to_number(text, zone=UTC)
            return number if math.isfinite(number) else None
        case "date":
            try:
                return date.fromisoformat(text[:10]).isoformat()
            except ValueError:
                return None
        case "select_one":
            return text if question.choice(text) else None
        case "select_multiple":
            return in_order(text.split(), question=question) if all(map(question.choice, text.split())) else None
        case _:
            return text or None
