"""Reads what people type into answers, one small module a question type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.forms.model import Question
from bot.forms.readers.acknowledge import read_acknowledge
from bot.forms.readers.clocks import read_time
from bot.forms.readers.dates import read_date
from bot.forms.readers.examples import example
from bot.forms.readers.moments import read_datetime
from bot.forms.readers.numbers import read_decimal, read_integer
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood
from bot.forms.readers.places import point_value, read_geopoint
from bot.forms.readers.ranges import read_range
from bot.forms.readers.ranks import read_rank
from bot.forms.readers.select_multiple import read_select_multiple
from bot.forms.readers.select_one import read_select_one
from bot.forms.readers.texts import MAX_TEXT, read_text
from bot.forms.readers.unknown import says_skip, says_unknown
from bot.forms.readers.written import written_value

__all__ = [
    "Guessed",
    "NotUnderstood",
    "Reading",
    "Understood",
    "example",
    "point_value",
    "read",
    "says_skip",
    "says_unknown",
    "written_value",
]


def read(  # noqa: C901, PLR0911, PLR0912 (a row a type)
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
    if len(text) > MAX_TEXT and question.type not in ("text", "barcode"):
        return NotUnderstood("too_long", {"limit": str(MAX_TEXT)})
    match question.type:
        case "text":
            return read_text(text, appearance=question.appearance)
        case "barcode":
            return read_text(text)
        case "integer":
            return read_integer(text)
        case "decimal":
            return read_decimal(text, language=language)
        case "range":
            return read_range(text, question=question, language=language)
        case "date":
            return read_date(text, today=now.date(), language=language, appearance=question.appearance)
        case "time":
            return read_time(text, now=now)
        case "datetime":
            return read_datetime(text, now=now, language=language)
        case "select_one":
            return read_select_one(text, question=question)
        case "select_multiple":
            return read_select_multiple(text, question=question)
        case "rank":
            return read_rank(text, question=question, language=language)
        case "geopoint":
            return read_geopoint(text)
        case "acknowledge":
            return read_acknowledge(text)
        case "image" | "audio" | "video" | "file":
            return NotUnderstood(question.type)
        case _:
            return NotUnderstood("nothing")
