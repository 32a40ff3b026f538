"""How far each contact has come with a form, as statements: what `storage.progress` adds up."""

from __future__ import annotations

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
)

from bot.domain.progress import STAGES
from storage.statements import Statement, any_of
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


# Whoever has a role, wherever they have it: looked up first, since joined they cost a look at every address.
HOLDERS = Statement(select(rights.c.channel, rights.c.person).distinct(), name="who has a role")
STAFF = Statement(
    select(addresses.c.contact_id).where(
        any_of((addresses.c.channel, addresses.c.person), "holders"), addresses.c.contact_id.is_not(None)
    ),
    name="contacts with a role",
)
_IS_STAFF = any_of(contacts.c.id, "staff")
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
_ENTERED_STAGE = func.coalesce(_OWN_INVITATION, case((contacts.c.company_id.in_(_INVITED_COMPANIES), _INVITED)))
_STAGE = case(
    (
        contacts.c.joined_at.is_not(None),
        case(
            (~contacts.c.admitted, _CONSENTED),
            else_=func.coalesce(_of_contact(_reached(_own)), _OF_COMPANY, _CONSENTED),
        ),
    ),
    else_=_ENTERED_STAGE,
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
        .where(~contacts.c.staff, contacts.c.merged_into.is_(None), ~_IS_STAFF)
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
# The same sum where no company answers together: those who joined are counted, and of them the responses are taken off,
# an index read instead of a look at each of many thousand contacts. -1: has joined.
_ENTRY = case((contacts.c.joined_at.is_not(None), literal_column("-1", Integer)), else_=_ENTERED_STAGE)
BY_ENTRY = Statement(
    select(_ENTRY, func.count())
    .where(~contacts.c.staff, contacts.c.merged_into.is_(None), ~_IS_STAFF)
    .group_by(_ENTRY),
    name="contacts by entry",
)
_APART = select(contacts.c.id).where(or_(contacts.c.staff, contacts.c.merged_into.is_not(None), ~contacts.c.admitted))
OWN_RESPONSES = Statement(
    select(_own.c.status, func.count())
    .where(_counts(_own, "contact"), _own.c.contact_id.not_in(_APART), ~any_of(_own.c.contact_id, "staff"))
    .group_by(_own.c.status),
    name="contacts' responses by status",
)
ANY_SHARED = Statement(select(_shared.c.id).where(_counts(_shared, "company")).limit(1), name="any shared response")
COMPANIES = Statement(select(_furthest.c.stage, func.count()).group_by(_furthest.c.stage), name="companies by stage")
BY_CHANNEL = Statement(
    select(_known.c.channel, _known.c.stage, func.count())
    .where(_known.c.stage.is_not(None))
    .group_by(_known.c.channel, _known.c.stage),
    name="contacts by channel",
)
_tagged = _standing(
    select(company_tags.c.value)
    .where(company_tags.c.company_id == contacts.c.company_id, company_tags.c.key == bindparam("key", type_=Text))
    .correlate(contacts)
    .scalar_subquery()
    .label("value")
)
BY_TAG = Statement(
    select(_tagged.c.value, _tagged.c.stage, func.count())
    .where(_tagged.c.stage.is_not(None))
    .group_by(_tagged.c.value, _tagged.c.stage),
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
        ~_IS_STAFF,
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
