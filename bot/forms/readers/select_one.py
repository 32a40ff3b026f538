"""Reads the answer to a select_one question."""

from __future__ import annotations

from bot.forms.model import Question
from bot.forms.readers.choices import catalogue_of
from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood


def read_select_one(text: str, *, question: Question) -> Reading:
    """Read a number as shown, a label in any language, a name, or the beginning (in a long list: a part) of a label."""
    catalogue = catalogue_of(question.choices)
    found = catalogue.find(text)
    if found is not None:
        return Understood(found)
    return NotUnderstood("choice", {"count": str(len(question.choices))}, catalogue.fitting(text))
