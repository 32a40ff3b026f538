"""Reads the answer to a select_one question."""

from __future__ import annotations

from bot.forms.model import Question
from bot.forms.readers.choices import catalogue_of
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood


def read_select_one(text: str, *, question: Question) -> Reading:
    """Read a number as shown, a label in any language, a name, or the beginning (in a long list: a part) of a label.

    A misspelt label is a guess, unless the text is part of other labels.
    """
    catalogue = catalogue_of(question.choices)
    found = catalogue.find(text)
    if found is not None:
        return Understood(found)
    fitting = catalogue.fitting(text)
    guessed = None if fitting else catalogue.guess(text)
    if guessed is not None:
        return Guessed(guessed)
    return NotUnderstood("choice", {"count": str(len(question.choices))}, fitting)
