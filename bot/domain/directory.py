"""Companies as an organiser looks them up in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.domain.desk.companies import Collision

PAGE = 8
"""Companies of a list that are shown at once: with their buttons one screen of a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of a company; `joined`: they have agreed and talk to the bot."""

    name: str
    joined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPage:
    """One company. `people`: only where it is shown alone; `undoable`: a company merged into it less than a day ago."""

    id: int
    name: str
    town: str
    state: Literal["claimed", "confirmed"]
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    people: tuple[Person, ...] = ()
    undoable: str = ""

    @property
    def label(self) -> str:
        """Name and town on one line."""
        return ", ".join(filter(None, (self.name, self.town)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be looked up. `search` None: no list; `other`: into which `company` may be merged."""

    search: str | None = None
    page: int = 0
    company: int | None = None
    other: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What was found. `more`: there is another page; collisions: between `company` and `other`."""

    wanted: Wanted
    listed: tuple[CompanyPage, ...] = ()
    more: bool = False
    company: CompanyPage | None = None
    other: CompanyPage | None = None
    collisions: tuple[Collision, ...] = ()
