"""The rows of a workbook (xlsx) as texts, read within limits, and never calculated."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from typing import Any

from bot.domain.listed import COLUMN_LIMIT
from bot.errors import HubtalkError

FORMULA = "\0formula"
"""In the place of a cell whose formula nobody has calculated."""
UNPACKED_LIMIT = 100_000_000
"""Bytes of all parts. Twenty thousand rows of fifty columns are about sixty million."""
PARTS_LIMIT = 500
HEAD_WITHIN = 20
"""Rows at the top of a sheet among which its headings are looked for."""


class Unreadable(HubtalkError):
    """No file of the kind that it seems to be."""


def table_of(data: bytes, *, wanted: Callable[[Sequence[str]], bool]) -> Iterator[list[str]]:
    """Give the rows of the first sheet whose first row with a text is `wanted`, else of the first sheet.

    Raises:
        Unreadable: it is no workbook, or larger than anything people write.
    """
    with _guarded():
        book = _opened(data)
        for sheet in book.worksheets:
            if wanted(
                next((cells for _, cells in zip(range(HEAD_WITHIN), _texts(sheet), strict=False) if any(cells)), [])
            ):
                break
        else:
            sheet = book.worksheets[0]
        formulas = _opened(data, formulas=True)[sheet.title] if _has_formulas(data) else None
        yield from _texts(sheet) if formulas is None else _with_formulas(_texts(sheet), formulas)


def sheet_names(data: bytes) -> tuple[str, ...]:
    """Return the names of a workbook's sheets, none if it is no workbook."""
    try:
        with _guarded():
            return tuple(_opened(data).sheetnames)
    except Unreadable:
        return ()


class _guarded:  # noqa: N801 -- used as a statement
    """Whatever goes wrong in a file from outside makes the file unreadable; openpyxl raises what its parts raise."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, MemoryError):
            raise Unreadable from error


def _opened(data: bytes, *, formulas: bool = False) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 -- heavy, and needed by few commands

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        # What a part unpacks to is never more than it says here: zipfile reads no further.
        if len(parts) > PARTS_LIMIT or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
            raise Unreadable
    return load_workbook(io.BytesIO(data), read_only=True, data_only=not formulas, keep_links=False)


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/")]
        return any(b"<f" in archive.read(part).replace(b":f", b"<f") for part in sheets if part.endswith(".xml"))


def _texts(sheet: Any) -> Iterator[list[str]]:
    # One column more, so that one too many is seen; without bounds a single cell in column XFD makes all rows so wide.
    for row in sheet.iter_rows(max_col=COLUMN_LIMIT + 1, values_only=True):
        yield [_text(value) for value in row] if any(row) else []


def _with_formulas(rows: Iterator[list[str]], formulas: Any) -> Iterator[list[str]]:
    raw = formulas.iter_rows(max_col=COLUMN_LIMIT + 1, values_only=False)
    for cells, sources in zip(rows, raw, strict=False):
        yield [
            FORMULA if not cell and getattr(source, "data_type", "") == "f" else cell
            for cell, source in zip(cells, sources, strict=False)
        ]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case str() if value.startswith("#") and value.endswith(("!", "?", "/A")):  # #REF!, #NAME?, #N/A
            return FORMULA
        case _:
            return str(value)
