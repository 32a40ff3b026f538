"""What a turn knows that ties two addresses of one person together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.interviews import Interview
from bot.domain.merging import Picks, Side
from bot.domain.messages import Address
from bot.domain.people import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address of a contact, known since then; `person`: what they know themselves by there."""

    address: Address
    person: str
    contact: ContactId
    language: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The team is to say whose company it is."""

    merge: int
    kept: Side
    gone: Side
    picks: Picks


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """What `/link` needs.

    Args:
        code_hash: what is stored of the code that was written or is meant.
        own, other: who writes, and who made that code, if it is good.
        interviews: by response, those of the other one that are open, and what both have answered.
        places: addresses of who writes, of the other one, and of those whom the team is asked about.
        push_channel: where messages go that nobody asked for; "" where they wrote last.
        elsewhere: by channel how people find us there; `{code}` in it takes a code.
        undoable: two of them became one less than a day ago.
        asked: the open question to the team that this message answers; waiting: one about who writes is open.
    """

    code_hash: str = ""
    own: Side | None = None
    other: Side | None = None
    interviews: Mapping[int, Interview] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    push_channel: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    undoable: bool = False
    asked: Asked | None = None
    waiting: bool = False

    def of(self, contact: ContactId) -> tuple[Place, ...]:
        """Return the addresses of one of them."""
        return tuple(place for place in self.places if place.contact == contact)


NOT_LINKED = Linking()
