"""Rows as JSON Lines: an object a response, values with their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from bot.files.table import Cell


def json_line(names: Sequence[str], cells: Mapping[str, Cell]) -> bytes:
    """Return one line; a multiple choice is a list, what was not answered is null."""
    return orjson.dumps({name: cells.get(name) for name in names}, option=orjson.OPT_APPEND_NEWLINE)


def json_lines(names: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> bytes:
    """Return the lines of several rows."""
    return b"".join(json_line(names, cells) for cells in rows)
