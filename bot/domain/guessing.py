"""How guessing codes is slowed down, for one person and for all together: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5  # wrong codes in an hour, before one waits
WITHIN = timedelta(hours=1)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # after the fifth, sixth … wrong code
SIEGE_TRIES = 100  # wrong codes of all people together in ten minutes: somebody has many names
SIEGE = timedelta(minutes=10)  # and as long each person has one try
EVERYBODY = "all"
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Wrong codes of late: how many, the first and the last of them."""

    tries: int
    since: datetime
    last_at: datetime


def held_until(own: Guesses | None, everybody: Guesses | None, *, now: datetime) -> datetime | None:
    """Return until when no code of this person is looked at, None if it is looked at now.

    The first code of a person is looked at whatever others do: a stranger must not lock a workshop out.
    """
    if own is None:
        return None
    until = own.last_at + _wait(own.tries)
    if everybody is not None and everybody.tries >= SIEGE_TRIES and now < everybody.since + SIEGE:
        until = max(until, own.last_at + SIEGE)
    return until if now < until else None


def one_more(own: Guesses | None, *, now: datetime) -> Guesses:
    """Count a wrong code; an hour after the last one, and after its wait, all is forgotten."""
    if own is None or now >= own.last_at + _wait(own.tries) + WITHIN:
        return Guesses(tries=1, since=now, last_at=now)
    return Guesses(tries=own.tries + 1, since=own.since, last_at=now)


def _wait(tries: int) -> timedelta:
    over = tries - FREE_TRIES
    return timedelta() if over < 0 else WAITS[min(over, len(WAITS) - 1)]
