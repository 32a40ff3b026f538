"""Carries out what the team orders about inquiries."""

from __future__ import annotations

from sqlalchemy import bindparam, func, null, select, update

from bot.domain import desk
from bot.errors import UsageError
from storage.desk.order import Doers, Order
from storage.hub import SETTING
from storage.needs.team import INBOX
from storage.reminding import plan
from storage.statements import Statement, Steps, change, insert, many, one
from storage.tables import inquiries, inquiry_messages

ONE = Statement(
    select(inquiries.c.number, inquiries.c.state).where(inquiries.c.id == bindparam("inquiry")).with_for_update(),
    name="inquiry",
)
ANSWERED = Statement(
    update(inquiries)
    .where(inquiries.c.id == bindparam("inquiry"))
    .values(
        state="open",
        closed_at=null(),
        waiting_since=null(),
        remind_at=null(),
        data="{}",
        touched_at=bindparam("now"),
        assigned_to=func.coalesce(inquiries.c.assigned_to, bindparam("author")),
    ),
    name="inquiry answered",
)
MESSAGE = insert(inquiry_messages, ("id", "inquiry_id", "from_team", "author_id", "body", "prompt_id", "sent_at"))
ASSIGNED = Statement(
    update(inquiries).where(inquiries.c.id == bindparam("inquiry")).values(assigned_to=bindparam("to")),
    name="inquiry assigned",
)
CLOSED = Statement(
    update(inquiries)
    .where(inquiries.c.id == bindparam("inquiry"))
    .values(
        state="closed",
        closed_at=bindparam("now"),
        waiting_since=null(),
        remind_at=null(),
        touched_at=bindparam("now"),
    ),
    name="inquiry closed",
)
REOPENED = Statement(
    update(inquiries)
    .where(inquiries.c.id == bindparam("inquiry"))
    .values(state="open", closed_at=null(), touched_at=bindparam("now")),
    name="inquiry reopened",
)


def _known(number: int) -> Steps[int]:
    found = yield from one(ONE, inquiry=number)
    if found is None:
        raise UsageError("this inquiry does not exist any more")
    return int(found[0])


def _reply(order: Order, command: desk.ReplyToInquiry) -> Steps[None]:
    number = yield from _known(command.inquiry)
    yield from change(ANSWERED, inquiry=command.inquiry, author=command.author, now=order.now)
    yield from change(
        MESSAGE,
        id=command.message,
        inquiry_id=command.inquiry,
        from_team=True,
        author_id=command.author,
        body=command.body,
        prompt_id=command.prompt,
        sent_at=order.now,
    )
    yield from plan(command.tells, now=order.now, number=order.number)
    yield from order.note("inquiry answered", subject=f"inquiry {number}")


def _assign(order: Order, command: desk.AssignInquiry) -> Steps[None]:
    number = yield from _known(command.inquiry)
    yield from change(ASSIGNED, inquiry=command.inquiry, to=command.to)
    yield from order.note("inquiry assigned", subject=f"inquiry {number}", detail=desk.public_id("P", command.to))


def _close(order: Order, command: desk.CloseInquiry) -> Steps[None]:
    number = yield from _known(command.inquiry)
    yield from change(CLOSED, inquiry=command.inquiry, now=order.now)
    yield from order.note("inquiry closed", subject=f"inquiry {number}")


def _reopen(order: Order, command: desk.ReopenInquiry) -> Steps[None]:
    number = yield from _known(command.inquiry)
    yield from change(REOPENED, inquiry=command.inquiry, now=order.now)
    yield from order.note("inquiry reopened", subject=f"inquiry {number}")


def _choose(order: Order, command: desk.ChooseInbox) -> Steps[None]:
    value = "" if command.address is None else str(command.address)
    yield from many(SETTING, [{"key": INBOX, "value": value, "changed_at": order.now}])
    yield from order.note("inbox chosen", detail="own chats" if command.address is None else command.address.channel)


DOERS: Doers = {
    desk.ReplyToInquiry: _reply,
    desk.AssignInquiry: _assign,
    desk.CloseInquiry: _close,
    desk.ReopenInquiry: _reopen,
    desk.ChooseInbox: _choose,
}
