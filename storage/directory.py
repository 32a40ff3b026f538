"""Companies and contacts as the team looks them up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, and_, bindparam, func, literal_column, or_, select

from bot.domain.choosing import folded
from bot.domain.people import folded_company
from storage.codec import from_micros, maybe_moment
from storage.reported import COUNTS
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import addresses, companies, company_tags, contacts, responses

EVERY = 1_000_000
_ANY: ColumnElement[str] = literal_column("''")


def _wished(name: str) -> Any:
    return bindparam(name, type_=Text)


_THERE = and_(contacts.c.company_id == companies.c.id, contacts.c.merged_into.is_(None))
_COMPANY = select(
    companies.c.id,
    companies.c.name,
    companies.c.town,
    companies.c.state,
    companies.c.note,
    companies.c.created_at,
    select(func.count()).where(_THERE).scalar_subquery(),
    select(func.count()).where(_THERE, contacts.c.joined_at.is_not(None)).scalar_subquery(),
    select(func.count())
    .where(responses.c.company_id == companies.c.id, responses.c.status == "submitted", COUNTS)
    .scalar_subquery(),
)
COMPANIES = Statement(
    _COMPANY.where(
        or_(
            _wished("search") == _ANY,
            companies.c.folded.like(_wished("search")),
            func.lower(companies.c.town).like(_wished("search")),
        ),
        or_(_wished("state") == _ANY, companies.c.state == _wished("state")),
        or_(
            _wished("key") == _ANY,
            select(company_tags.c.key)
            .where(
                company_tags.c.company_id == companies.c.id,
                company_tags.c.key == _wished("key"),
                or_(_wished("value") == _ANY, func.lower(company_tags.c.value) == _wished("value")),
            )
            .exists(),
        ),
    )
    .order_by(companies.c.state, companies.c.folded, companies.c.id)
    .limit(bindparam("limit_", type_=Integer))
    .offset(bindparam("offset_", type_=Integer)),
    name="companies looked up",
)
COMPANIES_BY_ID = Statement(_COMPANY.where(any_of(companies.c.id, "companies")), name="companies shown")
TAGS = Statement(
    select(company_tags.c.company_id, company_tags.c.key, company_tags.c.value)
    .where(any_of(company_tags.c.company_id, "companies"))
    .order_by(company_tags.c.key),
    name="tags shown",
)
_CONTACT = (
    select(
        contacts.c.id,
        contacts.c.name,
        contacts.c.company_id,
        companies.c.name,
        contacts.c.mail,
        contacts.c.note,
        contacts.c.language,
        contacts.c.staff,
        contacts.c.pushes,
        contacts.c.joined_at,
        contacts.c.created_at,
        contacts.c.admitted,
    )
    .select_from(contacts.outerjoin(companies, companies.c.id == contacts.c.company_id))
    .where(contacts.c.merged_into.is_(None))
    .order_by(contacts.c.id)
)
CONTACTS = Statement(_CONTACT, name="list of contacts")
CONTACTS_OF = Statement(_CONTACT.where(any_of(contacts.c.company_id, "companies")), name="contacts of companies shown")
PLACES = Statement(
    select(addresses.c.contact_id, addresses.c.channel, addresses.c.person, addresses.c.reachable)
    .where(addresses.c.contact_id.is_not(None))
    .order_by(addresses.c.id),
    name="addresses of contacts",
)


def list_companies(
    *,
    search: str = "",
    state: str = "",
    tag: tuple[str, str] = ("", ""),
    limit: int = EVERY,
    offset: int = 0,
) -> Steps[list[dict[str, Any]]]:
    """Return companies, claimed ones first, then by name.

    Args:
        search: part of the name, whatever its letter case and legal form, or of the town.
        state: claimed or confirmed; "" for both.
        tag: key and value that they have; an empty value is any.
        limit: how many at most.
        offset: how many to pass over.
    """
    found = yield from rows(
        COMPANIES,
        search=f"%{folded_company(search)}%" if search.strip() else "",
        state=state,
        key=tag[0],
        value=tag[1].lower(),
        limit_=limit,
        offset_=offset,
    )
    return (yield from _with_tags(found))


def companies_by_id(numbers: Sequence[int]) -> Steps[dict[int, dict[str, Any]]]:
    """Return companies with their tags and `people`, by id."""
    found = yield from _with_tags((yield from rows(COMPANIES_BY_ID, companies=list(numbers))))
    shown = {company["id"]: {**company, "people": []} for company in found}
    for contact in _contacts((yield from rows(CONTACTS_OF, companies=list(shown)))):
        shown[contact["company_id"]]["people"].append(contact)
    return shown


def _with_tags(found: Sequence[tuple[Any, ...]]) -> Steps[list[dict[str, Any]]]:
    tags: dict[int, dict[str, str]] = {}
    for company, key, value in (yield from rows(TAGS, companies=[row[0] for row in found])):
        tags.setdefault(company, {})[key] = value
    return [
        {
            "id": number,
            "name": name,
            "town": town,
            "state": state,
            "tags": tags.get(number, {}),
            "note": note,
            "contacts": people,
            "joined": joined,
            "submitted": submitted,
            "created_at": from_micros(created_at),
        }
        for number, name, town, state, note, created_at, people, joined, submitted in found
    ]


def list_contacts(
    *, search: str = "", company: int | None = None, waiting: bool = False
) -> Steps[list[dict[str, Any]]]:
    """Return contacts with the addresses at which they can be reached, oldest first.

    Args:
        search: part of the name or the mail, in any letter case.
        company: of which they are.
        waiting: only those whom the team has to let in.
    """
    # One person may have several chats on a channel (rooms on Matrix), and is reachable by any of them.
    places: dict[int, dict[str, bool]] = {}
    for contact, channel, person, reachable in (yield from rows(PLACES)):
        known = places.setdefault(contact, {})
        known[f"{channel}:{person}"] = known.get(f"{channel}:{person}", False) or bool(reachable)
    found = yield from rows(CONTACTS) if company is None else rows(CONTACTS_OF, companies=[company])
    wanted = folded(search)
    return [
        {
            **contact,
            "addresses": [
                place + ("" if reachable else " (unreachable)")
                for place, reachable in places.get(contact["id"], {}).items()
            ],
        }
        for contact in _contacts(found)
        if not (waiting and contact["admitted"])
        if wanted in folded(contact["name"]) or (search and search.strip().lower() in contact["mail"])
    ]


def _contacts(found: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [
        {
            "id": row[0],
            "name": row[1],
            "company_id": row[2],
            "company": row[3],
            "mail": row[4],
            "note": row[5],
            "language": row[6],
            "staff": bool(row[7]),
            "pushes": bool(row[8]),
            "joined_at": maybe_moment(row[9]),
            "created_at": from_micros(row[10]),
            "admitted": bool(row[11]),
        }
        for row in found
    ]
