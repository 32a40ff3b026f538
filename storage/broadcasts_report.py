"""Who got a broadcast, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, func, select

from bot.domain.broadcasts.model import STATES, DeliveryStates
from bot.domain.broadcasts.recipients import Recipient
from bot.domain.desk.words import public_id
from storage.codec import maybe_moment
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import companies, contacts, deliveries

PAGE = 500
RECIPIENTS = Statement(
    select(
        deliveries.c.contact_id,
        func.coalesce(contacts.c.name, ""),
        func.coalesce(companies.c.name, ""),
        deliveries.c.channel,
        deliveries.c.state,
        deliveries.c.reason,
        deliveries.c.finished_at,
        deliveries.c.attempts,
        deliveries.c.edition,
        deliveries.c.amend_failed,
    )
    .select_from(
        deliveries.join(contacts, contacts.c.id == deliveries.c.contact_id).outerjoin(
            companies, companies.c.id == contacts.c.company_id
        )
    )
    .where(
        deliveries.c.broadcast_id == bindparam("broadcast"),
        any_of(deliveries.c.state, "states"),
        deliveries.c.contact_id > bindparam("after"),
    )
    .order_by(deliveries.c.contact_id)
    .limit(bindparam("many", type_=Integer)),
    name="recipients of a broadcast",
)


def recipients(
    broadcast: int, *, states: Sequence[DeliveryStates] | None = None, after: int = 0, many: int = PAGE
) -> Steps[tuple[list[Recipient], int]]:
    """Return a page of a broadcast's recipients by contact, and the contact after whom the next page begins."""
    found = yield from rows(RECIPIENTS, broadcast=broadcast, states=list(states or STATES), after=after, many=many)
    page = [
        Recipient(
            contact=public_id("P", contact),
            name=name,
            company=company,
            channel=channel,
            state=state,
            reason=reason or "",
            finished_at=maybe_moment(finished_at),
            attempts=attempts,
            edition=edition,
            kept=kept,
        )
        for contact, name, company, channel, state, reason, finished_at, attempts, edition, kept in found
    ]
    return page, int(found[-1][0]) if found else after


def everybody(broadcast: int) -> Steps[list[Recipient]]:
    """Return all recipients of a broadcast."""
    result: list[Recipient] = []
    after = 0
    while True:
        page, after = yield from recipients(broadcast, after=after)
        result += page
        if len(page) < PAGE:
            return result
