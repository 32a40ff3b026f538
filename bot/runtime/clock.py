"""The real time and new ids; both are handed in, so that tests can turn them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

_START = datetime(2024, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 21


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class Ids:
    """63-bit ids that grow with time: milliseconds since 2024, then a random start that counts up.

    Two processes that hit the same millisecond and number collide on a unique key, and the batch is done anew.
    """

    def __init__(self, clock: SystemClock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._last = 0

    def __call__(self) -> int:
        """Return an id that is greater than all before."""
        milliseconds = int((self._clock.now() - _START).total_seconds() * 1000)
        fresh = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        self._last = fresh if fresh > self._last else self._last + 1
        return self._last
