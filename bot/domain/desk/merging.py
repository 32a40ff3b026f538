"""What is ordered about two contacts who are one person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.desk.command import Command
from bot.domain.merging import Picks


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedContacts:
    """What a merge moved. `merge`: its id, by which it is undone; `aside`: responses that count no more."""

    merge: int
    responses: int
    addresses: int
    aside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeContacts(Command[MergedContacts]):
    """Make two contacts one: `gone` becomes a part of `kept`. `asked`: the question of the team that this answers."""

    kept: int
    gone: int
    picks: Picks
    asked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergedContacts:
    """Two contacts are two again."""

    kept: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeContacts(Command[UnmergedContacts]):
    """Undo the last merge of a contact, whichever of the two it was."""

    contact: int
