"""What a broadcast would do if it were confirmed now: counted by the database, in a fixed number of statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    bindparam,
    case,
    distinct,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from bot.domain.broadcasts.audience import Rule, by_kind
from bot.domain.broadcasts.courtesy import Courtesy
from storage.audience import conditions
from storage.codec import from_micros, to_micros
from storage.planning import LANE, TAKES_PART, TWICE
from storage.statements import Statement, Steps, any_of, one, rows
from storage.tables import addresses, broadcasts, companies, contacts, deliveries

LONGEST_COMPANY = Statement(select(func.max(func.length(companies.c.name))), name="longest company's name")
_SINCE = bindparam("since", type_=BigInteger)


@dataclass(slots=True, kw_only=True)
class Counted:
    """Who is in an audience. goes: recipients by (channel, their language, zone); excluded: by reason."""

    goes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    companies: int = 0
    without_company: int = 0
    longest_name: int = 0
    longest_company: int = 0
    capped: int = 0
    capped_until: datetime | None = None


def count(
    rules: Sequence[Rule], *, now: datetime, courtesy: Courtesy, among: Sequence[int] | None = None
) -> Steps[Counted]:
    """Count an audience."""
    wished, parameters = _wished(rules, now=now, among=among)
    judged = _judged(wished)
    result = Counted()
    groups = select(judged.c.why, judged.c.lane, judged.c.language, judged.c.zone, func.count()).group_by(
        judged.c.why, judged.c.lane, judged.c.language, judged.c.zone
    )
    for why, lane, language, zone, many in (
        yield from rows(Statement(groups, name="audience by reason and channel"), **parameters)
    ):
        if why:
            result.excluded[why] += many
        else:
            result.goes[lane, language, zone] += many
    yield from _take_off_doubled(result, judged, parameters)
    measures = select(
        func.count(distinct(judged.c.company_id)),
        func.sum(case((judged.c.company_id.is_(None), 1), else_=0)),
        func.max(judged.c.name_length),
    )
    row = yield from one(Statement(measures.where(judged.c.why == ""), name="audience measured"), **parameters)
    if row is not None:
        result.companies, result.without_company, result.longest_name = (int(value or 0) for value in row)
    # Of all companies: looked up for each contact it would cost as much as all the rest.
    longest = yield from one(LONGEST_COMPANY)
    result.longest_company = int(longest[0] or 0) if longest is not None else 0
    if courtesy.most:
        yield from _count_capped(result, judged, parameters, now=now, courtesy=courtesy)
    return result


def sample(
    rules: Sequence[Rule], *, now: datetime, languages: Sequence[str], among: Sequence[int] | None = None
) -> Steps[dict[str, tuple[str, str]]]:
    """Return the name and company of somebody who would get it, by their language."""
    wished, parameters = _wished(rules, now=now, among=among)
    judged = _judged(wished)
    first = select(func.min(judged.c.id)).where(judged.c.why == "").group_by(judged.c.language)
    query = (
        select(contacts.c.language, contacts.c.name, companies.c.name)
        .select_from(contacts.outerjoin(companies, companies.c.id == contacts.c.company_id))
        .where(contacts.c.id.in_(first))
    )
    found = yield from rows(Statement(query, name="somebody of an audience"), **parameters)
    return {language: (name, company or "") for language, name, company in found if language in languages}


def _wished(
    rules: Sequence[Rule], *, now: datetime, among: Sequence[int] | None
) -> tuple[list[ColumnElement[bool]], dict[str, Any]]:
    """Return whom the rules name, those who cannot get it included."""
    named, _ = by_kind(rules)
    wished = [contacts.c.merged_into.is_(None), *conditions(rules, now=now)[1:]]
    if "role" not in named:
        wished.append(~contacts.c.staff)
    if among is not None:
        return [*wished, any_of(contacts.c.id, "among")], {"among": list(among)}
    return wished, {}


def _judged(wished: Sequence[ColumnElement[bool]]) -> Any:
    """Return each contact with the reason for which they get nothing, "" for none."""
    met = (
        select(
            contacts.c.id,
            contacts.c.company_id,
            contacts.c.language,
            contacts.c.zone,
            contacts.c.joined_at,
            contacts.c.admitted,
            contacts.c.pushes,
            contacts.c.mail,
            func.length(contacts.c.name).label("name_length"),
            case((TAKES_PART, LANE)).label("lane"),
        )
        .where(*wished)
        .limit(literal_column("100000000"))  # so that the database works it out once a contact
        .subquery("met")
    )
    known = exists().where(addresses.c.contact_id == met.c.id, addresses.c.kind == "private")
    why = case(
        (met.c.joined_at.is_(None), literal_column("'no_consent'")),
        (~met.c.admitted, literal_column("'waiting'")),
        (~met.c.pushes, literal_column("'opted_out'")),
        (met.c.lane.is_not(None), literal_column("''")),
        (known, literal_column("'blocked'")),
        else_=literal_column("'no_address'"),
    )
    return select(
        met.c.id,
        met.c.company_id,
        met.c.language,
        met.c.zone,
        met.c.mail,
        met.c.name_length,
        func.coalesce(met.c.lane, "").label("lane"),
        why.label("why"),
    ).subquery("judged")


def _take_off_doubled(result: Counted, judged: Any, parameters: dict[str, Any]) -> Steps[None]:
    """Count several contacts with one mail address once, as planning will."""
    mails = [row[0] for row in (yield from rows(TWICE))]
    if not mails:
        return
    last = select(func.max(addresses.c.seen_at)).where(addresses.c.contact_id == judged.c.id).scalar_subquery()
    query = (
        select(judged.c.mail, judged.c.lane, judged.c.language, judged.c.zone)
        .where(judged.c.why == "", any_of(judged.c.mail, "mails"))
        .order_by(judged.c.mail, last.desc(), judged.c.id.desc())
    )
    met: defaultdict[str, int] = defaultdict(int)
    statement = Statement(query, name="audience with one mail address")
    for mail, *group in (yield from rows(statement, mails=mails, **parameters)):
        met[mail] += 1
        if met[mail] > 1:
            result.goes[tuple(group)] -= 1
            result.excluded["same_person"] += 1


def _count_capped(
    result: Counted, judged: Any, parameters: dict[str, Any], *, now: datetime, courtesy: Courtesy
) -> Steps[None]:
    """Count whom the frequency cap holds back, and from when on the first of them gets it."""
    left_at = func.coalesce(deliveries.c.finished_at, deliveries.c.tried_at)
    lately = select(broadcasts.c.id).where(
        ~broadcasts.c.transactional,
        or_(broadcasts.c.state.in_(["running", "paused"]), broadcasts.c.finished_at > _SINCE),
    )
    # By the index of a contact's deliveries: were all gathered first, SQLite would, where contacts are named one by
    # one, go through them for each of those.
    first = (
        select(func.min(left_at))
        .where(
            deliveries.c.contact_id == judged.c.id,
            deliveries.c.broadcast_id.in_(lately),
            deliveries.c.state.in_(["sending", "sent", "unknown"]),
            left_at > _SINCE,
        )
        .group_by(deliveries.c.contact_id)
        .having(func.count() >= bindparam("most", type_=Integer))
        .scalar_subquery()
    )
    each = (
        select(first.label("first"))
        .where(judged.c.why == "")
        .limit(literal_column("100000000"))  # so that the database works it out once a contact
        .subquery("pushed")
    )
    query = select(func.count(each.c.first), func.min(each.c.first))
    since = to_micros(now - courtesy.within)
    statement = Statement(query, name="audience held back by the cap")
    row = yield from one(statement, since=since, most=courtesy.most, **parameters)
    if row is not None and row[0]:
        result.capped, result.capped_until = int(row[0]), from_micros(int(row[1])) + courtesy.within
