"""Rows about files that people sent as answers or with an inquiry; the files themselves are on the shelf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, literal, null, select, true, update

from storage.codec import to_micros
from storage.statements import Statement, Steps, any_of, change, one, rows
from storage.tables import answers, attachments

ONE = Statement(
    select(
        attachments.c.id,
        attachments.c.response_id,
        attachments.c.path,
        attachments.c.instance,
        attachments.c.value,
        attachments.c.media_type,
        attachments.c.channel,
        attachments.c.file_id,
    ).where(attachments.c.id == bindparam("id_"), attachments.c.state == "waiting"),
    name="waiting attachment",
)
OF_INQUIRY = Statement(
    select(attachments.c.state).where(
        attachments.c.id == bindparam("id_"), attachments.c.inquiry_message_id.is_not(None)
    ),
    name="file of an inquiry",
)
STORED = Statement(
    update(attachments)
    .where(attachments.c.id == bindparam("id_"), attachments.c.state == "waiting")
    .values(
        state="stored",
        file_id=null(),
        sha256=bindparam("sha256"),
        size=bindparam("size"),
        media_type=bindparam("media_type"),
        stored_at=bindparam("stored_at"),
    ),
    name="attachment stored",
)
REFERRED = Statement(
    select(attachments.c.sha256).distinct().where(attachments.c.state == "stored"), name="files referred to"
)
COUNTS = Statement(
    select(attachments.c.state, attachments.c.reason, func.count()).group_by(attachments.c.state, attachments.c.reason),
    name="attachments by state",
)
# Those that are an answer now: a file that was replaced by another one is in nobody's export. An answer is JSON.
OF_RESPONSES = Statement(
    select(attachments.c.response_id, attachments.c.value, attachments.c.sha256)
    .select_from(
        attachments.join(
            answers,
            and_(
                answers.c.response_id == attachments.c.response_id,
                answers.c.path == attachments.c.path,
                answers.c.instance == attachments.c.instance,
            ),
        )
    )
    .where(
        any_of(attachments.c.response_id, "responses"),
        attachments.c.state == "stored",
        answers.c.relevant.is_(true()),
        answers.c.value == literal('"').concat(attachments.c.value).concat('"'),
    )
    .order_by(attachments.c.id),
    name="attachments of responses",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A file that is still to be fetched. `response`: None if it was sent with an inquiry."""

    id: int
    response: int | None
    path: str
    instance: int
    value: str
    media_type: str
    channel: str
    file_id: str


def waiting(attachment: int) -> Steps[Waiting | None]:
    """Return a file that is still to be fetched; None if it was stored, given up, or erased."""
    row = yield from one(ONE, id_=attachment)
    if row is None or row[7] is None:
        return None
    number, response, path, instance, value, media_type, channel, file_id = row
    return Waiting(
        id=number,
        response=response,
        path=path,
        instance=instance,
        value=value,
        media_type=media_type,
        channel=channel,
        file_id=file_id,
    )


def kept_for_inquiry(attachment: int) -> Steps[bool]:
    """Whether it is a file of an inquiry, and stored."""
    row = yield from one(OF_INQUIRY, id_=attachment)
    return row is not None and row[0] == "stored"


def stored(attachment: int, *, sha256: str, size: int, media_type: str, now: datetime) -> Steps[bool]:
    """Note that a file is on the shelf; False if its row went meanwhile."""
    changed = yield from change(
        STORED, id_=attachment, sha256=sha256, size=size, media_type=media_type, stored_at=to_micros(now)
    )
    return changed == 1


def referred() -> Steps[frozenset[str]]:
    """Return the hashes of all files that some answer or inquiry refers to."""
    return frozenset(row[0] for row in (yield from rows(REFERRED)) if row[0] is not None)


def counts() -> Steps[dict[tuple[str, str], int]]:
    """Return how many files there are, by state and reason."""
    return {(state, reason): number for state, reason, number in (yield from rows(COUNTS))}


def of_responses(ids: Sequence[int]) -> Steps[Mapping[int, Mapping[str, str]]]:
    """Return the hashes of stored files by response and value."""
    found: dict[int, dict[str, str]] = {}
    for response, value, sha256 in (yield from rows(OF_RESPONSES, responses=list(ids))):
        found.setdefault(response, {})[value] = sha256
    return found
