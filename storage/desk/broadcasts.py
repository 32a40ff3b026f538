"""Carries out what staff order about broadcasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)

from bot.domain import desk
from bot.domain.broadcasts.model import Broadcast, Content
from bot.domain.broadcasts.problems import refuse_unknown_fields
from bot.domain.messages import PromptId
from bot.errors import UsageError
from storage.broadcasts import load_one
from storage.codec import dump, to_micros
from storage.desk.order import Doers, Order
from storage.statements import Statement, Steps, change, insert, many, one
from storage.tables import addresses, broadcast_files, broadcasts, deliveries, prompts

KIND = "broadcast"
VALID_FOR = timedelta(days=14)
"""How long a broadcast without a date of its own may still arrive; after that it is no news."""

_THIS = broadcasts.c.id == bindparam("broadcast")
_ITS = deliveries.c.broadcast_id == bindparam("broadcast")
NEXT = Statement(select(func.coalesce(func.max(broadcasts.c.id), 0) + 1), name="next broadcast's number")
NEW = insert(
    broadcasts,
    (
        "id",
        "state",
        "content",
        "audience",
        "hurry",
        "transactional",
        "corrects",
        "author_id",
        "created_by",
        "channel",
        "chat",
        "language",
        "start_at",
        "not_after",
        "created_at",
    ),
)
SHARED_PROMPT = insert(prompts, ("id", "channel", "chat", "kind", "data", "created_at"))
FILE = insert(broadcast_files)
FILES_GONE = Statement(
    delete(broadcast_files).where(broadcast_files.c.broadcast_id == bindparam("broadcast")), name="broadcast's files"
)
CHANGED = Statement(
    update(broadcasts)
    .where(_THIS, broadcasts.c.state == "draft", broadcasts.c.revision == bindparam("revision_"))
    .values(
        content=bindparam("content"),
        audience=bindparam("audience"),
        start_at=bindparam("start_at"),
        hurry=bindparam("hurry", type_=Boolean),
        revision=broadcasts.c.revision + 1,
    ),
    name="draft changed",
)
CONFIRMED = Statement(
    update(broadcasts)
    .where(_THIS, broadcasts.c.state == "draft", broadcasts.c.revision == bindparam("revision_"))
    .values(
        state="scheduled",
        confirmed_at=bindparam("now"),
        start_at=func.coalesce(broadcasts.c.start_at, bindparam("now")),
        not_after=func.coalesce(
            broadcasts.c.not_after, func.coalesce(broadcasts.c.start_at, bindparam("now")) + bindparam("valid_for")
        ),
        created_by=bindparam("actor"),
        author_id=func.coalesce(bindparam("author", type_=broadcasts.c.author_id.type), broadcasts.c.author_id),
        channel=case((bindparam("chat_") != "", bindparam("channel_")), else_=broadcasts.c.channel),
        chat=case((bindparam("chat_") != "", bindparam("chat_")), else_=broadcasts.c.chat),
        language=case((bindparam("language_") != "", bindparam("language_")), else_=broadcasts.c.language),
        prompt_id=bindparam("prompt", type_=broadcasts.c.prompt_id.type),
        revision=broadcasts.c.revision + 1,
    ),
    name="broadcast confirmed",
)
PAUSED = Statement(
    update(broadcasts)
    .where(_THIS, broadcasts.c.state.in_(["scheduled", "planning", "running"]))
    .values(state="paused", reason=bindparam("reason")),
    name="broadcast paused",
)
# One that was still being planned begins to plan where it stopped.
_GOES_ON = case((broadcasts.c.planned_at.is_(None), "scheduled"), else_="running")
RESUMED = Statement(
    update(broadcasts).where(_THIS, broadcasts.c.state == "paused").values(state=_GOES_ON, reason=""),
    name="broadcast goes on",
)
CANCELLED = Statement(
    update(broadcasts)
    .where(_THIS, broadcasts.c.state.in_(["draft", "scheduled", "planning", "running", "paused"]))
    .values(state="cancelled", reason="", finished_at=bindparam("now")),
    name="broadcast cancelled",
)
REST_CANCELLED = Statement(
    update(deliveries)
    .where(_ITS, deliveries.c.state.in_(["planned", "claimed"]))
    .values(state="cancelled", reason="cancelled", owner=null(), leased_until=null(), finished_at=bindparam("now")),
    name="rest of broadcast cancelled",
)
_REACHABLE = exists().where(addresses.c.contact_id == deliveries.c.contact_id, addresses.c.reachable)
AGAIN = Statement(
    update(deliveries)
    .where(
        _ITS,
        or_(
            (deliveries.c.state == "failed") & bindparam("failed", type_=Boolean) & _REACHABLE,
            (deliveries.c.state == "unknown") & bindparam("unknown", type_=Boolean),
        ),
    )
    .values(
        state="planned",
        reason="",
        # What failed may go to another address; what may have arrived goes where it went, so that it is recognised.
        via=case((deliveries.c.state == "failed", ""), else_=deliveries.c.via),
        attempts=literal_column("0"),
        not_before=bindparam("now"),
        finished_at=null(),
        owner=null(),
        leased_until=null(),
    ),
    name="broadcast again",
)
RUNS_AGAIN = Statement(
    update(broadcasts)
    .where(_THIS, broadcasts.c.state.in_(["running", "paused", "done"]), broadcasts.c.recalled == false())
    .values(
        state="running",
        reason="",
        finished_at=null(),
        not_after=case((broadcasts.c.not_after < bindparam("until"), bindparam("until")), else_=broadcasts.c.not_after),
    ),
    name="broadcast runs again",
)


# Who has an older edition gets the new one by and by (`storage/amending.py`); what has not left is new anyway.
EDITED = Statement(
    update(broadcasts)
    .where(_THIS)
    .values(content=bindparam("content"), edition=broadcasts.c.edition + 1, amending=true()),
    name="broadcast edited",
)
RECALLED = Statement(
    update(broadcasts)
    .where(_THIS)
    .values(
        recalled=true(),
        amending=true(),
        reason="",
        state=case((broadcasts.c.state == "done", "done"), else_="cancelled"),
        finished_at=func.coalesce(broadcasts.c.finished_at, bindparam("now")),
    ),
    name="broadcast recalled",
)
# What could not be changed by the last edit is tried again.
TRIED_AGAIN = Statement(
    update(deliveries)
    .where(_ITS, deliveries.c.state == "sent", deliveries.c.amend_failed != "")
    .values(amend_failed=""),
    name="amended once more",
)
REACHED = Statement(select(func.count()).where(_ITS, deliveries.c.state == "sent"), name="whom a broadcast has reached")


def known(number: int) -> Steps[Broadcast]:
    """Return the broadcast of that number.

    Raises:
        UsageError: there is none.
    """
    found = yield from load_one(number)
    if found is None:
        raise UsageError(f"there is no broadcast {number}")
    return found


def _draft(order: Order, command: desk.DraftBroadcast) -> Steps[int]:
    row = yield from one(NEXT)
    assert row is not None
    number = int(row[0])
    report_to = command.report_to
    content = yield from _with_prompt(order, command.content)
    values = {
        "id": number,
        "state": "draft",
        "content": dump(content),
        "audience": dump(list(command.audience)),
        "hurry": command.hurry,
        "transactional": command.transactional,
        "corrects": command.corrects,
        "author_id": command.author,
        "created_by": order.actor,
        "channel": "" if report_to is None else report_to.channel,
        "chat": "" if report_to is None else report_to.chat,
        "language": command.language,
        "start_at": None if command.start_at is None else to_micros(command.start_at),
        "not_after": None if command.not_after is None else to_micros(command.not_after),
        "created_at": order.now,
    }
    yield from many(NEW, [values])
    yield from _keep_files(number, command.content.files, command.files)
    yield from order.note("broadcast drafted", subject=_subject(number))
    return number


def _with_prompt(order: Order, content: Content) -> Steps[Content]:
    """Give the button that starts a form something to refer to: one prompt for all readers, in nobody's chat."""
    form = next((button.target for button in content.buttons if button.kind == "form"), None)
    if form is None:
        return replace(content, prompt=None)
    number = PromptId(order.number())
    row = {"id": number, "channel": "", "chat": "", "kind": KIND, "data": dump({"form": form}), "created_at": order.now}
    yield from many(SHARED_PROMPT, [row])
    return replace(content, prompt=number)


def _keep_files(number: int, shown: Any, files: Mapping[str, bytes]) -> Steps[None]:
    yield from many(
        FILE,
        [
            {"broadcast_id": number, "name": each.name, "media_type": each.media_type, "content": files[each.name]}
            for each in shown
        ],
    )


def _change(order: Order, command: desk.ChangeDraft) -> Steps[None]:
    draft = yield from known(command.broadcast)
    start_at = None if command.at_once else command.start_at or draft.start_at
    content = draft.content if command.content is None else (yield from _with_prompt(order, command.content))
    changed = yield from change(
        CHANGED,
        broadcast=draft.id,
        revision_=command.revision,
        content=dump(content),
        audience=dump(list(draft.audience if command.audience is None else command.audience)),
        start_at=None if start_at is None else to_micros(start_at),
        hurry=draft.hurry if command.hurry is None else command.hurry,
    )
    if not changed:
        raise UsageError(_no_draft(draft))
    if command.files is not None:
        yield from change(FILES_GONE, broadcast=draft.id)
        yield from _keep_files(draft.id, content.files, command.files)
    yield from order.note("broadcast changed", subject=_subject(draft.id))


def _confirm(order: Order, command: desk.ConfirmBroadcast) -> Steps[None]:
    draft = yield from known(command.broadcast)
    report_to = command.report_to
    confirmed = yield from change(
        CONFIRMED,
        broadcast=draft.id,
        revision_=command.revision,
        now=order.now,
        valid_for=VALID_FOR // timedelta(microseconds=1),
        actor=order.actor,
        author=command.author,
        channel_="" if report_to is None else report_to.channel,
        chat_="" if report_to is None else report_to.chat,
        language_=command.language,
        prompt=command.prompt,
    )
    if not confirmed:
        raise UsageError(_no_draft(draft))
    yield from order.note("broadcast confirmed", subject=_subject(draft.id))


def _no_draft(draft: Broadcast) -> str:
    if draft.state == "draft":
        return f"broadcast {draft.id} was changed meanwhile; look at it once more"
    return f"broadcast {draft.id} was confirmed already by {draft.created_by} and is {draft.state}"


def _pause(order: Order, command: desk.PauseBroadcast) -> Steps[None]:
    found = yield from known(command.broadcast)
    if not (yield from change(PAUSED, broadcast=found.id, reason=command.reason)):
        raise UsageError(f"broadcast {found.id} is {found.state}: there is nothing to pause")
    yield from order.note("broadcast paused", subject=_subject(found.id), detail=command.reason)


def _resume(order: Order, command: desk.ResumeBroadcast) -> Steps[None]:
    found = yield from known(command.broadcast)
    if not (yield from change(RESUMED, broadcast=found.id)):
        raise UsageError(f"broadcast {found.id} is {found.state}, not paused")
    yield from order.note("broadcast resumed", subject=_subject(found.id))


def _cancel(order: Order, command: desk.CancelBroadcast) -> Steps[int]:
    found = yield from known(command.broadcast)
    if not (yield from change(CANCELLED, broadcast=found.id, now=order.now)):
        raise UsageError(f"broadcast {found.id} is {found.state}: there is nothing to cancel")
    ended = yield from change(REST_CANCELLED, broadcast=found.id, now=order.now)
    yield from order.note("broadcast cancelled", subject=_subject(found.id))
    return ended


def _retry(order: Order, command: desk.RetryBroadcast) -> Steps[int]:
    found = yield from known(command.broadcast)
    if found.planned_at is None or found.state not in ("running", "paused", "done") or found.recalled:
        raise UsageError(f"broadcast {found.id} is {'taken back' if found.recalled else found.state}: nothing to retry")
    again = yield from change(AGAIN, broadcast=found.id, now=order.now, failed=command.failed, unknown=command.unknown)
    if again:
        until = order.now + VALID_FOR // timedelta(microseconds=1)
        yield from change(RUNS_AGAIN, broadcast=found.id, until=until)
    detail = "unknown too" if command.unknown else ""
    yield from order.note("broadcast sent again", subject=_subject(found.id), detail=detail)
    return again


def _edit(order: Order, command: desk.EditBroadcast) -> Steps[int]:
    found = yield from known(command.broadcast)
    if found.confirmed_at is None or found.recalled:
        raise UsageError(f"broadcast {found.id} is {'taken back' if found.recalled else found.state}: nothing to edit")
    missing = sorted(found.content.texts.keys() - command.texts.keys())
    if missing:  # else readers of a language would keep the old text without anybody noticing
        raise UsageError(f"a text in {' and '.join(missing)} was sent too; give the new one as well")
    refuse_unknown_fields(command.texts)
    content = replace(found.content, texts=dict(command.texts))
    yield from change(EDITED, broadcast=found.id, content=dump(content))
    yield from change(TRIED_AGAIN, broadcast=found.id)
    yield from order.note("broadcast edited", subject=_subject(found.id))
    return (yield from _reached(found.id))


def _recall(order: Order, command: desk.RecallBroadcast) -> Steps[int]:
    found = yield from known(command.broadcast)
    if found.confirmed_at is None or found.recalled:
        raise UsageError(f"broadcast {found.id} is {'taken back already' if found.recalled else found.state}")
    yield from change(RECALLED, broadcast=found.id, now=order.now)
    yield from change(REST_CANCELLED, broadcast=found.id, now=order.now)
    yield from change(TRIED_AGAIN, broadcast=found.id)
    yield from order.note("broadcast recalled", subject=_subject(found.id))
    return (yield from _reached(found.id))


def _reached(number: int) -> Steps[int]:
    row = yield from one(REACHED, broadcast=number)
    return 0 if row is None else int(row[0])


def _subject(number: int) -> str:
    return f"broadcast {number}"


DOERS: Doers = {
    desk.DraftBroadcast: _draft,
    desk.ChangeDraft: _change,
    desk.ConfirmBroadcast: _confirm,
    desk.PauseBroadcast: _pause,
    desk.ResumeBroadcast: _resume,
    desk.CancelBroadcast: _cancel,
    desk.RetryBroadcast: _retry,
    desk.EditBroadcast: _edit,
    desk.RecallBroadcast: _recall,
}
