"""The recording channel as a stage: it outlives the core, as a platform does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bot.adapters.memory import MemoryChannel
from bot.adapters.plain import plain_text
from bot.domain.messages import Acknowledgement, Edit, InboundMessage, MembershipChanged, Outgoing, Reading
from bot.ports import Channel
from config.settings import Settings
from tests.contract.channels.stage import PATIENCE, Heard, Person, Stage
from tests.doubles.telegram.waiting import Waiting

T = TypeVar("T")


class Recorded(MemoryChannel):
    """The memory channel, which tells those who wait of every change."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = Waiting()
        self.said = 0
        self.presses_made = 0
        self.confirmed = 0

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        ids = await super().send(outgoing)
        self.waiting.notify()
        return ids

    async def edit(self, edit: Edit) -> None:
        await super().edit(edit)
        self.waiting.notify()

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        await super().acknowledge(acknowledgement)
        self.waiting.notify()

    async def read(self, cursor: str | None) -> Reading:
        self.confirmed = max(self.confirmed, int(cursor or 0))
        self.waiting.notify()
        return await super().read(cursor)

    def put(self, *arguments: Any, **more: Any) -> InboundMessage:
        message = super().put(*arguments, **more)
        self.said += 1
        self.presses_made += message.ack is not None
        return message


class MemoryPerson(Person):
    """Somebody at the memory channel."""

    def __init__(self, stage: MemoryStage, *, name: str, language: str | None) -> None:
        super().__init__(stage)
        self.channel = stage.channel
        self.name = name
        self.language = language

    @property
    def address(self) -> str:
        return f"memory:{self.name}"

    async def blocks(self) -> None:
        self.channel.put(MembershipChanged(present=False), chat=self.name)

    async def unblocks(self) -> None:
        self.channel.put(MembershipChanged(present=True), chat=self.name)

    def messages(self) -> list[Heard]:
        return [
            Heard(
                text=plain_text(shown.message),
                labels=(
                    *(choice.label for choice in shown.message.choices),
                    *(way.label for way in shown.message.ways),
                ),
                file=next(((file.name, file.content) for file in shown.message.attachments), None),
            )
            for shown in self.channel.chat(self.name)
        ]

    async def answers_to(self, wanted: str, text: str) -> None:
        await self.stage.between()
        shown = next(one for one in reversed(self.channel.chat(self.name)) if wanted in plain_text(one.message))
        self.channel.says(text, chat=self.name, language=self.language, reply_to=shown.id)

    async def _says(self, text: str) -> None:
        self.channel.says(text, chat=self.name, language=self.language)

    async def _picks(self, label: str) -> None:
        self.channel.presses(label, chat=self.name)


class MemoryStage(Stage):
    """Persons at the memory channel."""

    name = "memory"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.channel = Recorded()
        self._persons: dict[str, MemoryPerson] = {}

    def person(self, name: str = "ada", *, language: str | None = "de") -> MemoryPerson:
        if name not in self._persons:
            self._persons[name] = MemoryPerson(self, name=name, language=language)
        return self._persons[name]

    async def heard_in_a_group(self) -> str:
        self.channel.joins_group("g1")
        shown = await self.first(lambda: next((shown for shown in self.channel.chat("g1")), None))
        return plain_text(shown.message)

    def _channel(self) -> Channel:
        return self.channel

    async def _read_up(self) -> None:
        channel = self.channel
        await channel.waiting.until(lambda: channel.confirmed >= channel.said, timeout=PATIENCE)

    async def first(self, find: Callable[[], T | None]) -> T:
        return await self.channel.waiting.first(find, timeout=PATIENCE)

    async def end(self) -> None:
        await super().end()
        assert len(self.channel.acknowledged) == self.channel.presses_made, "a press was not answered"
