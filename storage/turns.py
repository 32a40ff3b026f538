"""Statements about pushes whose turn has come: who they are for, where those are reached, what becomes of each."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, Text, bindparam, exists, func, literal_column, or_, select, update

from storage.statements import Statement, any_of
from storage.tables import addresses, broadcasts, contacts, deliveries

_NOW = bindparam("now", type_=BigInteger)
_ONLY = bindparam("only", type_=Text)
RUNNING = Statement(
    select(
        broadcasts.c.id,
        broadcasts.c.content,
        broadcasts.c.edition,
        broadcasts.c.hurry,
        broadcasts.c.transactional,
        broadcasts.c.not_after,
    )
    .where(broadcasts.c.state == "running")
    .order_by(broadcasts.c.transactional.desc(), broadcasts.c.id),
    name="running broadcasts",
)
_ITS_TURN = (
    deliveries.c.broadcast_id == bindparam("broadcast"),
    deliveries.c.state == "planned",
    deliveries.c.channel == bindparam("channel_"),
    deliveries.c.not_before <= _NOW,
)
ANY_DUE = Statement(
    select(deliveries.c.id)
    .where(
        deliveries.c.broadcast_id.in_(select(broadcasts.c.id).where(broadcasts.c.state == "running")),
        *_ITS_TURN[1:],
    )
    .limit(literal_column("1")),
    name="any push due",
)
# First the rows by the index, as many as are wanted, then what is known of their readers: joined at once, SQLite would
# look at all that wait.
_turn = (
    select(
        deliveries.c.id,
        deliveries.c.contact_id,
        deliveries.c.broadcast_id,
        deliveries.c.not_before,
        deliveries.c.chat,
        deliveries.c.via,
        deliveries.c.language,
        deliveries.c.params,
        deliveries.c.attempts,
    )
    .where(
        *_ITS_TURN,
        or_(
            literal_column("''") == _ONLY,
            exists().where(
                addresses.c.contact_id == deliveries.c.contact_id,
                addresses.c.channel == bindparam("channel_"),
                addresses.c.chat == _ONLY,
            ),
        ),
    )
    .order_by(deliveries.c.not_before, deliveries.c.id)
    .limit(bindparam("many", type_=Integer))
    .with_for_update(skip_locked=True)
    .subquery("turn")
)
# Two contacts became one person: who else they were, and who of those has got it (or may have).
WERE = Statement(
    select(contacts.c.id, contacts.c.merged_into).where(any_of(contacts.c.merged_into, "contacts")),
    name="who readers were",
)
HAVE_IT = Statement(
    select(deliveries.c.contact_id).where(
        any_of(deliveries.c.contact_id, "contacts"),
        deliveries.c.broadcast_id == bindparam("broadcast"),
        deliveries.c.state.in_(["sending", "sent", "unknown"]),
    ),
    name="who has a broadcast",
)
DUE = Statement(
    select(deliveries.c.id)
    .where(
        deliveries.c.broadcast_id.in_(select(broadcasts.c.id).where(broadcasts.c.state == "running")),
        *_ITS_TURN[1:],
    )
    .limit(literal_column("1")),
    name="any push due",
)
# First the rows by the index, as many as are wanted, then what is known of their readers: joined at once, SQLite would
# look at all that wait.
_turn = (
    select(
        deliveries.c.id,
        deliveries.c.contact_id,
        deliveries.c.broadcast_id,
        deliveries.c.not_before,
        deliveries.c.chat,
        deliveries.c.via,
        deliveries.c.language,
        deliveries.c.params,
        deliveries.c.attempts,
    )
    .where(
        *_ITS_TURN,
        or_(
            literal_column("''") == _ONLY,
            exists().where(
                addresses.c.contact_id == deliveries.c.contact_id,
                addresses.c.channel == bindparam("channel_"),
                addresses.c.chat == _ONLY,
            ),
        ),
    )
    .order_by(deliveries.c.not_before, deliveries.c.id)
    .limit(bindparam("many", type_=Integer))
    .with_for_update(skip_locked=True)
    .subquery("turn")
)
# Two contacts became one person, and the other one has got it (or may have).
_other, _gone = deliveries.alias("other"), contacts.alias("gone")
_GOT_ALREADY = exists().where(
    _gone.c.merged_into == contacts.c.id,
    _other.c.contact_id == _gone.c.id,
    _other.c.broadcast_id == _turn.c.broadcast_id,
    _other.c.state.in_(["sending", "sent", "unknown"]),
)
DUE = Statement(
    select(
        _turn.c.id,
        _turn.c.contact_id,
        _turn.c.chat,
        _turn.c.via,
        _turn.c.language,
        _turn.c.params,
        _turn.c.attempts,
        contacts.c.pushes,
        contacts.c.merged_into,
        contacts.c.zone,
        contacts.c.push_channel,
    )
    .join_from(_turn, contacts, contacts.c.id == _turn.c.contact_id)
    .order_by(_turn.c.not_before, _turn.c.id),
    name="due pushes",
)
PLACES = Statement(
    select(
        addresses.c.contact_id,
        addresses.c.channel,
        addresses.c.chat,
        addresses.c.reachable,
        addresses.c.trouble,
        addresses.c.seen_at,
    ).where(any_of(addresses.c.contact_id, "contacts"), addresses.c.kind == "private"),
    name="readers' addresses",
)
_LEFT_AT = func.coalesce(deliveries.c.finished_at, deliveries.c.tried_at, _NOW)
PUSHED = Statement(
    select(deliveries.c.contact_id, _LEFT_AT)
    .join_from(deliveries, broadcasts, broadcasts.c.id == deliveries.c.broadcast_id)
    .where(
        any_of(deliveries.c.contact_id, "contacts"),
        deliveries.c.broadcast_id.is_not(None),
        deliveries.c.state.in_(["claimed", "sending", "sent", "unknown"]),
        bindparam("since", type_=BigInteger) < _LEFT_AT,
        ~broadcasts.c.transactional,
    )
    .order_by(_LEFT_AT.desc()),
    name="readers' latest pushes",
)
_THIS = deliveries.c.id == bindparam("id_")
CLAIM = Statement(
    update(deliveries)
    .where(_THIS)
    .values(
        state="claimed", reason="", chat=bindparam("chat_"), owner=bindparam("owner"), leased_until=bindparam("until")
    ),
    name="push claimed",
)
SKIP = Statement(
    update(deliveries).where(_THIS).values(state="skipped", reason=bindparam("why"), finished_at=_NOW),
    name="push skipped",
)
HOLD = Statement(
    update(deliveries).where(_THIS).values(not_before=bindparam("until"), reason=bindparam("why")),
    name="push held back",
)
# By night all readers of a zone wait: one statement, not a look at each.
HOLD_ZONE = Statement(
    update(deliveries)
    .where(*_ITS_TURN, deliveries.c.contact_id.in_(select(contacts.c.id).where(contacts.c.zone == bindparam("zone"))))
    .values(not_before=bindparam("until"), reason=bindparam("why")),
    name="pushes held back by zone",
)
MOVE = Statement(
    update(deliveries).where(_THIS).values(channel=bindparam("to"), chat=""), name="push moved to another channel"
)
