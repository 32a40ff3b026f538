"""The pump: little in hand at a time; a channel in trouble pauses itself, a broadcast that goes wrong stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from bot.adapters.memory import MemoryChannel
from bot.domain.broadcasts.model import Content
from bot.domain.messages import Abilities, Address, DeliveryId, OutboundMessage, Outgoing
from bot.errors import NotSent, Refused, Unavailable, Unreachable
from bot.ports import Mark, Push
from bot.runtime.pump import Pump
from bot.runtime.sender import Sender

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class Store:
    """A ledger in memory."""

    waiting: list[int]
    begun: list[int] = field(default_factory=list)
    most_begun: int = 0
    released: list[int] = field(default_factory=list)
    pauses: list[tuple[datetime | None, int]] = field(default_factory=list)
    known_pause: tuple[datetime, str, int] | None = None
    stopped: list[tuple[int, str]] = field(default_factory=list)
    refused: frozenset[int] = frozenset()
    ended: set[int] = field(default_factory=set)

    async def claim_pushes(self, channel: str, *, most: int) -> Sequence[Push]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return [
            Push(
                delivery=DeliveryId(number),
                address=Address(channel, f"c{number}"),
                broadcast=7,
                edition=0,
                content=Content(texts={"de": "Guten Tag"}),
                language="de",
                params=("", ""),
                attempts=0,
            )
            for number in taken
        ]

    async def begin_pushes(self, pushes: Sequence[Push], *, via: str) -> Collection[int]:
        del via
        chosen = [push.delivery for push in pushes if push.delivery not in self.refused and not self.stopped]
        self.begun += chosen
        self.most_begun = max(self.most_begun, len(set(self.begun) - self.ended))
        return chosen

    async def release_pushes(self, pushes: Sequence[Push]) -> None:
        self.released += [push.delivery for push in pushes]
        self.waiting = sorted([*self.waiting, *(push.delivery for push in pushes)])

    async def pause_channel(self, channel: str, *, until: datetime | None, reason: str, tries: int) -> None:
        del channel, reason
        self.pauses.append((until, tries))

    async def channel_pause(self, channel: str) -> tuple[datetime, str, int] | None:
        del channel
        return self.known_pause

    async def stop_broadcast(self, number: int, *, reason: str) -> None:
        self.stopped.append((number, reason))
        self.waiting = []


@dataclass
class Stage:
    store: Store
    channel: MemoryChannel
    sender: Sender
    pump: Pump
    clock: Clock
    marks: list[Mark]
    news: asyncio.Event

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that a mark, a claim or a pause brings about."""
        async with asyncio.timeout(20):
            while not holds():
                self.news.clear()
                await asyncio.wait([asyncio.create_task(self.news.wait())], timeout=0.02)

    def states(self) -> dict[int, str]:
        return {mark.delivery: mark.state for mark in self.marks}


@asynccontextmanager
async def pumping(
    many: int, *, rate: float = 0.0, fail: Callable[[Outgoing], None] | None = None, **more: object
) -> AsyncIterator[Stage]:
    clock, store, marks, news = Clock(), Store(list(range(1, many + 1))), [], asyncio.Event()
    for name, value in more.items():
        setattr(store, name, value)
    channel = MemoryChannel(fail=fail, abilities=Abilities(rate=rate))
    pumps: list[Pump] = []

    def mark(made: Mark) -> None:
        marks.append(made)
        store.ended.add(made.delivery)
        pumps[0].done(made)
        news.set()

    sender = Sender({"memory": channel}, mark=mark, clock=clock)
    pump = Pump(
        "memory",
        abilities=channel.abilities,
        store=store,
        sender=sender,
        clock=clock,
        render=lambda _: OutboundMessage(text="Guten Tag"),
        random=Random(1),
    )
    pumps.append(pump)
    sender.report_to(tried=lambda _, error: pump.tried(error), room=lambda _: pump.room())
    pump.open("")
    task = asyncio.create_task(pump.run())
    stage = Stage(store, channel, sender, pump, clock, marks, news)
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.close(within=1)


async def test_all_leave_and_only_a_handful_is_marked_at_a_time() -> None:
    async with pumping(300, rate=2_000) as stage:
        await stage.until(lambda: len(stage.marks) == 300)
        assert set(stage.states().values()) == {"sent"}
        assert stage.store.begun == list(range(1, 301))
        assert stage.store.most_begun <= 2_000 * 0.1 + 1 + 8  # what waits for its moment, and a few on their way


async def test_without_a_known_pace_the_hand_grows_with_what_is_taken() -> None:
    async with pumping(400) as stage:
        await stage.until(lambda: len(stage.marks) == 400)
        assert 4 < stage.store.most_begun <= 64


async def test_what_is_refused_at_the_last_look_does_not_leave() -> None:
    async with pumping(20, refused=frozenset({3, 4})) as stage:
        await stage.until(lambda: len(stage.marks) == 18)
        assert stage.channel.chat("c3") == []


async def test_what_is_claimed_goes_back_when_the_pump_ends() -> None:
    async with pumping(50, rate=0.5) as stage:
        await stage.until(lambda: bool(stage.store.begun))
    assert stage.store.released
    assert sorted([*stage.store.begun, *stage.store.waiting]) == list(range(1, 51))


def failing(error: Exception, *, only: Callable[[int], bool] = lambda _: True) -> Callable[[Outgoing], None]:
    def fail(outgoing: Outgoing) -> None:
        if only(outgoing.delivery):
            raise error

    return fail


async def test_a_platform_that_does_not_answer_pauses_its_channel_longer_each_time() -> None:
    async with pumping(100, fail=failing(Unavailable("no answer"))) as stage:
        await stage.until(lambda: len(stage.store.pauses) == 1)
        first = stage.pump.paused_until
        assert first is not None
        lost = len(stage.marks)
        assert lost < 20  # the rest waits
        assert set(stage.states().values()) == {"unknown"}
        stage.clock.moment = first + timedelta(seconds=1)
        stage.pump.look()
        await stage.until(lambda: len(stage.store.pauses) == 2)
        assert len(stage.marks) == lost + 1  # one tried whether it works
        second = stage.pump.paused_until
        assert second is not None
        assert second - stage.clock.moment > (first - NOW) * 1.2
        stage.channel.fail = None
        stage.clock.moment = second + timedelta(seconds=1)
        stage.pump.look()
        await stage.until(lambda: stage.store.pauses[-1] == (None, 0) and len(stage.marks) == 100)


async def test_a_pause_is_kept_over_a_restart() -> None:
    known = (NOW + timedelta(minutes=5), "unavailable", 3)
    async with pumping(5, known_pause=known) as stage:
        await stage.until(lambda: stage.pump.paused_until is not None)
        assert stage.store.begun == []
        stage.clock.moment += timedelta(minutes=6)
        stage.pump.look()
        await stage.until(lambda: len(stage.marks) == 5)


async def test_a_broadcast_of_which_too_many_fail_stops_by_itself() -> None:
    async with pumping(200, fail=failing(Refused("no"), only=lambda number: number % 3 == 0)) as stage:
        await stage.until(lambda: bool(stage.store.stopped))
        assert stage.store.stopped == [(7, "errors")]
        assert len(stage.marks) < 150


async def test_readers_who_have_left_stop_nothing() -> None:
    gone = Unreachable("blocked", reason="blocked")
    async with pumping(120, fail=failing(gone, only=lambda number: number % 2 == 0)) as stage:
        await stage.until(lambda: len(stage.marks) == 120)
        assert stage.store.stopped == []


async def test_what_has_not_left_is_tried_again_and_costs_nobody_anything() -> None:
    left = [2]

    def fail(outgoing: Outgoing) -> None:
        if outgoing.delivery == 2 and left[0]:
            left[0] -= 1
            raise NotSent("no connection")

    async with pumping(3, fail=fail) as stage:
        await stage.until(lambda: len(stage.marks) == 3)
        assert set(stage.states().values()) == {"sent"}
