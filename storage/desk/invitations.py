"""Making and revoking invitations."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from bot.domain import desk
from bot.domain.people import NAME_LIMIT, clean_name, folded_company
from bot.errors import UsageError
from storage.codec import to_micros
from storage.desk.companies import COMPANY, NEW_COMPANY
from storage.desk.order import Doers, Order
from storage.statements import Row, Statement, Steps, change, insert, one, rows
from storage.tables import companies, contacts, invitations

COMPANIES = Statement(
    select(companies.c.id, companies.c.name, companies.c.state).order_by(companies.c.id), name="companies by age"
)
INVITATION = insert(
    invitations,
    (
        "id",
        "code_hash",
        "company_id",
        "contact_id",
        "role",
        "uses",
        "uses_left",
        "expires_at",
        "created_by",
        "created_at",
    ),
)
PERSON = Statement(
    select(contacts.c.name, contacts.c.joined_at, companies.c.name)
    .select_from(contacts.outerjoin(companies, companies.c.id == contacts.c.company_id))
    .where(contacts.c.id == bindparam("contact"), contacts.c.merged_into.is_(None)),
    name="person to invite",
)
WHOSE = Statement(
    select(
        invitations.c.company_id,
        invitations.c.role,
        invitations.c.contact_id,
        invitations.c.revoked_at,
        companies.c.name,
        contacts.c.name,
    )
    .select_from(
        invitations.outerjoin(companies, companies.c.id == invitations.c.company_id).outerjoin(
            contacts, contacts.c.id == invitations.c.contact_id
        )
    )
    .where(invitations.c.id == bindparam("invitation")),
    name="whose invitation",
)
REVOKED = Statement(
    update(invitations).where(invitations.c.id == bindparam("invitation")).values(revoked_at=bindparam("now")),
    name="invitation revoked",
)


def _invite(order: Order, command: desk.Invite) -> Steps[desk.Invited]:
    company: int | None = None
    invited = desk.Invited()
    if command.contact is not None:
        invited = yield from _person(command)
    elif command.company_id is not None:
        company = command.company_id
        invited = yield from _company_of_id(company)
    elif command.company is not None:
        company, invited = yield from _company_called(order, command.company)
    number = order.number()
    yield from change(
        INVITATION,
        id=number,
        code_hash=command.code_hash,
        company_id=company,
        contact_id=command.contact,
        role=command.role or "",
        uses=command.uses,
        uses_left=command.uses,
        expires_at=None if command.expires_at is None else to_micros(command.expires_at),
        created_by=order.actor,
        created_at=order.now,
    )
    uses = "any number of uses" if command.uses is None else f"{command.uses} uses"
    subject = _whom(company=company, role=command.role or "", contact=command.contact)
    yield from order.note("invitation made", subject=subject, detail=f"{desk.public_id('I', number)}, {uses}")
    return invited


def _whom(*, company: int | None, role: str, contact: int | None) -> str:
    """Say for whom an invitation is, by ids."""
    if contact is not None:
        return f"person {desk.public_id('P', contact)}"
    return f"role {role}" if role else f"company {desk.public_id('C', company or 0)}"


def _person(command: desk.Invite) -> Steps[desk.Invited]:
    """Find who is to join; only people who were entered and have not joined yet can be invited so."""
    number = command.contact or 0
    found = yield from one(PERSON, contact=number)
    if found is None:
        raise UsageError(f"there is no contact {desk.public_id('P', number)}; `hubtalk contacts list` shows their ids")
    name, joined_at, company = found
    if joined_at is not None:
        raise UsageError(f"{desk.public_id('P', number)} has joined already and needs no invitation")
    if command.role is not None or command.uses != 1:
        raise UsageError("an invitation for one person is good once, and for no role")
    return desk.Invited(company=company, contact=name, known=True)


def _company_of_id(number: int) -> Steps[desk.Invited]:
    found = yield from one(COMPANY, company=number)
    if found is None or found[1] != "confirmed":
        raise UsageError(f"there is no confirmed company {desk.public_id('C', number)}")
    return desk.Invited(company=found[0], company_id=number, known=True)


def _revoke(order: Order, command: desk.RevokeInvitation) -> Steps[str]:
    number = command.invitation
    found = yield from one(WHOSE, invitation=number)
    if found is None:
        raise UsageError(
            f"there is no invitation {desk.public_id('I', number)}; `hubtalk invitations list` shows their ids"
        )
    company, role, contact, revoked_at, company_name, name = found
    if revoked_at is not None:
        raise UsageError(f"{desk.public_id('I', number)} is revoked already")
    yield from change(REVOKED, invitation=number, now=order.now)
    subject = _whom(company=company, role=role, contact=contact)
    yield from order.note("invitation revoked", subject=subject, detail=desk.public_id("I", number))
    return str(name or company_name or role)


def _company_called(order: Order, text: str) -> Steps[tuple[int, desk.Invited]]:
    """Find a confirmed company by its exact name in any letter case, or make one."""
    name = clean_name(text)
    if not 1 <= len(name) <= NAME_LIMIT or not any(sign.isalnum() for sign in name):
        raise UsageError(f"a company's name has 1 to {NAME_LIMIT} characters and at least a letter or digit")
    # Compared here, as the databases do not agree on the case of umlauts.
    same: list[Row] = [row for row in (yield from rows(COMPANIES)) if row[1].casefold() == name.casefold()]
    claimed = tuple(row[0] for row in same if row[2] == "claimed")
    for number, known, state in same:
        if state == "confirmed":
            return number, desk.Invited(company=known, company_id=number, known=True, claimed=claimed)
    number = order.number()
    yield from change(
        NEW_COMPANY, id=number, name=name, folded=folded_company(name), state="confirmed", created_at=order.now
    )
    return number, desk.Invited(company=name, company_id=number, claimed=claimed)


DOERS: Doers = {desk.Invite: _invite, desk.RevokeInvitation: _revoke}
