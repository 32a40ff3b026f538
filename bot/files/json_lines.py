"""Rows as JSON Lines: an object a response, values with their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from bot.files.table import Cell


def json_line(names: Sequence[str], cells: Mapping[str, Cell]) -> bytes:
    """Return one line; a multiple choice is a list, what was not answered is null."""
    return orjson.dumps({name: cells.get(name) for name in names}, option=orjson.OPT_APPEND_NEWLINE)


def nested_lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return a line for each row, as it is; a repeat is a list of objects."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
