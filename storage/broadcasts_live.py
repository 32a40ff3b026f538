"""What the message that follows a broadcast needs to know, and its end as a message where nothing can be edited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from bot.domain.broadcasts.model import Broadcast
from bot.domain.messages import OutboundMessage, PromptId
from storage.amending import ANY
from storage.broadcasts import COLUMNS, SOME, alive, broadcast_of
from storage.codec import dump, to_micros
from storage.statements import Statement, Steps, many, one, rows, upsert
from storage.tables import broadcasts, deliveries, prompts

ENDED = Statement(
    select(*COLUMNS)
    .where(broadcasts.c.finished_at >= bindparam("since"), broadcasts.c.state.in_(["done", "cancelled"]))
    .order_by(broadcasts.c.id),
    name="broadcasts ended",
)
MESSAGE = Statement(
    select(prompts.c.message_id).where(prompts.c.id == bindparam("prompt")), name="message that follows a broadcast"
)
END = upsert(
    deliveries,
    keys=("dedupe_key",),
    columns=(
        "id",
        "channel",
        "chat",
        "contact_id",
        "priority",
        "state",
        "prompt_id",
        "body",
        "dedupe_key",
        "created_at",
    ),
)


def ended_since(since: datetime) -> Steps[list[Broadcast]]:
    """Return the broadcasts that ended since then."""
    return [broadcast_of(row) for row in (yield from rows(ENDED, since=to_micros(since)))]


def at_work() -> Steps[tuple[list[Broadcast], set[int]]]:
    """Return the broadcasts that go out or whose readers get another text, and the numbers of the latter."""
    found = yield from alive()
    amended = {row[0] for row in (yield from rows(ANY))}
    rest = sorted(amended - {each.id for each in found})
    more = (yield from rows(SOME, broadcasts=rest)) if rest else []
    return [*found, *map(broadcast_of, more)], amended


def message_of(prompt: PromptId | None) -> Steps[str | None]:
    """Return the platform's id of the message with that prompt, None as long as it is not known."""
    row = yield from one(MESSAGE, prompt=prompt)
    return None if row is None else row[0]


def tell_end(broadcast: Broadcast, message: OutboundMessage, *, now: datetime, number: int) -> Steps[None]:
    """Tell the organiser how it ended; told twice, it is one message."""
    assert broadcast.report_to is not None
    ended = 0 if broadcast.finished_at is None else to_micros(broadcast.finished_at)
    row = {
        "id": number,
        "channel": broadcast.report_to.channel,
        "chat": broadcast.report_to.chat,
        "contact_id": broadcast.author,
        "priority": "reply",
        "state": "planned",
        "prompt_id": broadcast.prompt,
        "body": dump(message),
        "dedupe_key": f"broadcast {broadcast.id} ended {ended}",
        "created_at": to_micros(now),
    }
    yield from many(END, [row])
