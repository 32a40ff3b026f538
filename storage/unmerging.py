"""Two contacts that became one are two again: what a merge moved goes back, what came since stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, null, select, update

from storage.codec import load
from storage.merging import (
    DAY,
    FIELD_NAMES,
    FIELDS,
    OWN_AUTHORS,
    SET_COMPANY,
    SUPERSEDED,
    WALKS,
    WITHDRAWN,
    move,
    set_fields,
)
from storage.statements import Row, Statement, Steps, any_of, change, insert, many, one, rows
from storage.tables import answer_history, answers, companies, contacts, interviews, merges, responses

SHARED_ANSWERS_BACK = Statement(
    update(answers)
    .where(
        any_of((answers.c.response_id, answers.c.path, answers.c.instance), "keys"),
        answers.c.contact_id == bindparam("source"),
        answers.c.answered_at <= bindparam("until"),  # what they changed since is theirs
    )
    .values(contact_id=bindparam("target")),
    name="answers in shared responses go back",
)
SHARED_HISTORY_BACK = Statement(
    update(answer_history).where(any_of(answer_history.c.id, "numbers")).values(contact_id=bindparam("target")),
    name="history in shared responses goes back",
)
COMPANIES_THERE = Statement(select(companies.c.id).where(any_of(companies.c.id, "numbers")), name="companies there")
COMPANIES_MERGED = Statement(
    select(merges.c.gone, merges.c.kept)
    .where(merges.c.kind == "company", merges.c.state == "done", any_of(merges.c.gone, "numbers"))
    .order_by(merges.c.made_at),
    name="what companies became",
)
MERGED_AT_MOST = 8  # times in a row within the day of an undo
RESPONSES_THERE = Statement(select(responses.c.id).where(any_of(responses.c.id, "numbers")), name="responses there")
COUNTING = Statement(
    select(
        responses.c.contact_id, responses.c.form_id, responses.c.round, responses.c.id, responses.c.superseded_at
    ).where(any_of(responses.c.contact_id, "contacts")),
    name="which responses count",
)
STATE_BACK = Statement(
    update(interviews).where(interviews.c.id == bindparam("id_")).values(state=bindparam("state")),
    name="interview as it was",
)
WALK = insert(interviews)
BACK = Statement(
    update(contacts).where(contacts.c.id == bindparam("gone")).values(merged_into=null()), name="contact is back"
)
UNDONE = Statement(
    update(merges).where(merges.c.id == bindparam("id_")).values(state="undone", data="{}"), name="merge undone"
)
LATEST = Statement(
    select(merges.c.id, merges.c.kept, merges.c.gone, merges.c.data, merges.c.made_at)
    .where(
        merges.c.kind == "contact",
        merges.c.state == "done",
        merges.c.made_at > bindparam("after"),
        (merges.c.kept == bindparam("contact")) | (merges.c.gone == bindparam("contact")),
    )
    .order_by(merges.c.made_at.desc(), merges.c.id.desc())
    .limit(1),
    name="latest merge of a contact",
)


def latest(contact: int, *, now: int) -> Steps[Row | None]:
    """Return id, kept, gone, data and moment of the last merge of a contact that can still be undone."""
    return (yield from one(LATEST, contact=contact, after=now - DAY))


def undo(found: Row) -> Steps[None]:
    """Put back what a merge moved; what came since stays with the contact that was kept."""
    merged, kept, gone, text, made_at = found
    data = load(text)
    there = yield from _companies_now(_companies_in(data))
    yield from change(BACK, gone=gone)
    yield from move(data["moved"], source=kept, target=gone)
    for statement in OWN_AUTHORS.values():
        yield from change(statement, responses=data["moved"]["responses"], source=kept, target=gone)
    keys = [tuple(key) for key in data["shared_answers"]]
    yield from change(SHARED_ANSWERS_BACK, keys=keys, source=kept, target=gone, until=made_at)
    yield from change(SHARED_HISTORY_BACK, numbers=data["shared_history"], target=gone)
    yield from _counting_again(data, kept=kept, gone=gone)
    yield from _walking_again(data, kept=kept, gone=gone)
    yield from change(WITHDRAWN, numbers=data["withdrawn"], at=None)
    own = [
        {"id_": each, "company": there.get(company)}
        for each, company in data["company_of"]
        if company is None or company in there
    ]
    yield from many(SET_COMPANY, own)
    yield from _fields_again(data, kept=kept, companies_now=there)
    yield from change(UNDONE, id_=merged)


def _companies_in(data: Mapping[str, Any]) -> list[int]:
    numbers = {data["before"][0], data["after"][0], *(company for _, company in data["company_of"])}
    return sorted(number for number in numbers if number is not None)


def _companies_now(numbers: list[int]) -> Steps[dict[int, int]]:
    """Return what these companies are now: one that was merged meanwhile is the one that it became."""
    became = {number: number for number in numbers}
    for _ in range(MERGED_AT_MOST):
        there = {row[0] for row in (yield from rows(COMPANIES_THERE, numbers=sorted(set(became.values()))))}
        missing = sorted(set(became.values()) - there)
        if not missing:
            break
        merged: dict[int, int] = dict((yield from rows(COMPANIES_MERGED, numbers=missing)))
        became = {number: merged.get(now, now) for number, now in became.items() if now in there or now in merged}
    return became


def _fields_again(data: Mapping[str, Any], *, kept: int, companies_now: Mapping[int, int]) -> Steps[None]:
    """What was changed since the merge stays; of the rest the contact has what they had before."""
    row = yield from one(FIELDS, kept=kept)
    assert row is not None
    values = []
    for field, now, was, became in zip(FIELD_NAMES, row, data["before"], data["after"], strict=True):
        if field == "company_id":  # a company that was merged meanwhile is not one that somebody chose
            values.append(now if now != companies_now.get(became) else companies_now.get(was))
        else:
            values.append(now if now != became else was)
    yield from set_fields(kept, values)


def _counting_again(data: Mapping[str, Any], *, kept: int, gone: int) -> Steps[None]:
    found = yield from rows(COUNTING, contacts=[kept, gone])
    counting = {(contact, form, number) for contact, form, number, _, superseded_at in found if superseded_at is None}
    again = [
        response
        for contact, form, number, response, _ in found
        if response in data["superseded"] and (contact, form, number) not in counting
    ]
    yield from change(SUPERSEDED, numbers=again, at=None)


def _walking_again(data: Mapping[str, Any], *, kept: int, gone: int) -> Steps[None]:
    """Let the interviews that ended go on, unless another one was begun meanwhile."""
    found = yield from rows(WALKS, contacts=[kept, gone])
    there = {row[0] for row in (yield from rows(RESPONSES_THERE, numbers=[row[2] for row in data["dropped"]]))}
    busy = {row[1] for row in found if row[3] != "finished"}
    present = {row[0]: row for row in found}
    about = {(row[1], row[2]) for row in found}
    for number, _, _, state, _, _, touched_at in data["finished"]:
        row = present.get(number)
        if row is not None and row[3] == "finished" and row[6] == touched_at and row[1] not in busy:
            busy.add(row[1])
            yield from change(STATE_BACK, id_=number, state=state)
    for number, contact, response, state, position, tries, touched_at in data["dropped"]:
        if response not in there or (contact, response) in about:
            continue
        kept_state = "finished" if state != "finished" and contact in busy else state
        yield from change(
            WALK,
            id=number,
            contact_id=contact,
            response_id=response,
            state=kept_state,
            position=position,
            tries=tries,
            touched_at=touched_at,
        )
