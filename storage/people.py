"""Who writes: the contact or visitor behind an address, a person's other addresses, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, literal, select, union, union_all

from bot.domain.messages import ChatKind, InboundMessage
from bot.domain.people import Company, CompanyId, Contact, ContactId, Visitor
from bot.domain.scene import Dialogue
from storage.codec import from_micros, to_micros
from storage.codec import load as from_json
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import addresses, companies, contacts, dialogues, visitors

# The address rows are held until the commit (PostgreSQL): two processes never work on one person at once. Who is known
# by another address is the same contact here (a second Matrix room).
NOTED_EVERY = timedelta(minutes=10)
"""How exactly it is known when somebody wrote last; each message would cost a statement."""

_ADDRESSES = union(
    select(addresses.c.id).where(any_of((addresses.c.channel, addresses.c.chat), "chats")),
    select(addresses.c.id).where(
        any_of((addresses.c.channel, addresses.c.person), "persons"), addresses.c.contact_id.is_not(None)
    ),
).subquery()
_elsewhere = addresses.alias("elsewhere")
PEOPLE = Statement(
    select(
        addresses.c.channel,
        addresses.c.chat,
        addresses.c.reachable,
        contacts.c.id,
        contacts.c.name,
        contacts.c.language,
        contacts.c.staff,
        contacts.c.pushes,
        contacts.c.created_at,
        companies.c.id,
        companies.c.name,
        companies.c.state,
        addresses.c.person,
        contacts.c.admitted,
        addresses.c.seen_at,
        # Whether they have written from somewhere else since.
        exists().where(_elsewhere.c.contact_id == addresses.c.contact_id, _elsewhere.c.seen_at > addresses.c.seen_at),
    )
    .select_from(addresses.outerjoin(contacts, contacts.c.id == addresses.c.contact_id).outerjoin(companies))
    .where(addresses.c.id.in_(select(_ADDRESSES.c.id)))
    .order_by(addresses.c.id)
    .with_for_update(of=addresses),
    name="people",
)
GUESTS = Statement(
    union_all(
        select(
            literal("visitor"),
            visitors.c.channel,
            visitors.c.chat,
            visitors.c.language,
            visitors.c.code_hash,
            visitors.c.step,
            visitors.c.created_at,
        ).where(any_of((visitors.c.channel, visitors.c.chat), "chats")),
        select(
            literal("dialogue"),
            dialogues.c.channel,
            dialogues.c.chat,
            dialogues.c.name,
            dialogues.c.data,
            dialogues.c.step,
            dialogues.c.expires_at,
        ).where(any_of((dialogues.c.channel, dialogues.c.chat), "chats")),
    ),
    name="visitors and dialogues",
)
Chat = tuple[str, str]
"""A channel, and a chat or a person there."""


class People:
    """The addresses that a batch concerns: those it was written from, and others of the same persons."""

    def __init__(self, found: Sequence[Row]) -> None:
        self._by_chat = {(row[0], row[1]): row for row in found}
        self._by_person: dict[Chat, Row] = {}
        for row in found:
            if row[3] is not None:
                self._by_person.setdefault((row[0], row[12]), row)
        self.contacts = sorted({row[3] for row in found if row[3] is not None})
        self.chats = [(row[0], row[1]) for row in self._by_person.values()]

    def who(self, message: InboundMessage) -> tuple[Row | None, bool]:
        """Return the row of whoever writes, and whether they are known by another address alone."""
        known = self._by_chat.get((message.address.channel, message.address.chat))
        if message.chat_kind is not ChatKind.PRIVATE or (known is not None and known[3] is not None):
            return known, False
        elsewhere = self._by_person.get((message.address.channel, message.sender))
        return (known, False) if elsewhere is None else (elsewhere, True)

    def sender(self, message: InboundMessage) -> Contact | None:
        """Return who writes, wherever that is."""
        known = self._by_person.get((message.address.channel, message.sender))
        return None if known is None else contact_of(known)


def is_unseen(row: Row, *, now: datetime) -> bool:
    """Say whether it has to be noted that somebody wrote: long ago is what counts, and where they wrote last."""
    return bool(row[15]) or from_micros(row[14]) + NOTED_EVERY <= now


def contact_of(row: Row) -> Contact:
    """Return the contact of a row of `PEOPLE`."""
    _, _, _, number, name, language, staff, pushes, created_at, company, company_name, state, _, admitted, *_ = row
    return Contact(
        id=ContactId(number),
        name=name,
        language=language,
        company=None if company is None else Company(id=CompanyId(company), name=company_name, state=state),
        staff=bool(staff),
        pushes=bool(pushes),
        created_at=from_micros(created_at),
        admitted=bool(admitted),
    )


def load_guests(chats: Sequence[Chat], *, now: datetime) -> Steps[dict[tuple[str, str, str], Visitor | Dialogue]]:
    """Return visitors and open dialogues, by kind and chat."""
    found: dict[tuple[str, str, str], Visitor | Dialogue] = {}
    for kind, channel, chat, first, second, step, moment in (yield from rows(GUESTS, chats=list(chats))):
        if kind == "visitor":
            found[kind, channel, chat] = Visitor(language=first, code_hash=second, step=step)
        elif moment is None or moment > to_micros(now):
            found[kind, channel, chat] = Dialogue(name=first, step=step, data=from_json(second))
    return found
