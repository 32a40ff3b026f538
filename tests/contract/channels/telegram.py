"""Telegram as a stage: the real channel against the strict double of the Bot API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from bot.adapters.telegram.channel import TelegramChannel
from bot.ports import Channel
from config.settings import Settings
from tests.contract.channels.stage import PATIENCE, Heard, Person, Stage
from tests.doubles.telegram import TOKEN, Seen, TelegramDouble, User

T = TypeVar("T")
MARKS = ("", "☐ ", "☑ ")


class TelegramPerson(Person):
    """Somebody on Telegram."""

    def __init__(self, stage: TelegramStage, user: User) -> None:
        super().__init__(stage)
        self.user = user

    @property
    def address(self) -> str:
        return f"telegram:{self.user.id}"

    async def blocks(self) -> None:
        await self.user.blocks()

    async def unblocks(self) -> None:
        await self.user.unblocks()

    def messages(self) -> list[Heard]:
        return [_heard(message) for message in self.user.sees() if not message.mine]

    async def answers_to(self, wanted: str, text: str) -> None:
        await self.stage.between()
        message = next(one for one in reversed(self.user.sees()) if not one.mine and wanted in one.text)
        await self.user.says(text, reply_to=message.id)

    async def _says(self, text: str) -> None:
        await self.user.says(text)

    async def _picks(self, label: str) -> None:
        for message in reversed(self.user.sees()):
            button = _button(message, label)
            if button is not None:
                await self.user.presses(button, message_id=message.id)
                return
        raise AssertionError(f"nothing called {label!r} is offered in {self.seen()[-2:]}")


class TelegramStage(Stage):
    """Persons on Telegram."""

    name = "telegram"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.double = TelegramDouble()
        self._persons: dict[str, TelegramPerson] = {}

    async def open_more(self) -> None:
        await self.double.start()

    async def close_more(self) -> None:
        await self.double.stop()

    def person(self, name: str = "ada", *, language: str | None = "de") -> TelegramPerson:
        if name not in self._persons:
            hint = {} if language is None else {"language_code": language}
            user = self.double.user(4711 + len(self._persons), first_name=name.title(), **hint)
            self._persons[name] = TelegramPerson(self, user)
        return self._persons[name]

    async def heard_in_a_group(self) -> str:
        group = self.double.group()
        await group.adds_bot(by=self.person().user)
        return str((await group.hears("")).text)

    def _channel(self) -> Channel:
        return TelegramChannel(token=TOKEN, api_url=self.double.url, rate=0, chat_rate=0)

    async def _read_up(self) -> None:
        await self.double.until_confirmed(timeout=PATIENCE)

    async def first(self, find: Callable[[], T | None]) -> T:
        return await self.double.waiting.first(find, timeout=PATIENCE)

    async def end(self) -> None:
        await super().end()
        assert self.double.violations == []
        assert self.double.unanswered == [], "a press was not answered"


def _heard(message: Seen) -> Heard:
    file = (message.document, message.content or b"") if message.document else None
    return Heard(text=message.text, labels=message.buttons, file=file)


def _button(message: Seen, label: str) -> str | None:
    """Return the label of the button that stands for `label`: itself, or its number in the text."""
    number = re.search(rf"^(\d+)  {re.escape(label)}$", message.text, re.MULTILINE)
    wanted = [label] if number is None else [label, number[1]]
    return next((mark + text for text in wanted for mark in MARKS if mark + text in message.buttons), None)
