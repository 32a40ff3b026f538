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

    def accepted(self, now: float) -> None:
        """A rate that is known has nothing to learn."""

    def refused(self, now: float, seconds: float) -> None:
        """Pause; the rate stays what it is."""
        self.pause(now, seconds)

    def at(self, rate: float, *, burst: int = 1) -> Pacer:
        """Return a pacer of another rate for which the next message's moment is the same."""
        other = Pacer(rate, burst=burst)
        other._next = self._next - self._burst + other._burst
        return other

    def idle(self, now: float) -> bool:
        """Whether the pacer has forgotten everything, so that it need not be kept."""
        return self._next <= now


class LearnedPace:
    """A pace that refusals teach: a platform says when the next message may leave, seldom how many may in a minute.

    The time from the last message that was taken to the next that will be is the interval, since a refusal means that
    the allowance is used up. After a while of messages at that pace a quicker one is tried, longer and longer apart.
    """

    BURST = 10
    """What Synapse allows after a rest. Too high a guess costs a refused request, and then the pace is known."""

    LONGEST, SHORTEST = 30.0, 0.02
    """Seconds between two messages; what would be less is no limit worth keeping, what is more tells of a rest."""

    MARGIN = 1.01
    """Who comes at the very moment may be a little early by the platform's clock."""

    __slots__ = ("_accepted_at", "_interval", "_left", "_pacer", "_paused_until", "_trust")

    def __init__(self) -> None:
        self._pacer = Pacer(0)
        self._interval = 0.0
        self._accepted_at: float | None = None
        self._paused_until = 0.0
        self._trust = self._left = 4

    @property
    def interval(self) -> float:
        """Seconds between two messages as far as learned, 0 while there is no limit."""
        return self._interval

    def delay(self, now: float) -> float:
        """Return how many seconds to wait before a message may leave, without reserving it."""
        return self._pacer.delay(now)

    def reserve(self, now: float) -> float:
        """Take the next moment and return how many seconds away it is."""
        return self._pacer.reserve(now)

    def accepted(self, now: float) -> None:
        """Take note that the platform took a message."""
        self._accepted_at = now
        if self._interval:
            self._left -= 1
            if self._left <= 0:
                self._interval = self._interval / 2 if self._interval / 2 > self.SHORTEST else 0.0
                self._pacer = self._pacer.at(1 / self._interval if self._interval else 0.0, burst=self.BURST)

    def refused(self, now: float, seconds: float) -> None:
        """Learn from a refusal, and let nothing leave for as long as it says."""
        if now >= self._paused_until:  # not one more of those that left together
            self._trust = min(64, 2 * self._trust)
        self._paused_until = max(self._paused_until, now + seconds)
        self._left = self._trust
        since = now - self._accepted_at if self._accepted_at is not None else 0.0
        since = since if since <= self.LONGEST else 0.0
        self._interval = min(self.LONGEST, max(self.SHORTEST, self.MARGIN * (since + seconds)))
        # What was refused has used no moment of its own.
        self._pacer = Pacer(1 / self._interval, burst=self.BURST)
        self._pacer.pause(now, self._paused_until - now)

    def pause(self, now: float, seconds: float) -> None:
        """Let nothing leave for that long."""
        self._paused_until = max(self._paused_until, now + seconds)
        self._pacer.pause(now, seconds)
