"""All that the servers know: chats, updates, files, menus, limits; shared by the bot's methods and the people."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.doubles.telegram.chats import Chat, Message
from tests.doubles.telegram.clock import Clock
from tests.doubles.telegram.commands import Commands
from tests.doubles.telegram.faults import Faults
from tests.doubles.telegram.files import Files
from tests.doubles.telegram.presses import Presses
from tests.doubles.telegram.rates import Rates
from tests.doubles.telegram.refusals import bad_request, forbidden, migrated
from tests.doubles.telegram.updates import Updates
from tests.doubles.telegram.waiting import Waiting

REQUESTS_KEPT = 10_000
# Any number does; a first id far from the message ids shows up when one is taken for the other.
FIRST_UPDATE = 700_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that the double took in: `error` is the code it was refused with."""

    method: str
    params: Mapping[str, Any]
    at: float
    error: int | None


class State:
    """The world of one bot."""

    def __init__(self, *, token: str, username: str, name: str, keep: int | None) -> None:
        bot_id, colon, secret = token.partition(":")
        if not (bot_id.isdigit() and colon and secret):
            raise ValueError("a token looks like 123456:ABC-DEF")
        self.token = token
        self.keep = keep
        self.clock = Clock()
        self.bot: dict[str, Any] = {"id": int(bot_id), "is_bot": True, "first_name": name, "username": username}
        self.chats: dict[int, Chat] = {}
        self.updates = Updates(first_id=FIRST_UPDATE)
        self.files = Files()
        self.commands = Commands()
        self.rates = Rates(self.clock)
        self.faults = Faults()
        self.presses = Presses(self.clock)
        self.profile: dict[tuple[str, str], str] = {}
        self.webhook: dict[str, Any] = {}
        self.privacy_mode = True
        self.logged_out = False
        self.delay = 0.0
        self.violations: list[str] = []
        self.calls: Counter[str] = Counter()
        self.requests: deque[Call] = deque(maxlen=REQUESTS_KEPT)
        self.waiting = Waiting()
        self._last_message_id = 0

    def next_message_id(self, chat: Chat) -> int:
        """Count messages: over all of a bot's private chats and small groups together, in a supergroup by itself."""
        if chat.kind == "supergroup":
            chat.last_own_id += 1
            return chat.last_own_id
        self._last_message_id += 1
        return self._last_message_id

    def message(self, chat: Chat, *, sender: Mapping[str, Any], **content: Any) -> Message:
        """Make a message with the next id; it is not in the chat yet."""
        return {
            "message_id": self.next_message_id(chat),
            "from": sender,
            "chat": chat.facts,
            "date": self.clock.date(),
            **{name: value for name, value in content.items() if value not in (None, [], "")},
        }

    def reachable(self, chat_id: int | str) -> Chat:
        """Return the chat that the bot means.

        Raises:
            Refusal: it is unknown, or closed to the bot.
        """
        chat = self.chats.get(int(chat_id)) if _is_number(chat_id) else None
        if chat is None or (chat.private and not (chat.open or chat.acquainted)):
            # Somebody who never wrote to the bot does not exist for it.
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise migrated(chat.migrated_to)
        if chat.deactivated:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.private and not chat.open:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.removed:
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        return chat


def _is_number(chat_id: int | str) -> bool:
    return isinstance(chat_id, int) or chat_id.removeprefix("-").isdigit()
