"""Where the messages of one bot wait for their moment: replies before edits before pushes, the oldest first."""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from asyncio import Future, TimerHandle
from enum import IntEnum

from bot.runtime.pacing import LearnedPace, Pace, Slot, Window

STARTED = time.monotonic()
"""What a process before this one has sent is not known; since then nothing has left but through a gate."""

PAUSES_LONGER = 0.005  # seconds; a request at the very end of a pause is early by the platform's clock, and refused


class Weight(IntEnum):
    """What leaves first where not all can."""

    REPLY = 0
    EDIT = 1
    PUSH = 2
    AMENDMENT = 3


class Departure:
    """The place of one message or edit in its bot's pace, with one slot a request (see `bot.domain.messages`)."""

    __slots__ = ("_gate", "_order", "_slot", "_weight", "requests")

    def __init__(self, gate: Gate, slot: Slot, *, weight: Weight, order: int) -> None:
        self._gate, self._slot = gate, slot
        self._weight, self._order = weight, order
        self.requests = 0
        """How many have begun, 0 where the channel does not tell."""

    async def opens(self) -> None:
        """Wait until the next request may leave; the first one need not wait any more."""
        if self.requests:
            self.ends()
            self._slot = await self._gate.slot(self._weight, order=self._order)
        self.requests += 1

    def written(self) -> None:
        """Hear that this request has been written to the network just now."""
        self._slot.written_at = time.monotonic()
        self._gate.look()

    def ends(self) -> None:
        """Hear that there is an answer, or that there will be none."""
        self._gate.ended(self._slot)

    def falls_out(self) -> None:
        """Give the place back: nothing has left, and nothing will."""
        self._gate.give_back(self._slot)


class Gate:
    """Lets requests out one by one, at `rate` a second; with a rate of 0, at what refusals teach.

    Nobody else waits here: each bot has a gate of its own.
    """

    def __init__(self, rate: float, *, full_at: float | None = None) -> None:
        self._pace: Pace = Window(rate, full_at=full_at) if rate else LearnedPace()
        self._waiting: list[tuple[Weight, int, int, Future[Slot]]] = []
        self._count = 0
        self._timer: TimerHandle | None = None

    async def passes(self, weight: Weight, *, order: int = 0) -> Departure:
        """Wait for the turn of a message or an edit; of one weight the lowest `order` goes first."""
        return Departure(self, await self.slot(weight, order=order), weight=weight, order=order)

    @property
    def is_open(self) -> bool:
        """Whether something of little weight may leave at once."""
        return not self._waiting and self._pace.delay(time.monotonic()) <= 0

    async def slot(self, weight: Weight, *, order: int) -> Slot:
        """Wait for the turn of one request."""
        now, spread = time.monotonic(), weight is Weight.PUSH
        if not self._waiting and self._pace.delay(now, spread=spread) <= 0:
            return self._pace.take(now, spread=spread)
        turn: Future[Slot] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (weight, order, self._count, turn))
        self.look()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn had come at this very moment
                self.give_back(turn.result())
            raise

    def look(self) -> None:
        """Let out whose turn has come, and look again when the next one's has."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            weight, _, _, turn = self._waiting[0]
            now, spread = time.monotonic(), weight is Weight.PUSH
            if not turn.done():  # whoever waited may have been cancelled
                if (wait := self._pace.delay(now, spread=spread)) > 0:
                    if wait < math.inf:  # else it is looked at when what has left is written
                        self._timer = asyncio.get_running_loop().call_later(wait, self.look)
                    return
                turn.set_result(self._pace.take(now, spread=spread))
            heapq.heappop(self._waiting)

    def ended(self, slot: Slot) -> None:
        """Hear that a request has ended."""
        self._pace.answered(slot, time.monotonic())
        self.look()

    def give_back(self, slot: Slot) -> None:
        """Free the place of a request that has not left."""
        slot.written_at = -math.inf
        self.look()

    def reserve(self) -> None:
        """Count something that left without having waited here."""
        now = time.monotonic()
        self._pace.answered(self._pace.take(now), now)

    def accepted(self) -> None:
        """Take note that the platform took a message."""
        self._pace.accepted(time.monotonic())

    def refused(self, seconds: float) -> None:
        """Let nothing out for that long: the platform found the whole bot too fast."""
        self._pace.refused(time.monotonic(), seconds)
        self.pause(seconds)

    def pause(self, seconds: float) -> None:
        """Let nothing out for that long, as the platform asked before the last stop."""
        self._pace.pause(time.monotonic(), seconds + PAUSES_LONGER)
        self.look()
