"""Finds texts that are compared with the answer to a select, but are no choice of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from bot.forms.expressions.parser import parse
from bot.forms.expressions.syntax import Call, Comparison, ExpressionError, Node, Text
from bot.forms.model import Question
from bot.forms.xlsform.conditions import Place


def unknown_choices(text: str, *, place: Place) -> Iterator[tuple[str, str, str]]:
    """Yield name of the question, what is no choice of it, and the choice that may be meant ("" if none)."""
    try:
        tree = parse(text)
    except ExpressionError:
        return
    for subject, wanted in _compared(tree):
        question = place.question(subject)
        name = wanted.value
        if question is None or not name or not _all_known(question) or name in place.surroundings.choices(question):
            continue
        if question.type == "select_multiple" and " " in name:
            continue  # several choices at once, as they are stored
        near = difflib.get_close_matches(name, [choice.name for choice in question.choices], n=1)
        yield question.name, name, near[0] if near else ""


def _all_known(question: Question) -> bool:
    return question.type in ("select_one", "select_multiple") and bool(question.choices)


def _compared(node: object) -> Iterator[tuple[Node, Text]]:
    """Yield what is compared with which text, anywhere in a tree."""
    match node:
        case Comparison(operator="=" | "!=", left=left, right=Text() as wanted):
            yield left, wanted
        case Comparison(operator="=" | "!=", left=Text() as wanted, right=right):
            yield right, wanted
        case Call(name="selected", arguments=(subject, Text() as wanted)):
            yield subject, wanted
        case _:
            pass
    if isinstance(node, tuple):
        for part in node:
            yield from _compared(part)
    elif is_dataclass(node) and not isinstance(node, type):
        for item in fields(node):
            yield from _compared(getattr(node, item.name))
