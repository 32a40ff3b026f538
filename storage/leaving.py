"""Pushes leave: marked `sending` just before they may have left, and judged honestly when a process ended meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from bot.ports import Push
from storage.statements import Statement, Steps, any_of, change, many, rows
from storage.tables import addresses, broadcasts, contacts, deliveries

FOREVER = 2**62
_NOW = bindparam("now", type_=BigInteger)
_ONLY = bindparam("only", type_=Text)
_VIA = bindparam("via_", type_=Text)
_OURS = (any_of(deliveries.c.id, "ids"), deliveries.c.state == "claimed", deliveries.c.owner == bindparam("owner"))
# The last look before anything leaves: a /stop, a pause, an edit that was committed by now is respected.
BEGIN = Statement(
    update(deliveries)
    .where(
        *_OURS,
        exists().where(
            broadcasts.c.id == deliveries.c.broadcast_id,
            broadcasts.c.state == "running",
            broadcasts.c.edition == bindparam("edition_", type_=Integer),
        ),
        exists().where(contacts.c.id == deliveries.c.contact_id, contacts.c.pushes, contacts.c.merged_into.is_(None)),
    )
    .values(
        state="sending",
        edition=bindparam("edition_", type_=Integer),
        via=bindparam("via_"),
        tried_at=func.coalesce(deliveries.c.tried_at, _NOW),
        leased_until=bindparam("until"),
    )
    .returning(deliveries.c.id),
    name="pushes begin",
)
RELEASE = Statement(
    update(deliveries).where(*_OURS).values(state="planned", owner=null(), leased_until=null()), name="pushes released"
)
# After a restart, and when a lease has run out while nobody holds the delivery.
_LEFT = deliveries.c.leased_until < bindparam("before", type_=BigInteger)
_OF_ANY = deliveries.c.broadcast_id.in_(select(broadcasts.c.id).where(broadcasts.c.state != "draft"))
_SENDING = (
    _OF_ANY,
    deliveries.c.state == "sending",
    deliveries.c.channel == bindparam("channel_"),
    or_(_ONLY == "", deliveries.c.chat == _ONLY),
    _LEFT,
)
_CANCELLED = deliveries.c.broadcast_id.in_(select(broadcasts.c.id).where(broadcasts.c.state == "cancelled"))
# Where a second sending is recognised (and the first is not too long ago), it is sent again and arrives once; of what
# was cancelled meanwhile nobody will ever know.
_RECOGNISED = and_(
    deliveries.c.via == _VIA,
    literal_column("''") != _VIA,
    deliveries.c.tried_at > bindparam("since", type_=BigInteger),
    ~_CANCELLED,
)
SETTLE = Statement(
    update(deliveries)
    .where(*_SENDING, ~any_of(deliveries.c.id, "held"))
    .values(
        state=case((_RECOGNISED, "planned"), else_="unknown"),
        reason=case((_RECOGNISED, ""), else_="interrupted"),
        finished_at=case((_RECOGNISED, null()), else_=_NOW),
        owner=null(),
        leased_until=null(),
    ),
    name="pushes that were on their way",
)
CLAIMED_BACK = Statement(
    update(deliveries)
    .where(
        _OF_ANY,
        deliveries.c.state == "claimed",
        any_of(deliveries.c.channel, "channels"),
        or_(_ONLY == "", deliveries.c.chat == _ONLY),
        _LEFT,
        ~any_of(deliveries.c.id, "held"),
    )
    .values(state="planned", owner=null(), leased_until=null()),
    name="claimed pushes given back",
)
RUN_OUT = Statement(
    select(deliveries.c.id).where(
        _OF_ANY,
        deliveries.c.state.in_(["claimed", "sending"]),
        any_of(deliveries.c.channel, "channels"),
        _LEFT,
        ~any_of(deliveries.c.id, "held"),
    ),
    name="pushes whose lease ran out",
)
# Given back by its sender when its broadcast was cancelled already: it never leaves.
_OF_LATELY_CANCELLED = (
    deliveries.c.broadcast_id.in_(
        select(broadcasts.c.id).where(
            broadcasts.c.state == "cancelled", broadcasts.c.finished_at > bindparam("since", type_=BigInteger)
        )
    ),
    deliveries.c.state == "planned",
)
LEFT_OVER = Statement(select(deliveries.c.id).where(*_OF_LATELY_CANCELLED).limit(1), name="pushes of the cancelled")
LEFT_OVER_CANCELLED = Statement(
    update(deliveries)
    .where(*_OF_LATELY_CANCELLED)
    .values(state="cancelled", reason="cancelled", not_before=null(), finished_at=_NOW),
    name="pushes of the cancelled end",
)
# Blocked here, but there is another way to the same person.
ANOTHER_WAY = Statement(
    update(deliveries)
    .where(
        any_of(deliveries.c.id, "ids"),
        deliveries.c.broadcast_id.is_not(None),
        deliveries.c.state == "failed",
        exists().where(
            addresses.c.contact_id == deliveries.c.contact_id, addresses.c.reachable, addresses.c.kind == "private"
        ),
    )
    .values(state="planned", reason="", chat="", via="", not_before=_NOW, finished_at=null()),
    name="pushes by another way",
)
_NOTHING_LEFT = (
    broadcasts.c.state == "running",
    ~exists().where(
        deliveries.c.broadcast_id == broadcasts.c.id, deliveries.c.state.in_(["planned", "claimed", "sending"])
    ),
)
ENDED = Statement(select(broadcasts.c.id).where(*_NOTHING_LEFT), name="broadcasts of which nothing is left")
DONE = Statement(
    update(broadcasts).where(*_NOTHING_LEFT).values(state="done", finished_at=_NOW).returning(broadcasts.c.id),
    name="broadcasts done",
)


def begin(pushes: Sequence[Push], *, owner: str, via: str, now: int, leased_until: int) -> Steps[set[int]]:
    """Mark claimed pushes as being sent and return which; the others are given back, for the next claim to judge."""
    begun: set[int] = set()
    editions: defaultdict[int, list[int]] = defaultdict(list)
    for push in pushes:
        editions[push.edition].append(push.delivery)
    for edition, ids in editions.items():
        found = yield from rows(BEGIN, ids=ids, owner=owner, edition_=edition, via_=via, now=now, until=leased_until)
        begun.update(row[0] for row in found)
    rest = [push.delivery for push in pushes if push.delivery not in begun]
    yield from release(rest, owner=owner)
    return begun


def release(ids: Sequence[int], *, owner: str) -> Steps[None]:
    """Give back what was claimed and has not begun."""
    if ids:
        yield from many(RELEASE, [{"ids": list(ids), "owner": owner}])


def settle(
    channel: str, *, via: str, since: int, now: int, only: str = "", before: int = FOREVER, held: Iterable[int] = ()
) -> Steps[None]:
    """Say what became of pushes that a process had on their way when it ended, but those that we `held`.

    via: who recognises a second sending, "" for nobody; since: sent before that, it is recognised no more; before:
    those alone whose lease ended by then.
    """
    whose = {"channel_": channel, "only": only, "before": before, "held": list(held)}
    yield from many(SETTLE, [whose | {"via_": via, "since": since, "now": now}])


def give_back(
    channels: Sequence[str], *, only: str = "", before: int = FOREVER, held: Iterable[int] = ()
) -> Steps[None]:
    """Give back what a process had claimed and not begun when it ended; the arguments are those of `settle`."""
    row = {"channels": list(channels), "only": only, "before": before, "held": list(held)}
    yield from many(CLAIMED_BACK, [row])


def cancel_the_rest(*, since: int, now: int) -> Steps[None]:
    """End what came back unsent of broadcasts that were cancelled after `since`."""
    yield from change(LEFT_OVER_CANCELLED, since=since, now=now)


def by_another_way(failed: Sequence[int], *, now: int) -> Steps[None]:
    """Let pushes that met a closed door go to another address of the same contact, if there is one."""
    if failed:
        yield from many(ANOTHER_WAY, [{"ids": list(failed), "now": now}])


def finish(*, now: int) -> Steps[list[int]]:
    """End the broadcasts of which nothing is left to be sent; return their numbers."""
    return [row[0] for row in (yield from rows(DONE, now=now))]
