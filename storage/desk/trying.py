"""Sends a draft to one of the team alone, to see how it looks."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.domain import desk
from bot.domain.broadcasting import TEST
from bot.domain.rights import rights_of
from bot.errors import UsageError
from storage.codec import dump
from storage.desk.broadcasts import known
from storage.desk.order import Doers, Order
from storage.rights import roles_of_chat
from storage.statements import Statement, Steps, change, one
from storage.tables import addresses, contacts
from storage.writes import JOB

CHAT = Statement(
    select(addresses.c.chat, contacts.c.language, contacts.c.id)
    .select_from(addresses.join(contacts, contacts.c.id == addresses.c.contact_id))
    .where(
        addresses.c.channel == bindparam("channel_"),
        addresses.c.person == bindparam("person_"),
        addresses.c.kind == "private",
        addresses.c.reachable,
    )
    .order_by(addresses.c.seen_at.desc()),
    name="private chat of a person",
)


def _test(order: Order, command: desk.TryBroadcast) -> Steps[None]:
    draft = yield from known(command.broadcast)
    channel, person = command.person.channel, command.person.chat
    found = yield from one(CHAT, channel_=channel, person_=person)
    if found is None:
        raise UsageError(f"{command.person} cannot be reached: a test goes to somebody who has written to the bot")
    chat, language, contact = found
    if "send" not in rights_of((yield from roles_of_chat(channel, chat))):
        raise UsageError(f"{command.person} is not of the team; a test goes to an organiser or admin")
    data = {"broadcast": draft.id, "actor": order.actor, "language": language, "author": contact}
    yield from change(
        JOB,
        id=order.number(),
        kind=TEST,
        channel=channel,
        chat=chat,
        data=dump(data),
        state="planned",
        created_at=order.now,
    )
    yield from order.note("broadcast tested", subject=f"broadcast {draft.id}")


DOERS: Doers = {desk.TryBroadcast: _test}
