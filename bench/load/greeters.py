"""People who are known already and just say something, each once, a few at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.load.people import write

if TYPE_CHECKING:
    from bench.load.bot_api import BotApi


class Greeters:
    """Lets `count` chats, every `step`th from `first_chat` on, write `text` once, `at_once` at the same time."""

    def __init__(self, api: BotApi, *, count: int, at_once: int, first_chat: int, step: int, text: str) -> None:
        self._api = api
        self._to_come = [first_chat + number * step for number in reversed(range(count))]
        self._at_once = at_once
        self._text = text
        self._waiting: set[int] = set()
        self._greeted = 0

    def begin(self) -> None:
        """Let the first ones write."""
        for _ in range(min(self._at_once, len(self._to_come))):
            self._next_person()

    def hear(self, message: dict[str, Any]) -> None:
        """Count the first reply in a chat."""
        chat = int(message["chat"]["id"])
        if chat in self._waiting:
            self._waiting.remove(chat)
            self._greeted += 1
            self._next_person()

    def react(self, message: dict[str, Any]) -> None:
        """Do nothing more."""

    def state(self) -> dict[str, Any]:
        """Say how many got a reply and how many have none yet."""
        return {"greeted": self._greeted, "on_the_way": len(self._waiting) + len(self._to_come)}

    def _next_person(self) -> None:
        if self._to_come:
            chat = self._to_come.pop()
            self._waiting.add(chat)
            write(self._api, chat, text=self._text)
