"""An audience's rules as conditions on contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, func, literal_column, or_, select, true

from bot.domain.broadcasts.audience import Rule, by_kind, read_rules
from bot.domain.desk.words import read_id
from bot.domain.people import folded_company
from bot.domain.tags import tag_key
from bot.errors import UsageError
from storage.codec import load, to_micros
from storage.planning import PARTICIPANT, TAKES_PART
from storage.statements import Statement, Steps, one, rows
from storage.tables import (
    addresses,
    audiences,
    companies,
    company_tags,
    contacts,
    deliveries,
    form_versions,
    forms,
    responses,
    rights,
)

DEPTH = 5
"""How deep named audiences may refer to others."""

SHOWN = 12
"""Values of a tag that are named to whoever wrote another one."""

NAMED = Statement(select(audiences.c.rules).where(audiences.c.name == bindparam("name")), name="named audience")
ALL_NAMED = Statement(select(audiences.c.name, audiences.c.rules).order_by(audiences.c.name), name="named audiences")
FORM_NAMES = Statement(select(forms.c.name).order_by(forms.c.name), name="forms' names")
FORM_TITLES = Statement(
    select(forms.c.name, form_versions.c.title)
    .join_from(forms, form_versions, form_versions.c.form_id == forms.c.id)
    .where(forms.c.state == "open")
    .order_by(forms.c.name, form_versions.c.number),
    name="titles of open forms",
)
KNOWN_COMPANY = Statement(
    select(companies.c.id).where(
        or_(companies.c.folded == bindparam("folded"), companies.c.id == bindparam("number", type_=companies.c.id.type))
    ),
    name="company of a rule",
)

TAG_VALUES = Statement(
    select(company_tags.c.value)
    .where(company_tags.c.key == bindparam("key"))
    .distinct()
    .order_by(company_tags.c.value),
    name="values of a tag",
)


def listing() -> Steps[list[tuple[str, tuple[str, ...]]]]:
    """Return the named audiences and their rules."""
    return [(name, tuple(load(rules))) for name, rules in (yield from rows(ALL_NAMED))]


def form_titles() -> Steps[dict[str, dict[str, str]]]:
    """Return the titles of the open forms by language, by the forms' names."""
    return {name: load(title) for name, title in (yield from rows(FORM_TITLES))}


def resolved(texts: Sequence[str]) -> Steps[tuple[Rule, ...]]:
    """Read an audience's rules, named audiences put in their place, and see that what they name is there.

    Raises:
        UsageError: one of them is no rule, or names something that is not there.
    """
    found: list[Rule] = []
    for rule in (yield from _expanded(_read(texts), depth=0)):
        found += yield from _found(rule)
    return tuple(dict.fromkeys(found))


def _read(texts: Sequence[str]) -> tuple[Rule, ...]:
    try:
        return read_rules(texts)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _expanded(rules: Sequence[Rule], *, depth: int) -> Steps[tuple[Rule, ...]]:
    result: list[Rule] = []
    for rule in rules:
        if rule.kind != "saved":
            result.append(rule)
            continue
        if depth == DEPTH:
            raise UsageError(f"{rule}: named audiences refer to each other too deeply")
        row = yield from one(NAMED, name=rule.value)
        if row is None:
            names = [name for name, _ in (yield from listing())]
            raise UsageError(f"{rule}: there is no such audience; there is {', '.join(names) or 'none so far'}")
        inner = yield from _expanded(_read(load(row[0])), depth=depth + 1)
        if rule.negated and len(inner) != 1:
            raise UsageError(f"{rule}: only an audience of one rule can be left out")
        result += [replace(each, negated=not each.negated) for each in inner] if rule.negated else inner
    return tuple(dict.fromkeys(result))


def _found(rule: Rule) -> Steps[list[Rule]]:
    """Return a rule as what it names is spelt, where letter case leaves that open."""
    if rule.kind in ("form", "answer"):
        names = [row[0] for row in (yield from rows(FORM_NAMES))]
        if rule.value not in names:
            raise UsageError(f"{rule}: there is no such form; there is {', '.join(names) or 'none'}")
    if rule.kind == "company" and not (yield from rows(KNOWN_COMPANY, **_company_keys(rule.value))):
        raise UsageError(f"{rule}: there is no such company")
    if rule.kind == "tag":
        return (yield from _spelt(rule))
    return [rule]


def _spelt(rule: Rule) -> Steps[list[Rule]]:
    """Look for a tag's value here, since databases differ in which letters they know to be the same."""
    key = tag_key(rule.value) or rule.value
    values = [row[0] for row in (yield from rows(TAG_VALUES, key=key))]
    meant = [value for value in values if value.casefold() == rule.more.casefold()]
    if not meant and not rule.negated:
        there = ", ".join(values[:SHOWN]) + (" …" if len(values) > SHOWN else "")
        raise UsageError(f"{rule}: no company has that tag; of {key} there is {there or 'none'}")
    return [replace(rule, value=key, more=value) for value in meant]


def _company_keys(value: str) -> dict[str, Any]:
    try:
        number = read_id("C", value)
    except ValueError:
        number = 0
    return {"folded": folded_company(value), "number": number}


def people(rules: Sequence[Rule], *, now: datetime) -> Steps[list[tuple[int, int | None]]]:
    """Return whom the rules that SQL can tell leave: contacts and their companies, those who have not joined too."""
    named, _ = by_kind(rules)
    wished = [contacts.c.merged_into.is_(None), *conditions(rules, now=now)[1:]]
    if "role" not in named:
        wished.append(~contacts.c.staff)
    query = select(contacts.c.id, contacts.c.company_id).where(*wished)
    return [(row[0], row[1]) for row in (yield from rows(Statement(query, name="people of an audience")))]


def conditions(rules: Sequence[Rule], *, now: datetime) -> list[ColumnElement[bool]]:
    """Return what these rules ask of a contact; who may be in no audience is left out too. `answer` rules are asked
    elsewhere, of what these leave.
    """
    named, left_out = by_kind(rules)
    base = TAKES_PART if "role" in named else PARTICIPANT
    wanted = [
        or_(*(_condition(rule, now=now) for rule in of_kind)) for kind, of_kind in named.items() if kind != "answer"
    ]
    return [base, *wanted, *(~_condition(rule, now=now) for rule in left_out if rule.kind != "answer")]


def _condition(rule: Rule, *, now: datetime) -> ColumnElement[bool]:
    match rule.kind:
        case "company":
            keys = _company_keys(rule.value)
            which = select(companies.c.id).where(
                or_(companies.c.folded == keys["folded"], companies.c.id == literal_column(str(keys["number"])))
            )
            return and_(contacts.c.company_id.is_not(None), contacts.c.company_id.in_(which))
        case "tag":
            return exists().where(
                company_tags.c.company_id == contacts.c.company_id,
                company_tags.c.key == rule.value,
                company_tags.c.value == rule.more,
            )
        case "role":
            held = and_(rights.c.channel == addresses.c.channel, rights.c.person == addresses.c.person)
            whose = select(addresses.c.contact_id).join_from(addresses, rights, held)
            return contacts.c.id.in_(whose.where(rights.c.role == rule.value, addresses.c.contact_id.is_not(None)))
        case "language":
            return contacts.c.language == rule.value
        case "channel":
            return _address(addresses.c.channel == rule.value, addresses.c.reachable)
        case "form":
            return _of_form(rule)
        case "last" | "quiet_for":
            since: ColumnElement[int] = literal_column(str(to_micros(now - rule.span)))
            lately = _address(addresses.c.seen_at >= since)
            return ~lately if rule.kind == "quiet_for" else lately
        case "got" | "missed":
            states = ["sent"] if rule.kind == "got" else ["failed", "unknown"]
            return exists().where(
                deliveries.c.contact_id == contacts.c.id,
                deliveries.c.broadcast_id == literal_column(rule.value),
                deliveries.c.state.in_(states),
            )
        case "all":
            return true()
        case _:
            return false()


def _address(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(addresses.c.contact_id == contacts.c.id, addresses.c.kind == "private", *where)


def _of_form(rule: Rule) -> ColumnElement[bool]:
    """Ask for the response that counts: their own, or their company's."""
    form = select(forms.c.id).where(forms.c.name == rule.value).scalar_subquery()
    counts = [responses.c.form_id == form, responses.c.superseded_at.is_(None)]
    if rule.more == "submitted":
        counts.append(responses.c.status == "submitted")
    elif rule.more == "unfinished":
        counts.append(responses.c.status == "partial")
    if rule.version:
        version = select(form_versions.c.id).where(
            form_versions.c.form_id == form,
            or_(form_versions.c.version == rule.version, func.lower(form_versions.c.version) == rule.version.lower()),
        )
        counts.append(responses.c.form_version_id.in_(version))
    own = exists().where(responses.c.contact_id == contacts.c.id, responses.c.respondent == "contact", *counts)
    shared = exists().where(
        responses.c.company_id == contacts.c.company_id, responses.c.respondent == "company", *counts
    )
    answered = or_(own, and_(contacts.c.company_id.is_not(None), shared))
    return ~answered if rule.more == "never" else answered
