"""The figures of a form's progress. One look at each contact says how far they have come; the rest is adding up.

Answers and their history are never read: where a response stands is in `responses` and `interviews`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from bot.domain.interviews import END
from bot.domain.progress import STAGES, STALLED_AFTER, Absentee, By, Counts, FormShown, Group, Overview, Stall
from bot.errors import UsageError
from bot.forms.model import Form
from storage.codec import from_micros, load, to_micros
from storage.statements import Row, Statement, Steps, any_of, one, rows
from storage.tables import (
    addresses,
    companies,
    company_tags,
    contacts,
    form_versions,
    forms,
    interviews,
    invitations,
    responses,
    rights,
)

_NOW = bindparam("now", type_=BigInteger)
_FORM = bindparam("form", type_=BigInteger)
_INVITED, _OPENED, _CONSENTED, _STARTED, _SUBMITTED = (
    literal_column(str(place), Integer) for place in range(len(STAGES))
)


_STAFF = select(addresses.c.contact_id).where(
    tuple_(addresses.c.channel, addresses.c.person).in_(select(rights.c.channel, rights.c.person)),
    addresses.c.contact_id.is_not(None),
)
_ALIVE = and_(
    invitations.c.revoked_at.is_(None), or_(invitations.c.expires_at.is_(None), invitations.c.expires_at > _NOW)
)
_OWN_INVITATION = (
    select(func.max(case((invitations.c.opened > 0, _OPENED), (_ALIVE, _INVITED))))
    .where(invitations.c.contact_id == contacts.c.id)
    .correlate(contacts)
    .scalar_subquery()
)
_INVITED_COMPANIES = select(invitations.c.company_id).where(
    invitations.c.company_id.is_not(None), invitations.c.contact_id.is_(None), or_(invitations.c.opened > 0, _ALIVE)
)
_own, _shared = responses.alias("own"), responses.alias("shared")


def _counts(response: Any, respondent: str) -> Any:
    """Say that it is the one response that counts: of this form, not superseded. The index is unique on these."""
    return and_(
        response.c.form_id == _FORM,
        response.c.superseded_at.is_(None),
        response.c.respondent == respondent,
        response.c.round == literal_column("1"),
    )


def _of_contact(column: Any) -> Any:
    # Looked up for each, never joined: without statistics (just after an import) PostgreSQL would join in a loop.
    return (
        select(column)
        .where(_own.c.contact_id == contacts.c.id, _counts(_own, "contact"))
        .correlate(contacts)
        .scalar_subquery()
    )


def _reached(response: Any) -> Any:
    return case((response.c.status == "submitted", _SUBMITTED), else_=_STARTED)


_OF_COMPANY = (
    select(_reached(_shared))
    .where(_shared.c.company_id == contacts.c.company_id, _counts(_shared, "company"))
    .correlate(contacts)
    .scalar_subquery()
)
_STAGE = case(
    (
        contacts.c.joined_at.is_not(None),
        case(
            (~contacts.c.admitted, _CONSENTED),
            else_=func.coalesce(_of_contact(_reached(_own)), _OF_COMPANY, _CONSENTED),
        ),
    ),
    else_=func.coalesce(_OWN_INVITATION, case((contacts.c.company_id.in_(_INVITED_COMPANIES), _INVITED))),
)
_LAST_CHANNEL = (
    select(addresses.c.channel)
    .where(addresses.c.contact_id == contacts.c.id)
    .order_by(addresses.c.seen_at.desc(), addresses.c.id)
    .limit(literal_column("1"))
    .correlate(contacts)
    .scalar_subquery()
)


def _standing(*more: Any) -> Any:
    """Return every contact who counts, with the stage they have reached (NULL: entered, and not invited yet)."""
    return (
        select(contacts.c.id, contacts.c.company_id, _STAGE.label("stage"), *more)
        .where(~contacts.c.staff, contacts.c.merged_into.is_(None), contacts.c.id.not_in(_STAFF))
        .subquery("standing")
    )


_all = _standing()
_known = _standing(func.coalesce(_of_contact(_own.c.channel), _LAST_CHANNEL).label("channel"))
_furthest = (
    select(func.max(_all.c.stage).label("stage"))
    .where(_all.c.company_id.is_not(None))
    .group_by(_all.c.company_id)
    .subquery()
)
CONTACTS = Statement(select(_all.c.stage, func.count()).group_by(_all.c.stage), name="contacts by stage")
COMPANIES = Statement(select(_furthest.c.stage, func.count()).group_by(_furthest.c.stage), name="companies by stage")
BY_CHANNEL = Statement(
    select(_known.c.channel, _known.c.stage, func.count())
    .where(_known.c.stage.is_not(None))
    .group_by(_known.c.channel, _known.c.stage),
    name="contacts by channel",
)
BY_TAG = Statement(
    select(company_tags.c.value, _all.c.stage, func.count())
    .select_from(
        _all.outerjoin(
            company_tags,
            and_(company_tags.c.company_id == _all.c.company_id, company_tags.c.key == bindparam("key", type_=Text)),
        )
    )
    .where(_all.c.stage.is_not(None))
    .group_by(company_tags.c.value, _all.c.stage),
    name="contacts by tag",
)
_by_company = (
    select(_all.c.company_id, _all.c.stage, func.count())
    .where(_all.c.stage.is_not(None))
    .group_by(_all.c.company_id, _all.c.stage)
)
BY_COMPANY = Statement(_by_company, name="contacts by company")
OF_COMPANIES = Statement(_by_company.where(any_of(_all.c.company_id, "companies")), name="contacts of companies")
COMPANY_PAGE = Statement(
    select(companies.c.id, companies.c.name)
    .order_by(companies.c.folded, companies.c.id)
    .limit(bindparam("many", type_=Integer))
    .offset(bindparam("before", type_=Integer)),
    name="page of companies",
)
COUNT_COMPANIES = Statement(select(func.count()).select_from(companies), name="count companies")
NAMES = Statement(select(companies.c.id, companies.c.name).where(any_of(companies.c.id, "companies")), name="names")
# Who has come furthest first: they are the nearest to the end.
MISSING = Statement(
    select(_all.c.id, _all.c.stage)
    .where(_all.c.stage < _SUBMITTED)
    .order_by(_all.c.stage.desc(), _all.c.id)
    .limit(bindparam("many", type_=Integer))
    .offset(bindparam("before", type_=Integer)),
    name="who is missing",
)
_SINCE = func.coalesce(
    select(func.max(interviews.c.touched_at))
    .select_from(interviews.join(responses, responses.c.id == interviews.c.response_id))
    .where(interviews.c.contact_id == contacts.c.id, responses.c.form_id == _FORM, responses.c.superseded_at.is_(None))
    .correlate(contacts)
    .scalar_subquery(),
    contacts.c.joined_at,
    select(func.max(func.coalesce(invitations.c.opened_at, invitations.c.created_at)))
    .where(invitations.c.contact_id == contacts.c.id)
    .correlate(contacts)
    .scalar_subquery(),
    contacts.c.created_at,
)
ABSENTEES = Statement(
    select(contacts.c.id, contacts.c.name, companies.c.name, _SINCE)
    .select_from(contacts.outerjoin(companies, companies.c.id == contacts.c.company_id))
    .where(any_of(contacts.c.id, "contacts")),
    name="absentees",
)
_fresher = interviews.alias("fresher")
STALLED = Statement(
    select(interviews.c.position, func.count())
    .select_from(
        responses.join(interviews, interviews.c.response_id == responses.c.id).join(
            contacts, contacts.c.id == interviews.c.contact_id
        )
    )
    .where(
        responses.c.form_id == _FORM,
        responses.c.status == "partial",
        responses.c.superseded_at.is_(None),
        responses.c.round == literal_column("1"),
        interviews.c.touched_at < bindparam("since", type_=BigInteger),
        ~contacts.c.staff,
        contacts.c.admitted,
        contacts.c.merged_into.is_(None),
        contacts.c.id.not_in(_STAFF),
        # Of a company's response, the colleague counts who was there last.
        or_(
            responses.c.respondent == "contact",
            ~exists().where(
                _fresher.c.response_id == responses.c.id,
                or_(
                    _fresher.c.touched_at > interviews.c.touched_at,
                    and_(_fresher.c.touched_at == interviews.c.touched_at, _fresher.c.id > interviews.c.id),
                ),
            ),
        ),
    )
    .group_by(interviews.c.position),
    name="stalled responses",
)
TAGS = Statement(select(company_tags.c.key).distinct().order_by(company_tags.c.key), name="keys of tags")
_NEWEST = (
    select(form_versions.c.form_id, func.max(form_versions.c.number).label("number"))
    .group_by(form_versions.c.form_id)
    .subquery()
)
FORMS = Statement(
    select(forms.c.id, form_versions.c.id, forms.c.name, form_versions.c.title, forms.c.state)
    .select_from(
        forms.join(_NEWEST, _NEWEST.c.form_id == forms.c.id).join(
            form_versions,
            and_(form_versions.c.form_id == _NEWEST.c.form_id, form_versions.c.number == _NEWEST.c.number),
        )
    )
    .where(forms.c.state != "draft")
    .order_by(case((forms.c.state == "open", literal_column("0")), else_=literal_column("1")),
              forms.c.created_at.desc(), forms.c.id.desc()),
    name="forms, the newest open one first",
)  # fmt: skip


def find_form(name: str) -> Steps[FormShown]:
    """Return a form that was ever open; without a name the newest open one.

    Raises:
        UsageError: there is none.
    """
    found = yield from rows(FORMS)
    chosen = next((row for row in found if not name or row[2] == name), None)
    if chosen is None:
        called = f"there is no form {name!r}" if name else "there is no form yet"
        raise UsageError(f"{called}; `hubtalk forms list` names those there are")
    shown = tuple((row[2], load(row[3]), row[4]) for row in found)
    form, version, called, title, state = chosen
    return FormShown(id=form, version=version, name=called, title=load(title), state=state, all=shown)


def counts(form: FormShown, *, now: datetime) -> Steps[tuple[Counts, int]]:
    """Return the counts of contacts, and how many entered contacts are not invited yet."""
    found: dict[int | None, int] = dict((yield from rows(CONTACTS, form=form.id, now=to_micros(now))))
    waiting = int(found.get(None, 0))
    return Counts.adding_up(_known_stages(found)), waiting


def company_counts(form: FormShown, *, now: datetime) -> Steps[Counts]:
    """Return how many companies came how far: as far as the contact of theirs who came furthest."""
    found: dict[int | None, int] = dict((yield from rows(COMPANIES, form=form.id, now=to_micros(now))))
    return Counts.adding_up(_known_stages(found))


def _known_stages(found: Mapping[int | None, int]) -> dict[int, int]:
    return {stage: count for stage, count in found.items() if stage is not None}


def company_page(form: FormShown, *, now: datetime, many: int, before: int) -> Steps[tuple[tuple[Group, ...], int]]:
    """Return the counts of some companies in the order of their names, and how many companies there are."""
    total = (yield from one(COUNT_COMPANIES)) or (0,)
    page = yield from rows(COMPANY_PAGE, many=many, before=before)
    found = yield from rows(OF_COMPANIES, form=form.id, now=to_micros(now), companies=[row[0] for row in page])
    standing: dict[int, dict[int, int]] = {}
    for company, stage, count in found:
        standing.setdefault(company, {})[stage] = count
    groups_ = tuple(Group(name=name, counts=Counts.adding_up(standing.get(number, {}))) for number, name in page)
    return groups_, int(total[0])


def stalled(form: FormShown, compiled: Form | None, *, now: datetime) -> Steps[tuple[Stall, ...]]:
    """Return at which questions responses stand still, those with the most first."""
    by_path: dict[str, int] = {}
    since = to_micros(now - STALLED_AFTER)
    for position, count in (yield from rows(STALLED, form=form.id, since=since)):
        path = "" if position in ("", END) else position.partition("@")[0]
        by_path[path] = by_path.get(path, 0) + count
    labels = {} if compiled is None else {question.path: question.label for question in compiled.questions}
    order = sorted(by_path.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Stall(path=path, label=labels.get(path, {}), responses=count) for path, count in order)


def groups(form: FormShown, by: By, key: str, *, now: datetime) -> Steps[tuple[Group, ...]]:
    """Return the counts a company, value of a tag or channel, those with the most invited first."""
    moment = to_micros(now)
    match by:
        case "company":
            found = yield from rows(BY_COMPANY, form=form.id, now=moment)
            found = yield from _with_names(found)
        case "tag":
            found = yield from rows(BY_TAG, form=form.id, now=moment, key=key)
        case "channel":
            found = yield from rows(BY_CHANNEL, form=form.id, now=moment)
    standing: dict[Any, dict[int, int]] = {}
    for name, stage, count in found:
        standing.setdefault(name or "", {})[stage] = count
    made = [Group(name=_name(name), counts=Counts.adding_up(each)) for name, each in standing.items()]
    return tuple(sorted(made, key=lambda group: (-group.counts.invited, group.name)))


def _name(name: Any) -> str:
    """Two companies of one name are two groups: what tells them apart here is their id."""
    return name[0] if isinstance(name, tuple) else str(name)


def _with_names(found: Sequence[Row]) -> Steps[list[Row]]:
    ids = sorted({row[0] for row in found if row[0] is not None})
    names: dict[int, str] = dict((yield from rows(NAMES, companies=ids)))
    return [((names.get(number, ""), number) if number is not None else "", *rest) for number, *rest in found]


def tags() -> Steps[tuple[str, ...]]:
    """Return what companies are tagged by."""
    return tuple(row[0] for row in (yield from rows(TAGS)))


def missing(form: FormShown, *, now: datetime, many: int, before: int = 0) -> Steps[tuple[Absentee, ...]]:
    """Return people who are invited and have not submitted, `many` of them after the first `before`."""
    found = yield from rows(MISSING, form=form.id, now=to_micros(now), many=many, before=before)
    details = {row[0]: row for row in (yield from rows(ABSENTEES, form=form.id, contacts=[row[0] for row in found]))}
    return tuple(
        Absentee(
            contact=number,
            name=details[number][1],
            company=details[number][2] or "",
            stage=STAGES[stage],
            since=from_micros(details[number][3]),
        )
        for number, stage in found
    )


def overview(form: FormShown, compiled: Form | None, *, now: datetime) -> Steps[Overview]:
    """Return all that one message says of a form's progress."""
    found, waiting = yield from counts(form, now=now)
    standing_still = yield from stalled(form, compiled, now=now)
    return Overview(form=form, counts=found, waiting=waiting, stalled=standing_still, tags=(yield from tags()))
