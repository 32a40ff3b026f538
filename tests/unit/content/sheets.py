"""The shipped form as its author wrote it, row by row, read by pyxform's own reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyxform.xls2json_backends import md_to_dict

CONTENT = Path(__file__).parents[3] / "config" / "content" / "ecotechhub"
NEEDS = CONTENT / "forms" / "needs.md"
LANGUAGES = {"de": "Deutsch (de)", "en": "English (en)"}
FIELDS = ("training", "consulting", "technology", "infrastructure")
ANSWERED = frozenset({"text", "integer", "decimal", "date", "select_one", "select_multiple", "acknowledge"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: column header -> cell; empty cells are missing."""

    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def name(self) -> str:
        return self["name"]

    @property
    def kind(self) -> str:
        """The type without its list."""
        return self["type"] if self["type"].startswith(("begin", "end")) else self["type"].split()[0]

    @property
    def choices(self) -> tuple[Row, ...]:
        """The choices of a select, in order; empty for other types."""
        _, _, list_name = self["type"].partition(" ")
        return choice_lists().get(list_name, ()) if self.kind.startswith("select") else ()

    def say(self, column: str, language: str) -> str:
        """Return a translated cell."""
        return self[f"{column}::{LANGUAGES[language]}"]


def _sheet(name: str) -> tuple[Row, ...]:
    return tuple(Row(dict(cells)) for cells in md_to_dict(NEEDS.read_text(encoding="utf-8"))[name])


def survey() -> tuple[Row, ...]:
    """Return the rows of the survey sheet."""
    return _sheet("survey")


def asked() -> tuple[Row, ...]:
    """Return the rows that a person answers."""
    return tuple(row for row in survey() if row.kind in ANSWERED)


def in_groups() -> Iterator[tuple[str, Row]]:
    """Yield the questions with the name of the group around them ("" outside)."""
    open_groups = [""]
    for row in survey():
        match row.kind:
            case "begin group":
                open_groups.append(row.name)
            case "end group":
                open_groups.pop()
            case _:
                yield open_groups[-1], row


def choice_lists() -> dict[str, tuple[Row, ...]]:
    """Return the choices by list name, in order."""
    lists: dict[str, tuple[Row, ...]] = {}
    for row in _sheet("choices"):
        lists[row["list_name"]] = (*lists.get(row["list_name"], ()), row)
    return lists


def settings() -> Row:
    """Return the one row of the settings sheet."""
    (row,) = _sheet("settings")
    return row
