"""What surely works and is hardly meant: dead ends, choices that are not there, texts too long for a channel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.forms.model import Form, Problem, Question
from bot.forms.xlsform.conditions import Surroundings, possible, unmeetable, unreachable
from bot.forms.xlsform.elements import Elements
from bot.forms.xlsform.rows import Places
from bot.forms.xlsform.unknown_choices import unknown_choices

MESSAGE = 4096
"""Characters of a message on Telegram (https://core.telegram.org/bots/api#sendmessage), the least of our channels."""
MOST_BUTTONS = 90
"""Choices that stand under one message on Telegram beside the ways on (100 are its limit)."""
BUTTON = 24
"""Characters that fit on a button of a phone; the label of a longer one is numbered in the text instead."""
CHOICE = 1_500
"""Characters of a choice's label that Matrix lists; no message holds more than a few of that length."""

_INSTANCE = re.compile(r"""\binstance\(\s*['"]([^'"]+)['"]\s*\)""")
_COLUMNS = ("relevant", "constraint", "calculation", "required")


def check_conditions(form: Form, *, found: Elements, places: Places) -> Iterator[Problem]:
    """Find questions that nobody reaches, constraints that no answer meets, names that are no choice."""
    around = Surroundings(form.questions, form.groups)
    for path in unreachable(form, around=around, order=[entry.path for entry in found.entries]):
        what = "group" if path in form.group_by_path else "question"
        yield _of_row(
            path, f"nobody can reach this {what}: its condition never holds, or not together with those around it",
            column="relevant", places=places, mend="Compare it with the choices, and with the groups it stands in.",
        )  # fmt: skip
    for path in unmeetable(form, around=around):
        yield _of_row(
            path, "no answer can meet this constraint", column="constraint", places=places, mend="Correct its bounds."
        )
    for question in form.questions:
        yield from _unknown_choices(question, around=around, places=places)
        if question.type == "range" and possible("number", question).is_empty:
            yield _of_row(
                question.path, "no number lies between start and end", column="parameters", places=places,
                mend="Let start be less than end.",
            )  # fmt: skip
    yield from _unknown_lists(form, found=found, places=places)


def _unknown_lists(form: Form, *, found: Elements, places: Places) -> Iterator[Problem]:
    lists = form.blueprint.lists if form.blueprint is not None else {}
    for entry in found.entries:
        for column in (*_COLUMNS, "read_only"):
            for name in _INSTANCE.findall(getattr(entry, column)):
                if name not in lists and not name.startswith("__"):
                    yield _of_row(
                        entry.path, f"instance() finds no list {name}", column=column, places=places,
                        mend="Use the name of a list of the choices sheet that a question uses, or of a file.",
                    )  # fmt: skip


def _unknown_choices(question: Question, *, around: Surroundings, places: Places) -> Iterator[Problem]:
    place = around.of(question, own=question)
    for column in _COLUMNS:
        expression = getattr(question, column)
        for name, wanted, near in unknown_choices(expression.text, place=place) if expression is not None else ():
            yield _of_row(
                question.path, f"${{{name}}} has no choice {wanted!r}", column=column, places=places,
                mend=f"Did you mean {near!r}?" if near else "Use a name from its list.",
            )  # fmt: skip


def check_lengths(form: Form, *, places: Places) -> Iterator[Problem]:
    """Find texts and lists that a channel cannot show as they are."""
    done: set[int] = set()
    for question in form.questions:
        for language in form.languages or ("",):
            length = len(form.say(question.label, language)) + len(form.say(question.hint, language))
            if length > MESSAGE:
                yield _of_row(
                    question.path, f"label and hint have {length} characters, a message holds {MESSAGE}",
                    column="label", places=places, mend="Divide the text over several notes.",
                )  # fmt: skip
                break
        if question.choices and id(question.choices) not in done:
            done.add(id(question.choices))
            yield from _check_list(question, form=form, places=places)


def _check_list(question: Question, *, form: Form, places: Places) -> Iterator[Problem]:
    lengths = [
        max(len(form.say(choice.label, language)) for language in form.languages or ("",))
        for choice in question.choices
    ]
    long, longest = sum(length > BUTTON for length in lengths), max(lengths)
    if len(lengths) > MOST_BUTTONS:
        yield _of_row(
            question.path, f"the list has {len(lengths)} choices, a message holds {MOST_BUTTONS}: it comes in pages",
            column="type", places=places, mend="A filter (choice_filter) spares people the pages.",
        )  # fmt: skip
    if longest > CHOICE:
        yield _of_row(
            question.path, f"a choice has a label of {longest} characters, {CHOICE} are shown", column="type",
            places=places, mend="Shorten it.",
        )  # fmt: skip
    elif long:
        yield _of_row(
            question.path,
            f"{long} of {len(lengths)} choices have labels of more than {BUTTON} characters (up to {longest}): "
            "they are numbered in the text",
            column="type", places=places, mend="Shorter ones are read sooner.",
        )  # fmt: skip


def _of_row(path: str, what: str, *, column: str, places: Places, mend: str) -> Problem:
    return Problem(
        level="warning", what=what, mend=mend, sheet="survey", row=places.row(path), column=places.header(path, column)
    )
