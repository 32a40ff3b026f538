"""Faults to order: what can go wrong between a bot and the Bot API."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """One way in which a request goes wrong."""

    LOSE_REPLY = "lose_reply"
    """The effect happens, then the connection is cut before the reply."""
    CUT = "cut"
    """The connection is cut, nothing happened."""
    ERROR_500 = "error_500"
    """Nothing happened, and the servers say "Internal Server Error"."""
    ERROR_502 = "error_502"
    """Nothing happened, and a proxy answers with a page of HTML."""
    HALF_JSON = "half_json"
    """The effect happens, and the reply is only half of its JSON."""
    DELAY = "delay"
    """The effect happens, the reply comes late."""


BEFORE = frozenset((Fault.CUT, Fault.ERROR_500, Fault.ERROR_502))


@dataclass(slots=True, kw_only=True)
class PlannedFault:
    """A fault for the next `left` requests of a method (None: any), after `skip` others passed unharmed."""

    fault: Fault
    method: str | None
    left: int
    skip: int = 0
    seconds: float = 0.0
    chat_id: int | None = None
    met: int = field(default=0)

    def hits(self, method: str, *, chat_id: object) -> bool:
        """Say whether this request is one of those meant, and count it."""
        if self.method not in {None, method} or (self.chat_id is not None and self.chat_id != chat_id):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.left -= 1
        self.met += 1
        return True


class Faults:
    """All that is planned."""

    def __init__(self) -> None:
        self._planned: list[PlannedFault] = []

    def plan(self, fault: PlannedFault) -> PlannedFault:
        """Let a fault happen from the next request on; the returned plan tells how often it was `met`."""
        self._planned.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all that has not happened yet."""
        self._planned.clear()

    def next(self, method: str, *, chat_id: object) -> PlannedFault | None:
        """Return the fault that this request meets, if any."""
        if not self._planned:
            return None
        self._planned = [one for one in self._planned if one.left > 0]
        return next((one for one in self._planned if one.hits(method, chat_id=chat_id)), None)
