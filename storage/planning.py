"""A broadcast is planned: one delivery a contact of its audience, in pieces that never hold the writer for long.

The audience is frozen piece by piece, in the order of contacts' ids; how far it came is committed with each piece, so a
restart goes on there and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from bot.domain.broadcasts.content import fields_in
from bot.domain.broadcasts.model import Broadcast
from storage.broadcasts import load_one
from storage.codec import to_micros
from storage.statements import Statement, Steps, any_of, change, one, rows
from storage.tables import addresses, broadcasts, companies, contacts, deliveries

PIECE = 10_000
"""Contacts looked at in one transaction, in the audience or not: some 150 ms of the writer at most."""

_NOW = bindparam("now", type_=BigInteger)
_AFTER, _UP_TO = bindparam("after", type_=BigInteger), bindparam("up_to", type_=BigInteger)
_THIS = broadcasts.c.id == bindparam("broadcast")

# Whoever may be in an audience at all: people who have agreed and whom the team has let in.
TAKES_PART = and_(contacts.c.joined_at.is_not(None), contacts.c.admitted, contacts.c.merged_into.is_(None))
PARTICIPANT = and_(TAKES_PART, ~contacts.c.staff)

STARTED = Statement(
    update(broadcasts)
    .where(broadcasts.c.state == "scheduled", broadcasts.c.start_at <= _NOW)
    .values(state="planning")
    .returning(broadcasts.c.id),
    name="broadcasts whose time has come",
)
DUE_AT_ALL = Statement(
    select(broadcasts.c.id).where(
        or_(and_(broadcasts.c.state == "scheduled", broadcasts.c.start_at <= _NOW), broadcasts.c.state == "planning")
    ),
    name="broadcasts to be planned",
)
PLANNING = Statement(
    select(broadcasts.c.planned_up_to).where(_THIS, broadcasts.c.state == "planning").with_for_update(),
    name="broadcast that is planned",
)
_NEXT = (
    select(contacts.c.id)
    .where(contacts.c.id > _AFTER)
    .order_by(contacts.c.id)
    .limit(bindparam("most", type_=Integer))
    .subquery("piece")
)
REACH = Statement(select(func.count(), func.max(_NEXT.c.id)), name="contacts of the next piece")
MOVED = Statement(
    update(broadcasts).where(_THIS).values(planned_up_to=bindparam("up_to")), name="broadcast planned so far"
)
PLANNED = Statement(
    update(broadcasts).where(_THIS, broadcasts.c.state == "planning").values(state="running", planned_at=_NOW),
    name="broadcast planned",
)


def _channel(*where: Any) -> Any:
    return (
        select(addresses.c.channel)
        .where(addresses.c.contact_id == contacts.c.id, addresses.c.kind == "private", addresses.c.reachable, *where)
        .order_by(addresses.c.seen_at.desc(), addresses.c.id)
        .limit(literal_column("1"))
        .correlate(contacts)
        .scalar_subquery()
    )


# Two look-ups: SQLite does not find an outer column in what a subquery is ordered by.
LANE = func.coalesce(
    case((contacts.c.push_channel != "", _channel(addresses.c.channel == contacts.c.push_channel))), _channel()
)
"""The channel on which a contact is reached; NULL: on none."""

# Mail addresses that several contacts have, and who of those would get it: looked up by keys, since without statistics
# PostgreSQL would join them in a loop of minutes.
TWICE = Statement(
    select(contacts.c.mail)
    .where(contacts.c.mail != "", TAKES_PART)
    .group_by(contacts.c.mail)
    .having(func.count() > literal_column("1")),
    name="mail addresses of several contacts",
)
ALIKE = Statement(
    select(
        contacts.c.mail,
        deliveries.c.id,
        func.coalesce(
            select(func.max(addresses.c.seen_at)).where(addresses.c.contact_id == contacts.c.id).scalar_subquery(),
            literal_column("0"),
        ).label("seen_at"),
    )
    .join_from(contacts, deliveries, deliveries.c.contact_id == contacts.c.id)
    .where(
        any_of(contacts.c.mail, "mails"),
        deliveries.c.broadcast_id == bindparam("broadcast"),
        deliveries.c.state == "planned",
    )
    .order_by(contacts.c.mail, literal_column("seen_at").desc(), deliveries.c.id.desc()),
    name="deliveries to one mail address",
)
SAME_PERSON = Statement(
    update(deliveries)
    .where(any_of(deliveries.c.id, "ids"))
    .values(state="skipped", reason="same_person", finished_at=_NOW),
    name="the same person twice",
)

_ROW = (
    "id",
    "channel",
    "chat",
    "contact_id",
    "priority",
    "state",
    "reason",
    "broadcast_id",
    "language",
    "params",
    "not_before",
    "not_after",
    "created_at",
    "finished_at",
)


def start_due(*, now: int) -> Steps[list[int]]:
    """Let broadcasts whose time has come begin to be planned; return all that are being planned."""
    yield from rows(STARTED, now=now)
    return [row[0] for row in (yield from rows(DUE_AT_ALL, now=now))]


def plan_piece(
    number: int,
    *,
    where: Sequence[ColumnElement[bool]],
    languages: Sequence[str],
    now: int,
    block: Callable[[int], int],
    among: Sequence[int] | None = None,
    most: int = PIECE,
) -> Steps[bool]:
    """Plan the next piece of a broadcast; return whether it was the last one.

    where: what its rules ask of a contact; languages: the hub's, the first one is read by whom no text is written for;
    among: the only contacts that come into question, if rules have asked more than SQL can tell; block: reserves so
    many ids in a row and gives the first.
    """
    row = yield from one(PLANNING, broadcast=number)
    broadcast = yield from load_one(number)
    if row is None or broadcast is None:
        return True  # paused, cancelled, or somebody was quicker
    after = int(row[0])
    looked_at, up_to = (yield from one(REACH, after=after, most=most)) or (0, None)
    if looked_at:
        parameters: dict[str, Any] = {"after": after, "up_to": up_to}
        limits = [*where]
        if among is not None:
            limits.append(any_of(contacts.c.id, "among"))
            parameters["among"] = [contact for contact in among if after < contact <= up_to]
        statement = Statement(
            lambda dialect: insert(deliveries).from_select(
                list(_ROW), _deliveries(broadcast, limits, languages=languages, dialect=dialect)
            ),
            name="plan broadcast",
        )
        yield from change(statement, first=block(looked_at), now=now, **parameters)
        yield from change(MOVED, broadcast=number, up_to=up_to)
    if looked_at == most:
        return False
    yield from _once_a_person(number, now=now)
    yield from change(PLANNED, broadcast=number, now=now)
    return True


def _once_a_person(number: int, *, now: int) -> Steps[None]:
    """Of several contacts with one mail address, let the one who wrote last get it."""
    mails = [row[0] for row in (yield from rows(TWICE))]
    if mails:
        met: set[str] = set()
        doubled: list[int] = []
        for mail, delivery, _ in (yield from rows(ALIKE, mails=mails, broadcast=number)):
            if mail in met:
                doubled.append(delivery)
            met.add(mail)
        if doubled:
            yield from change(SAME_PERSON, ids=doubled, now=now)


def _deliveries(
    broadcast: Broadcast, limits: Sequence[ColumnElement[bool]], *, languages: Sequence[str], dialect: str
) -> Select[Any]:
    """Return the rows of a piece's deliveries, made by the database from what it knows of each contact."""
    content = broadcast.content
    written = [language for language in languages if content.texts.get(language)]
    named = any(fields_in(text) for text in content.texts.values())
    pair = func.json_array if dialect == "sqlite" else func.json_build_array
    nothing: ColumnElement[Any] = literal_column("NULL")
    # Numbered apart: SQLite looks for a window's columns in too few places.
    numbered = (
        select(contacts.c.id, func.row_number().over(order_by=contacts.c.id).label("place"))
        .where(contacts.c.id > _AFTER, contacts.c.id <= _UP_TO, *limits)
        .subquery("numbered")
    )
    judged = (
        select(
            numbered.c.place,
            contacts.c.id,
            LANE.label("lane"),
            contacts.c.pushes,
            case((contacts.c.language.in_(written), contacts.c.language), else_=written[0]).label("language"),
            (cast(pair(contacts.c.name, companies.c.name), Text) if named else nothing).label("params"),
        )
        .select_from(
            numbered.join(contacts, contacts.c.id == numbered.c.id).outerjoin(
                companies, companies.c.id == contacts.c.company_id
            )
        )
        .limit(literal_column("1000000"))  # so that the database works it out once a contact
        .subquery("judged")
    )
    known = exists().where(addresses.c.contact_id == judged.c.id, addresses.c.kind == "private")
    why = case(
        (~judged.c.pushes, literal_column("'opted_out'")),
        (judged.c.lane.is_not(None), literal_column("''")),
        (known, literal_column("'blocked'")),
        else_=literal_column("'no_address'"),
    )
    goes = and_(judged.c.pushes, judged.c.lane.is_not(None))
    return select(
        bindparam("first", type_=BigInteger) + judged.c.place - literal_column("1"),
        func.coalesce(judged.c.lane, literal_column("''")),
        literal_column("''"),
        judged.c.id,
        literal_column("'push'"),
        case((goes, literal_column("'planned'")), else_=literal_column("'skipped'")),
        why,
        literal_column(str(broadcast.id)),
        judged.c.language,
        judged.c.params,
        _moment(broadcast.start_at, else_=literal_column("0")),
        _moment(broadcast.not_after, else_=nothing),
        _NOW,
        case((goes, nothing), else_=_NOW),
    ).order_by(judged.c.id)


def _moment(moment: datetime | None, *, else_: ColumnElement[Any]) -> ColumnElement[Any]:
    return else_ if moment is None else literal_column(str(to_micros(moment)))
