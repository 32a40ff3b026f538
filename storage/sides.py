"""Reads two contacts as one compares them before they become one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, select

from bot.domain.merging import Agreed, Held, Side, Walked
from bot.domain.people import Company, CompanyId, ContactId
from storage.codec import from_micros, load, maybe_moment
from storage.reported import COUNTS
from storage.statements import Row, Statement, Steps, any_of, lock_rows, rows
from storage.tables import (
    addresses,
    answers,
    companies,
    consents,
    contacts,
    form_versions,
    forms,
    interviews,
    responses,
    rights,
)

# The addresses first, as a message does that comes in: nobody decides on the old state meanwhile.
ADDRESSES = Statement(
    lock_rows(
        select(addresses.c.contact_id, addresses.c.channel, addresses.c.seen_at)
        .where(any_of(addresses.c.contact_id, "contacts"))
        .order_by(addresses.c.id)
    ),
    name="addresses of both, held",
)
ADDRESSES_SEEN = Statement(
    select(addresses.c.contact_id, addresses.c.channel, addresses.c.seen_at)
    .where(any_of(addresses.c.contact_id, "contacts"))
    .order_by(addresses.c.id),
    name="addresses of both",
)
CONTACTS = Statement(
    select(
        contacts.c.id,
        contacts.c.name,
        contacts.c.language,
        contacts.c.staff,
        contacts.c.pushes,
        contacts.c.push_channel,
        contacts.c.mail,
        contacts.c.note,
        contacts.c.admitted,
        contacts.c.joined_at,
        contacts.c.created_at,
        contacts.c.merged_into,
        companies.c.id,
        companies.c.name,
        companies.c.state,
    )
    .select_from(contacts.outerjoin(companies, companies.c.id == contacts.c.company_id))
    .where(any_of(contacts.c.id, "contacts")),
    name="both contacts",
)
ROLES = Statement(
    select(addresses.c.contact_id, rights.c.role)
    .select_from(
        addresses.join(rights, and_(rights.c.channel == addresses.c.channel, rights.c.person == addresses.c.person))
    )
    .where(any_of(addresses.c.contact_id, "contacts")),
    name="roles of both",
)
_SAID = (
    select(
        answers.c.response_id,
        func.count().label("count"),
        func.max(answers.c.answered_at).label("last"),
    )
    .where(
        answers.c.response_id.in_(select(responses.c.id).where(any_of(responses.c.contact_id, "contacts"))),
        answers.c.state.in_(("given", "skipped", "unknown")),
        answers.c.relevant.is_(True),
    )
    .group_by(answers.c.response_id)
    .subquery()
)
RESPONSES = Statement(
    select(
        responses.c.contact_id,
        responses.c.id,
        forms.c.name,
        form_versions.c.title,
        responses.c.round,
        responses.c.status,
        responses.c.channel,
        responses.c.started_at,
        func.coalesce(_SAID.c.count, 0),
        func.coalesce(_SAID.c.last, responses.c.started_at),
    )
    .select_from(
        responses.join(forms, forms.c.id == responses.c.form_id)
        .join(form_versions, form_versions.c.id == responses.c.form_version_id)
        .outerjoin(_SAID, _SAID.c.response_id == responses.c.id)
    )
    .where(any_of(responses.c.contact_id, "contacts"), COUNTS)
    .order_by(responses.c.started_at, responses.c.id),
    name="responses of both",
)
INTERVIEWS = Statement(
    select(
        interviews.c.contact_id,
        interviews.c.id,
        interviews.c.response_id,
        responses.c.respondent,
        responses.c.company_id,
        interviews.c.state,
        interviews.c.touched_at,
    )
    .select_from(interviews.join(responses, responses.c.id == interviews.c.response_id))
    .where(any_of(interviews.c.contact_id, "contacts"))
    .order_by(interviews.c.id),
    name="interviews of both",
)
CONSENTS = Statement(
    select(
        consents.c.contact_id, consents.c.id, consents.c.purpose, consents.c.given_at, consents.c.withdrawn_at
    ).where(any_of(consents.c.contact_id, "contacts")),
    name="consents of both",
)


def sides(numbers: Sequence[int], *, hold: bool = False) -> Steps[dict[int, Side]]:
    """Return those of the contacts that exist. `hold`: until the commit nobody decides a message of theirs."""
    wanted = sorted(set(numbers))
    places = yield from rows(ADDRESSES if hold else ADDRESSES_SEEN, contacts=wanted)
    people = yield from rows(CONTACTS, contacts=wanted)
    roles = yield from rows(ROLES, contacts=wanted)
    held = yield from rows(RESPONSES, contacts=wanted)
    walks = yield from rows(INTERVIEWS, contacts=wanted)
    agreed = yield from rows(CONSENTS, contacts=wanted)
    return {
        row[0]: _side(
            row, *([each for each in found if each[0] == row[0]] for found in (places, roles, held, walks, agreed))
        )
        for row in people
    }


def _side(
    row: Row,
    places: Sequence[Row],
    roles: Sequence[Row],
    held: Sequence[Row],
    walks: Sequence[Row],
    agreed: Sequence[Row],
) -> Side:
    (
        number,
        name,
        language,
        staff,
        pushes,
        push_channel,
        mail,
        note,
        admitted,
        joined_at,
        created_at,
        merged_into,
        company,
        company_name,
        company_state,
    ) = row
    seen = (*(place[2] for place in places), *(walk[6] for walk in walks), joined_at or 0, created_at)
    return Side(
        contact=ContactId(number),
        name=name,
        language=language,
        staff=bool(staff),
        pushes=bool(pushes),
        push_channel=push_channel,
        mail=mail,
        note=note,
        admitted=bool(admitted),
        joined_at=maybe_moment(joined_at),
        created_at=from_micros(created_at),
        used_at=from_micros(max(seen)),
        merged=merged_into is not None,
        company=None if company is None else Company(id=CompanyId(company), name=company_name, state=company_state),
        channels=tuple(dict.fromkeys(place[1] for place in places)),
        roles=frozenset(role for _, role in roles),
        responses=tuple(_held(each) for each in held),
        interviews=tuple(_walked(each) for each in walks),
        consents=tuple(
            Agreed(consent=number, purpose=purpose, given_at=from_micros(given), withdrawn=withdrawn is not None)
            for _, number, purpose, given, withdrawn in agreed
        ),
    )


def _held(row: Row) -> Held:
    _, number, form, title, round_, status, channel, started_at, answered, changed_at = row
    return Held(
        response=number,
        form=form,
        title=load(title),
        round=round_,
        status=status,
        channel=channel,
        answered=int(answered),
        started_at=from_micros(started_at),
        changed_at=from_micros(changed_at),
    )


def _walked(row: Row) -> Walked:
    _, number, response, respondent, company, state, touched_at = row
    return Walked(
        interview=number,
        response=response,
        company=company if respondent == "company" else None,
        open=state != "finished",
        touched_at=from_micros(touched_at),
    )
