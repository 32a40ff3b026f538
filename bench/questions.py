"""The ten questions that every contender asks; `form.md` holds the same ones as an XLSForm."""

from __future__ import annotations

import re
from collections.abc import Sequence

FORM_NAME = "bench"
FORM_TITLE = "Bench: zehn Fragen"

CHOICES: tuple[tuple[str, str], ...] = (
    ("very", "Sehr wichtig"),
    ("rather", "Eher wichtig"),
    ("less", "Weniger wichtig"),
    ("not", "Unwichtig"),
)

# Odd ones are answered by a button, even ones by text.
LABELS: tuple[str, ...] = (
    "Wie wichtig ist Ihnen Weiterbildung?",
    "Welche Kurse fehlen Ihnen?",
    "Wie wichtig ist Ihnen Beratung?",
    "Wozu wünschen Sie sich Rat?",
    "Wie wichtig sind Ihnen Prototypen?",
    "Was würden Sie gern ausprobieren?",
    "Wie wichtig ist Ihnen gemeinsame Infrastruktur?",
    "Welche Maschinen könnten Sie teilen?",
    "Wie wichtig sind Ihnen Treffen in der Region?",
    "Wen möchten Sie gern kennenlernen?",
)

# What a channel may put before a label: a number, a tick box, a sign.
_MARK = re.compile(r"^[\W\d_]+")
_CHOICE_LABELS = frozenset(label for _, label in CHOICES)


def by_button(question: int) -> bool:
    """Whether question `question` (from 0) is answered by a button."""
    return question % 2 == 0


def is_choice(label: str) -> bool:
    """Whether a button with this label answers a question, and does not navigate."""
    return label in _CHOICE_LABELS or _MARK.sub("", label) in _CHOICE_LABELS


def asks(text: str, *, question: int) -> bool:
    """Whether a message asks question `question` (from 0)."""
    return LABELS[question] in text


def first_choice(buttons: Sequence[tuple[str, str]]) -> str | None:
    """The data of the first button, given as (label, data), that answers a question."""
    return next((data for label, data in buttons if is_choice(label)), None)
