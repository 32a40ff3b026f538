"""At the platform's full pace and never above it: every window of a second is counted as the server sees it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.adapters.telegram.channel import TelegramChannel
from bot.domain.messages import Address, DeliveryId, OutboundMessage, Outgoing
from bot.ports import Mark
from bot.runtime.clock import SystemClock
from bot.runtime.sender import Sender
from tests.doubles.telegram import TOKEN, TelegramDouble

RATE = 30
WAITING = 4
"""Pushes that wait at the gate, so that it is never idle."""

FIRST = 60_001
TALKER = 59_999


@dataclass
class Traffic:
    """A sender on a Bot API double, with pushes to many and a conversation with one."""

    double: TelegramDouble
    channel: TelegramChannel
    marks: dict[int, Mark] = field(default_factory=dict)
    asked_at: dict[int, float] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.sender = Sender({"telegram": self.channel}, mark=self.marked, clock=SystemClock())
        self.sender.report_to(tried=lambda *_: None, room=lambda _: self.room.set())

    def marked(self, mark: Mark) -> None:
        self.marks[mark.delivery] = mark
        self.begun.set()
        if mark.delivery in self.asked_at:
            self.waited.append(time.monotonic() - self.asked_at[mark.delivery])

    async def push(self, count: int) -> None:
        for number in range(count):
            while self.sender.queued("telegram") >= WAITING:
                self.room.clear()
                await self.room.wait()
            address = Address("telegram", str(FIRST + number))
            message = OutboundMessage(text=f"Der Workshop beginnt um drei ({number})")
            self.sender.send(
                Outgoing(delivery=DeliveryId(number), address=address, message=message, priority="push"), known=True
            )
        await self.sender.idle()

    async def talk(self) -> None:
        """Ask something about every second, and three things at once now and then, as soon as the bot is under way."""
        await self.begun.wait()
        for number in range(1_000_000, 2_000_000):
            self.asked_at[number] = time.monotonic()
            message = OutboundMessage(text=f"Frage {number}")
            address = Address("telegram", str(TALKER - number % 3))
            self.sender.send(Outgoing(delivery=DeliveryId(number), address=address, message=message), known=True)
            await asyncio.sleep(0.0 if number % 5 < 2 else 1.3)


@asynccontextmanager
async def traffic(count: int, *, delay: float) -> AsyncIterator[Traffic]:
    async with TelegramDouble() as double:
        double.limit(bot_rate=RATE, bot_burst=RATE, chat_rate=1, chat_burst=4)
        double.delay = delay
        for number in (*range(FIRST, FIRST + count), *range(TALKER - 2, TALKER + 1)):
            double.user(number).knows_the_bot()
        channel = TelegramChannel(token=TOKEN, api_url=double.url, rate=RATE)
        stage = Traffic(double, channel)
        try:
            yield stage
        finally:
            await stage.sender.close(within=1)
            await channel.close()


async def full_pace(count: int, *, delay: float) -> None:
    async with traffic(count, delay=delay) as stage:
        talking = asyncio.create_task(stage.talk())
        await stage.push(count)
        talking.cancel()
        rates = stage.double.rates
        waited = sorted(stage.waited)
        p95 = waited[int(0.95 * len(waited))]
        share, busiest = rates.share(RATE), rates.busiest()
        print(
            f"{count} pushes and {len(waited)} replies, {delay * 1000:.0f} ms: at most {busiest} in a second, "
            f"{share:.1%} of the rate, replies within {p95:.3f} s (p95), {waited[-1]:.3f} s at most"
        )
        assert rates.refused == []
        assert (busiest, rates.windows_over(RATE)) == (RATE, 0)
        assert share >= 0.97
        assert p95 < 1
        assert {mark.state for mark in stage.marks.values()} == {"sent"}
        assert sum(number < count for number in stage.marks) == count


@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_pushes_use_the_whole_pace_and_never_more(delay: float) -> None:
    await full_pace(300, delay=delay)


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.parametrize("delay", [0.0, 0.05])
@pytest.mark.parametrize("run", range(5))
async def test_fifteen_hundred_leave_at_the_whole_pace_five_times(delay: float, run: int) -> None:
    print(f"run {run + 1}")
    await full_pace(1_500, delay=delay)
