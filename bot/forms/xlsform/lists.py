"""Lists of choices that stand in files beside a form (`select_one_from_file`, `pulldata()`)."""

from __future__ import annotations

import csv
import io

from bot.errors import FormError
from bot.forms.blueprint import Row

MAX_ROWS = 20_000
"""Rows of one file, as of the choices sheet."""


def read_csv(data: bytes) -> tuple[Row, ...]:
    """Return the rows of a csv: UTF-8, separated by commas, or by semicolons if its first line has any.

    Raises:
        FormError: it is no such file, or too large.
    """
    try:
        text = data.decode("utf-8-sig")
        first = text.partition("\n")[0]
        rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",", strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormError("the list is no csv in UTF-8") from error
    if len(rows) > MAX_ROWS + 1:
        raise FormError(f"the list has {len(rows) - 1} rows, at most {MAX_ROWS} are read")
    headers = [header.strip() for header in rows[0]] if rows else []
    return tuple(tuple(zip(headers, row, strict=False)) for row in rows[1:] if any(row))
