"""Asks the readers, for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.forms.model import Choice, Question, QuestionType, Value
from bot.forms.readers import Guessed, NotUnderstood, Reading, Understood, read
from tests.unit.forms.making import BERLIN, question

NOW = datetime(2026, 1, 31, 12, 7, 30, tzinfo=BERLIN)
"""A Saturday at noon, in winter."""

FIELDS = (
    "Weiterbildung und Qualifizierung",
    "Beratung, Best Practices",
    "Technologietransfer",
    "Infrastruktur",
    "Nichts davon",
)


def asked(
    kind: QuestionType, *, appearance: str = "", parameters: dict[str, str] | None = None, labels: tuple[str, ...] = ()
) -> Question:
    """A question of that type; its choices are named n1, n2 and so on."""
    options = tuple(Choice(name=f"n{number}", label={"de": label}) for number, label in enumerate(labels, start=1))
    return replace(question("q", kind, options=options), appearance=appearance, parameters=parameters or {})


def reading(asked: Question, text: str, *, language: str = "de", now: datetime = NOW) -> Reading:
    return read(asked, text, language=language, now=now)


def understood(asked: Question, text: str, *, language: str = "de", now: datetime = NOW) -> Value:
    found = reading(asked, text, language=language, now=now)
    assert isinstance(found, Understood), (text, found)
    return found.value


def guessed(asked: Question, text: str, *, language: str = "de", now: datetime = NOW) -> Value:
    found = reading(asked, text, language=language, now=now)
    assert isinstance(found, Guessed), (text, found)
    return found.value


def refused(asked: Question, text: str, *, language: str = "de", now: datetime = NOW) -> NotUnderstood:
    found = reading(asked, text, language=language, now=now)
    assert isinstance(found, NotUnderstood), (text, found)
    return found
