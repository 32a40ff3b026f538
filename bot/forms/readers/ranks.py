"""Reads the answer to a rank question: all choices, in the order that the person gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.forms.markup import unmarked
from bot.forms.model import Choice, Question
from bot.forms.readers.choices import catalogue_of
from bot.forms.readers.folding import plain_digits
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood
from bot.forms.readers.pieces import Pieces, Unclear

MAX_NAMED = 5
"""Choices that a complaint names."""
MAX_NUMBERS = 6
"""Numbers of an example of an order."""

_STEPS = re.compile(r"\s*(?:->|=>|[>→»])\s*|[,;]?\s+(?:dann|danach|then)\s+", re.IGNORECASE)
_HYPHENATED = re.compile(r"[0-9]{1,3}(?:\s*-\s*[0-9]{1,3})+", re.ASCII)
_NUMBERED = re.compile(r"\s*([0-9]{1,3})[.):]\s+(?=[^\W\d_])(.+)", re.ASCII)


def read_rank(text: str, *, question: Question, language: str) -> Reading:
    """Read `3 1 2`, `B, A, C`, `3 > 1 > 2` and labels, each choice once; what a part of an order lacks is named."""
    catalogue = catalogue_of(question.choices)
    count = len(question.choices)
    numbers = order_of(count)
    example = ", ".join(map(str, numbers[:MAX_NUMBERS])) + (" …" if count > MAX_NUMBERS else "")
    try:
        pieces = Pieces(_listed(text, count=count), catalogue=catalogue)
    except Unclear as unclear:
        return NotUnderstood("rank", {"count": str(count), "example": example, "unclear": str(unclear)[:80]})
    names = tuple(pieces.names)
    twice = [choice for choice in question.choices if names.count(choice.name) > 1]
    missing = [choice for choice in question.choices if choice.name not in names]
    if not names:
        return NotUnderstood("rank", {"count": str(count), "example": example, "unclear": ""})
    if twice:
        return NotUnderstood("rank_twice", {"twice": _labels(twice, language=language), "example": example})
    if missing:
        return NotUnderstood("rank_missing", {"missing": _labels(missing, language=language), "example": example})
    return Guessed(names) if pieces.guesses else Understood(names)


def _listed(text: str, *, count: int) -> str:
    """Return the text with commas where an order is written in another way."""
    text = _STEPS.sub(", ", plain_digits(text).strip())
    if _HYPHENATED.fullmatch(text) and text.count("-") == count - 1:
        return text.replace("-", ",")
    lines = [line for line in re.split(r"[\n\r]+", text) if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if [match and int(match[1]) for match in numbered] == list(range(1, len(lines) + 1)):
        return "\n".join(match[2] for match in numbered if match)
    return text


def _labels(choices: Iterable[Choice], *, language: str) -> str:
    labels = [label_of(choice, language=language) for choice in choices]
    return ", ".join(labels[:MAX_NAMED]) + (" …" if len(labels) > MAX_NAMED else "")


def order_of(count: int) -> tuple[int, ...]:
    """Return the numbers of so many choices in an order that is not theirs."""
    return (2, 1, *range(3, count + 1)) if count > 1 else (1,)


def label_of(choice: Choice, *, language: str) -> str:
    """Return a choice's label in the language, else in any, else its name."""
    texts = (choice.label.get(language), choice.label.get(""), *choice.label.values(), choice.name)
    return unmarked(next(text for text in texts if text))
