"""Entering lists of companies and people, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain import desk
from bot.domain.importing import CompanyEntry, ContactEntry, Import, Imported, Known, hashes
from bot.domain.listed import ListedRow
from bot.domain.mail import own_domain
from bot.domain.people import folded_company
from bot.errors import UsageError
from storage.desk.order import Doers, Order
from storage.erasure import PLACES, erase
from storage.statements import Statement, Steps, any_of, change, insert, many, one, rows, upsert
from storage.tables import companies, company_tags, contacts, erasures, hub_settings

_COMPANY = select(
    companies.c.id,
    companies.c.name,
    companies.c.town,
    companies.c.domain,
    companies.c.note,
    companies.c.state,
)
COMPANIES_BY_NAME = Statement(_COMPANY.where(any_of(companies.c.folded, "names")), name="companies by name")
COMPANIES_BY_DOMAIN = Statement(
    _COMPANY.where(companies.c.domain != "", any_of(companies.c.domain, "domains")), name="companies by domain"
)
COMPANIES_BY_ID = Statement(_COMPANY.where(any_of(companies.c.id, "companies")), name="companies by id")
TAGS = Statement(
    select(company_tags.c.company_id, company_tags.c.key, company_tags.c.value).where(
        any_of(company_tags.c.company_id, "companies")
    ),
    name="tags of companies",
)
_CONTACT = select(
    contacts.c.id, contacts.c.company_id, contacts.c.name, contacts.c.mail, contacts.c.language, contacts.c.note
).where(contacts.c.staff.is_(False), contacts.c.merged_into.is_(None))
CONTACTS_BY_MAIL = Statement(_CONTACT.where(any_of(contacts.c.mail, "mails")), name="contacts by mail")
CONTACTS_OF = Statement(_CONTACT.where(any_of(contacts.c.company_id, "companies")), name="contacts of companies")
ERASED = Statement(
    select(erasures.c.mail_hash).where(any_of(erasures.c.mail_hash, "hashes")), name="mails of the erased"
)
# Two lists at once would both miss what the other enters: the later one waits here until the first is in.
TURN = upsert(hub_settings, keys=("key",), set_=("value", "changed_at"), name="a list's turn")
NEW_COMPANY = insert(
    companies, ("id", "name", "folded", "town", "domain", "note", "state", "created_at"), name="listed company"
)
FILL_COMPANY = Statement(
    update(companies)
    .where(companies.c.id == bindparam("id_"))
    .values(town=bindparam("town"), domain=bindparam("domain"), note=bindparam("note")),
    name="fill company",
)
NEW_TAG = upsert(company_tags, keys=("company_id", "key"), name="listed tag")
NEW_CONTACT = insert(
    contacts, ("id", "company_id", "name", "mail", "note", "language", "created_at"), name="listed contact"
)
FILL_CONTACT = Statement(
    update(contacts)
    .where(contacts.c.id == bindparam("id_"))
    .values(name=bindparam("name"), mail=bindparam("mail"), note=bindparam("note")),
    name="fill contact",
)
CONTACT = Statement(
    select(contacts.c.name, contacts.c.joined_at).where(
        contacts.c.id == bindparam("contact"), contacts.c.merged_into.is_(None)
    ),
    name="contact",
)
NOTE = Statement(update(contacts).where(contacts.c.id == bindparam("id_")).values(note=bindparam("note")), name="note")


def look(listed: Sequence[ListedRow], *, keyed: Callable[[str], str], language: str) -> Steps[Imported]:
    """Say what a list would do, without doing it."""
    numbers = iter(range(-1, -3 * len(listed) - 2, -1))
    return (yield from _taken(listed, keyed=keyed, number=lambda: next(numbers), language=language)).done()


def _import(order: Order, command: desk.ImportPeople) -> Steps[Imported]:
    yield from many(TURN, [{"key": "list_entered", "value": "1", "changed_at": order.now}])
    taken = yield from _taken(command.rows, keyed=command.keyed, number=order.number, language=command.language)
    yield from _write(taken, now=order.now)
    done = taken.done()
    yield from order.note(
        "list imported",
        detail=f"new: {done.companies.new} companies, {done.contacts.new} contacts; "
        f"changed: {done.companies.changed} and {done.contacts.changed}",
    )
    return done


def _taken(
    listed: Sequence[ListedRow], *, keyed: Callable[[str], str], number: Callable[[], int], language: str
) -> Steps[Import]:
    known = yield from _known(listed, keyed=keyed)
    taken = Import(known, number=number, language=language)
    taken.take(listed)
    return taken


def _known(listed: Sequence[ListedRow], *, keyed: Callable[[str], str]) -> Steps[Known]:
    by_hash = hashes(listed, keyed)
    mails = sorted(set(by_hash.values()))
    erased = {by_hash[row[0]] for row in (yield from rows(ERASED, hashes=list(by_hash)))}
    names = sorted({folded_company(row.company) for row in listed if row.company})
    domains = sorted({domain for mail in mails if (domain := own_domain(mail))})
    found = yield from rows(COMPANIES_BY_NAME, names=names)
    found += yield from rows(COMPANIES_BY_DOMAIN, domains=domains)
    people = {row[0]: row for row in (yield from rows(CONTACTS_BY_MAIL, mails=mails))}
    # Where a mail is known at another company, that one is named.
    found += yield from rows(COMPANIES_BY_ID, companies=sorted({row[1] for row in people.values() if row[1]}))
    numbers = sorted({row[0] for row in found})
    people |= {row[0]: row for row in (yield from rows(CONTACTS_OF, companies=numbers))}
    tags: dict[int, dict[str, str]] = {}
    for company, key, value in (yield from rows(TAGS, companies=numbers)):
        tags.setdefault(company, {})[key] = value
    return Known(
        companies=[_company(row, tags.get(row[0], {})) for row in {row[0]: row for row in found}.values()],
        contacts=[
            ContactEntry(id=row[0], company=row[1], name=row[2], mail=row[3], language=row[4], note=row[5])
            for row in people.values()
        ],
        erased=frozenset(erased),
    )


def _company(row: tuple[Any, ...], tags: dict[str, str]) -> CompanyEntry:
    number, name, town, domain, note, state = row
    return CompanyEntry(
        id=number, name=name, town=town, domain=domain, note=note, tags=tags, claimed=state == "claimed"
    )


def _write(taken: Import, *, now: int) -> Steps[None]:
    entered = taken.companies.values()
    yield from many(
        NEW_COMPANY,
        [
            {
                "id": company.id,
                "name": company.name,
                "folded": folded_company(company.name),
                "town": company.town,
                "domain": company.domain,
                "note": company.note,
                "state": "confirmed",
                "created_at": now,
            }
            for company in entered
            if company.new
        ],
    )
    yield from many(
        FILL_COMPANY,
        [
            {"id_": company.id, "town": company.town, "domain": company.domain, "note": company.note}
            for company in entered
            if company.changed and not company.new
        ],
    )
    yield from many(
        NEW_TAG,
        [
            {"company_id": company.id, "key": key, "value": value}
            for company in entered
            for key, value in company.added_tags.items()
        ],
    )
    people = taken.contacts.values()
    yield from many(
        NEW_CONTACT,
        [
            {
                "id": contact.id,
                "company_id": contact.company,
                "name": contact.name,
                "mail": contact.mail,
                "note": contact.note,
                "language": contact.language,
                "created_at": now,
            }
            for contact in people
            if contact.new
        ],
    )
    yield from many(
        FILL_CONTACT,
        [
            {"id_": contact.id, "name": contact.name, "mail": contact.mail, "note": contact.note}
            for contact in people
            if contact.changed and not contact.new
        ],
    )


# --- one person ------------------------------------------------------------------------------------------------------


def _erase(order: Order, command: desk.EraseContact) -> Steps[str]:
    name, joined_at = yield from _contact(command.contact)
    if joined_at is not None and not command.joined:
        raise UsageError(f"{name or 'this contact'} has consented and may have answers; nothing was erased")
    places = yield from rows(PLACES, contact=command.contact)
    yield from erase(
        command.contact,
        erasure=order.number(),
        now=order.now,
        person_hash=command.keyed(f"{places[0][0]}:{places[0][2]}") if places else "",
        keyed=command.keyed,
        number=order.number,
    )
    yield from order.note("contact erased", subject=desk.public_id("P", command.contact))
    return name


def _note(order: Order, command: desk.NoteContact) -> Steps[str]:
    name, _ = yield from _contact(command.contact)
    yield from change(NOTE, id_=command.contact, note=command.note)
    yield from order.note("contact noted", subject=desk.public_id("P", command.contact))
    return name


def _contact(number: int) -> Steps[tuple[str, int | None]]:
    found = yield from one(CONTACT, contact=number)
    if found is None:
        raise UsageError(f"there is no contact {desk.public_id('P', number)}; `hubtalk contacts list` shows their ids")
    return str(found[0]), found[1]


DOERS: Doers = {desk.EraseContact: _erase, desk.ImportPeople: _import, desk.NoteContact: _note}
