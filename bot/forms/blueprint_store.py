"""Writes a blueprint as JSON and reads it back; whoever runs a form needs neither pyxform nor XML for it."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from bot.errors import FormError
from bot.forms.blueprint import Blueprint


@cache
def _adapter() -> TypeAdapter[Blueprint]:
    return TypeAdapter(Blueprint)


def blueprint_to_json(blueprint: Blueprint) -> str:
    """Return the blueprint as one line of JSON; what holds its default is left out."""
    return _adapter().dump_json(blueprint, exclude_defaults=True).decode()


def blueprint_from_json(text: str) -> Blueprint:
    """Return the blueprint written by `blueprint_to_json`.

    Raises:
        FormError: the text is no stored blueprint.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise FormError("the stored form is damaged") from error
