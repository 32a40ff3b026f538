"""Responses as reports see them, read a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, and_, bindparam, exists, func, or_, select, true

from bot.domain.desk import Missing, ReportedInstance, ReportedResponse
from bot.forms.model import Form, Value
from storage.codec import from_micros, maybe_moment, to_micros, value_of
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import addresses, answers, companies, contacts, repeat_instances, responses, rights

PAGE = 200
"""Responses in memory at once; with their answers a few hundred kilobytes."""

# Who joined as staff, and who took part first and was given a role later.
NOT_STAFF = and_(
    contacts.c.staff.is_not(true()),
    ~exists().where(
        addresses.c.contact_id == responses.c.contact_id,
        rights.c.channel == addresses.c.channel,
        rights.c.person == addresses.c.person,
    ),
)
# Since two contacts or companies became one, another response may count instead.
COUNTS = responses.c.superseded_at.is_(None)
# By id, which grows with time: every page is a range of the primary key, whatever came before it.
RESPONSES = Statement(
    select(
        responses.c.id,
        responses.c.form_version_id,
        responses.c.company_id,
        companies.c.name,
        responses.c.contact_id,
        contacts.c.name,
        responses.c.channel,
        responses.c.language,
        responses.c.status,
        responses.c.started_at,
        responses.c.submitted_at,
    )
    .select_from(
        responses.outerjoin(companies, companies.c.id == responses.c.company_id).outerjoin(
            contacts, contacts.c.id == responses.c.contact_id
        )
    )
    .where(
        any_of(responses.c.form_version_id, "versions"),
        responses.c.id > bindparam("after"),
        any_of(responses.c.status, "states"),
        COUNTS,
        or_(bindparam("staff", type_=Boolean), NOT_STAFF),
        or_(
            func.coalesce(responses.c.revised_at, responses.c.submitted_at, responses.c.started_at)
            >= bindparam("since", type_=responses.c.started_at.type),
            and_(
                responses.c.status == "partial",
                exists().where(
                    answers.c.response_id == responses.c.id,
                    answers.c.answered_at >= bindparam("since", type_=responses.c.started_at.type),
                ),
            ),
        ),
    )
    .order_by(responses.c.id)
    .limit(PAGE),
    name="responses of versions",
)
ANSWERS = Statement(
    select(answers.c.response_id, answers.c.instance, answers.c.path, answers.c.state, answers.c.value).where(
        any_of(answers.c.response_id, "responses"),
        answers.c.relevant.is_(true()),
        or_(answers.c.value.is_not(None), answers.c.state.in_(("skipped", "unknown"))),
    ),
    name="answers of responses",
)
INSTANCES = Statement(
    select(
        repeat_instances.c.response_id,
        repeat_instances.c.id,
        repeat_instances.c.path,
        repeat_instances.c.parent_id,
        repeat_instances.c.ordinal,
    ).where(any_of(repeat_instances.c.response_id, "responses")),
    name="instances of responses",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormVersions:
    """The versions of one form: compiled by number, and their numbers by id."""

    forms: Mapping[int, Form]
    numbers: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which responses are wanted. `only`: one response by id; `staff`: those of the team's people too."""

    partial: bool = False
    staff: bool = False
    since: datetime | None = None
    only: int | None = None


def read_page(chosen: FormVersions, selection: Selection, *, after: int) -> Steps[list[ReportedResponse]]:
    """Return the next responses after that id, with their answers."""
    found: list[Row] = yield from rows(
        RESPONSES,
        versions=list(chosen.numbers),
        after=after,
        staff=selection.staff,
        states=["partial", "submitted"] if selection.partial else ["submitted"],
        since=0 if selection.since is None else to_micros(selection.since),
    )
    given: dict[tuple[int, int], dict[str, Value]] = {}
    missing: dict[tuple[int, int], dict[str, Missing]] = {}
    asked = {
        row[0]: {question.path for question in chosen.forms[chosen.numbers[row[1]]].questions if question.asked}
        for row in found
    }
    for response, instance, path, state, value in (yield from rows(ANSWERS, responses=list(asked))):
        # What stands there from the start is an answer once the contact has passed it.
        if state == "default" and path in asked[response]:
            continue
        known = value_of(value)
        if known is not None and known not in ("", ()):
            given.setdefault((response, instance), {})[path] = known
        elif state in ("skipped", "unknown"):
            missing.setdefault((response, instance), {})[path] = state
    instances: dict[int, list[ReportedInstance]] = {}
    if any(group.repeats for form in chosen.forms.values() for group in form.groups):
        for row in (yield from rows(INSTANCES, responses=list(asked))):
            own = _instance(row, given=given.get((row[0], row[1]), {}), missing=missing.get((row[0], row[1]), {}))
            instances.setdefault(row[0], []).append(own)
    return [
        _reported(
            row,
            number=chosen.numbers[row[1]],
            given=given.get((row[0], 0), {}),
            missing=missing.get((row[0], 0), {}),
            instances=tuple(instances.get(row[0], ())),
        )
        for row in found
    ]


def _instance(row: Row, *, given: Mapping[str, Value], missing: Mapping[str, Missing]) -> ReportedInstance:
    return ReportedInstance(
        id=row[1], path=row[2], parent=row[3] or None, ordinal=row[4], answers=given, missing=missing
    )


def _reported(
    row: Row,
    *,
    number: int,
    given: Mapping[str, Value],
    missing: Mapping[str, Missing],
    instances: tuple[ReportedInstance, ...],
) -> ReportedResponse:
    return ReportedResponse(
        id=row[0],
        version=number,
        company_id=row[2],
        company=row[3] or "",
        contact_id=row[4],
        contact=row[5] or "",
        channel=row[6],
        language=row[7],
        status=row[8],
        started_at=from_micros(row[9]),
        submitted_at=maybe_moment(row[10]),
        answers=given,
        missing=missing,
        instances=instances,
    )
