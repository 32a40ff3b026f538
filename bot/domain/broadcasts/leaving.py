"""Whether a push may leave now, and to which address; decided anew when its turn has come. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.messages import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address of a contact. trouble: why it is not reachable; seen_at: when they wrote from it last."""

    address: Address
    reachable: bool
    trouble: str
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A push whose turn has come, and its reader.

    bound: the address that it may have been sent to already, where a second sending is recognised; pushed: when their
    latest pushes left (the newest first), as far as the frequency cap asks.
    """

    delivery: int
    channel: str
    pushes: bool
    merged: bool
    zone: str
    preferred: str
    places: Sequence[Place]
    bound: Address | None = None
    pushed: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Go:
    """It leaves now."""

    address: Address


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """It belongs to another channel."""

    channel: str


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits until then. What holds for quiet hours holds for all readers of the zone."""

    until: datetime
    reason: Literal["quiet_hours", "frequency_cap"]


@dataclass(frozen=True, slots=True)
class Skip:
    """It never leaves."""

    reason: str


Leave = Go | Elsewhere | Hold | Skip


def leave(
    waiting: Waiting,
    *,
    now: datetime,
    not_after: datetime | None,
    courtesy: Courtesy,
    served: Collection[str],
    hurry: bool,
    transactional: bool,
) -> Leave:
    """Say what becomes of a push whose turn has come.

    hurry: courtesy hours are overridden; transactional: it answers something that its reader did, so that neither
    courtesy hours nor the frequency cap are asked. served: the channels that are at work here.
    """
    if not_after is not None and now > not_after:
        return Skip("too_late")
    if not waiting.pushes:
        return Skip("opted_out")
    if waiting.merged:
        return Skip("same_person")
    address = waiting.bound or choose(waiting.places, preferred=waiting.preferred, served=served)
    if address is None:
        return Skip(_why_nowhere(waiting.places))
    if not (hurry or transactional) and (until := courtesy.allowed_from(now, zone=waiting.zone)) > now:
        return Hold(until, "quiet_hours")
    if not transactional and (again := _next_by_cap(waiting.pushed, now=now, courtesy=courtesy)) is not None:
        return Hold(again, "frequency_cap")
    if address.channel != waiting.channel:
        return Elsewhere(address.channel)
    return Go(address)


def choose(places: Sequence[Place], *, preferred: str, served: Collection[str]) -> Address | None:
    """Return where somebody is reached: on the channel they chose, else where they wrote last; None: nowhere.

    What is served here comes before what is not.
    """
    best = max(
        (place for place in places if place.reachable),
        key=lambda place: (place.address.channel in served, place.address.channel == preferred, place.seen_at),
        default=None,
    )
    return None if best is None else best.address


def _why_nowhere(places: Sequence[Place]) -> str:
    return next((place.trouble for place in places if place.trouble), "blocked") if places else "no_address"


def _next_by_cap(pushed: Sequence[datetime], *, now: datetime, courtesy: Courtesy) -> datetime | None:
    """Return when the cap lets one more through, None if it does now."""
    if not courtesy.most or len(pushed) < courtesy.most:
        return None
    free = pushed[courtesy.most - 1] + courtesy.within
    return free if free > now else None
