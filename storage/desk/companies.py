"""Confirming companies, their tags and notes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select, update

from bot.domain import desk
from bot.domain.listed import TAGS_A_COMPANY
from bot.errors import UsageError
from storage.desk.order import Doers, Order
from storage.statements import Statement, Steps, change, insert, many, one, rows, upsert
from storage.tables import companies, company_tags

COMPANY = Statement(
    select(companies.c.name, companies.c.state).where(companies.c.id == bindparam("company")), name="company"
)
NEW_COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
CONFIRM = Statement(
    update(companies).where(companies.c.id == bindparam("company")).values(state="confirmed"), name="confirm company"
)
NOTE = Statement(
    update(companies).where(companies.c.id == bindparam("company")).values(note=bindparam("note")), name="note company"
)
TAGS = Statement(
    select(company_tags.c.key, company_tags.c.value)
    .where(company_tags.c.company_id == bindparam("company"))
    .order_by(company_tags.c.key),
    name="tags of company",
)
TAG = upsert(company_tags, keys=("company_id", "key"), set_=("value",))
TAG_GONE = Statement(
    delete(company_tags).where(
        company_tags.c.company_id == bindparam("company"), company_tags.c.key == bindparam("key_")
    ),
    name="tag gone",
)


def company(number: int) -> Steps[tuple[str, str]]:
    """Return a company's name and state.

    Raises:
        UsageError: there is none of that id.
    """
    found = yield from one(COMPANY, company=number)
    if found is None:
        raise UsageError(f"there is no company {desk.public_id('C', number)}; `hubtalk companies list` shows their ids")
    return str(found[0]), str(found[1])


def _confirm(order: Order, command: desk.ConfirmCompany) -> Steps[str]:
    name, _ = yield from company(command.company)
    yield from change(CONFIRM, company=command.company)
    yield from order.note("company confirmed", subject=desk.public_id("C", command.company))
    return name


def _note(order: Order, command: desk.NoteCompany) -> Steps[str]:
    name, _ = yield from company(command.company)
    yield from change(NOTE, company=command.company, note=command.note)
    yield from order.note("company noted", subject=desk.public_id("C", command.company))
    return name


def _tag(order: Order, command: desk.TagCompany) -> Steps[Mapping[str, str]]:
    yield from company(command.company)
    for key in command.remove:
        yield from change(TAG_GONE, company=command.company, key_=key)
    new = [{"company_id": command.company, "key": key, "value": value} for key, value in command.tags.items()]
    yield from many(TAG, new)
    tags: dict[str, str] = dict((yield from rows(TAGS, company=command.company)))
    if len(tags) > TAGS_A_COMPANY:
        raise UsageError(f"a company has at most {TAGS_A_COMPANY} tags")
    detail = " ".join([*command.tags, *(f"-{key}" for key in command.remove)])
    yield from order.note("company tagged", subject=desk.public_id("C", command.company), detail=detail)
    return tags


DOERS: Doers = {desk.ConfirmCompany: _confirm, desk.NoteCompany: _note, desk.TagCompany: _tag}
