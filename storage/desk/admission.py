"""Letting people in who ask to take part, and turning them away."""

from __future__ import annotations

from sqlalchemy import bindparam, false, select, true, update

from bot.domain import desk
from bot.errors import UsageError
from storage.desk.companies import company
from storage.desk.order import Doers, Order
from storage.erasure import LONELY_COMPANY_GONE, PLACES, erase
from storage.reminding import plan
from storage.statements import Statement, Steps, change, one, rows
from storage.tables import contacts

CONTACT = Statement(
    select(contacts.c.name, contacts.c.company_id, contacts.c.admitted).where(contacts.c.id == bindparam("contact")),
    name="contact to be admitted",
)
_WAITS = (contacts.c.id == bindparam("id_"), contacts.c.admitted == false(), contacts.c.merged_into.is_(None))
# Of two who decide in one instant the second one finds nobody who waits.
ADMITTED = Statement(update(contacts).where(*_WAITS).values(admitted=true()), name="contact admitted")
HELD = Statement(update(contacts).where(*_WAITS).values(admitted=false()), name="newcomer held")
BELONGS = Statement(
    update(contacts).where(contacts.c.id == bindparam("id_")).values(company_id=bindparam("company")),
    name="contact belongs",
)


def _known(number: int) -> Steps[tuple[str, int | None]]:
    found = yield from one(CONTACT, contact=number)
    if found is None:
        raise UsageError(
            f"there is no contact {desk.public_id('P', number)}; `hubtalk contacts list --waiting` shows who waits"
        )
    if found[2]:
        raise UsageError(f"{found[0] or 'this contact'} takes part already; nothing was changed")
    return str(found[0]), found[1]


def _late(name: str) -> UsageError:
    return UsageError(f"somebody else has just decided about {name or 'this contact'}; nothing was changed")


def _admit(order: Order, command: desk.AdmitContact) -> Steps[str]:
    name, before = yield from _known(command.contact)
    if command.company is not None:
        yield from company(command.company)
    if (yield from change(ADMITTED, id_=command.contact)) != 1:
        raise _late(name)
    detail = ""
    if command.company is not None and command.company != before:
        yield from change(BELONGS, id_=command.contact, company=command.company)
        if before is not None:  # the name that they had typed
            yield from change(LONELY_COMPANY_GONE, company=before)
        detail = desk.public_id("C", command.company)
    yield from plan(command.tells, now=order.now, number=order.number)
    yield from order.note("contact admitted", subject=desk.public_id("P", command.contact), detail=detail)
    return name


def _decline(order: Order, command: desk.DeclineContact) -> Steps[str]:
    name, _ = yield from _known(command.contact)
    if (yield from change(HELD, id_=command.contact)) != 1:
        raise _late(name)
    places = yield from rows(PLACES, contact=command.contact)
    yield from erase(
        command.contact,
        erasure=order.number(),
        now=order.now,
        person_hash=command.keyed(f"{places[0][0]}:{places[0][2]}") if places else "",
        keyed=command.keyed,
        number=order.number,
    )
    yield from plan(command.tells, now=order.now, number=order.number)
    yield from order.note("contact declined", subject=desk.public_id("P", command.contact))
    return name


DOERS: Doers = {desk.AdmitContact: _admit, desk.DeclineContact: _decline}
