"""A list of companies and people, as an organiser has it in a table: what a row says, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ROW_LIMIT = 20_000
"""Rows of one list; more companies than a region has that one talks to."""
COLUMN_LIMIT = 50
FILE_LIMIT = 5_000_000
"""Bytes of a list. Twenty thousand rows of people with all columns are about three million as csv."""
NOTE_LIMIT = 2_000
TAG_LIMIT = 100
TAGS_A_COMPANY = 20

Wrong = Literal["company", "too_long", "mail", "language", "formula", "erased", "tag"]
"""What makes a row useless: no company, a text longer than its column takes, no mail address, a language that the hub
does not speak, a formula whose value nobody has calculated, a person who asked to be forgotten, a tag without a key.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """One row. `row`: its number in the file; `company` "": the one to which the mail's domain belongs.

    tags: of the company. note: about the person if the row names one, else about the company.
    """

    row: int
    company: str
    town: str = ""
    name: str = ""
    mail: str = ""
    language: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def person(self) -> bool:
        """Whether the row names somebody."""
        return bool(self.name or self.mail)


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row is not taken. `what`: the words in question, as short as they fit a line."""

    row: int
    why: Wrong
    what: str = ""


Unusable = Literal["unreadable", "empty", "no_company", "too_large", "too_many_rows", "too_many_columns"]
"""Why a whole file is no list that can be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    """What a file says. `unusable`: nothing of it can be taken; `unknown`: columns that mean nothing to us."""

    rows: tuple[ListedRow, ...] = ()
    errors: tuple[RowError, ...] = ()
    unknown: tuple[str, ...] = ()
    unusable: Unusable | None = None
