"""How fast we may send: each message is given its moment. Pure: the time is handed in."""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol


class Slot:
    """The place of one request in a pace: when it was written to the network, and how long its answer took."""

    __slots__ = ("answered_in", "written_at")

    def __init__(self, written_at: float | None = None) -> None:
        self.written_at = written_at
        self.answered_in: float | None = None


class Pace(Protocol):
    """What a gate keeps to."""

    def delay(self, now: float, *, spread: bool = False) -> float:
        """Return how many seconds to wait; infinite while a request that left has not been written."""
        ...

    def take(self, now: float, *, spread: bool = False) -> Slot:
        """Let a request leave now."""
        ...

    def answered(self, slot: Slot, now: float) -> None:
        """Take note that a request has ended, which tells how long it was under way at the most."""
        ...

    def accepted(self, now: float) -> None:
        """Take note that the platform took a message."""
        ...

    def refused(self, now: float, seconds: float) -> None:
        """Let nothing leave for that long: the platform found us too fast."""
        ...

    def pause(self, now: float, seconds: float) -> None:
        """Let nothing leave for that long."""
        ...


class Window:
    """At most `rate` requests in any second as the *other* side counts them, and hardly fewer when all are used.

    A request leaves a second after the one `rate` places before it was written, and as much later as that one's answer
    took longer than the quickest: so much later it may have arrived. A fraction of a rate fits into no second and is
    left out; below one a second the window is the longer. `spread` requests (pushes) leave evenly, so that a place is
    free every moment for those that somebody waits for.

    Args:
        rate: requests a window.
        seconds: the length of the window.
        full_at: when it was full at the latest, as after a restart, since nobody knows what the last process sent.
    """

    MARGIN = 0.003
    """Seconds by which clocks and timers may be wrong."""

    GUARD = 0.018
    """Seconds that a request is taken to be late at the most: a slow server answers late what came in time. Where that
    happens seldom, a longer delay is believed, as long as there is credit for it.
    """

    CREDIT, EARNED = 1.0, 0.005
    """Seconds: the most credit there is, and what a full window adds to it."""

    KNOWN_AFTER = 30
    """Answers of which one will have been as quick as it gets."""

    BEHIND = 3
    """So many spread requests may leave at once when a timer was late."""

    __slots__ = (
        "_answers",
        "_closed_until",
        "_credit",
        "_interval",
        "_places",
        "_quickest",
        "_seconds",
        "_slots",
        "_spread_from",
    )

    def __init__(self, rate: float, *, seconds: float = 1.0, full_at: float | None = None) -> None:
        self._places = max(1, math.floor(rate))
        self._seconds = seconds * max(1.0, 1 / rate)
        self._interval = self._seconds / self._places
        self._slots: deque[Slot] = deque()
        if full_at is not None:
            self._slots.extend(Slot(full_at) for _ in range(self._places))
        self._quickest = math.inf
        self._answers = 0
        self._credit = self.CREDIT
        self._closed_until = self._spread_from = -math.inf

    def delay(self, now: float, *, spread: bool = False) -> float:
        """Return how many seconds to wait; infinite while a request that left has not been written."""
        free_at = max(self._closed_until, self._spread_from if spread else -math.inf)
        if len(self._slots) >= self._places:
            first = self._slots[0]
            written = first.written_at
            free_at = max(free_at, math.inf if written is None else written + self._seconds + self._late(first))
        return max(0.0, free_at - now)

    def take(self, now: float, *, spread: bool = False) -> Slot:
        """Let a request leave now; it is not written yet."""
        if len(self._slots) >= self._places:
            late = self._late(self._slots.popleft())
            self._credit += self.EARNED / self._places - max(0.0, late - self.GUARD)
            self._credit = min(self.CREDIT, self._credit)
        if spread:
            self._spread_from = max(self._spread_from, now - self.BEHIND * self._interval) + self._interval
        slot = Slot()
        self._slots.append(slot)
        return slot

    def reserve(self, now: float) -> None:
        """Count a request that has been written already."""
        self.take(now).written_at = now

    def answered(self, slot: Slot, now: float) -> None:
        """Take note that a request has ended, which tells how long it was under way at the most."""
        if slot.written_at is None:  # nobody has told: it left before now
            slot.written_at, slot.answered_in = now, None
            return
        slot.answered_in = took = now - slot.written_at
        self._quickest = min(took, self._quickest)
        self._answers += 1

    def accepted(self, now: float) -> None:
        """A rate that is known has nothing to learn."""

    def refused(self, now: float, seconds: float) -> None:
        """Pause; the rate stays what it is."""
        self.pause(now, seconds)

    def pause(self, now: float, seconds: float) -> None:
        """Let nothing leave for that long."""
        self._closed_until = max(self._closed_until, now + seconds)

    def idle(self, now: float) -> bool:
        """Whether the window has forgotten everything, so that it need not be kept."""
        last = self._slots[-1].written_at if self._slots else -math.inf
        return last is not None and now >= max(self._closed_until, last + self._seconds + self.GUARD)

    def _late(self, slot: Slot) -> float:
        """Return by how much a request may have arrived later than usual."""
        if slot.answered_in is None:
            return self.GUARD
        late = min(slot.answered_in - self._quickest + self.MARGIN, self.GUARD + max(0.0, self._credit))
        return late if self._answers >= self.KNOWN_AFTER else max(self.GUARD, late)


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

    def delay(self, now: float, *, spread: bool = False) -> float:  # noqa: ARG002 -- the interval spreads them all
        """Return how many seconds to wait before a message may leave, without reserving it."""
        return self._pacer.delay(now)

    def reserve(self, now: float) -> float:
        """Take the next moment and return how many seconds away it is."""
        return self._pacer.reserve(now)

    def take(self, now: float, *, spread: bool = False) -> Slot:  # noqa: ARG002
        """Let a message leave now."""
        self._pacer.reserve(now)
        return Slot()

    def answered(self, slot: Slot, now: float) -> None:
        """When a message was written teaches nothing here."""

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
