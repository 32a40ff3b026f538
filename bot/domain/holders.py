"""Who holds a role, and whom one might give one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.messages import Address
from bot.domain.people import ContactId, Role

Source = Literal["settings", "command", "invitation", "chat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A contact as staff find them. person: channel and platform's id there; chat: where they are told something."""

    contact: ContactId
    name: str
    company: str
    language: str
    person: Address
    chat: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A person's role, where it stands. known: the contact, once they have come; by: who gave it, as people know them
    ("": nobody of the hub's people).
    """

    person: Address
    role: Role
    source: Source
    since: datetime
    known: Known | None = None
    by: str = ""
