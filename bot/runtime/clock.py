"""The real time and new ids; both are handed in, so that tests can turn them."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

_START = 1_704_067_200_000  # 2024-01-01 in milliseconds since 1970, so that 41 bits last until 2093
_RANDOM_BITS = 21


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class StandingClock(SystemClock):
    """A clock that stands still unless it is told that time passes."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment at which it stands, in UTC."""
        return self._moment

    def pass_by(self, time_in: timedelta) -> None:
        """Stand so much later from now on."""
        self._moment += time_in


class Ids:
    """63-bit ids that grow with time: milliseconds since 2024, then a random start that counts up.

    Two processes that hit the same millisecond and number collide on a unique key, and the batch is done anew.
    """

    def __init__(self) -> None:
        self._last = 0
        self._random = random.Random()  # noqa: S311 -- ids are no secrets; the system seeds it

    def __call__(self) -> int:
        """Return an id that is greater than all before."""
        begin = (time.time_ns() // 1_000_000 - _START) << _RANDOM_BITS
        if begin > self._last:
            self._last = begin | self._random.getrandbits(_RANDOM_BITS - 1)
        else:
            self._last += 1
        return self._last

    def block(self, many: int) -> int:
        """Return the first of so many ids in a row."""
        first = self()
        self._last += many - 1
        return first
