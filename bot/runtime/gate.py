"""Where the messages of one bot wait for their moment: replies before pushes, the oldest first."""

from __future__ import annotations

import asyncio
import heapq
import time
from asyncio import Future, TimerHandle

from bot.domain.messages import Outgoing
from bot.runtime.pacing import LearnedPace, Pacer

BURST = 3
WAKES_AFTER = 0.005  # seconds; a timer may fire a little early, and a pause that is not quite over would cost a turn


class Gate:
    """Lets messages out one by one, at `rate` a second; with a rate of 0, at what refusals teach.

    Nobody else waits here: each bot has a gate of its own.
    """

    def __init__(self, rate: float) -> None:
        self._pace: Pacer | LearnedPace = Pacer(rate, burst=BURST) if rate else LearnedPace()
        self._waiting: list[tuple[bool, int, Future[None]]] = []
        self._timer: TimerHandle | None = None

    async def passes(self, outgoing: Outgoing) -> None:
        """Wait for this message's turn."""
        now = time.monotonic()
        if not self._waiting and self._pace.delay(now) <= 0:
            self._pace.reserve(now)
            return
        turn: Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (outgoing.priority == "push", outgoing.delivery, turn))
        self._wind(now)
        await turn

    def delay(self) -> float:
        """Return for how many seconds nothing of less weight than a message may leave; 0: now."""
        wait = self._pace.delay(time.monotonic())
        return max(wait, WAKES_AFTER) if self._waiting else wait

    def reserve(self) -> None:
        """Count something that leaves without having waited here."""
        self._pace.reserve(time.monotonic())

    def accepted(self) -> None:
        """Take note that the platform took a message."""
        self._pace.accepted(time.monotonic())

    def refused(self, seconds: float) -> None:
        """Let nothing out for that long: the platform found the whole bot too fast."""
        now = time.monotonic()
        self._pace.refused(now, seconds)
        if self._waiting:
            self._wind(now)

    def pause(self, seconds: float) -> None:
        """Let nothing out for that long, as the platform asked before the last stop."""
        self._pace.pause(time.monotonic(), seconds)

    def _wind(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        after = self._pace.delay(now) + WAKES_AFTER
        self._timer = asyncio.get_running_loop().call_later(after, self._open)

    def _open(self) -> None:
        self._timer = None
        now = time.monotonic()
        while self._waiting and self._pace.delay(now) <= 0:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():  # whoever waited may have been cancelled
                self._pace.reserve(now)
                turn.set_result(None)
        if self._waiting:
            self._wind(now)
