"""Chats and their messages as the servers keep them, and a message as a person sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from tests.doubles.telegram.files import Files
from tests.doubles.telegram.markup import Entity, to_html
from tests.doubles.telegram.waiting import Waiting

Message = dict[str, Any]
Match = str | Callable[["Seen"], bool] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message as it looks now: `rows` are the labels of its buttons, `mine` says that the bot did not write it."""

    id: int
    mine: bool
    text: str
    html: str
    rows: tuple[tuple[str, ...], ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    edited: bool = False
    reply_to: int | None = None
    document: str | None = None
    photo: bool = False
    content: bytes | None = None

    @property
    def buttons(self) -> tuple[str, ...]:
        """Give all labels in reading order."""
        return tuple(chain.from_iterable(self.rows))

    def matches(self, wanted: Match) -> bool:
        """Say whether this is what somebody waits for: a part of the text, or what a function says."""
        match wanted:
            case None:
                return True
            case str():
                return wanted in self.text
            case _:
                return wanted(self)


@dataclass(slots=True, kw_only=True)
class Chat:
    """One chat: who is in it, what was written, and what keeps the bot out.

    by_bot: ids of the bot's messages in the order they came, deleted ones included; edits: the same for its edits.
    keep: how many messages are kept, None for all.
    """

    id: int
    kind: str
    facts: dict[str, Any]
    open: bool = False
    acquainted: bool = False
    blocked: bool = False
    deactivated: bool = False
    removed: bool = False
    migrated_to: int | None = None
    keep: int | None = None
    last_own_id: int = 0
    reply_keyboard: tuple[tuple[str, ...], ...] = ()
    messages: dict[int, Message] = field(default_factory=dict)
    by_bot: list[int] = field(default_factory=list)
    edits: list[int] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def private(self) -> bool:
        """Say whether this is the chat of one person with the bot."""
        return self.kind == "private"

    def add(self, message: Message, *, by_bot: bool = False) -> None:
        """Append a message and wake who waits for one."""
        self.messages[message["message_id"]] = message
        if self.keep is not None and len(self.messages) > self.keep:
            del self.messages[next(iter(self.messages))]
        if by_bot:
            self.by_bot.append(message["message_id"])
        self.waiting.notify()

    def replace(self, message: Message, *, by_bot: bool = False) -> None:
        """Put the edited message into its place; updates that hold the old one keep it."""
        self.messages[message["message_id"]] = message
        if by_bot:
            self.edits.append(message["message_id"])
        self.waiting.notify()

    def remove(self, message_id: int) -> None:
        """Delete a message for everybody."""
        del self.messages[message_id]
        self.waiting.notify()


def seen(message: Message, *, files: Files) -> Seen:
    """Show a message as a person sees it."""
    text: str = message.get("text") or message.get("caption") or ""
    entities: list[Entity] = message.get("entities") or message.get("caption_entities") or []
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", ())
    buttons = list(chain.from_iterable(keyboard))
    attached = message.get("document") or (message["photo"][-1] if "photo" in message else None)
    return Seen(
        id=message["message_id"],
        mine=not message["from"]["is_bot"],
        text=text,
        html=to_html(text, entities),
        rows=tuple(tuple(button["text"] for button in row) for row in keyboard),
        data={button["text"]: button["callback_data"] for button in buttons if "callback_data" in button},
        urls={button["text"]: button["url"] for button in buttons if "url" in button},
        edited="edit_date" in message,
        reply_to=message.get("reply_to_message", {}).get("message_id"),
        document=message.get("document", {}).get("file_name"),
        photo="photo" in message,
        content=files.content(attached["file_id"]) if attached else None,
    )
