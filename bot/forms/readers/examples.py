"""Gives one answer that a question would take, for people whose answers could not be read."""

from __future__ import annotations

from datetime import datetime

from bot.forms.model import Question
from bot.forms.readers.choices import catalogue_of
from bot.forms.readers.clocks import clock_text
from bot.forms.readers.ranges import bounds_of
from bot.forms.readers.ranks import label_of, order_of
from bot.forms.readers.written import written_value

MAX_LABEL = 40
"""Characters of a label that is repeated as an example; longer ones by their number."""
MAX_RANK = 12
"""Choices whose order fits into an example."""


def example(question: Question, *, language: str, now: datetime) -> str:
    """Return an answer that reads as an answer to the question (its constraint is not asked), or "" where none helps.

    Args:
        question: what was asked, with the choices that are open now.
        language: the person's.
        now: the moment in the person's zone.
    """
    match question.type:
        case "text":
            return "12345" if "numbers" in question.appearance.split() else ""
        case "integer":
            return "25"
        case "decimal":
            return written_value(3.5, type="decimal", language=language)
        case "range":
            return bounds_of(question).example(language=language)
        case "date" | "time" | "datetime":
            return _moment(question, language=language, now=now)
        case "select_one" | "select_multiple":
            return _choices(question, language=language)
        case "rank":
            return _rank(question)
        case "geopoint":
            return "51.63, 7.63"
        case "barcode":
            return "4006381333931"
        case "acknowledge":
            return "OK"
        case _:
            return ""


def _moment(question: Question, *, language: str, now: datetime) -> str:
    words = question.appearance.split()
    if question.type == "date" and "year" in words:
        return f"{now.year:04}"
    if question.type == "date" and "month-year" in words:
        return f"{now.month:02}/{now.year:04}"
    day = now.date().isoformat()
    clock = clock_text(14 * 3600 + 30 * 60, now=now)
    value = {"date": day, "time": clock}.get(question.type, f"{day}T{clock}")
    return written_value(value, type=question.type, language=language)


def _choices(question: Question, *, language: str) -> str:
    if not question.choices:
        return ""
    catalogue = catalogue_of(question.choices)
    first = question.choices[0]
    if question.type == "select_multiple" and len(question.choices) > 2:
        numbers = ("1", "3")
        names = (first.name, question.choices[2].name)
        if tuple(map(catalogue.find, numbers)) == names:
            return ", ".join(numbers)
    label = label_of(first, language=language)
    texts = (label, "1") if len(label) <= MAX_LABEL and "\n" not in label else ("1",)
    return next((text for text in texts if catalogue.find(text) == first.name), "")


def _rank(question: Question) -> str:
    count = len(question.choices)
    if not 2 <= count <= MAX_RANK:
        return ""
    catalogue = catalogue_of(question.choices)
    numbers = [str(number) for number in order_of(count)]
    names = [question.choices[int(number) - 1].name for number in numbers]
    return ", ".join(numbers) if [catalogue.find(number) for number in numbers] == names else ""
