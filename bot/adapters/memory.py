"""A channel that records: the tests' twin of a platform, with buttons, edits and everything that can fail."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.domain.messages import (
    Abilities,
    Acknowledgement,
    Address,
    ChatKind,
    Content,
    Edit,
    Edited,
    Fact,
    Identity,
    InboundMessage,
    MembershipChanged,
    OutboundMessage,
    Outgoing,
    Pressed,
    Reading,
    Recall,
    Said,
    SentMedia,
)
from bot.errors import Refused

ACCOUNT = "memory:bot"


@dataclass(slots=True)
class Shown:
    """One message in a chat as the person sees it now."""

    id: str
    chat: str
    message: OutboundMessage
    edits: int = 0


@dataclass(slots=True)
class Inbox:
    """What waits to be read, with the cursor each reading confirms; nothing is dropped before it is confirmed."""

    messages: list[tuple[int, InboundMessage]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)


class MemoryChannel:
    """Keeps what was said in lists. `fail`: called before each send, may raise a `DeliveryError`."""

    name = "memory"

    def __init__(self, *, abilities: Abilities | None = None, fail: Callable[[Outgoing], None] | None = None) -> None:
        self.abilities = abilities or Abilities(buttons=True, edits=True, files=True)
        self.fail = fail
        self.heard: list[Shown] = []
        self.acknowledged: list[Acknowledgement] = []
        self.menus: dict[str | None, Mapping[str, Sequence[tuple[str, str]]]] = {}
        self.files: dict[str, bytes] = {}
        self._inbox = Inbox()
        self._updates = itertools.count(1)
        self._ids = itertools.count(1)

    # --- the person's side -------------------------------------------------------------------------------------------

    def put(
        self, content: Content, *, chat: str = "ada", language: str | None = "de", **more: object
    ) -> InboundMessage:
        """Let something arrive; `more` are further fields of the message (`native_id` to repeat one)."""
        number = next(self._updates)
        message = InboundMessage(
            account=ACCOUNT,
            native_id=str(number),
            address=Address(self.name, chat),
            sender=chat,
            content=content,
            received_at=datetime.now(UTC),
            message_id=None if isinstance(content, Pressed | MembershipChanged) else f"p{next(self._ids)}",
            language=language,
            ack=f"ack{number}" if isinstance(content, Pressed) else None,
        )
        message = replace(message, **more)  # type: ignore[arg-type]
        self._inbox.messages.append((number, message))
        self._inbox.news.set()
        return message

    def says(
        self, text: str, *, chat: str = "ada", reply_to: str | None = None, forwarded: bool = False, **more: object
    ) -> InboundMessage:
        """Write text."""
        return self.put(Said(text, reply_to=reply_to, forwarded=forwarded), chat=chat, **more)  # type: ignore[arg-type]

    def edits(self, message: InboundMessage, text: str) -> InboundMessage:
        """Change an own message."""
        return self.put(
            Edited(text), chat=message.address.chat, message_id=message.message_id, language=message.language
        )

    def presses(self, label: str, *, chat: str = "ada", shown: Shown | None = None) -> InboundMessage:
        """Press the button with that label, on the newest message that has one (or on `shown`)."""
        for candidate in [shown] if shown is not None else reversed(self.chat(chat)):
            key = _key_of(candidate.message, label)
            if key is not None:
                return self.put(Pressed(candidate.message.prompt, key[0], key[1], candidate.id), chat=chat)
        raise AssertionError(f"no button {label!r} in {[shown.message for shown in self.chat(chat)][-3:]}")

    def sends(self, kind: str, *, chat: str = "ada", **fields: object) -> InboundMessage:
        """Send something that is no text."""
        return self.put(SentMedia(kind, **fields), chat=chat)  # type: ignore[arg-type]

    def joins_group(self, chat: str) -> InboundMessage:
        """Add the bot to a group."""
        return self.put(MembershipChanged(present=True), chat=chat, chat_kind=ChatKind.GROUP)

    def chat(self, chat: str = "ada") -> list[Shown]:
        """Return what the person sees in their chat now."""
        return [shown for shown in self.heard if shown.chat == chat]

    # --- the bot's side ----------------------------------------------------------------------------------------------

    async def connect(self) -> Identity:
        """See `bot.ports.Channel`."""
        return Identity(account=ACCOUNT, name="@memory", link="https://memory.example/?start={code}")

    async def read(self, cursor: str | None) -> Reading:
        """See `bot.ports.Channel`."""
        confirmed = int(cursor or 0)
        self._inbox.messages = [(number, message) for number, message in self._inbox.messages if number > confirmed]
        while not self._inbox.messages:
            self._inbox.news.clear()
            await self._inbox.news.wait()
        waiting = self._inbox.messages[:100]
        return Reading(account=ACCOUNT, messages=tuple(message for _, message in waiting), cursor=str(waiting[-1][0]))

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        """See `bot.ports.Channel`."""
        if self.fail is not None:
            self.fail(outgoing)
        shown = Shown(id=f"b{next(self._ids)}", chat=outgoing.address.chat, message=outgoing.message)
        self.heard.append(shown)
        return [shown.id]

    async def edit(self, edit: Edit) -> None:
        """See `bot.ports.Channel`."""
        for shown in self.heard:
            if shown.id == edit.message_id:
                shown.message = edit.message
                shown.edits += 1
                return
        raise Refused("message to edit not found")

    async def recall(self, recall: Recall) -> None:
        """See `bot.ports.Channel`."""
        self.heard = [shown for shown in self.heard if shown.id not in recall.message_ids]

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """See `bot.ports.Channel`."""
        self.acknowledged.append(acknowledgement)

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        """See `bot.ports.Channel`."""
        content = self.files.get(file_id)
        if content is None:
            raise Refused("no such file", reason="gone")
        if len(content) > limit:
            raise Refused("too large", reason="too_large")
        return content

    async def offer_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]], *, chat: str | None = None) -> None:
        """See `bot.ports.Channel`."""
        self.menus[chat] = menus

    async def check(self) -> Sequence[Fact]:
        """There is nothing more to tell."""
        return ()

    async def close(self) -> None:
        """Nothing is held."""


def _key_of(message: OutboundMessage, label: str) -> tuple[str, bool | None] | None:
    for choice in message.choices:
        if label in (choice.label, choice.key if message.numbered else choice.label):
            return choice.key, None if choice.selected is None else not choice.selected
    return next(((way.key, None) for way in message.ways if way.label == label), None)
