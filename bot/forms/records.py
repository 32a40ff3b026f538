"""Plain dataclasses as JSON objects: what holds its default is left out, and reading back is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from types import MappingProxyType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""How a field is written, and read."""

PLAIN: Codec = (lambda value: value, lambda value: value)
PATHS: Codec = (list, tuple)


def _texts_in(texts: dict[str, str]) -> Mapping[str, str]:
    return MappingProxyType(texts)


TEXTS: Codec = (dict, _texts_in)


def mapped(codec: Codec) -> Codec:
    """Return the codec of a mapping whose values have that codec."""
    write, read = codec
    return (
        lambda found: {key: write(value) for key, value in found.items()},
        lambda data: MappingProxyType({key: read(value) for key, value in data.items()}),
    )


def many(codec: Codec) -> Codec:
    """Return the codec of a tuple whose members have that codec."""
    write, read = codec
    return (lambda found: [write(value) for value in found], lambda data: tuple([read(value) for value in data]))


class Record(Generic[T]):
    """Writes and reads one kind of dataclass; fields without a codec are JSON as they are."""

    def __init__(self, kind: type[T], **codecs: Codec) -> None:
        self._kind = kind
        self._fields = tuple((item.name, codecs.get(item.name, PLAIN)[0], _default(item)) for item in _fields(kind))
        self._readers = tuple((name, read) for name, (_, read) in codecs.items())

    @property
    def codec(self) -> Codec:
        """How a field that holds such a thing is written and read."""
        return (self.write, self.read)

    def write(self, thing: T) -> dict[str, Any]:
        """Return the JSON object."""
        written: dict[str, Any] = {}
        for name, write, default in self._fields:
            value = getattr(thing, name)
            if default is MISSING or value != default:
                written[name] = write(value)
        return written

    def read(self, data: dict[str, Any]) -> T:
        """Return what `write` wrote; `data` is used up."""
        for name, read in self._readers:
            if name in data:
                data[name] = read(data[name])
        return self._kind(**data)


def _fields(kind: Any) -> tuple[Field[Any], ...]:
    return fields(kind)


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default
