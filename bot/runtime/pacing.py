"""How fast we may send: a pacer gives each message its moment. Pure: the time is handed in."""

from __future__ import annotations


class Pacer:
    """At most `rate` a second, with a burst: the n-th message's moment is reserved when it is asked for (GCRA).

    A rate of 0 means no limit.
    """

    __slots__ = ("_burst", "_interval", "_next")

    def __init__(self, rate: float, *, burst: int = 1) -> None:
        self._interval = 1 / rate if rate > 0 else 0.0
        self._burst = self._interval * (burst - 1)
        self._next = 0.0

    def delay(self, now: float) -> float:
        """Return how many seconds to wait before a message may leave, without reserving it."""
        return max(0.0, self._next - self._burst - now) if self._interval or self._next else 0.0

    def reserve(self, now: float) -> float:
        """Take the next moment and return how many seconds away it is."""
        wait = self.delay(now)
        if self._interval:
            self._next = max(self._next, now) + self._interval
        return wait

    def pause(self, now: float, seconds: float) -> None:
        """Let nothing leave for that long (the platform said so)."""
        self._next = max(self._next, now + seconds + self._burst)

    def idle(self, now: float) -> bool:
        """Whether the pacer has forgotten everything, so that it need not be kept."""
        return self._next <= now
