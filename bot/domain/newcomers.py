"""Those who ask to take part, where the team has to let them in (registration by approval)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.messages import Address
from bot.domain.people import Company, ContactId

PAGE = 8

MEANWHILE = frozenset({"start", "help", "privacy", "mydata", "language", "ask", "link", "stop", "forget", "cancel"})
"""The commands of somebody who waits: their data are theirs from the first day, and they may ask what takes so long."""

Decision = Literal["admitted", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who has agreed, and asks to take part. `company`: as they have typed it.

    similar: a confirmed company of almost the same name; places: their chats, where they want to be told things first;
    waits: False once they were let in.
    """

    contact: ContactId
    name: str
    company: str
    language: str
    since: datetime
    places: tuple[Address, ...]
    similar: Company | None = None
    waits: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a newcomer. `by`: the name of who decided, "" for nobody in a chat."""

    how: Decision
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """Who waits, as the team sees it: a page of them, and the one who is meant.

    chosen: None if they are not here any more; decided: if it is too late for another decision.
    similar: of somebody who is about to ask, a confirmed company of almost the same name.
    """

    lines: tuple[Newcomer, ...] = ()
    page: int = 1
    total: int = 0
    chosen: Newcomer | None = None
    decided: Decided | None = None
    similar: Company | None = None


NO_NEWCOMERS = Newcomers()
