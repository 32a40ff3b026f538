"""Makes stored values of what an author wrote into the default column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date

from bot.forms.expressions.values import EXACT, to_number
from bot.forms.model import Question, Value


def in_order(names: Iterable[str], *, question: Question) -> tuple[str, ...] | None:
    """Return the chosen names in the order of the choices, unknown ones left out; None if none is left."""
    wanted = set(names)
    return tuple(choice.name for choice in question.choices if choice.name in wanted) or None


def _whole(number: float) -> int | None:
    return int(number) if math.isfinite(number) and abs(number) < EXACT else None


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
