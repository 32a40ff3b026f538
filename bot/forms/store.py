"""Writes a compiled form as JSON and reads it back; running bots read this alone, never a workbook."""

from __future__ import annotations

from typing import Any

import orjson

from bot.errors import FormError
from bot.forms.blueprint_records import BLUEPRINT
from bot.forms.model import Choice, Expression, Form, Group, Question
from bot.forms.records import PATHS, TEXTS, Codec, Record, many, mapped

FORMAT = 2
"""Goes up when a stored form can no longer be read as before."""


def _value_out(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _value_in(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _expression_out(expression: Expression | None) -> Any:
    return None if expression is None else [expression.text, *sorted(expression.depends)]


def _expression_in(parts: list[str] | None) -> Expression | None:
    return None if parts is None else Expression(parts[0], frozenset(parts[1:]))


_EXPRESSION: Codec = (_expression_out, _expression_in)
_MEDIA: Codec = mapped(TEXTS)
_CHOICE = Record(Choice, label=TEXTS, media=_MEDIA)
_CHOICES = many(_CHOICE.codec)
_GROUP = Record(Group, label=TEXTS, parents=PATHS, relevant=_EXPRESSION)
_QUESTION = Record(
    Question, label=TEXTS, hint=TEXTS, guidance=TEXTS, groups=PATHS, required=_EXPRESSION, required_message=TEXTS,
    relevant=_EXPRESSION, constraint=_EXPRESSION, constraint_message=TEXTS, calculation=_EXPRESSION,
    default=(_value_out, _value_in), dynamic_default=_EXPRESSION, media=_MEDIA, parameters=TEXTS,
)  # fmt: skip
_FORM = Record(
    Form, title=TEXTS, languages=PATHS, groups=many(_GROUP.codec), settings=TEXTS, blueprint=BLUEPRINT, files=PATHS
)


def to_json(form: Form) -> str:
    """Return the form as one line of JSON; fields that hold their default are left out, each list stands there once."""
    lists: list[tuple[Choice, ...]] = []
    written = [
        {**_QUESTION.write(question), "choices": _place(question.choices, lists=lists)}
        if question.choices
        else _QUESTION.write(question)
        for question in form.questions
    ]
    data = {"format": FORMAT, **_FORM.write(form), "questions": written, "choices": [*map(_CHOICES[0], lists)]}
    return orjson.dumps(data).decode()


def _place(choices: tuple[Choice, ...], *, lists: list[tuple[Choice, ...]]) -> int:
    """Return the place of a list among all of them."""
    for place, known in enumerate(lists):
        if known is choices or known == choices:
            return place
    lists.append(choices)
    return len(lists) - 1


def from_json(text: str) -> Form:
    """Return the form written by `to_json`; its expressions are compiled when they are first needed.

    Raises:
        FormError: the text is no stored form, or one of a newer hubtalk.
    """
    try:
        data = orjson.loads(text)
        if data.pop("format") != FORMAT:
            raise FormError("the stored form was written by another version of hubtalk")
        lists = [_CHOICES[1](choices) for choices in data.pop("choices")]
        for record in data["questions"]:
            if "choices" in record:
                record["choices"] = lists[record["choices"]]
        data["questions"] = tuple([_QUESTION.read(record) for record in data["questions"]])
        return _FORM.read(data)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise FormError("the stored form is damaged") from error
