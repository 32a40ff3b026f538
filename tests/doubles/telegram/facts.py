"""What the Bot API's published lists say about methods and types, and how a value differs from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

ARRAY = "Array of "
SCALARS: Mapping[str, type | tuple[type, ...]] = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a multipart request: what an `InputFile` parameter holds."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter of a method or one field of a type; `constant` is the only value it may have."""

    types: tuple[str, ...]
    required: bool
    constant: str | None = None

    @property
    def structured(self) -> bool:
        """Say whether values are objects or arrays, which forms carry as JSON text."""
        return any(one not in SCALARS and one != "InputFile" for one in self.types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One type: its fields, or the types that it may stand for."""

    fields: Mapping[str, Field]
    subtypes: tuple[str, ...] = ()


class Facts:
    """The double's copy of the lists; `mismatch` is the one question asked of it."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.version: str = raw["version"]
        self.all_methods = frozenset(name.lower() for name in raw["all_methods"])
        self.all_updates = frozenset(raw["all_updates"])
        self.methods = {name: _fields(params) for name, params in raw["methods"].items()}
        self.types = {
            name: Shape(fields=_fields(shape["fields"]), subtypes=tuple(shape.get("subtypes", ())))
            for name, shape in raw["types"].items()
        }

    def unlike_method(self, method: str, params: Mapping[str, Any]) -> str | None:
        """Name the first thing in which a request differs from the method's parameters, None if it fits."""
        return self._unlike_fields(params, self.methods[method], at=method)

    def mismatch(self, value: object, types: Iterable[str], *, at: str) -> str | None:
        """Name the first thing in which `value` is none of `types`, None if it fits one of them."""
        complaints = []
        for one in types:
            complaint = self._unlike_type(value, one, at=at)
            if complaint is None:
                return None
            complaints.append(complaint)
        # The longest path is the alternative that fitted furthest, so its complaint helps most.
        return max(complaints, key=lambda text: len(text.split(":", 1)[0]))

    def _unlike_type(self, value: object, name: str, *, at: str) -> str | None:
        if name.startswith(ARRAY):
            if not isinstance(value, list):
                return f"{at}: an array is expected"
            inner = (name.removeprefix(ARRAY),)
            checks = (self.mismatch(one, inner, at=f"{at}[{index}]") for index, one in enumerate(value))
            return next((complaint for complaint in checks if complaint), None)
        if name in SCALARS:
            # A Python bool is an int, a JSON boolean is no Integer.
            fits = isinstance(value, SCALARS[name]) and (name == "Boolean" or not isinstance(value, bool))
            return None if fits else f"{at}: {name} is expected, not {type(value).__name__}"
        if name == "InputFile":
            return None if isinstance(value, Upload) else f"{at}: an uploaded file is expected"
        return self._unlike_object(value, name, at=at)

    def _unlike_object(self, value: object, name: str, *, at: str) -> str | None:
        if not isinstance(value, dict):
            return f"{at}: {name} object is expected"
        shape = self.types[name]
        if shape.subtypes:
            return self.mismatch(value, shape.subtypes, at=at)
        return self._unlike_fields(value, shape.fields, at=at)

    def _unlike_fields(self, value: Mapping[str, Any], fields: Mapping[str, Field], *, at: str) -> str | None:
        for name, one in value.items():
            field = fields.get(name)
            if field is None:
                return f"{at}.{name}: unknown, or not played by this double"
            if field.constant is not None and one != field.constant:
                return f"{at}.{name}: {field.constant!r} is expected"
            complaint = self.mismatch(one, field.types, at=f"{at}.{name}")
            if complaint:
                return complaint
        missing = (name for name, field in fields.items() if field.required and name not in value)
        return next((f"{at}.{name}: required, but missing" for name in missing), None)


def _fields(raw: Mapping[str, list[Any]]) -> dict[str, Field]:
    return {
        name: Field(types=tuple(types), required=required, constant=constant[0] if constant else None)
        for name, (types, required, *constant) in raw.items()
    }


@cache
def facts() -> Facts:
    """Read the copy beside this file, once a process."""
    return Facts(orjson.loads(Path(__file__).with_name("bot_api.json").read_bytes()))
