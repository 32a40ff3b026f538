"""Loads what there is beyond answers to a response that a company's contacts share."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, select

from bot.domain.colleagues import Colleague, Together
from bot.domain.messages import Address
from bot.domain.people import CompanyId, ContactId
from storage.codec import from_micros
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import addresses, contacts, interviews, responses

COLLEAGUES = Statement(
    select(
        responses.c.id,
        responses.c.company_id,
        responses.c.started_at,
        responses.c.begun_by,
        responses.c.submitted_by,
        contacts.c.id,
        contacts.c.name,
        contacts.c.language,
        contacts.c.company_id,
        contacts.c.pushes,
        contacts.c.push_channel,
        addresses.c.channel,
        addresses.c.chat,
    )
    .select_from(
        responses.outerjoin(interviews, interviews.c.response_id == responses.c.id)
        .outerjoin(contacts, contacts.c.id == interviews.c.contact_id)
        .outerjoin(addresses, and_(addresses.c.contact_id == contacts.c.id, addresses.c.reachable))
    )
    .where(any_of(responses.c.id, "responses"))
    .order_by(responses.c.id, contacts.c.id, addresses.c.seen_at.desc(), addresses.c.id),
    name="colleagues",
)


def load_together(numbers: Sequence[int]) -> Steps[dict[int, Together]]:
    """Return, by response, who has a part in it; without shared responses nothing is asked."""
    if not numbers:
        return {}
    found: dict[int, list[Row]] = {}
    for row in (yield from rows(COLLEAGUES, responses=sorted(numbers))):
        found.setdefault(row[0], []).append(row)
    return {number: _together(of_response) for number, of_response in found.items()}


def _together(found: Sequence[Row]) -> Together:
    _, company, started_at, begun_by, submitted_by, *_ = found[0]
    of_contact: dict[int, list[Row]] = {}
    for row in found:
        if row[5] is not None:
            of_contact.setdefault(row[5], []).append(row)
    return Together(
        company=CompanyId(company),
        started_at=from_micros(started_at),
        begun_by=begun_by,
        submitted_by=submitted_by,
        colleagues={ContactId(number): _colleague(places) for number, places in of_contact.items()},
    )


def _colleague(places: Sequence[Row]) -> Colleague:
    """Return one colleague; who has left the company, or wants no messages, is called by name and told nothing."""
    _, company, _, _, _, number, name, language, own, pushes, push_channel, *_ = places[0]
    chats = [Address(row[11], row[12]) for row in places if row[11] is not None]
    chosen = next((chat for chat in chats if chat.channel == push_channel), chats[0] if chats else None)
    wants = own == company and bool(pushes)
    return Colleague(id=ContactId(number), name=name, language=language, address=chosen if wants else None)
