"""A blueprint as JSON: short, since it is as large as the form, and quick to read, since every bot reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.forms.blueprint import Action, Blueprint, Entry, Itemset, Label, Option, Part, Row, Seed
from bot.forms.records import PATHS, Codec, Record, many, mapped

_PARTS: Codec = (
    lambda parts: [[part.text] if part.is_output else part.text for part in parts],
    lambda data: tuple([Part(text) if isinstance(text, str) else Part(text[0], is_output=True) for text in data]),
)
"""Words as they are, an expression as a list of one."""


def _label_out(label: Label) -> Any:
    if label.translation:
        return label.translation
    return {"expression": label.expression} if label.expression else _PARTS[0](label.parts)


def _label_in(data: Any) -> Label:
    match data:
        case str():
            return Label(translation=data)
        case dict():
            return Label(expression=data["expression"])
        case _:
            return Label(parts=_PARTS[1](data))


def _rows_out(rows: Iterable[Row]) -> list[list[str]]:
    return [[word for cell in row for word in cell] for row in rows]


def _rows_in(data: Iterable[list[str]]) -> tuple[Row, ...]:
    return tuple([tuple(zip(row[::2], row[1::2], strict=True)) for row in data])


def _seed_out(seed: Seed | None) -> Any:
    if seed is None:
        return None
    written = [seed.name, seed.text, int(seed.is_template), *map(_seed_out, seed.children)]
    return seed.name if written == [seed.name, "", 0] else written


def _seed_in(data: Any) -> Seed | None:
    if data is None:
        return None
    if isinstance(data, str):
        return Seed(name=data)
    name, text, is_template, *children = data
    inner = [child for child in map(_seed_in, children) if child is not None]
    return Seed(name=name, text=text, is_template=bool(is_template), children=tuple(inner))


_LABEL: Codec = (_label_out, _label_in)
_SEED: Codec = (_seed_out, _seed_in)
_ITEMSET = Record(Itemset, label=_LABEL)
_OPTION = Record(Option, label=_LABEL)
_ENTRY = Record(
    Entry, template=_SEED, options=many(_OPTION.codec), label=_LABEL,
    itemset=(
        lambda itemset: None if itemset is None else _ITEMSET.write(itemset),
        lambda data: None if data is None else _ITEMSET.read(data),
    ),
)  # fmt: skip
_ACTION = Record(Action, events=PATHS)


_BLUEPRINT = Record(
    Blueprint, entries=many(_ENTRY.codec), actions=many(_ACTION.codec), lists=mapped((_rows_out, _rows_in)),
    texts=mapped(mapped(_PARTS)), languages=PATHS, beginning=_SEED,
)  # fmt: skip

BLUEPRINT: Codec = (
    lambda blueprint: None if blueprint is None else _BLUEPRINT.write(blueprint),
    lambda data: None if data is None else _BLUEPRINT.read(data),
)
"""A whole blueprint, or that there is none."""
