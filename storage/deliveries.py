"""The delivery ledger: every message that goes out is a row; claimed with a lease, marked when it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import (
    Text,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)

from bot.domain.messages import Abilities, Address, DeliveryId, Outgoing
from bot.domain.parts import split
from bot.domain.people import ContactId
from bot.domain.scene import Reply, Tell
from bot.ports import Mark
from storage import moved_chats
from storage.codec import dump, message_of, to_micros
from storage.leaving import by_another_way
from storage.statements import Statement, Steps, any_of, change, insert, many, rows
from storage.tables import (
    addresses,
    broadcasts,
    deliveries,
    hub_settings,
    inquiries,
    inquiry_messages,
    prompts,
    visitors,
)

_Said = TypeVar("_Said", Reply, Tell)

PLAN_REPLY = insert(
    deliveries,
    (
        "id",
        "channel",
        "chat",
        "contact_id",
        "priority",
        "state",
        "prompt_id",
        "body",
        "owner",
        "leased_until",
        "created_at",
    ),
)
PLAN_TELL = insert(
    deliveries, ("id", "channel", "chat", "contact_id", "priority", "state", "prompt_id", "body", "created_at")
)
MARK = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        message_ids=bindparam("message_ids"),
        attempts=deliveries.c.attempts + bindparam("tried"),
        not_before=bindparam("not_before"),
        finished_at=bindparam("finished_at"),
        owner=null(),
        leased_until=null(),
        # A reply that arrived is in the person's chat; we keep no second copy (invariant 2).
        body=case(
            (deliveries.c.priority == "reply", case((bindparam("done"), null()), else_=deliveries.c.body)),
            else_=deliveries.c.body,
        ),
    ),
    name="mark",
)
PROMPT_SHOWN = Statement(
    update(prompts).where(prompts.c.id == bindparam("id_")).values(message_id=bindparam("message_id")),
    name="prompt shown",
)
# What was said to somebody of whom nothing else is stored leaves no trace once it is done (invariant 7).
FORGET_STRANGER = Statement(
    delete(deliveries).where(
        deliveries.c.id == bindparam("id_"),
        deliveries.c.contact_id.is_(None),
        ~exists().where(visitors.c.channel == deliveries.c.channel, visitors.c.chat == deliveries.c.chat),
    ),
    name="forget stranger's delivery",
)
UNREACHABLE = Statement(
    update(addresses)
    .where(addresses.c.channel == bindparam("channel_"), addresses.c.chat == bindparam("chat_"))
    .values(reachable=false(), trouble=bindparam("trouble")),
    name="unreachable",
)
# An answer of the team that did not arrive: the team is told at once, as of an inquiry that waits.
_CARRIED = inquiry_messages.c.prompt_id == (
    select(deliveries.c.prompt_id).where(deliveries.c.id == bindparam("delivery")).scalar_subquery()
)
ANSWER_LOST = Statement(update(inquiry_messages).where(_CARRIED).values(arrived=false()), name="answer lost")
INQUIRY_WAITS = Statement(
    update(inquiries)
    .where(inquiries.c.id.in_(select(inquiry_messages.c.inquiry_id).where(_CARRIED)))
    .values(state="open", closed_at=null(), waiting_since=bindparam("now"), remind_at=bindparam("now")),
    name="inquiry waits again",
)
# The group that is the inbox cannot be reached any more: what waits is told to each of the team alone, at once.
INBOX_LOST = Statement(
    update(hub_settings)
    .where(hub_settings.c.key == "inbox", hub_settings.c.value == bindparam("address"))
    .values(value="lost"),
    name="inbox lost",
)
ALL_REMINDED = Statement(
    update(inquiries)
    .where(inquiries.c.state == "open", inquiries.c.waiting_since.is_not(None))
    .values(remind_at=bindparam("now")),
    name="reminders of all that wait",
)
# `only`: one chat of the channel ("" for all): each terminal speaks to one person.
# Pushes go their own, stricter way (`storage/pushes.py`).
_HERE = (
    any_of(deliveries.c.channel, "channels"),
    or_(bindparam("only", type_=Text) == literal_column("''"), deliveries.c.chat == bindparam("only", type_=Text)),
)
_OURS = (deliveries.c.broadcast_id.is_(None), *_HERE)
DUE = Statement(
    select(
        deliveries.c.id,
        deliveries.c.channel,
        deliveries.c.chat,
        deliveries.c.contact_id,
        deliveries.c.priority,
        deliveries.c.body,
        deliveries.c.attempts,
    )
    .where(
        *_OURS,
        deliveries.c.state == "planned",
        or_(deliveries.c.not_before.is_(None), deliveries.c.not_before <= bindparam("now")),
    )
    .order_by(case((deliveries.c.priority == "reply", 0), else_=1), deliveries.c.id)
    .limit(200)
    .with_for_update(skip_locked=True),
    name="due deliveries",
)
DUE_AT_ALL = Statement(
    select(deliveries.c.id)
    .where(
        *_OURS,
        deliveries.c.state == "planned",
        or_(deliveries.c.not_before.is_(None), deliveries.c.not_before <= bindparam("now")),
    )
    .limit(1),
    name="anything due",
)
# What was put back because the platform asked for silence; the reasons are those of `bot.runtime.sender`.
_SILENCED = (
    deliveries.c.state == "planned",
    deliveries.c.reason.in_(["rate_limited", "rate_limited_bot"]),
    deliveries.c.not_before > bindparam("now"),
)
_OF_RUNNING = deliveries.c.broadcast_id.in_(select(broadcasts.c.id).where(broadcasts.c.state == "running"))
_paused = union_all(
    *(
        select(deliveries.c.channel, deliveries.c.chat, deliveries.c.reason, deliveries.c.not_before).where(
            whose, *_HERE, *_SILENCED
        )
        for whose in (deliveries.c.broadcast_id.is_(None), _OF_RUNNING)
    )
).subquery("paused")
PAUSED = Statement(
    select(_paused.c.channel, _paused.c.chat, _paused.c.reason, func.max(_paused.c.not_before)).group_by(
        _paused.c.channel, _paused.c.chat, _paused.c.reason
    ),
    name="pauses that the platform asked for",
)
CLAIM = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_"))
    .values(state=bindparam("state"), owner=bindparam("owner"), leased_until=bindparam("leased_until")),
    name="claim",
)
# A lease that ran out while nobody holds the delivery: its batch was committed, its process never heard of it (a
# connection lost in the middle of COMMIT).
_RUN_OUT = (
    *_OURS,
    deliveries.c.state.in_(["claimed", "sending"]),
    deliveries.c.leased_until < bindparam("now"),
)
RUN_OUT = Statement(select(deliveries.c.id).where(*_RUN_OUT), name="leases run out")
SET_FREE = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_"), deliveries.c.leased_until < bindparam("now"))
    .values(state="planned", owner=null(), leased_until=null()),
    name="set free",
)
# After a restart: what the former process held. A prompt that was never current (`Tell`) was superseded at its birth.
_HELD = (*_OURS, deliveries.c.state.in_(["claimed", "sending"]))
ANSWERED_ALREADY = Statement(
    update(deliveries)
    .where(
        *_HELD,
        deliveries.c.priority == "reply",
        deliveries.c.prompt_id.is_not(None),
        exists().where(prompts.c.id == deliveries.c.prompt_id, prompts.c.superseded_at > prompts.c.created_at),
    )
    .values(state="cancelled", reason="superseded", owner=null(), body=null(), finished_at=bindparam("now")),
    name="recover: superseded",
)
REPLIES_AGAIN = Statement(
    update(deliveries).where(*_HELD).values(state="planned", owner=null(), leased_until=null()),
    name="recover: again",
)


def parts_of(said: _Said, abilities: Abilities | None) -> Sequence[_Said]:
    """Return what is too long for its channel in parts, each a row of its own; the last one has the prompt.

    Rows of a chat leave in the order of their numbers, so a part waits for the one before, also after a restart.
    """
    parts = split(said.message, abilities)
    last = parts[-1]
    result: list[_Said] = [replace(said, message=part, prompt=said.prompt if part is last else None) for part in parts]
    return result


def reply_row(
    reply: Reply, *, address: Address, contact: ContactId | None, number: int, now: int, owner: str, leased_until: int
) -> tuple[dict[str, Any], Outgoing]:
    """Return the row of a reply, leased to this process already, and what the sender gets in memory."""
    row = {
        "id": number,
        "channel": address.channel,
        "chat": address.chat,
        "contact_id": contact,
        "priority": "reply",
        "state": "claimed",
        "prompt_id": reply.prompt.id if reply.prompt is not None else None,
        "body": dump(reply.message),
        "owner": owner,
        "leased_until": leased_until,
        "created_at": now,
    }
    return row, Outgoing(delivery=DeliveryId(number), address=address, message=reply.message, priority="reply")


def tell_row(tell: Tell, *, number: int, now: int) -> dict[str, Any]:
    """Return the row of a message to another chat; whichever process serves its channel sends it."""
    return {
        "id": number,
        "channel": tell.address.channel,
        "chat": tell.address.chat,
        "contact_id": tell.contact,
        "priority": "reply",
        "state": "planned",
        "prompt_id": tell.prompt.id if tell.prompt is not None else None,
        "body": dump(tell.message),
        "created_at": now,
    }


def mark(marks: Sequence[Mark], *, now: int) -> Steps[None]:
    """Record what became of deliveries."""
    yield from many(
        MARK,
        [
            {
                "id_": item.delivery,
                "state": item.state,
                "reason": item.reason,
                "message_ids": dump(item.message_ids) if item.message_ids else None,
                "tried": 1 if item.tried else 0,
                "not_before": None if item.not_before is None else to_micros(item.not_before),
                "finished_at": None if item.state == "planned" else now,
                "done": item.state != "planned",
            }
            for item in marks
        ],
    )
    shown = [
        {"id_": item.prompt, "message_id": item.message_ids[-1]}
        for item in marks
        if item.prompt is not None and item.message_ids
    ]
    yield from many(PROMPT_SHOWN, shown)
    for failed in [item.delivery for item in marks if item.state == "failed"]:
        if (yield from change(ANSWER_LOST, delivery=failed)):
            yield from change(INQUIRY_WAITS, delivery=failed, now=now)
    strangers = [{"id_": item.delivery} for item in marks if not item.known and item.state != "planned"]
    yield from many(FORGET_STRANGER, strangers)
    gone = [
        {"channel_": item.address.channel, "chat_": item.address.chat, "trouble": item.reason}
        for item in marks
        if item.unreachable
    ]
    yield from many(UNREACHABLE, gone)
    for row in gone:
        if (yield from change(INBOX_LOST, address=f"{row['channel_']}:{row['chat_']}")):
            yield from change(ALL_REMINDED, now=now)
    yield from moved_chats.move(marks)
    yield from by_another_way([item.delivery for item in marks if item.unreachable], now=now)


def claim(
    channels: Sequence[str], *, owner: str, now: int, leased_until: int, only: str = ""
) -> Steps[list[tuple[Outgoing, bool, int]]]:
    """Take what is due, replies first; with each whether it belongs to a contact, and its attempts so far."""
    found = yield from rows(DUE, channels=list(channels), only=only, now=now)
    yield from many(
        CLAIM, [{"id_": row[0], "state": "claimed", "owner": owner, "leased_until": leased_until} for row in found]
    )
    return [
        (
            Outgoing(
                delivery=DeliveryId(number), address=Address(channel, chat), message=message_of(body), priority=priority
            ),
            contact is not None,
            attempts,
        )
        for number, channel, chat, contact, priority, body, attempts in found
        if body is not None
    ]


def recover(channels: Sequence[str], *, now: int, only: str = "") -> Steps[None]:
    """Free what a dead process of these channels held; call only while holding the channels' lock."""
    ours = {"channels": list(channels), "only": only}
    yield from many(ANSWERED_ALREADY, [ours | {"now": now}])
    yield from many(REPLIES_AGAIN, [ours])


def set_free(channels: Sequence[str], *, held: Collection[int], now: int, only: str = "") -> Steps[int]:
    """Give back what nobody holds although its lease ran out."""
    found = yield from rows(RUN_OUT, channels=list(channels), only=only, now=now)
    freed = [{"id_": row[0], "now": now} for row in found if row[0] not in held]
    yield from many(SET_FREE, freed)
    return len(freed)
