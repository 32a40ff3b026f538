"""What people do in a chat: write, press, and see what the bot says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bench.load.bot_api import BotApi


class People(Protocol):
    """All who chat with the bot in one run."""

    def hear(self, message: dict[str, Any]) -> None:
        """Take note that the bot's message has reached the server."""
        ...

    def react(self, message: dict[str, Any]) -> None:
        """Do what the person does once the message is there."""
        ...

    def state(self) -> dict[str, Any]:
        """Say how far they are."""
        ...


def buttons_of(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the inline buttons of a message in reading order, as (label, callback data)."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [(button["text"], button["callback_data"]) for row in rows for button in row if "callback_data" in button]


def _person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": f"Ada {chat}", "language_code": "de"}


def write(api: BotApi, chat: int, *, text: str) -> None:
    """Write a text in a private chat."""
    message: dict[str, Any] = {
        "message_id": api.next_id(),
        "from": _person(chat),
        "chat": {"id": chat, "type": "private", "first_name": f"Ada {chat}"},
        "date": int(time.time()),
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
    api.say({"message": message})


def press(api: BotApi, message: dict[str, Any], *, data: str) -> None:
    """Press the button with this callback data below a message of the bot."""
    chat = int(message["chat"]["id"])
    query = {
        "id": str(api.next_id()),
        "from": _person(chat),
        "message": message,
        "chat_instance": str(chat),
        "data": data,
    }
    api.say({"callback_query": query})
