"""Making invitations."""

from __future__ import annotations

from sqlalchemy import select

from bot.domain import desk
from bot.domain.people import NAME_LIMIT, clean_name, folded_company
from bot.errors import UsageError
from storage.codec import to_micros
from storage.desk.companies import NEW_COMPANY
from storage.desk.order import Doers, Order
from storage.statements import Row, Statement, Steps, change, insert, rows
from storage.tables import companies, invitations

COMPANIES = Statement(
    select(companies.c.id, companies.c.name, companies.c.state).order_by(companies.c.id), name="companies by age"
)
INVITATION = insert(
    invitations,
    (
        "id",
        "code_hash",
        "company_id",
        "role",
        "uses",
        "uses_left",
        "expires_at",
        "created_by",
        "created_at",
    ),
)


def _invite(order: Order, command: desk.Invite) -> Steps[desk.Invited]:
    company: int | None = None
    invited = desk.Invited()
    if command.company is not None:
        company, invited = yield from _company_called(order, command.company)
    number = order.number()
    yield from change(
        INVITATION,
        id=number,
        code_hash=command.code_hash,
        company_id=company,
        role=command.role or "",
        uses=command.uses,
        uses_left=command.uses,
        expires_at=None if command.expires_at is None else to_micros(command.expires_at),
        created_by=order.actor,
        created_at=order.now,
    )
    whom = f"role {command.role}" if command.role else f"company {desk.public_id('C', company or 0)}"
    uses = "any number of uses" if command.uses is None else f"{command.uses} uses"
    yield from order.note("invitation made", subject=whom, detail=uses)
    return invited


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


DOERS: Doers = {desk.Invite: _invite}
