"""A chat that goes on under another id of its platform, which we hear of when we write to the old one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, bindparam, exists, select, update

from bot.domain.messages import Address
from bot.ports import Mark
from storage.statements import Statement, Steps, many
from storage.tables import addresses, deliveries, dialogues, hub_settings, jobs, prompts


def _moved(table: Table, *conditions: Any, unique: bool = False) -> Statement:
    """UPDATE table SET chat = :to WHERE chat = :chat_; where a chat has one row, not if the new one has it already."""
    old = [table.c.channel == bindparam("channel_"), table.c.chat == bindparam("chat_")]
    if unique:
        new = table.alias()
        taken = select(new.c.chat).where(new.c.channel == bindparam("channel_"), new.c.chat == bindparam("to"))
        old.append(~exists(taken))
    return Statement(
        update(table).where(*old, *conditions).values(chat=bindparam("to")), name=f"chat of {table.name} moved"
    )


ADDRESS_MOVED = _moved(addresses, unique=True)
DIALOGUE_MOVED = _moved(dialogues, unique=True)
PROMPTS_MOVED = _moved(prompts)
JOBS_MOVED = _moved(jobs)
# What was sent stays where it was sent.
DELIVERIES_MOVED = _moved(deliveries, deliveries.c.state.in_(["planned", "claimed", "sending"]))
INBOX_MOVED = Statement(
    update(hub_settings)
    .where(hub_settings.c.key == "inbox", hub_settings.c.value == bindparam("old"))
    .values(value=bindparam("new")),
    name="inbox moved",
)


def move(marks: Sequence[Mark]) -> Steps[None]:
    """Let everything that knows an old chat know the new one."""
    moves = {(mark.address, mark.moved_to): None for mark in marks if mark.moved_to}
    chats = [{"channel_": old.channel, "chat_": old.chat, "to": new} for old, new in moves]
    for statement in (ADDRESS_MOVED, DIALOGUE_MOVED, PROMPTS_MOVED, JOBS_MOVED, DELIVERIES_MOVED):
        yield from many(statement, chats)
    inboxes = [{"old": str(old), "new": str(Address(old.channel, new))} for old, new in moves]
    yield from many(INBOX_MOVED, inboxes)
