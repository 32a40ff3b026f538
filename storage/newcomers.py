"""Reads those who ask to take part, and what was decided about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, bindparam, false, func, select

from bot.domain.desk.words import public_id, read_id
from bot.domain.messages import Address
from bot.domain.newcomers import PAGE, Decided, Decision, Newcomer
from bot.domain.people import Company, CompanyId, ContactId, folded_company
from storage.codec import from_micros
from storage.statements import Row, Statement, Steps, any_of, one, rows
from storage.tables import addresses, audit_log, companies, contacts

NOTED: Mapping[str, Decision] = {"contact admitted": "admitted", "contact declined": "declined"}
"""The lines of the audit log about decisions."""

# As the index has it; who has not said their name yet does not ask yet.
_WAITING = and_(contacts.c.admitted == false(), contacts.c.merged_into.is_(None), contacts.c.name != "")
_NEWCOMER = (
    contacts.c.id,
    contacts.c.name,
    contacts.c.language,
    contacts.c.push_channel,
    contacts.c.admitted,
    contacts.c.joined_at,
    contacts.c.created_at,
    companies.c.id,
    companies.c.name,
)
_FROM = contacts.outerjoin(companies, companies.c.id == contacts.c.company_id)
COUNTED = Statement(select(func.count()).select_from(contacts).where(_WAITING), name="newcomers counted")
LISTED = Statement(
    select(*_NEWCOMER)
    .select_from(_FROM)
    .where(_WAITING)
    .order_by(contacts.c.joined_at, contacts.c.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset")),
    name="newcomers",
)
# Who was made one person with somebody else since is that person.
CHOSEN = Statement(
    select(*_NEWCOMER)
    .select_from(_FROM)
    .where(
        contacts.c.id.in_(
            select(func.coalesce(contacts.c.merged_into, contacts.c.id)).where(contacts.c.id == bindparam("contact"))
        )
    ),
    name="newcomer",
)
PLACES = Statement(
    select(addresses.c.contact_id, addresses.c.channel, addresses.c.chat)
    .where(any_of(addresses.c.contact_id, "contacts"), addresses.c.reachable)
    .order_by(addresses.c.seen_at.desc(), addresses.c.id),
    name="where newcomers are told things",
)
ALIKE = Statement(
    select(companies.c.folded, companies.c.id, companies.c.name)
    .where(any_of(companies.c.folded, "names"), companies.c.state == "confirmed")
    .order_by(companies.c.id),
    name="confirmed companies of these names",
)
DECIDED = Statement(
    select(audit_log.c.action, audit_log.c.actor)
    .where(audit_log.c.subject == bindparam("subject"), audit_log.c.action.in_(list(NOTED)))
    .order_by(audit_log.c.done_at.desc(), audit_log.c.id.desc())
    .limit(1),
    name="what was decided about a newcomer",
)
NAME = Statement(select(contacts.c.name).where(contacts.c.id == bindparam("contact")), name="name of who decided")


def count() -> Steps[int]:
    """Return how many wait."""
    found = yield from one(COUNTED)
    return int(found[0]) if found else 0


def waiting(*, page: int = 1, size: int = PAGE) -> Steps[tuple[Newcomer, ...]]:
    """Return those who wait, the longest first."""
    return (yield from _whole((yield from rows(LISTED, limit=size, offset=(page - 1) * size))))


def newcomer(contact: int) -> Steps[Newcomer | None]:
    """Return one of them, also after they were let in; None: they are not here any more."""
    found = yield from _whole((yield from rows(CHOSEN, contact=contact)))
    return found[0] if found else None


def decided(contact: int) -> Steps[Decided | None]:
    """Return what was decided about somebody, and by whom."""
    found = yield from one(DECIDED, subject=public_id("P", contact))
    if found is None:
        return None
    action, actor = found
    try:
        known = yield from one(NAME, contact=read_id("P", actor))
    except ValueError:  # the command line, or an invitation that they brought
        known = None
    return Decided(how=NOTED[action], by=known[0] if known is not None else "")


def alike(names: Sequence[str]) -> Steps[dict[str, Company]]:
    """Return, by a typed name, the confirmed company that it may mean."""
    folded = {name: folded_company(name) for name in names if name}
    if not folded:
        return {}
    found: dict[str, Company] = {}
    for key, number, name in (yield from rows(ALIKE, names=sorted(set(folded.values())))):
        found.setdefault(key, Company(id=CompanyId(number), name=name, state="confirmed"))
    return {name: found[key] for name, key in folded.items() if key in found}


def _whole(found: Sequence[Row]) -> Steps[tuple[Newcomer, ...]]:
    if not found:
        return ()
    places: dict[int, list[Address]] = {}
    for contact, channel, chat in (yield from rows(PLACES, contacts=[row[0] for row in found])):
        places.setdefault(contact, []).append(Address(channel, chat))
    companies_of = yield from alike([row[8] or "" for row in found])
    return tuple(_newcomer(row, places.get(row[0], []), companies_of.get(row[8] or "")) for row in found)


def _newcomer(row: Row, places: Sequence[Address], similar: Company | None) -> Newcomer:
    number, name, language, push_channel, admitted, joined_at, created_at, company, company_name = row
    first = [place for place in places if place.channel == push_channel]
    return Newcomer(
        contact=ContactId(number),
        name=name,
        company=company_name or "",
        language=language,
        since=from_micros(created_at if joined_at is None else joined_at),
        places=tuple(dict.fromkeys([*first, *places])),
        similar=similar if similar is not None and similar.id != company else None,
        waits=not admitted,
    )
