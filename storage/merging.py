"""Two contacts become one, and two again: each in one transaction, in a fixed number of statements.

What points at a contact moves by its id, and the ids stay in `merges` for a day, so that the undo puts exactly that
back. The contact that went stays as it was, with `merged_into`, until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, exists, literal, or_, select, union_all, update

from bot.domain.merging import UNDO_WITHIN, Picks, Side, Union, unite
from storage.codec import dump, to_micros
from storage.statements import Statement, Steps, any_of, change, insert, many, one, rows
from storage.tables import (
    addresses,
    answer_history,
    answers,
    broadcasts,
    consents,
    contacts,
    deliveries,
    inquiries,
    inquiry_messages,
    interviews,
    invitation_uses,
    invitations,
    link_codes,
    merges,
    responses,
)

DAY = UNDO_WITHIN.days * 86_400_000_000  # microseconds
ASKED_FOR = 7 * 86_400_000_000  # so long the team can say whose company it is; then one can ask again

# Every column that points at a contact; `link_codes` are good for minutes and go, `invitation_uses` has no id.
POINTERS: dict[str, tuple[Any, Any]] = {
    "addresses": (addresses, addresses.c.contact_id),
    "consents": (consents, consents.c.contact_id),
    "responses": (responses, responses.c.contact_id),
    "interviews": (interviews, interviews.c.contact_id),
    "deliveries": (deliveries, deliveries.c.contact_id),
    "invitations": (invitations, invitations.c.contact_id),
    "inquiries": (inquiries, inquiries.c.contact_id),
    "broadcasts": (broadcasts, broadcasts.c.author_id),
    "assigned": (inquiries, inquiries.c.assigned_to),
    "written": (inquiry_messages, inquiry_messages.c.author_id),
}
_AUTHORED = (answers, answer_history)


_theirs = deliveries.alias("theirs")
# A broadcast has one delivery a contact: where both have one, each keeps its own, and the claim sees to it that the
# person gets it once.
_OF_BOTH = exists().where(
    _theirs.c.contact_id == bindparam("kept"), _theirs.c.broadcast_id == deliveries.c.broadcast_id
)


def _pointing(name: str, table: Any, column: Any, key: Any) -> Any:
    found = select(literal(name), key).select_from(table).where(column == bindparam("gone"))
    return found.where(or_(deliveries.c.broadcast_id.is_(None), ~_OF_BOTH)) if table is deliveries else found


POINTING = Statement(
    union_all(
        *(_pointing(name, table, column, table.c.id) for name, (table, column) in POINTERS.items()),
        select(literal("invitation_uses"), invitation_uses.c.invitation_id).where(
            invitation_uses.c.contact_id == bindparam("gone"),
            invitation_uses.c.invitation_id.not_in(
                select(invitation_uses.c.invitation_id).where(invitation_uses.c.contact_id == bindparam("kept"))
            ),
        ),
    ),
    name="what points at a contact",
)
_MOVE = {
    name: Statement(
        update(table)
        .where(any_of(table.c.id, "numbers"), column == bindparam("source"))
        .values({column: bindparam("target")}),
        name=f"move {name}",
    )
    for name, (table, column) in POINTERS.items()
} | {
    "invitation_uses": Statement(
        update(invitation_uses)
        .where(any_of(invitation_uses.c.invitation_id, "numbers"), invitation_uses.c.contact_id == bindparam("source"))
        .values(contact_id=bindparam("target")),
        name="move invitation uses",
    )
}
# Who began and who sent in what colleagues share.
_MOVE |= {
    column: Statement(
        update(responses)
        .where(any_of(responses.c.id, "numbers"), responses.c[column] == bindparam("source"))
        .values({column: bindparam("target")}),
        name=f"move {column}",
    )
    for column in ("begun_by", "submitted_by")
}
SHARED_BY = Statement(
    union_all(
        *(
            select(literal(column), responses.c.id).where(
                any_of(responses.c.id, "responses"), responses.c[column] == bindparam("gone")
            )
            for column in ("begun_by", "submitted_by")
        )
    ),
    name="who began and sent in",
)
# Who wrote an answer has no index of its own: of one's own responses all of them, of a company's those noted.
OWN_AUTHORS = {
    table.name: Statement(
        update(table)
        .where(any_of(table.c.response_id, "responses"), table.c.contact_id == bindparam("source"))
        .values(contact_id=bindparam("target")),
        name=f"authors of {table.name}",
    )
    for table in _AUTHORED
}
SHARED_ANSWERS = Statement(
    select(answers.c.response_id, answers.c.path, answers.c.instance).where(
        any_of(answers.c.response_id, "responses"), answers.c.contact_id == bindparam("gone")
    ),
    name="answers in shared responses",
)
SHARED_HISTORY = Statement(
    select(answer_history.c.id).where(
        any_of(answer_history.c.response_id, "responses"), answer_history.c.contact_id == bindparam("gone")
    ),
    name="history in shared responses",
)
COMPANY_OF = Statement(
    select(responses.c.id, responses.c.company_id).where(any_of(responses.c.contact_id, "contacts")),
    name="companies of responses",
)
SET_COMPANY = Statement(
    update(responses).where(responses.c.id == bindparam("id_")).values(company_id=bindparam("company")),
    name="company of a response",
)
SUPERSEDED = Statement(
    update(responses).where(any_of(responses.c.id, "numbers")).values(superseded_at=bindparam("at")),
    name="supersede responses",
)
WALKS = Statement(
    select(
        interviews.c.id,
        interviews.c.contact_id,
        interviews.c.response_id,
        interviews.c.state,
        interviews.c.position,
        interviews.c.tries,
        interviews.c.touched_at,
    )
    .where(any_of(interviews.c.contact_id, "contacts"))
    .order_by(interviews.c.id),
    name="interviews as they are",
)
FINISHED = Statement(
    update(interviews).where(any_of(interviews.c.id, "numbers")).values(state="finished"), name="interviews end"
)
DROPPED = Statement(delete(interviews).where(any_of(interviews.c.id, "numbers")), name="second interviews gone")
WITHDRAWN = Statement(
    update(consents).where(any_of(consents.c.id, "numbers")).values(withdrawn_at=bindparam("at")),
    name="consents withdrawn",
)
CODES_GONE = Statement(delete(link_codes).where(link_codes.c.contact_id == bindparam("gone")), name="codes gone")
FIELD_NAMES = ("company_id", "name", "mail", "note", "language", "pushes", "push_channel", "admitted", "joined_at")
FIELDS = Statement(
    select(*(contacts.c[field] for field in FIELD_NAMES)).where(contacts.c.id == bindparam("kept")),
    name="fields of kept",
)
SET_FIELDS = Statement(
    update(contacts)
    .where(contacts.c.id == bindparam("kept"))
    .values({field: bindparam(f"{field}_", type_=contacts.c[field].type) for field in FIELD_NAMES}),
    name="kept contact",
)
MERGED_INTO = Statement(
    update(contacts).where(contacts.c.id == bindparam("gone")).values(merged_into=bindparam("kept")),
    name="gone contact",
)
MERGE = insert(merges)
MERGE_DONE = Statement(
    update(merges)
    .where(merges.c.id == bindparam("id_"))
    .values(state=bindparam("state"), data=bindparam("data"), actor=bindparam("actor"), made_at=bindparam("made_at")),
    name="merge is done",
)
STILL_ASKED = Statement(
    select(merges.c.id).where(merges.c.id == bindparam("id_"), merges.c.state == "asked"), name="merge still asked"
)
INSIDE = Statement(select(contacts.c.id).where(any_of(contacts.c.merged_into, "contacts")), name="merged into these")
_OVER = (merges.c.kind == "contact", merges.c.state != "asked", merges.c.made_at <= bindparam("before"))
MERGED_GONE = Statement(
    delete(contacts).where(contacts.c.merged_into.is_not(None), contacts.c.id.in_(select(merges.c.gone).where(*_OVER))),
    name="merged contacts gone",
)
MERGES_GONE = Statement(delete(merges).where(*_OVER[1:]), name="merges gone")  # of companies too
ASKED_GONE = Statement(
    delete(merges).where(merges.c.state == "asked", merges.c.made_at <= bindparam("before")), name="nobody decided"
)
CODES_RUN_OUT = Statement(delete(link_codes).where(link_codes.c.expires_at <= bindparam("now")), name="codes run out")


def merge(
    kept: Side, gone: Side, picks: Picks, *, actor: str, now: int, number: Callable[[], int], asked: int | None
) -> Steps[tuple[int, int, int, int]]:
    """Move everything; both sides are held and fit together.

    Returns:
        The merge's id; how many responses and addresses moved, how many responses were laid aside.
    """
    union = unite(kept, gone, picks)
    both = {"kept": kept.contact, "gone": gone.contact}
    moved: dict[str, list[int]] = {name: [] for name in _MOVE}
    for name, pointing in (yield from rows(POINTING, **both)):
        moved[name].append(pointing)
    shared = [walk.response for walk in gone.interviews if walk.company is not None]
    for name, response in (yield from rows(SHARED_BY, responses=shared, gone=gone.contact)):
        moved[name].append(response)
    walks = {row[0]: row for row in (yield from rows(WALKS, contacts=[kept.contact, gone.contact]))}
    before = yield from one(FIELDS, kept=kept.contact)
    assert before is not None
    data: dict[str, Any] = {
        "moved": moved,
        "before": list(before),
        "after": _fields(union),
        "superseded": union.superseded,
        "finished": [list(walks[each]) for each in union.finished],
        "dropped": [list(walks[each]) for each in union.dropped],
        "withdrawn": union.withdrawn,
        "company_of": (yield from _companies(kept, gone, union)),
        "shared_answers": (yield from rows(SHARED_ANSWERS, responses=shared, gone=gone.contact)),
        "shared_history": [row[0] for row in (yield from rows(SHARED_HISTORY, responses=shared, gone=gone.contact))],
    }
    yield from change(DROPPED, numbers=union.dropped)
    yield from change(FINISHED, numbers=union.finished)
    yield from change(SUPERSEDED, numbers=union.superseded, at=now)
    yield from change(WITHDRAWN, numbers=union.withdrawn, at=now)
    yield from change(CODES_GONE, gone=gone.contact)
    yield from move(moved, source=gone.contact, target=kept.contact)
    for statement in OWN_AUTHORS.values():
        yield from change(statement, responses=[*moved["responses"], *shared], source=gone.contact, target=kept.contact)
    yield from set_fields(kept.contact, data["after"])
    yield from change(MERGED_INTO, **both)
    merged = yield from _note(data, both, actor=actor, now=now, number=number, asked=asked)
    return merged, len(moved["responses"]), len(moved["addresses"]), len(union.superseded)


def _note(
    data: Mapping[str, Any],
    both: Mapping[str, int],
    *,
    actor: str,
    now: int,
    number: Callable[[], int],
    asked: int | None,
) -> Steps[int]:
    if asked is not None:
        yield from change(MERGE_DONE, id_=asked, state="done", data=dump(data), actor=actor, made_at=now)
        return asked
    merged = number()
    row = {"id": merged, "kind": "contact", "state": "done", "actor": actor, "data": dump(data), "made_at": now}
    yield from change(MERGE, **row, **both)
    return merged


def _companies(kept: Side, gone: Side, union: Union) -> Steps[list[tuple[int, int | None]]]:
    """Let own responses be the common company's; return those that were another's."""
    common = None if union.company is None else union.company.id
    found = yield from rows(COMPANY_OF, contacts=[kept.contact, gone.contact])
    other = [(number, company) for number, company in found if company != common]
    yield from many(SET_COMPANY, [{"id_": number, "company": common} for number, _ in other])
    return other


def _fields(union: Union) -> list[Any]:
    company = None if union.company is None else union.company.id
    joined = None if union.joined_at is None else to_micros(union.joined_at)
    return [
        company,
        union.name,
        union.mail,
        union.note,
        union.language,
        union.pushes,
        union.push_channel,
        union.admitted,
        joined,
    ]


def set_fields(kept: int, values: Sequence[Any]) -> Steps[None]:
    """Write the `FIELD_NAMES` of a contact."""
    named = {f"{field}_": value for field, value in zip(FIELD_NAMES, values, strict=True)}
    for field in ("pushes_", "admitted_"):
        named[field] = bool(named[field])
    yield from change(SET_FIELDS, kept=kept, **named)


def move(moved: Mapping[str, Sequence[int]], *, source: int, target: int) -> Steps[None]:
    """Let rows of one contact, by table and id, be another's."""
    for name, statement in _MOVE.items():
        yield from change(statement, numbers=moved.get(name, ()), source=source, target=target)


# --- what remains ------------------------------------------------------------------------------------------------


def inside(contact: int) -> Steps[list[int]]:
    """Return the contacts that became this one and can still be told apart, whatever way."""
    found: list[int] = []
    wanted = [contact]
    while wanted:
        wanted = [row[0] for row in (yield from rows(INSIDE, contacts=wanted)) if row[0] not in found]
        found.extend(wanted)
    return found


def prune(*, now: int) -> Steps[None]:
    """After a day a merge stands: the contact that went goes, and with it what an undo would need.

    What the team was asked and has not decided in a week goes too.
    """
    yield from change(MERGED_GONE, before=now - DAY)
    yield from change(MERGES_GONE, before=now - DAY)
    yield from change(ASKED_GONE, before=now - ASKED_FOR)
    yield from change(CODES_RUN_OUT, now=now)
