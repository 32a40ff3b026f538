"""Makes stored values of what an author wrote into the default column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date

from bot.forms.blueprint import Entry
from bot.forms.codecs import decoder
from bot.forms.expressions.values import EXACT, to_number
from bot.forms.model import Question, Value


def _decoded(text: str, *, question: Question) -> Value | None:
    """Return what the engine keeps of a text."""
    parameters = question.parameters
    bounds = {name: parameters.get(name, "") for name in ("start", "end", "step")}
    kind = "decimal" if any("." in bound for bound in bounds.values()) else "int"
    match question.type:
        case "range":
            entry = Entry(path="", sort="question", type=kind, control="range", low=bounds["start"], high=bounds["end"])
        case "rank" | "acknowledge":
            entry = Entry(path="", sort="question", control="rank" if question.type == "rank" else "trigger")
        case _:
            kind = "dateTime" if question.type == "datetime" else question.type
            entry = Entry(path="", sort="question", type=kind, control="input")
    return decoder(entry)(text)


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
        case "rank":
            names = text.split()
            return tuple(names) if sorted(names) == sorted(choice.name for choice in question.choices) else None
        case "range" | "time" | "datetime" | "geopoint" | "acknowledge":
            return _decoded(text, question=question)
        case _:
            return text or None
