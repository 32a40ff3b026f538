"""Gives audiences names, and forgets them."""

from __future__ import annotations

from sqlalchemy import bindparam, delete

from bot.domain import desk
from bot.domain.people import clean_name
from bot.errors import UsageError
from storage.audience import resolved
from storage.codec import dump
from storage.desk.order import Doers, Order
from storage.statements import Statement, Steps, change, many, upsert
from storage.tables import audiences

LONGEST_NAME = 60

SAVED = upsert(audiences, keys=("name",), set_=("rules", "created_by", "created_at"))
DROPPED = Statement(delete(audiences).where(audiences.c.name == bindparam("name_")), name="named audience gone")


def _save(order: Order, command: desk.SaveAudience) -> Steps[None]:
    name = clean_name(command.name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise UsageError(f"the name of an audience has between 1 and {LONGEST_NAME} characters")
    rules = yield from resolved(command.rules)
    written = dump([str(rule) for rule in rules])
    row = {"name": name, "rules": written, "created_by": order.actor, "created_at": order.now}
    yield from many(SAVED, [row])
    yield from order.note("audience saved", subject=f"audience {name}")


def _drop(order: Order, command: desk.DropAudience) -> Steps[None]:
    if not (yield from change(DROPPED, name_=command.name)):
        raise UsageError(f"there is no audience {command.name}")
    yield from order.note("audience dropped", subject=f"audience {command.name}")


DOERS: Doers = {desk.SaveAudience: _save, desk.DropAudience: _drop}
