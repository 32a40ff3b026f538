"""People who only read: when each message reached the server, and how many did in the busiest second."""

from __future__ import annotations

import time
from typing import Any


class Readers:
    """Counts arrivals; windows are those that begin with a message."""

    def __init__(self, *, limit: float = 0.0) -> None:
        self._limit = limit
        self._arrived: list[float] = []

    def begin(self) -> None:
        """Have nothing to say."""

    def hear(self, message: dict[str, Any]) -> None:
        """Note that a message has arrived."""
        del message
        self._arrived.append(time.perf_counter())

    def react(self, message: dict[str, Any]) -> None:
        """Answer nothing."""
        del message

    def state(self) -> dict[str, Any]:
        """Return how many have arrived, the busiest second, windows above the limit, the rate after one second."""
        arrived = self._arrived
        first = arrived[0] if arrived else 0.0
        after = [at for at in arrived if at >= first + 1]
        most = over = 0
        end = 0
        for begin, at in enumerate(arrived):
            end = max(end, begin)
            while end < len(arrived) and arrived[end] < at + 1:
                end += 1
            most = max(most, end - begin)
            over += bool(self._limit) and end - begin > self._limit
        lasted = arrived[-1] - first - 1 if len(after) > 1 else 0.0
        return {
            "arrived": len(arrived),
            "most": most,
            "over": over,
            "rate": len(after) / lasted if lasted > 0 else 0.0,
            "lasted": arrived[-1] - first if arrived else 0.0,
        }
