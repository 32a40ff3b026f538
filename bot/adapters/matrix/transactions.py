"""The verifications that contacts have begun: which event belongs to which, and how many at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.matrix.courier import Destination
from bot.adapters.matrix.verification import Device, Step, Verification
from bot.domain.messages import InboundMessage

PATIENCE = timedelta(minutes=10)
"""https://spec.matrix.org/latest/client-server-api/#general-key-verification-error-handling"""

MOST = 200
"""Verifications that are remembered, those just over included; beyond that the oldest is forgotten."""

MOST_BY_PERSON = 6
"""What one person may begin in an hour: each takes five events of the few that a homeserver grants a bot."""

PERSONS = 1_000
_HOUR = timedelta(hours=1)

Object = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One verification, with what is said about it.

    due: what is still to be sent, and a `mac` still to be looked at, in order.
    is_compared: a `mac` was put there; a second one makes no second work.
    work: what sends it.
    """

    to: Destination
    verification: Verification
    since: datetime
    message: InboundMessage | None = None
    is_compared: bool = False
    due: deque[Step | Object] = field(default_factory=deque)
    work: asyncio.Task[None] | None = None

    def drop(self) -> None:
        """End it without a word."""
        self.verification.drop()
        self.due.clear()


class Transactions:
    """All of one session. Each is known by room (None: between devices), person and id: nobody else can go on with it.

    Args:
        ours: our device.
    """

    def __init__(self, *, ours: Device) -> None:
        self._ours = ours
        self._known: dict[tuple[str | None, str, str], Transaction] = {}
        self._begun: dict[str, list[datetime]] = {}

    def find(self, to: Destination) -> Transaction | None:
        """Return the one that is known by that."""
        return self._known.get(_key(to))

    def remember(self, to: Destination, *, now: datetime) -> Transaction:
        """Take up one more; the oldest may be forgotten for it."""
        while len(self._known) >= MOST:
            self._known.pop(next(iter(self._known))).drop()
        theirs = Device(user_id=to.user_id, device_id=to.device_id)
        verification = Verification(ours=self._ours, theirs=theirs, transaction=to.transaction)
        taken = self._known[_key(to)] = Transaction(to=to, verification=verification, since=now)
        return taken

    def open_of(self, to: Destination) -> Sequence[Transaction]:
        """Return what the same device has begun and not ended."""
        device = (to.user_id, to.device_id)
        return [
            each
            for each in self._known.values()
            if (each.to.user_id, each.to.device_id) == device and not each.verification.is_over
        ]

    def take_old(self, *, now: datetime) -> Sequence[Transaction]:
        """Forget and return what nobody may go on with any more."""
        old = [each for each in self._known.values() if now - each.since >= PATIENCE]
        for each in old:
            del self._known[_key(each.to)]
        return old

    def leave_to_others(self, room_id: str, *, transaction: str) -> None:
        """End what another client of our own account has taken up."""
        for (room, _, known), each in self._known.items():
            if (room, known) == (room_id, transaction):
                each.drop()

    def is_allowed(self, user_id: str, *, now: datetime) -> bool:
        """Whether a person may make us begin something, which is counted."""
        begun = [moment for moment in self._begun.pop(user_id, []) if now - moment < _HOUR]
        if len(self._begun) >= PERSONS:
            del self._begun[next(iter(self._begun))]
        is_allowed = len(begun) < MOST_BY_PERSON
        self._begun[user_id] = [*begun, now] if is_allowed else begun
        return is_allowed


def _key(to: Destination) -> tuple[str | None, str, str]:
    return to.room, to.user_id, to.transaction
