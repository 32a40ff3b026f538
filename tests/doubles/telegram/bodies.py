"""Reads a request's parameters from all shapes the Bot API accepts: query, JSON, form, multipart.

Source: https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from tests.doubles.telegram.facts import Field, Upload
from tests.doubles.telegram.refusals import Refusal, violation

ATTACHED = "attach://"
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


async def parameters(request: web.Request, *, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the parameters with the types that `fields` names; files are `Upload`s in the place that names them."""
    given: dict[str, Any] = {name: _typed(name, value, fields.get(name)) for name, value in request.query.items()}
    match request.content_type:
        case "application/json" if request.can_read_body:
            given |= _from_json(await request.read(), fields=fields)
        case "application/x-www-form-urlencoded" | "multipart/form-data":
            given |= await _from_form(request, fields=fields)
        case _:
            pass
    # An empty value counts as none; where one is required, its absence or the rule for its text speaks.
    return {name: value for name, value in given.items() if value != "" or (name in fields and fields[name].required)}


def _from_json(body: bytes, *, fields: Mapping[str, Field]) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise violation("can't parse JSON object") from error
    if not isinstance(given, dict):
        raise violation("a JSON object is expected")
    # JSON text in the place of an object is accepted here too.
    return {
        name: _typed(name, value, fields[name])
        if isinstance(value, str) and name in fields and fields[name].structured
        else value
        for name, value in given.items()
        if value is not None
    }


async def _from_form(request: web.Request, *, fields: Mapping[str, Field]) -> dict[str, Any]:
    try:
        form = await request.post()
    except ValueError as error:
        raise violation("can't parse the form, or it is not UTF-8") from error
    given: dict[str, Any] = {}
    uploads: dict[str, Upload] = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            uploads[name] = Upload(value.filename, value.content_type, value.file.read())
        elif isinstance(value, bytes | bytearray):
            uploads[name] = Upload("file", "application/octet-stream", bytes(value))
        else:
            given[name] = _typed(name, value, fields.get(name))
    for name, value in given.items():
        if isinstance(value, str) and value.startswith(ATTACHED):
            given[name] = _attached(value.removeprefix(ATTACHED), uploads)
    return given | uploads


def _attached(name: str, uploads: dict[str, Upload]) -> Upload:
    if name not in uploads:
        raise violation(f"no file is attached by the name {name}")
    return uploads.pop(name)


def _typed(name: str, value: str, field: Field | None) -> Any:
    """Turn a form's text into what the parameter wants; what does not fit stays text and is complained about later."""
    if field is None or not value:
        return value
    if field.structured:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise unparsed(name) from error
    if "Integer" in field.types and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "Boolean" in field.types:
        return _TRUTHS.get(value.lower(), value)
    return value


def unparsed(name: str) -> Refusal:
    """Refuse a parameter that should be JSON text and is not."""
    return violation(f"can't parse {name.replace('_', ' ')} JSON object")
