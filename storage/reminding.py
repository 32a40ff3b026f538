"""Reminders of inquiries that wait: due times are rows, and each reminder moves its own on in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.inbox import reminder
from bot.domain.inquiries import REMIND_AGAIN, REMINDERS, Inquiry, next_reminder
from bot.domain.messages import OutboundMessage
from bot.domain.scene import Recipient, Tell
from storage import deliveries
from storage.codec import dump, load, to_micros
from storage.inquiries import QUESTION, chosen
from storage.needs.team import INBOX, LOST, recipients
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, change, many, rows
from storage.tables import hub_settings, inquiries
from storage.writes import PROMPT

AT_ONCE = 50
_DUE = (inquiries.c.remind_at <= bindparam("now"), inquiries.c.kind == QUESTION)
DUE_AT_ALL = Statement(select(inquiries.c.id).where(*_DUE).limit(1), name="any reminder due")
DUE = Statement(
    select(inquiries.c.id, inquiries.c.data)
    .where(*_DUE)
    .order_by(inquiries.c.remind_at)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True),
    name="reminders due",
)
MOVED_ON = Statement(
    update(inquiries)
    .where(inquiries.c.id == bindparam("id_"))
    .values(remind_at=bindparam("remind_at"), data=bindparam("data")),
    name="reminder moved on",
)
LOST_IS_TOLD = Statement(
    update(hub_settings)
    .where(hub_settings.c.key == INBOX, hub_settings.c.value == LOST)
    .values(value="", changed_at=bindparam("now")),
    name="lost inbox told",
)


def remind(around: Surroundings, *, now: datetime) -> Steps[int]:
    """Remind the team of what is due; return how many messages were planned."""
    found = yield from rows(DUE, now=to_micros(now))
    if not found:
        return 0
    alone, together = yield from recipients(around.hub)
    planned = yield from _tell_of_lost_inbox(around, alone, now=to_micros(now))
    whole = {each.id: each for each in (yield from chosen(ids=[row[0] for row in found]))}
    for number, stored in found:
        inquiry, data = whole[number], dict(load(stored))
        lost = bool(inquiry.posts) and inquiry.posts[-1].from_team and not inquiry.posts[-1].arrived
        may_be_at_work = next_reminder(now, after=timedelta(), timezone=around.hub.timezone)
        if not lost and may_be_at_work > now:  # the bot was off when it was due
            yield from change(MOVED_ON, id_=number, remind_at=to_micros(may_be_at_work), data=stored)
            continue
        told = int(data.get("reminded", 0)) + 1
        again = next_reminder(now, after=REMIND_AGAIN, timezone=around.hub.timezone) if told < REMINDERS else None
        data["reminded"] = told
        yield from change(MOVED_ON, id_=number, remind_at=None if again is None else to_micros(again), data=dump(data))
        tells = _tells(inquiry, _whom(inquiry, alone, together), around=around, is_lost=lost)
        yield from plan(tells, now=to_micros(now), number=around.next_id)
        planned += len(tells)
    return planned


def _tell_of_lost_inbox(around: Surroundings, alone: Sequence[Recipient], *, now: int) -> Steps[int]:
    """Tell each of the team once that the inbox they had is gone."""
    if not (yield from change(LOST_IS_TOLD, now=now)):
        return 0
    tells = [
        Tell.of(
            recipient.address,
            OutboundMessage(text=around.catalogue.speaker(recipient.language)("inbox.is_lost")),
            contact=recipient.contact,
            language=recipient.language,
        )
        for recipient in alone
    ]
    yield from plan(tells, now=now, number=around.next_id)
    return len(tells)


def plan(tells: Sequence[Tell], *, now: int, number: Callable[[], int]) -> Steps[None]:
    """Plan messages to other chats outside a turn, with their prompts."""
    shown: list[dict[str, Any]] = [
        {
            "id": tell.prompt.id,
            "channel": tell.address.channel,
            "chat": tell.address.chat,
            "kind": tell.prompt.kind,
            "response_id": None,
            "path": tell.prompt.path,
            "data": dump(tell.prompt.data),
            "selected": "[]",
            "created_at": now,
            "superseded_at": now,
        }
        for tell in tells
        if tell.prompt is not None
    ]
    yield from many(PROMPT, shown)
    yield from many(deliveries.PLAN_TELL, [deliveries.tell_row(tell, number=number(), now=now) for tell in tells])


def _whom(inquiry: Inquiry, alone: Sequence[Recipient], together: Sequence[Recipient]) -> Sequence[Recipient]:
    """Who looks after it is reminded alone; else the whole team is."""
    if any(each.contact is None for each in together):
        return together
    assigned = [each for each in alone if each.contact == inquiry.assigned_to]
    return assigned or together


def _tells(inquiry: Inquiry, whom: Sequence[Recipient], *, around: Surroundings, is_lost: bool) -> list[Tell]:
    result = []
    for recipient in whom:
        say = around.catalogue.speaker(recipient.language)
        message, prompt = reminder(say, inquiry, prompt_id=around.next_id(), is_lost=is_lost)
        tell = Tell.of(
            recipient.address, message, contact=recipient.contact, language=recipient.language, prompt=prompt
        )
        result.append(tell)
    return result
