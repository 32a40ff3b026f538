"""Heavy work outside turns: a row a job, claimed with a lease; its results are deliveries like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, bindparam, delete, literal_column, null, or_, select, update

from bot.domain.messages import Abilities, Address
from bot.domain.scene import Reply
from bot.ports import Job
from storage.codec import dump, load, to_micros
from storage.deliveries import parts_of
from storage.statements import Statement, Steps, any_of, change, insert, many, rows, upsert
from storage.tables import addresses, deliveries, jobs, prompts

LEASE = timedelta(minutes=5)  # longer than any job may take; a job whose process died is taken up again

# `only`: one chat of the channel ("" for all), as with deliveries: what a terminal sent in, no other process can fetch.
_OURS = (
    any_of(jobs.c.channel, "channels"),
    or_(bindparam("only", type_=Text) == literal_column("''"), jobs.c.chat == bindparam("only", type_=Text)),
)
# A running job is leased to its process; a planned one with a lease was put back, and waits until that is over.
WAITING = Statement(
    select(jobs.c.id, jobs.c.kind, jobs.c.channel, jobs.c.chat, jobs.c.data, jobs.c.attempts)
    .where(
        *_OURS,
        any_of(jobs.c.kind, "kinds"),
        or_(
            (jobs.c.state == "planned") & jobs.c.leased_until.is_(None),
            jobs.c.leased_until < bindparam("now"),
        ),
    )
    .order_by(jobs.c.id)
    .limit(1)
    .with_for_update(skip_locked=True),
    name="waiting job",
)
WAITING_AT_ALL = Statement(select(jobs.c.id).where(any_of(jobs.c.kind, "kinds")).limit(1), name="any job")
TAKE = Statement(
    update(jobs)
    .where(jobs.c.id == bindparam("id_"))
    .values(state="running", attempts=jobs.c.attempts + 1, leased_until=bindparam("leased_until")),
    name="take job",
)
PUT_BACK = Statement(
    update(jobs).where(jobs.c.id == bindparam("id_")).values(state="planned", leased_until=bindparam("leased_until")),
    name="put job back",
)
RECOVER = Statement(
    update(jobs).where(*_OURS, jobs.c.state == "running").values(state="planned", leased_until=null()),
    name="recover jobs",
)
DONE = Statement(delete(jobs).where(jobs.c.id == bindparam("id_")), name="job done")
CONTACT = Statement(
    select(addresses.c.contact_id).where(
        addresses.c.channel == bindparam("channel"), addresses.c.chat == bindparam("chat")
    ),
    name="contact of chat",
)
CLOSE_PROMPTS = Statement(
    update(prompts)
    .where(
        prompts.c.channel == bindparam("channel_"),
        prompts.c.chat == bindparam("chat_"),
        prompts.c.superseded_at.is_(None),
    )
    .values(superseded_at=bindparam("now")),
    name="close prompts of chat",
)
PROMPT = insert(prompts, ("id", "channel", "chat", "kind", "data", "created_at"))
PLAN = upsert(
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


def take(kinds: Sequence[str], *, channels: Sequence[str], now: datetime, only: str = "") -> Steps[Job | None]:
    """Take the oldest job of these kinds that waits, or whose process died."""
    found = yield from rows(WAITING, kinds=list(kinds), channels=list(channels), only=only, now=to_micros(now))
    if not found:
        return None
    number, kind, channel, chat, data, attempts = found[0]
    yield from change(TAKE, id_=number, leased_until=to_micros(now + LEASE))
    return Job(id=number, kind=kind, address=Address(channel, chat), data=load(data), attempts=attempts + 1)


def put_back(job: Job, *, until: datetime) -> Steps[None]:
    """Let a job wait: it could not be done now."""
    yield from change(PUT_BACK, id_=job.id, leased_until=to_micros(until))


def recover(channels: Sequence[str], *, only: str = "") -> Steps[None]:
    """Free what a dead process of these channels had begun; call only while holding the channels' lock."""
    yield from many(RECOVER, [{"channels": list(channels), "only": only}])


def finish(
    job: Job, replies: Sequence[Reply], *, now: datetime, number: Callable[[], int], abilities: Abilities | None = None
) -> Steps[None]:
    """Drop the job and plan what it has to say; done twice, it says it once."""
    micros, address = to_micros(now), job.address
    (contact,) = (yield from rows(CONTACT, channel=address.channel, chat=address.chat)) or [(None,)]
    if contact[0] is None:  # erased meanwhile: nobody is there to hear of it
        replies = ()
    planned: list[dict[str, Any]] = []
    for place, reply in enumerate(part for whole in replies for part in parts_of(whole, abilities)):
        if reply.prompt is not None:
            yield from change(CLOSE_PROMPTS, channel_=address.channel, chat_=address.chat, now=micros)
            row = {
                "id": reply.prompt.id,
                "channel": address.channel,
                "chat": address.chat,
                "kind": reply.prompt.kind,
                "data": dump(reply.prompt.data),
                "created_at": micros,
            }
            yield from many(PROMPT, [row])
        planned.append(
            {
                "id": number(),
                "channel": address.channel,
                "chat": address.chat,
                "contact_id": contact[0],
                "priority": "reply",
                "state": "planned",
                "prompt_id": reply.prompt.id if reply.prompt is not None else None,
                "body": dump(reply.message),
                "dedupe_key": f"job {job.id} {place}",
                "created_at": micros,
            }
        )
    yield from many(PLAN, planned)
    yield from change(DONE, id_=job.id)
