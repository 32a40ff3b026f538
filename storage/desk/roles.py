"""Granting and revoking roles."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, func, select

from bot.domain import desk
from bot.errors import UsageError
from storage.desk.order import Doers, Order
from storage.statements import Statement, Steps, change, insert, one
from storage.tables import rights

RIGHT = insert(rights)
_THIS_RIGHT = and_(*(rights.c[name] == bindparam(name) for name in ("channel", "person", "role")))
ONE_RIGHT = Statement(select(rights.c.source).where(_THIS_RIGHT), name="one right")
RIGHT_GONE = Statement(delete(rights).where(_THIS_RIGHT), name="right gone")
ADMINS = Statement(select(func.count()).select_from(rights).where(rights.c.role == "admin"), name="count admins")


def _grant(order: Order, command: desk.GrantRole) -> Steps[bool]:
    person = {"channel": command.person.channel, "person": command.person.chat, "role": command.role}
    if (yield from one(ONE_RIGHT, **person)) is not None:
        return False
    yield from change(RIGHT, **person, source="command", granted_by=order.actor, granted_at=order.now)
    yield from order.note("role granted", subject=str(command.person), detail=command.role)
    return True


def _revoke(order: Order, command: desk.RevokeRole) -> Steps[desk.Revoked]:
    person = {"channel": command.person.channel, "person": command.person.chat, "role": command.role}
    found = yield from one(ONE_RIGHT, **person)
    if found is None:
        raise UsageError(f"{command.person} is no {command.role}; `hubtalk roles list` shows who is")
    if found[0] == "settings":
        raise UsageError(f"{command.person} is an admin by HUBTALK_ADMINS; take the address out of that setting")
    yield from change(RIGHT_GONE, **person)
    yield from order.note("role revoked", subject=str(command.person), detail=command.role)
    left = yield from one(ADMINS)
    return desk.Revoked(admins_left=int(left[0]) if left else 0)


DOERS: Doers = {desk.GrantRole: _grant, desk.RevokeRole: _revoke}
