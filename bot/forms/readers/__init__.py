"""Reads what people type into answers, one small module a question type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.forms.model import Question
from bot.forms.readers.acknowledge import read_acknowledge
from bot.forms.readers.dates import read_date
from bot.forms.readers.numbers import read_decimal, read_integer
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood
from bot.forms.readers.select_multiple import read_select_multiple
from bot.forms.readers.select_one import read_select_one
from bot.forms.readers.texts import MAX_TEXT, read_text


def says_unknown(text: str) -> bool:
    return False


def says_skip(text: str) -> bool:
    return False


def example(question: Question, *, language: str, now: datetime) -> str:
    return ""


__all__ = ["Guessed", "NotUnderstood", "Reading", "Understood", "read"]


def read(
    question: Question,
    text: str,
    *,
    language: str,
    now: datetime,
    languages: Sequence[str] = (),  # noqa: ARG001 (labels are recognised in all languages of the form)
) -> Reading:
    """Read a typed answer to a question.

    Args:
        question: what was asked.
        text: what was typed.
        language: the person's, for decimal marks and examples.
        now: the moment in the person's zone, for words such as tomorrow.
        languages: further languages of the person.
    """
    if len(text) > MAX_TEXT and question.type != "text":
        return NotUnderstood("too_long", {"limit": str(MAX_TEXT)})
    match question.type:
        case "text":
            return read_text(text)
        case "integer":
            return read_integer(text)
        case "decimal":
            return read_decimal(text, language=language)
        case "date":
            return read_date(text, today=now.date(), language=language)
        case "select_one":
            return read_select_one(text, question=question)
        case "select_multiple":
            return read_select_multiple(text, question=question)
        case "acknowledge":
            return read_acknowledge(text)
        case _:
            return NotUnderstood("nothing")
