"""Two companies become one, and for a day two again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, null, or_, select, update

from bot.domain import desk
from bot.domain.people import CompanyId
from bot.errors import UsageError
from storage.codec import dump, from_micros, load
from storage.desk.companies import TAG, TAG_GONE, TAGS, company
from storage.desk.order import Doers, Order
from storage.reported import COUNTS
from storage.statements import Statement, Steps, any_of, change, insert, lock_rows, many, one, rows
from storage.tables import (
    answers,
    companies,
    contacts,
    form_versions,
    forms,
    interviews,
    invitations,
    merges,
    responses,
)

_TEXTS = ("town", "domain", "note")
BOTH = Statement(
    lock_rows(
        select(
            companies.c.id,
            companies.c.name,
            companies.c.folded,
            companies.c.state,
            companies.c.created_at,
            companies.c.town,
            companies.c.domain,
            companies.c.note,
        )
        .where(any_of(companies.c.id, "companies"))
        .order_by(companies.c.id)
    ),
    name="two companies",
)
_MOVED = {"contacts": contacts, "responses": responses, "invitations": invitations}
THEIRS = {
    name: Statement(select(table.c.id).where(table.c.company_id == bindparam("company")), name=f"{name} of company")
    for name, table in _MOVED.items()
}
MOVE = {
    name: Statement(
        update(table)
        .where(any_of(table.c.id, "ids"), table.c.company_id == bindparam("source"))
        .values(company_id=bindparam("target")),
        name=f"move {name}",
    )
    for name, table in _MOVED.items()
}
MOVE_BEGUN_SINCE = Statement(
    update(responses)
    .where(
        any_of(responses.c.contact_id, "contacts"),
        responses.c.company_id == bindparam("source"),
        responses.c.respondent == "contact",
    )
    .values(company_id=bindparam("target")),
    name="move what was begun since",
)
FILL = Statement(
    update(companies)
    .where(companies.c.id == bindparam("company"))
    .values(town=bindparam("town"), domain=bindparam("domain"), note=bindparam("note")),
    name="join companies",
)
GONE = Statement(delete(companies).where(companies.c.id == bindparam("company")), name="company gone")
BACK = insert(companies, ("id", "name", "folded", "town", "domain", "note", "state", "created_at"), name="company back")
_CHANGED = func.coalesce(func.max(answers.c.answered_at), responses.c.started_at)
_NEWEST = (
    select(form_versions.c.form_id, func.max(form_versions.c.number).label("number"))
    .group_by(form_versions.c.form_id)
    .subquery()
)
SHARED = Statement(
    select(
        responses.c.company_id,
        responses.c.form_id,
        responses.c.round,
        forms.c.name,
        form_versions.c.title,
        responses.c.id,
        responses.c.status,
        func.count(answers.c.path),
        _CHANGED,
    )
    .select_from(
        responses.join(forms, forms.c.id == responses.c.form_id)
        .join(_NEWEST, _NEWEST.c.form_id == forms.c.id)
        .join(
            form_versions,
            and_(form_versions.c.form_id == _NEWEST.c.form_id, form_versions.c.number == _NEWEST.c.number),
        )
        .outerjoin(
            answers,
            and_(answers.c.response_id == responses.c.id, answers.c.relevant.is_(True), answers.c.state == "given"),
        )
    )
    .where(any_of(responses.c.company_id, "companies"), responses.c.respondent == "company", COUNTS)
    .group_by(
        responses.c.company_id,
        responses.c.form_id,
        responses.c.round,
        forms.c.name,
        form_versions.c.title,
        responses.c.id,
        responses.c.status,
        responses.c.started_at,
    )
    .order_by(forms.c.name, responses.c.round),
    name="companies' own responses",
)
SUPERSEDE = Statement(
    update(responses).where(any_of(responses.c.id, "responses")).values(superseded_at=bindparam("now")),
    name="supersede responses",
)
COUNT_AGAIN = Statement(
    update(responses).where(any_of(responses.c.id, "responses")).values(superseded_at=null()), name="count again"
)
RUNNING = Statement(
    select(interviews.c.id).where(any_of(interviews.c.response_id, "responses"), interviews.c.state != "finished"),
    name="running interviews",
)
END = Statement(
    update(interviews).where(any_of(interviews.c.id, "interviews")).values(state="finished"), name="end interviews"
)
_OTHER = interviews.alias("other")
RESUME = Statement(
    update(interviews)
    .where(
        any_of(interviews.c.id, "interviews"),
        ~select(_OTHER.c.id)
        .where(_OTHER.c.contact_id == interviews.c.contact_id, _OTHER.c.state != "finished")
        .correlate(interviews)
        .exists(),
    )
    .values(state="paused"),
    name="resume interviews",
)
# Who is no colleague any more sees nothing of the company's response; that they had a part in it remains known, so that
# they find and can have forgotten what they said there.
STRANGERS_OUT = Statement(
    update(interviews)
    .where(
        interviews.c.response_id.in_(
            select(responses.c.id).where(
                responses.c.respondent == "company", responses.c.company_id == bindparam("company")
            )
        ),
        interviews.c.contact_id.in_(
            select(contacts.c.id).where(
                or_(contacts.c.company_id.is_(None), contacts.c.company_id != bindparam("company"))
            )
        ),
        interviews.c.state != "finished",
    )
    .values(state="finished"),
    name="strangers out of a company's response",
)
MERGE = insert(merges)
LAST_MERGE = Statement(
    lock_rows(
        select(merges.c.id, merges.c.kept, merges.c.gone, merges.c.data, merges.c.made_at)
        .where(
            merges.c.kind == "company",
            merges.c.state == "done",
            or_(merges.c.kept == bindparam("company"), merges.c.gone == bindparam("company")),
        )
        .order_by(merges.c.made_at.desc(), merges.c.id.desc())
        .limit(1)
    ),
    name="last merge of company",
)
UNDONE = Statement(update(merges).where(merges.c.id == bindparam("id_")).values(state="undone"), name="merge undone")
_DAY = int(desk.UNDO_WITHIN.total_seconds() * 1_000_000)


def shared(numbers: Sequence[int]) -> Steps[list[tuple[Any, ...]]]:
    """Return companies' own responses, for `collide`."""
    return (yield from rows(SHARED, companies=list(numbers)))


def collide(own: Sequence[tuple[Any, ...]], source: int, target: int) -> list[desk.Collision]:
    """Return where both companies have a response of their own, of which one can count."""
    found: dict[tuple[int, int], dict[int, tuple[Any, ...]]] = {}
    for row in own:
        found.setdefault((row[1], row[2]), {})[row[0]] = row
    return [
        desk.Collision(
            form=both[source][3],
            title=load(both[source][4]),
            source=_shared(both[source]),
            target=_shared(both[target]),
        )
        for both in found.values()
        if source in both and target in both
    ]


def _shared(row: tuple[Any, ...]) -> desk.SharedResponse:
    return desk.SharedResponse(id=row[5], status=row[6], answers=row[7], changed_at=from_micros(row[8]))


def _merge(order: Order, command: desk.MergeCompanies) -> Steps[desk.Merged]:
    source, target = yield from _both(command)
    superseded = yield from _decided(command, source=source["name"], target=target["name"])
    ended = [row[0] for row in (yield from rows(RUNNING, responses=superseded))]
    yield from change(SUPERSEDE, responses=superseded, now=order.now)
    yield from change(END, interviews=ended)
    moved: dict[str, list[int]] = {}
    for name, statement in THEIRS.items():
        moved[name] = [row[0] for row in (yield from rows(statement, company=command.source))]
        yield from change(MOVE[name], ids=moved[name], source=command.source, target=command.target)
    tags: dict[str, str] = dict((yield from rows(TAGS, company=command.source)))
    had = {key for key, _ in (yield from rows(TAGS, company=command.target))}
    added = {key: value for key, value in tags.items() if key not in had}
    yield from _tags(command.target, added)
    joined = {text: target[text] or source[text] for text in _TEXTS}
    joined["note"] = "\n".join(filter(None, (target["note"], source["note"])))
    yield from change(FILL, company=command.target, **joined)
    yield from change(GONE, company=command.source)
    data = {
        "source": source, "tags": tags, "added_tags": added, "moved": moved, "superseded": superseded, "ended": ended,
        "before": {text: target[text] for text in _TEXTS}, "joined": joined,
    }  # fmt: skip
    row = {"id": order.number(), "kind": "company", "state": "done", "kept": command.target, "gone": command.source}
    yield from many(MERGE, [{**row, "actor": order.actor, "data": dump(data), "made_at": order.now}])
    contacts_, responses_ = len(moved["contacts"]), len(moved["responses"])
    yield from order.note(
        "companies merged",
        subject=desk.public_id("C", command.target),
        detail=f"from {desk.public_id('C', command.source)}, {contacts_} contacts, {responses_} responses, "
        f"{len(superseded)} superseded",
    )
    return desk.Merged(
        source=source["name"],
        target=target["name"],
        contacts=contacts_,
        responses=responses_,
        superseded=len(superseded),
    )


def _both(command: desk.MergeCompanies) -> Steps[tuple[dict[str, Any], dict[str, Any]]]:
    if command.source == command.target:
        raise UsageError("a company cannot be merged into itself")
    names = ("id", "name", "folded", "state", "created_at", *_TEXTS)
    found = {
        row[0]: dict(zip(names, row, strict=True))
        for row in (yield from rows(BOTH, companies=[command.source, command.target]))
    }
    for number in (command.source, command.target):
        if number not in found:
            yield from company(number)
    source, target = found[command.source], found[command.target]
    if source["state"] == "confirmed" and target["state"] == "claimed":
        raise UsageError(f"{source['name']!r} is confirmed and {target['name']!r} is not; say them the other way round")
    return source, target


def _decided(command: desk.MergeCompanies, *, source: str, target: str) -> Steps[list[int]]:
    """Return the responses that another one replaces, as was picked."""
    both = collide((yield from shared([command.source, command.target])), command.source, command.target)
    open_ = [each.form for each in both if each.form not in command.keep]
    if open_:
        raise UsageError(
            f"{source!r} and {target!r} both have a response to {', '.join(sorted(set(open_)))}; "
            f"say which one counts: --keep {open_[0]}=from or --keep {open_[0]}=into"
        )
    return [each.source.id if command.keep[each.form] == "into" else each.target.id for each in both]


def _tags(number: int, tags: Mapping[str, str]) -> Steps[None]:
    yield from many(TAG, [{"company_id": number, "key": key, "value": value} for key, value in tags.items()])


# --- and back --------------------------------------------------------------------------------------------------------


def _unmerge(order: Order, command: desk.UnmergeCompanies) -> Steps[desk.Unmerged]:
    merge, kept, gone, data = yield from _undoable(command.company, now=order.now)
    target, _ = yield from company(kept)
    source, moved = data["source"], data["moved"]
    yield from many(BACK, [source])
    yield from _tags(gone, data["tags"])
    counts = {}
    for name, statement in MOVE.items():
        counts[name] = yield from change(statement, ids=moved[name], source=kept, target=gone)
    counts["responses"] += yield from change(MOVE_BEGUN_SINCE, contacts=moved["contacts"], source=kept, target=gone)
    yield from _texts_back(kept, data)
    yield from change(COUNT_AGAIN, responses=data["superseded"])
    for number in (kept, gone):
        yield from change(STRANGERS_OUT, company=number)
    yield from change(RESUME, interviews=data["ended"])
    yield from change(UNDONE, id_=merge)
    yield from order.note(
        "merge undone", subject=desk.public_id("C", kept), detail=f"back: {desk.public_id('C', gone)}"
    )
    return desk.Unmerged(
        source=source["name"],
        source_id=CompanyId(gone),
        target=target,
        contacts=counts["contacts"],
        responses=counts["responses"],
    )


def _undoable(number: int, *, now: int) -> Steps[tuple[int, int, int, dict[str, Any]]]:
    found = yield from one(LAST_MERGE, company=number)
    if found is None or found[4] < now - _DAY:
        raise UsageError(f"no merge of {desk.public_id('C', number)} in the last 24 hours can be undone")
    merge, kept, gone, data, _ = found
    return merge, kept, gone, load(data)


def _texts_back(kept: int, data: Mapping[str, Any]) -> Steps[None]:
    """Take from the company that stayed what the other one brought, unless somebody changed it since."""
    ((*_, town, domain, note),) = yield from rows(BOTH, companies=[kept])
    now = dict(zip(_TEXTS, (town, domain, note), strict=True))
    texts = {text: data["before"][text] if now[text] == data["joined"][text] else now[text] for text in _TEXTS}
    yield from change(FILL, company=kept, **texts)
    tags: dict[str, str] = dict((yield from rows(TAGS, company=kept)))
    for key, value in data["added_tags"].items():
        if tags.get(key) == value:
            yield from change(TAG_GONE, company=kept, key_=key)


DOERS: Doers = {desk.MergeCompanies: _merge, desk.UnmergeCompanies: _unmerge}
