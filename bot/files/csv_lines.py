"""Rows as comma-separated lines (RFC 4180) that a spreadsheet opens without calculating anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.files.table import Cell

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How lines are written."""

    delimiter: str = ","
    end: str = "\n"
    decimal: Literal[".", ","] = "."
    mark: str = ""


PLAIN = Dialect()
EXCEL = Dialect(delimiter=";", end="\r\n", decimal=",", mark="\ufeff")
"""As a German Excel opens it by a double click; without the comma it would read 3.5 as the third of May."""


class CsvLines:
    """Turns rows into lines, one a row; `joint` stands between the values of a multiple choice."""

    def __init__(self, names: Sequence[str], *, dialect: Dialect = PLAIN, joint: str = " ") -> None:
        self._names = names
        self._dialect = dialect
        self._joint = joint
        self._buffer = io.StringIO()
        # Line ends inside a cell are only quoted by every Python if they are the writer's own; ours come afterwards.
        self._writer = csv.writer(self._buffer, delimiter=dialect.delimiter, lineterminator="\r\n")

    def head(self) -> str:
        """Return the first line."""
        return self._dialect.mark + self._line([harmless(name) for name in self._names])

    def line(self, cells: Mapping[str, Cell]) -> str:
        """Return the line of a row."""
        return self._line([self._text(cells.get(name)) for name in self._names])

    def lines(self, rows: Iterable[Mapping[str, Cell]]) -> str:
        """Return the lines of several rows."""
        return "".join(map(self.line, rows))

    def _text(self, cell: Cell) -> str:
        match cell:
            case None:
                return ""
            case tuple():
                return harmless(self._joint.join(cell))
            case float():
                return repr(cell).replace(".", self._dialect.decimal)
            case int():
                return str(cell)
            case _:
                return harmless(cell)

    def _line(self, texts: Sequence[str]) -> str:
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.writerow(texts)
        return self._buffer.getvalue().removesuffix("\r\n") + self._dialect.end


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe stands before what would be one."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
