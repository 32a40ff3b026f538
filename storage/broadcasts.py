"""Broadcasts as they are looked at: one, several, and what became of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Text, bindparam, func, or_, select

from bot.domain.broadcasts.model import ALIVE, Broadcast, Counts
from bot.domain.messages import Address, PromptId
from bot.domain.people import ContactId
from storage.codec import content_of, from_micros, load, maybe_moment
from storage.statements import Row, Statement, Steps, any_of, one, rows
from storage.tables import addresses, broadcasts, companies, contacts, deliveries

COLUMNS = (
    broadcasts.c.id,
    broadcasts.c.state,
    broadcasts.c.reason,
    broadcasts.c.content,
    broadcasts.c.audience,
    broadcasts.c.hurry,
    broadcasts.c.transactional,
    broadcasts.c.corrects,
    broadcasts.c.edition,
    broadcasts.c.recalled,
    broadcasts.c.revision,
    broadcasts.c.author_id,
    broadcasts.c.created_by,
    broadcasts.c.channel,
    broadcasts.c.chat,
    broadcasts.c.language,
    broadcasts.c.prompt_id,
    broadcasts.c.start_at,
    broadcasts.c.not_after,
    broadcasts.c.created_at,
    broadcasts.c.confirmed_at,
    broadcasts.c.planned_at,
    broadcasts.c.finished_at,
)
ONE = Statement(select(*COLUMNS).where(broadcasts.c.id == bindparam("broadcast")), name="broadcast")
SOME = Statement(select(*COLUMNS).where(any_of(broadcasts.c.id, "broadcasts")), name="broadcasts by number")
NEWEST = Statement(
    select(*COLUMNS).order_by(broadcasts.c.id.desc()).limit(bindparam("many", type_=Integer)), name="newest broadcasts"
)
IN_STATE = Statement(
    select(*COLUMNS).where(any_of(broadcasts.c.state, "states")).order_by(broadcasts.c.id), name="broadcasts in states"
)
# By the index alone, whatever the audience's size; reasons are those of the few that did not simply arrive.
STATES = Statement(
    select(deliveries.c.broadcast_id, deliveries.c.state, func.count())
    .where(any_of(deliveries.c.broadcast_id, "broadcasts"))
    .group_by(deliveries.c.broadcast_id, deliveries.c.state),
    name="deliveries by state",
)
REASONS = Statement(
    select(deliveries.c.broadcast_id, deliveries.c.state, deliveries.c.reason, func.count())
    .where(
        any_of(deliveries.c.broadcast_id, "broadcasts"),
        deliveries.c.state.in_(["planned", "failed", "unknown", "skipped", "cancelled"]),
        deliveries.c.reason != bindparam("nothing", type_=Text),
    )
    .group_by(deliveries.c.broadcast_id, deliveries.c.state, deliveries.c.reason),
    name="deliveries by reason",
)


READER = Statement(
    select(contacts.c.name, companies.c.name)
    .select_from(
        addresses.join(contacts, contacts.c.id == addresses.c.contact_id).outerjoin(
            companies, companies.c.id == contacts.c.company_id
        )
    )
    .where(addresses.c.channel == bindparam("channel_"), addresses.c.chat == bindparam("chat_")),
    name="reader at address",
)


AMENDED = Statement(
    select(broadcasts.c.id, broadcasts.c.edition).where(
        any_of(broadcasts.c.id, "broadcasts"), or_(broadcasts.c.edition > 0, broadcasts.c.recalled)
    ),
    name="broadcasts that were amended",
)
EDITIONS = Statement(
    select(deliveries.c.broadcast_id, deliveries.c.edition, deliveries.c.amend_failed, func.count())
    .where(any_of(deliveries.c.broadcast_id, "broadcasts"), deliveries.c.state == "sent")
    .group_by(deliveries.c.broadcast_id, deliveries.c.edition, deliveries.c.amend_failed),
    name="editions that readers have",
)


def broadcast_of(row: Row) -> Broadcast:
    """Return a broadcast from its row."""
    (number, state, reason, content, audience, hurry, transactional, corrects, edition, recalled, revision, author,
     created_by, channel, chat, language, prompt, start_at, not_after, created_at, confirmed_at, planned_at,
     finished_at) = row  # fmt: skip
    return Broadcast(
        id=number,
        state=state,
        reason=reason,
        content=content_of(content),
        audience=tuple(load(audience)),
        hurry=bool(hurry),
        transactional=bool(transactional),
        corrects=corrects,
        edition=edition,
        recalled=bool(recalled),
        revision=revision,
        author=None if author is None else ContactId(author),
        created_by=created_by,
        report_to=Address(channel, chat) if chat else None,
        language=language,
        prompt=None if prompt is None else PromptId(prompt),
        start_at=maybe_moment(start_at),
        not_after=maybe_moment(not_after),
        created_at=from_micros(created_at),
        confirmed_at=maybe_moment(confirmed_at),
        planned_at=maybe_moment(planned_at),
        finished_at=maybe_moment(finished_at),
    )


def load_one(number: int) -> Steps[Broadcast | None]:
    """Return the broadcast of that number, None if there is none."""
    row = yield from one(ONE, broadcast=number)
    return None if row is None else broadcast_of(row)


def listing(*, many: int = 20) -> Steps[list[Broadcast]]:
    """Return the newest broadcasts, drafts included."""
    return [broadcast_of(row) for row in (yield from rows(NEWEST, many=many))]


def alive() -> Steps[list[Broadcast]]:
    """Return those that are at work, the oldest first."""
    return [broadcast_of(row) for row in (yield from rows(IN_STATE, states=sorted(ALIVE)))]


def counts(number: int) -> Steps[Counts]:
    """Return what became of a broadcast's deliveries so far."""
    return (yield from counts_of([number]))[number]


def counts_of(numbers: Sequence[int]) -> Steps[dict[int, Counts]]:
    """Return what became of several broadcasts' deliveries, by number."""
    if not numbers:
        return {}
    states: dict[int, dict[Any, int]] = {number: {} for number in numbers}
    reasons: dict[int, dict[Any, int]] = {number: {} for number in numbers}
    for number, state, many in (yield from rows(STATES, broadcasts=list(numbers))):
        states[number][state] = many
    for number, state, reason, many in (yield from rows(REASONS, broadcasts=list(numbers), nothing="")):
        reasons[number][state, reason] = many
    amended = yield from _amended(numbers)
    nobody = (0, 0, 0)
    return {
        number: Counts(
            states=states[number],
            reasons=reasons[number],
            edited=amended.get(number, nobody)[0],
            recalled=amended.get(number, nobody)[1],
            kept=amended.get(number, nobody)[2],
        )
        for number in numbers
    }


def _amended(numbers: Sequence[int]) -> Steps[dict[int, tuple[int, int, int]]]:
    """Return of what was edited or recalled how many have the new edition, lost it, or keep what they had."""
    editions = {row[0]: row[1] for row in (yield from rows(AMENDED, broadcasts=list(numbers)))}
    if not editions:
        return {}
    found = dict.fromkeys(editions, (0, 0, 0))
    for number, has, why, many in (yield from rows(EDITIONS, broadcasts=list(editions))):
        edited, recalled, kept = found[number]
        if why:
            kept += many
        elif has < 0:
            recalled += many
        elif has == editions[number]:
            edited += many
        found[number] = (edited, recalled, kept)
    return found


def reader_at(address: Address) -> Steps[tuple[str, str]]:
    """Return the name of who reads at an address, and their company's; "" where there is none."""
    row = yield from one(READER, channel_=address.channel, chat_=address.chat)
    return ("", "") if row is None else (row[0] or "", row[1] or "")
