"""Confirming and merging companies."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select, update

from bot.domain import desk
from bot.errors import UsageError
from storage.desk.order import Doers, Order
from storage.statements import Statement, Steps, change, insert, one
from storage.tables import companies, contacts, invitations, responses

COMPANY = Statement(
    select(companies.c.name, companies.c.state).where(companies.c.id == bindparam("company")), name="company"
)
NEW_COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
CONFIRM = Statement(
    update(companies).where(companies.c.id == bindparam("company")).values(state="confirmed"), name="confirm company"
)
_MOVES = {
    table.name: Statement(
        update(table).where(table.c.company_id == bindparam("source")).values(company_id=bindparam("target")),
        name=f"move {table.name}",
    )
    for table in (contacts, responses, invitations)
}
COMPANY_GONE = Statement(delete(companies).where(companies.c.id == bindparam("company")), name="company gone")


def _confirm(order: Order, command: desk.ConfirmCompany) -> Steps[str]:
    name, _ = yield from _company(command.company)
    yield from change(CONFIRM, company=command.company)
    yield from order.note("company confirmed", subject=desk.public_id("C", command.company))
    return name


def _company(number: int) -> Steps[tuple[str, str]]:
    found = yield from one(COMPANY, company=number)
    if found is None:
        raise UsageError(f"there is no company {desk.public_id('C', number)}; `hubtalk companies list` shows their ids")
    return str(found[0]), str(found[1])


def _merge(order: Order, command: desk.MergeCompanies) -> Steps[desk.Merged]:
    if command.source == command.target:
        raise UsageError("a company cannot be merged into itself")
    source, state = yield from _company(command.source)
    target, target_state = yield from _company(command.target)
    if state == "confirmed" and target_state == "claimed":
        raise UsageError(f"{source!r} is confirmed and {target!r} is not; say them the other way round")
    moved = {}
    for name, statement in _MOVES.items():
        moved[name] = yield from change(statement, source=command.source, target=command.target)
    yield from change(COMPANY_GONE, company=command.source)
    yield from order.note(
        "companies merged",
        subject=desk.public_id("C", command.target),
        detail=f"from {desk.public_id('C', command.source)}, "
        f"{moved['contacts']} contacts, {moved['responses']} responses",
    )
    return desk.Merged(source=source, target=target, contacts=moved["contacts"], responses=moved["responses"])


DOERS: Doers = {desk.ConfirmCompany: _confirm, desk.MergeCompanies: _merge}
