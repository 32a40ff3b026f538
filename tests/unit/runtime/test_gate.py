"""In which order, and how fast, the messages of one bot leave."""

from __future__ import annotations

import asyncio
import heapq
import math
from bisect import bisect_left
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import Abilities
from bot.runtime.gate import Departure, Gate, Weight
from bot.runtime.paces import ChatPace
from bot.runtime.pacing import LearnedPace, Slot, Window


@dataclass
class Left:
    """Notes in which order messages pass."""

    gate: Gate
    order: list[int] = field(default_factory=list)

    async def leaves(self, number: int, *, weight: Weight = Weight.REPLY) -> Departure:
        departure = await self.gate.passes(weight, order=number)
        self.order.append(number)
        return departure


async def test_without_a_limit_nobody_waits() -> None:
    left = Left(Gate(0))
    for number in range(100):
        await asyncio.wait_for(left.leaves(number), 0.01)
    assert left.order == list(range(100))


async def test_after_a_refusal_replies_go_before_edits_before_pushes_and_the_oldest_first() -> None:
    left = Left(Gate(0))
    left.gate.refused(0.03)
    people = ((7, Weight.PUSH), (5, Weight.PUSH), (1, Weight.EDIT), (9, Weight.REPLY), (8, Weight.REPLY))
    await asyncio.gather(*(left.leaves(number, weight=weight) for number, weight in people))
    assert left.order == [8, 9, 1, 5, 7]


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    left = Left(Gate(0))
    left.gate.refused(0.03)
    first = asyncio.create_task(left.leaves(1))
    second = asyncio.create_task(left.leaves(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert left.order == [2]


async def test_a_request_that_has_not_been_written_holds_its_place() -> None:
    left = Left(Gate(1))
    first = await left.leaves(1)
    waiting = asyncio.create_task(left.leaves(2))
    await first.opens()
    first.falls_out()  # it never left after all
    await asyncio.wait_for(waiting, 0.5)
    third = asyncio.create_task(left.leaves(3))
    await asyncio.sleep(0.05)
    assert not third.done()
    third.cancel()


async def test_who_stops_waiting_as_its_turn_comes_gives_the_place_back() -> None:
    left = Left(Gate(1))
    first = await left.leaves(1)
    second = asyncio.create_task(left.leaves(2))
    await asyncio.sleep(0)
    first.falls_out()
    second.cancel()
    await asyncio.wait_for(left.leaves(3), 0.5)
    assert left.order == [1, 3]


# --- a window of a second --------------------------------------------------------------------------------------------


@dataclass
class Network:
    """Requests on their way, each late by something of its own, over a window that lets them out."""

    window: Window
    way: float
    late: list[float]
    arrivals: list[float] = field(default_factory=list)

    def send_all(self, *, spread: bool, now: float = 1000.0) -> float:
        """Send one for each delay as soon as the window lets it; return when the last one left."""
        news: list[tuple[float, int, Slot]] = []
        left = now
        for number, late in enumerate(self.late):
            while True:
                while news and news[0][0] <= now:
                    at, _, slot = heapq.heappop(news)
                    self.window.answered(slot, at)
                wait = self.window.delay(now, spread=spread)
                if wait <= 0:
                    break
                now = min(now + wait, news[0][0] if news else math.inf)
            slot = self.window.take(now, spread=spread)
            slot.written_at = left = now
            self.arrivals.append(now + self.way + late)
            heapq.heappush(news, (now + 2 * self.way + late, number, slot))
        return left

    def fullest(self) -> int:
        """Return the most arrivals within less than a second."""
        came = sorted(self.arrivals)
        return max(bisect_left(came, at + 1 - 1e-9) - number for number, at in enumerate(came))


DELAYS = st.lists(st.floats(0, 0.015), min_size=40, max_size=300)


@settings(max_examples=100)
@given(rate=st.integers(1, 40), way=st.floats(0, 0.3), late=DELAYS, quick=st.integers(0, 29), spread=st.booleans())
def test_no_second_holds_more_than_the_rate_wherever_it_begins(
    rate: int, way: float, late: list[float], quick: int, spread: bool
) -> None:
    late[quick] = 0.0
    network = Network(Window(rate), way, late)
    network.send_all(spread=spread)
    assert network.fullest() <= rate


def test_one_long_delay_is_believed_where_the_way_is_quick() -> None:
    late = [0.0] * 400
    late[35] = 0.4
    network = Network(Window(30), 0.02, late)
    network.send_all(spread=True)
    assert network.fullest() <= 30


@pytest.mark.parametrize("way", [0.0, 0.05])
@pytest.mark.parametrize("late", [0.0, 0.5])
def test_nearly_all_of_the_rate_is_used(way: float, late: float) -> None:
    delays = [late * (n % 7) / 7 for n in range(3000)]
    network = Network(Window(30), way, delays)
    end = network.send_all(spread=True)
    assert (3000 - 30) / (end - 1000) >= 0.97 * 30


def test_spread_requests_leave_room_for_one_that_somebody_waits_for() -> None:
    window, now, waits = Window(30), 1000.0, []
    for number in range(600):
        now += window.delay(now, spread=True)
        window.take(now, spread=True).written_at = now
        if number % 50 == 49:
            waits.append(window.delay(now))
            now += waits[-1]
            window.take(now).written_at = now
    assert max(waits) <= 0.15


def test_a_rate_that_is_no_whole_number_is_kept_in_every_second() -> None:
    assert Window(2.5, full_at=10.0).delay(10.0) == pytest.approx(1.0, abs=0.03)
    slow = Window(0.25)
    slow.reserve(100.0)
    assert slow.delay(100.0) == pytest.approx(4.0, abs=0.03)


def test_after_a_restart_the_window_counts_as_full_for_a_second() -> None:
    window = Window(30, full_at=1000.0)
    assert window.delay(1000.3) == pytest.approx(0.7, abs=0.03)
    assert window.delay(1001.1) == 0


class Bucket:
    """A homeserver's limit: `burst` at once, then `rate` a second; what is refused costs nothing.

    https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#rc_message
    """

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.level, self.at = 0.0, 0.0

    def asks(self, now: float) -> float:
        """Return 0 if the message is taken, else the seconds after which the next would be."""
        self.level = max(0.0, self.level - (now - self.at) * self.rate)
        self.at = now
        if self.level + 1 <= self.burst + 1e-9:
            self.level += 1
            return 0.0
        return (self.level + 1 - self.burst) / self.rate


def send_all(pace: LearnedPace, bucket: Bucket, *, count: int, now: float = 1000.0) -> tuple[float, int]:
    """Send so many, one after the other; return the time at the end and how many were refused."""
    refused = 0
    while count:
        wait = pace.delay(now)
        if wait > 0:
            now += wait
            continue
        pace.reserve(now)
        if wish := bucket.asks(now):
            pace.refused(now, wish)
            refused += 1
        else:
            pace.accepted(now)
            count -= 1
    return now, refused


def test_the_pace_of_synapse_is_learned_from_a_single_refusal() -> None:
    pace = LearnedPace()
    end, refused = send_all(pace, Bucket(0.2, 10), count=17)
    assert refused == 1
    assert pace.interval == pytest.approx(5, rel=0.02)
    assert end - 1000 == pytest.approx(7 * 5, rel=0.02)


def test_refusals_stay_rare_and_little_time_is_lost() -> None:
    end, refused = send_all(LearnedPace(), Bucket(0.2, 10), count=200)
    assert refused <= 12
    assert end - 1000 <= 190 * 5 * 1.02


def test_after_a_rest_a_few_leave_at_once_again() -> None:
    pace, bucket = LearnedPace(), Bucket(0.2, 10)
    end, _ = send_all(pace, bucket, count=14)
    later, _ = send_all(pace, bucket, count=10, now=end + 120)
    assert later == end + 120


def test_a_limit_that_was_lifted_is_forgotten() -> None:
    pace = LearnedPace()
    end, _ = send_all(pace, Bucket(0.2, 10), count=30)
    free = Bucket(1e6, 1_000_000)
    end, refused = send_all(pace, free, count=120, now=end)
    assert refused == 0
    later, _ = send_all(pace, free, count=1000, now=end)
    assert (pace.interval, later) == (0, end)


@settings(max_examples=60)
@given(rate=st.floats(0.05, 40), burst=st.integers(1, 60), count=st.integers(1, 200))
def test_any_limit_is_kept_without_losing_a_message(rate: float, burst: int, count: int) -> None:
    end, refused = send_all(LearnedPace(), Bucket(rate, burst), count=count)
    least = max(0, count - burst) / rate
    assert least - 1e-6 <= end - 1000 <= 1.6 * least + 2 / rate + 1
    assert refused <= 3 + count / 2


# --- what a message takes of it --------------------------------------------------------------------------------------


async def test_every_request_of_a_message_takes_a_place_of_its_own() -> None:
    gate = Gate(2)
    departure = await gate.passes(Weight.REPLY)
    for _ in range(2):
        await departure.opens()
        departure.written()
    third = asyncio.create_task(departure.opens())
    await asyncio.sleep(0)
    assert (third.done(), gate.is_open) == (False, False)
    third.cancel()


def test_a_group_hears_twenty_messages_a_minute_and_no_more() -> None:
    pace, now, left = ChatPace(Abilities(chat_rate=1, group_rate=20, group_prefix="-"), is_group=True), 1000.0, []
    for _ in range(70):
        now += pace.delay(now)
        pace.reserve(now)
        left.append(now)
    assert all(later - earlier >= 60 for earlier, later in zip(left, left[20:], strict=False))
    assert left[-1] - left[0] < 3 * 61 + 10
    assert not pace.idle(now + 59) and pace.idle(now + 61)
