"""What staff order about people: whole lists of them, and who goes again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.desk.command import Command
from bot.domain.importing import Imported
from bot.domain.listed import ListedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPeople(Command[Imported]):
    """Enter companies and people of a list; what is known only gets what is empty.

    keyed: makes the keyed hash by which somebody who asked to be forgotten is known; language: where a row names none.
    """

    rows: tuple[ListedRow, ...]
    keyed: Callable[[str], str]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseContact(Command[str]):
    """Erase a contact and all about them, a bare proof stays; gives the name. `keyed`: see `ImportPeople`.

    joined: also somebody who consented and has answers.
    """

    contact: int
    keyed: Callable[[str], str]
    joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContact(Command[str]):
    """Keep a note about a contact, "" for none; gives the name."""

    contact: int
    note: str
