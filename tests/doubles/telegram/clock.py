"""The double's time: the real one, which a test can move forward."""

from __future__ import annotations

import time


class Clock:
    """Wall clock and monotonic clock with a common offset."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def advance(self, seconds: float) -> None:
        """Let `seconds` go by at once for dates, pauses after a 429, ages of messages and queries."""
        self._ahead += seconds

    def date(self) -> int:
        """Give the Unix time in whole seconds, as messages carry it."""
        return int(time.time() + self._ahead)

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        return time.monotonic() + self._ahead
