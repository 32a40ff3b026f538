"""Writes a compiled form as JSON and reads it back; running bots read this alone, never a workbook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, TypeVar

from bot.errors import FormError
from bot.forms.model import Choice, Expression, Form, Group, Question

FORMAT = 1
"""Goes up when a stored form can no longer be read as before."""

_Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_T = TypeVar("_T")


def _same(value: Any) -> Any:
    return value


def _value_out(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _value_in(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _expression_out(expression: Expression | None) -> Any:
    return None if expression is None else [expression.text, *sorted(expression.depends)]


def _expression_in(parts: list[str] | None) -> Expression | None:
    return None if parts is None else Expression(parts[0], frozenset(parts[1:]))


_PLAIN: _Codec = (_same, _same)
_TEXTS: _Codec = (dict, lambda texts: MappingProxyType({str(key): str(text) for key, text in texts.items()}))
_PATHS: _Codec = (list, tuple)
_EXPRESSION: _Codec = (_expression_out, _expression_in)
_VALUE: _Codec = (_value_out, _value_in)

_CHOICE: Mapping[str, _Codec] = {"name": _PLAIN, "label": _TEXTS}
_GROUP: Mapping[str, _Codec] = {
    "path": _PLAIN, "name": _PLAIN, "label": _TEXTS, "parents": _PATHS, "relevant": _EXPRESSION,
}  # fmt: skip
_QUESTION: Mapping[str, _Codec] = {
    "path": _PLAIN, "name": _PLAIN, "type": _PLAIN, "label": _TEXTS, "hint": _TEXTS, "guidance": _TEXTS,
    "groups": _PATHS, "required": _EXPRESSION, "required_message": _TEXTS, "relevant": _EXPRESSION,
    "constraint": _EXPRESSION, "constraint_message": _TEXTS, "calculation": _EXPRESSION, "default": _VALUE,
    "dynamic_default": _EXPRESSION, "read_only": _PLAIN,
    "choices": (
        lambda choices: [_out(choice, _CHOICE) for choice in choices],
        lambda choices: tuple(_in(choice, Choice, _CHOICE) for choice in choices),
    ),
    "appearance": _PLAIN, "parameters": _TEXTS, "row": _PLAIN,
}  # fmt: skip
_FORM: Mapping[str, _Codec] = {
    "name": _PLAIN, "title": _TEXTS, "version": _PLAIN, "languages": _PATHS,
    "questions": (
        lambda questions: [_out(question, _QUESTION) for question in questions],
        lambda questions: tuple(_in(question, Question, _QUESTION) for question in questions),
    ),
    "groups": (
        lambda groups: [_out(group, _GROUP) for group in groups],
        lambda groups: tuple(_in(group, Group, _GROUP) for group in groups),
    ),
    "settings": _TEXTS,
}  # fmt: skip


def to_json(form: Form) -> str:
    """Return the form as one line of JSON; fields that hold their default are left out."""
    return json.dumps({"format": FORMAT, **_out(form, _FORM)}, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Form:
    """Return the form written by `to_json`; its expressions are compiled when they are first needed.

    Raises:
        FormError: the text is no stored form, or one of a newer hubtalk.
    """
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT:
            raise FormError("the stored form was written by another version of hubtalk")
        return _in(data, Form, _FORM)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise FormError("the stored form is damaged") from error


def _out(thing: Any, codecs: Mapping[str, _Codec]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for item in fields(thing):
        value = getattr(thing, item.name)
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        if default is MISSING or value != default:
            written[item.name] = codecs[item.name][0](value)
    return written


def _in(data: Mapping[str, Any], kind: Callable[..., _T], codecs: Mapping[str, _Codec]) -> _T:
    return kind(**{name: codecs[name][1](value) for name, value in data.items()})
