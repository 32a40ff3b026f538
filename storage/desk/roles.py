"""Granting and revoking roles."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, func, select

from bot.domain import desk
from bot.domain.messages import Address
from bot.errors import UsageError
from storage.desk.order import Doers, Order
from storage.rights import HELD, admins_besides, places_of, revoke_team_codes
from storage.statements import Statement, Steps, change, insert, one, rows
from storage.tables import rights

RIGHT = insert(rights)
_THIS_RIGHT = and_(*(rights.c[name] == bindparam(name) for name in ("channel", "person", "role")))
RIGHT_GONE = Statement(delete(rights).where(_THIS_RIGHT), name="right gone")
ADMINS = Statement(select(func.count()).select_from(rights).where(rights.c.role == "admin"), name="count admins")


def _grant(order: Order, command: desk.GrantRole) -> Steps[bool]:
    channel, person = command.person.channel, command.person.chat
    contact, persons = yield from places_of(channel, person)
    if (yield from rows(HELD, role=command.role, persons=sorted(persons))):
        return False
    yield from change(
        RIGHT,
        channel=channel,
        person=person,
        role=command.role,
        source=command.source,
        granted_by=order.actor,
        granted_at=order.now,
    )
    yield from order.note("role granted", subject=_subject(command.person, contact), detail=command.role)
    return True


def _revoke(order: Order, command: desk.RevokeRole) -> Steps[desk.Revoked]:
    contact, persons = yield from places_of(command.person.channel, command.person.chat)
    held = yield from rows(HELD, role=command.role, persons=sorted(persons))
    if not held:
        raise UsageError(f"{command.person} is no {command.role}; `hubtalk roles list` shows who is")
    if any(source == "settings" for _, _, source in held):
        raise UsageError(f"{command.person} is an admin by HUBTALK_ADMINS; take the address out of that setting")
    if command.role == "admin":
        left = yield from admins_besides(persons)
        # Who waited for another admin's order may find that it was about the same role.
        if not (yield from rows(HELD, role=command.role, persons=sorted(persons))):
            raise UsageError(f"{command.person} is no {command.role} any more")
    else:
        left = int(((yield from one(ADMINS)) or (0,))[0])
    for channel, person, _ in held:
        yield from change(RIGHT_GONE, channel=channel, person=person, role=command.role)
    yield from order.note("role revoked", subject=_subject(command.person, contact), detail=command.role)
    if contact is not None and command.role == "admin":
        codes = yield from revoke_team_codes(contact, now=order.now)
        if codes:
            yield from order.note("invitations revoked", subject=_subject(command.person, contact), detail=str(codes))
    return desk.Revoked(admins_left=left)


def _subject(person: Address, contact: int | None) -> str:
    """Name a contact by an id, which says nothing once they are erased; somebody who has not come yet by address."""
    return str(person) if contact is None else desk.public_id("P", contact)


DOERS: Doers = {desk.GrantRole: _grant, desk.RevokeRole: _revoke}
