"""Reads inquiries with all that was said about them, and where an answer goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, case, false, func, or_, select

from bot.domain.inquiries import REOPENS_WITHIN, Inquiry, Line, Post
from bot.domain.messages import Address
from bot.domain.people import ContactId
from storage.codec import from_micros, maybe_moment, to_micros
from storage.statements import Row, Statement, Steps, any_of, one, rows
from storage.tables import addresses, attachments, companies, contacts, hub_settings, inquiries, inquiry_messages

QUESTION = "question"
COUNTER = "last_inquiry"
"""The setting that holds the highest number given: a number is not given again when its inquiry was erased."""

PAGE = 8

_ASSIGNED = contacts.alias("assigned")
_INQUIRY = (
    inquiries.c.id,
    inquiries.c.number,
    inquiries.c.state,
    inquiries.c.contact_id,
    contacts.c.name,
    companies.c.name,
    contacts.c.language,
    contacts.c.push_channel,
    inquiries.c.quote,
    inquiries.c.opened_at,
    inquiries.c.waiting_since,
    inquiries.c.closed_at,
    inquiries.c.assigned_to,
    _ASSIGNED.c.name,
)
_FROM = (
    inquiries.join(contacts, contacts.c.id == inquiries.c.contact_id)
    .outerjoin(companies, companies.c.id == contacts.c.company_id)
    .outerjoin(_ASSIGNED, _ASSIGNED.c.id == inquiries.c.assigned_to)
)
CHOSEN = Statement(
    select(*_INQUIRY)
    .select_from(_FROM)
    .where(inquiries.c.kind == QUESTION, or_(any_of(inquiries.c.id, "ids"), any_of(inquiries.c.number, "numbers"))),
    name="inquiries",
)
OWN = Statement(
    select(*_INQUIRY)
    .select_from(_FROM)
    .where(
        any_of(inquiries.c.contact_id, "contacts"),
        inquiries.c.kind == QUESTION,
        or_(inquiries.c.state == "open", inquiries.c.closed_at > bindparam("closed_after")),
    )
    .order_by(inquiries.c.number),
    name="own inquiries",
)
POSTS = Statement(
    select(
        inquiry_messages.c.inquiry_id,
        inquiry_messages.c.id,
        inquiry_messages.c.from_team,
        inquiry_messages.c.author_id,
        contacts.c.name,
        inquiry_messages.c.body,
        inquiry_messages.c.sent_at,
        inquiry_messages.c.arrived,
        select(func.count())
        .where(attachments.c.inquiry_message_id == inquiry_messages.c.id, attachments.c.state != "failed")
        .scalar_subquery(),
    )
    .select_from(inquiry_messages.outerjoin(contacts, contacts.c.id == inquiry_messages.c.author_id))
    .where(any_of(inquiry_messages.c.inquiry_id, "inquiries"))
    .order_by(inquiry_messages.c.sent_at, inquiry_messages.c.id),
    name="messages of inquiries",
)
PLACES = Statement(
    select(addresses.c.contact_id, addresses.c.channel, addresses.c.chat, addresses.c.reachable)
    .where(any_of(addresses.c.contact_id, "contacts"))
    .order_by(addresses.c.seen_at.desc(), addresses.c.id),
    name="addresses, the one seen last first",
)
LAST_NUMBER = Statement(select(func.max(inquiries.c.number)), name="last inquiry")
COUNTED = Statement(select(hub_settings.c.value).where(hub_settings.c.key == COUNTER), name="inquiries counted")
LISTED = Statement(
    select(
        inquiries.c.id,
        inquiries.c.number,
        inquiries.c.state,
        contacts.c.name,
        companies.c.name,
        inquiries.c.waiting_since,
        inquiries.c.touched_at,
        _ASSIGNED.c.name,
        select(inquiry_messages.c.body)
        .where(inquiry_messages.c.inquiry_id == inquiries.c.id, inquiry_messages.c.from_team.is_(false()))
        .order_by(inquiry_messages.c.sent_at.desc(), inquiry_messages.c.id.desc())
        .limit(1)
        .scalar_subquery(),
    )
    .select_from(_FROM)
    .where(inquiries.c.kind == QUESTION)
    # Who waits comes first, the longest first; then what is open, then what is settled, the newest first.
    .order_by(
        case((inquiries.c.state == "open", 0), else_=1),
        case((inquiries.c.waiting_since.is_(None), 1), else_=0),
        inquiries.c.waiting_since,
        inquiries.c.touched_at.desc(),
        inquiries.c.number,
    )
    .limit(bindparam("limit"))
    .offset(bindparam("offset")),
    name="inbox",
)
COUNTS = Statement(
    select(
        func.count(),
        func.coalesce(
            func.sum(case((and_(inquiries.c.state == "open", inquiries.c.waiting_since.is_not(None)), 1), else_=0)),
            0,
        ),
    ).where(inquiries.c.kind == QUESTION),
    name="inbox counted",
)


def last_number() -> Steps[int]:
    """Return the highest number that was ever given to an inquiry."""
    counted = yield from one(COUNTED)
    highest = yield from one(LAST_NUMBER)
    return max(int(counted[0]) if counted else 0, (highest[0] if highest else None) or 0)


def chosen(*, ids: Sequence[int] = (), numbers: Sequence[int] = ()) -> Steps[list[Inquiry]]:
    """Return inquiries by id or by number."""
    found = yield from rows(CHOSEN, ids=sorted(set(ids)), numbers=sorted(set(numbers)))
    return (yield from _whole(found))


def own(people: Sequence[int], *, now: datetime) -> Steps[list[Inquiry]]:
    """Return the inquiries of contacts that are open, or that a word opens again."""
    found = yield from rows(OWN, contacts=list(people), closed_after=to_micros(now - REOPENS_WITHIN))
    return (yield from _whole(found))


def lines(*, page: int = 1, size: int = PAGE) -> Steps[tuple[list[Line], int, int]]:
    """Return a page of the inbox, how many inquiries there are, and how many of them wait for an answer."""
    total, waiting = (yield from one(COUNTS)) or (0, 0)
    found = yield from rows(LISTED, limit=size, offset=(page - 1) * size)
    listed = [
        Line(
            id=number,
            number=called,
            state=state,
            name=name,
            company=company or "",
            since=from_micros(touched_at if since is None else since),
            waiting=state == "open" and since is not None,
            assigned_name=assigned or "",
            question=question or "",
        )
        for number, called, state, name, company, since, touched_at, assigned, question in found
    ]
    return listed, int(total), int(waiting)


def all_of(people: Sequence[int]) -> Steps[list[Inquiry]]:
    """Return everything that contacts ever asked."""
    found = yield from rows(OWN, contacts=list(people), closed_after=0)
    return (yield from _whole(found))


def _whole(found: Sequence[Row]) -> Steps[list[Inquiry]]:
    if not found:
        return []
    posts: dict[int, list[Post]] = {}
    for row in (yield from rows(POSTS, inquiries=[row[0] for row in found])):
        posts.setdefault(row[0], []).append(_post(row))
    places: dict[int, list[tuple[str, str, bool]]] = {}
    for contact, channel, chat, reachable in (yield from rows(PLACES, contacts=sorted({row[3] for row in found}))):
        places.setdefault(contact, []).append((channel, chat, bool(reachable)))
    return [_inquiry(row, posts=posts.get(row[0], []), places=places.get(row[3], [])) for row in found]


def _post(row: Row) -> Post:
    _, number, from_team, author, name, body, sent_at, arrived, files = row
    return Post(
        id=number,
        from_team=bool(from_team),
        author=None if author is None else ContactId(author),
        name=name or "",
        body=body,
        sent_at=from_micros(sent_at),
        files=files,
        arrived=bool(arrived),
    )


def _inquiry(row: Row, *, posts: Sequence[Post], places: Sequence[tuple[str, str, bool]]) -> Inquiry:
    number, called, state, contact, name, company, language, push_channel, quote, *moments = row
    opened_at, waiting_since, closed_at, assigned_to, assigned_name = moments
    reachable = [place for place in places if place[2]]
    chosen_first = [place for place in reachable if place[0] == push_channel] + reachable
    return Inquiry(
        id=number,
        number=called,
        state=state,
        contact=ContactId(contact),
        name=name,
        company=company or "",
        language=language,
        quote=quote,
        opened_at=from_micros(opened_at),
        waiting_since=maybe_moment(waiting_since),
        closed_at=maybe_moment(closed_at),
        assigned_to=None if assigned_to is None else ContactId(assigned_to),
        assigned_name=assigned_name or "",
        address=Address(chosen_first[0][0], chosen_first[0][1]) if chosen_first else None,
        channel=(chosen_first or places or [("", "", False)])[0][0],
        posts=tuple(posts),
    )
