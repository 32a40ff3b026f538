"""Pushes whose turn has come are claimed: each is judged anew, and has its address chosen, at that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.broadcasts import leaving
from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.broadcasts.leaving import Elsewhere, Go, Hold, Place, Skip, Waiting, leave
from bot.domain.broadcasts.model import Content
from bot.domain.messages import Address, DeliveryId
from bot.ports import Push
from storage import turns
from storage.codec import content_of, from_micros, load, to_micros
from storage.statements import Row, Steps, many, rows

ROUNDS = 20
"""How often a claim looks on when those it met must wait or be skipped, before it lets others write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a process claims: as whom, for how long, by which courtesy, and which channels it serves."""

    owner: str
    leased_until: int
    courtesy: Courtesy
    served: Collection[str]
    only: str = ""


@dataclass(slots=True)
class _Decided:
    """What becomes of those whose turn has come."""

    go: list[Push] = field(default_factory=list)
    skip: list[dict[str, Any]] = field(default_factory=list)
    hold: list[dict[str, Any]] = field(default_factory=list)
    zones: dict[str, tuple[int, str]] = field(default_factory=dict)
    move: list[dict[str, Any]] = field(default_factory=list)


def claim(channel: str, *, most: int, now: datetime, manner: Manner) -> Steps[tuple[list[Push], bool]]:
    """Take pushes of a channel whose turn has come, at most so many; those that must wait or end are moved on.

    Returns them, and whether it stopped before it had met all.
    """
    result: list[Push] = []
    rounds = 0
    for broadcast in (yield from rows(turns.RUNNING)):
        while len(result) < most:
            found = yield from rows(
                turns.DUE,
                broadcast=broadcast[0],
                channel_=channel,
                now=to_micros(now),
                many=most - len(result),
                only=manner.only,
            )
            if not found:
                break
            decided = yield from _decide(found, broadcast, channel=channel, now=now, manner=manner)
            yield from _write(decided, broadcast[0], channel=channel, now=to_micros(now), manner=manner)
            result += decided.go
            rounds += 1
            if rounds == ROUNDS:
                return result, True
    return result, False


def _decide(found: Sequence[Row], broadcast: Row, *, channel: str, now: datetime, manner: Manner) -> Steps[_Decided]:
    number, content, edition, hurry, transactional, not_after = broadcast
    who = [row[1] for row in found]
    places = yield from _places(who)
    pushed: Mapping[int, list[datetime]] = {}
    if manner.courtesy.most and not transactional:
        pushed = yield from _pushed(who, now=now, courtesy=manner.courtesy)
    doubled = yield from _doubled(who, number)
    decided, said = _Decided(), content_of(content)
    for row in found:
        waiting = _waiting(row, channel=channel, places=places, pushed=pushed, doubled=doubled)
        fate = leave(
            waiting,
            now=now,
            not_after=None if not_after is None else from_micros(not_after),
            courtesy=manner.courtesy,
            served=manner.served,
            hurry=bool(hurry),
            transactional=bool(transactional),
        )
        _note(decided, fate, row, waiting, said, number=number, edition=edition)
    return decided


def _doubled(who: Sequence[int], broadcast: int) -> Steps[set[int]]:
    """Return who has got it as the contact that they were before two became one."""
    were: dict[int, int] = dict((yield from rows(turns.WERE, contacts=who)))
    if not were:
        return set()
    return {were[row[0]] for row in (yield from rows(turns.HAVE_IT, contacts=list(were), broadcast=broadcast))}


def _places(who: Sequence[int]) -> Steps[Mapping[int, list[Place]]]:
    result: defaultdict[int, list[Place]] = defaultdict(list)
    for contact, channel, chat, reachable, trouble, seen_at in (yield from rows(turns.PLACES, contacts=who)):
        result[contact].append(
            Place(address=Address(channel, chat), reachable=bool(reachable), trouble=trouble, seen_at=seen_at)
        )
    return result


def _pushed(who: Sequence[int], *, now: datetime, courtesy: Courtesy) -> Steps[Mapping[int, list[datetime]]]:
    result: defaultdict[int, list[datetime]] = defaultdict(list)
    since = to_micros(now - courtesy.within)
    for contact, left_at in (yield from rows(turns.PUSHED, contacts=who, since=since, now=to_micros(now))):
        result[contact].append(from_micros(left_at))
    return result


def _waiting(
    row: Row,
    *,
    channel: str,
    places: Mapping[int, list[Place]],
    pushed: Mapping[int, list[datetime]],
    doubled: Collection[int],
) -> Waiting:
    number, contact, chat, via, _, _, _, pushes, merged, zone, preferred = row
    return Waiting(
        delivery=number,
        channel=channel,
        pushes=bool(pushes),
        merged=merged is not None or contact in doubled,
        zone=zone,
        preferred=preferred,
        places=places.get(contact, ()),
        bound=Address(channel, chat) if via and chat else None,
        pushed=pushed.get(contact, ()),
    )


def _note(
    decided: _Decided,
    fate: leaving.Leave,
    row: Row,
    waiting: Waiting,
    content: Content,
    *,
    number: int,
    edition: int,
) -> None:
    match fate:
        case Go(address):
            name, company = load(row[5]) or ("", "")
            decided.go.append(
                Push(
                    delivery=DeliveryId(waiting.delivery),
                    address=address,
                    broadcast=number,
                    edition=edition,
                    content=content,
                    language=row[4],
                    params=(name or "", company or ""),
                    attempts=row[6],
                )
            )
        case Elsewhere(channel):
            decided.move.append({"id_": waiting.delivery, "to": channel})
        case Hold(until, "quiet_hours"):
            decided.zones[waiting.zone] = (to_micros(until), "quiet_hours")
        case Hold(until, why):
            decided.hold.append({"id_": waiting.delivery, "until": to_micros(until), "why": why})
        case Skip(why):
            decided.skip.append({"id_": waiting.delivery, "why": why})


def _write(decided: _Decided, broadcast: int, *, channel: str, now: int, manner: Manner) -> Steps[None]:
    yield from many(
        turns.CLAIM,
        [
            {"id_": push.delivery, "chat_": push.address.chat, "owner": manner.owner, "until": manner.leased_until}
            for push in decided.go
        ],
    )
    yield from many(turns.SKIP, [each | {"now": now} for each in decided.skip])
    yield from many(turns.HOLD, decided.hold)
    yield from many(turns.MOVE, decided.move)
    yield from many(
        turns.HOLD_ZONE,
        [
            {"broadcast": broadcast, "channel_": channel, "now": now, "zone": zone, "until": until, "why": why}
            for zone, (until, why) in decided.zones.items()
        ],
    )
