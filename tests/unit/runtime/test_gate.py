"""In which order, and how fast, the messages of one bot leave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import Address, DeliveryId, OutboundMessage, Outgoing, Priority
from bot.runtime.gate import Gate
from bot.runtime.pacing import LearnedPace


def outgoing(number: int, *, priority: Priority = "reply") -> Outgoing:
    message = OutboundMessage(text="")
    return Outgoing(
        delivery=DeliveryId(number), address=Address("memory", str(number)), message=message, priority=priority
    )


@dataclass
class Left:
    """Notes in which order messages pass."""

    gate: Gate
    order: list[int] = field(default_factory=list)

    async def leaves(self, number: int, *, priority: Priority = "reply") -> None:
        await self.gate.passes(outgoing(number, priority=priority))
        self.order.append(number)


async def test_without_a_limit_nobody_waits() -> None:
    left = Left(Gate(0))
    for number in range(100):
        await asyncio.wait_for(left.leaves(number), 0.01)
    assert left.order == list(range(100))


async def test_after_a_refusal_replies_go_before_pushes_and_the_oldest_first() -> None:
    left = Left(Gate(0))
    left.gate.refused(0.03)
    people: tuple[tuple[int, Priority], ...] = ((7, "push"), (5, "push"), (9, "reply"), (8, "reply"))
    await asyncio.gather(*(left.leaves(number, priority=priority) for number, priority in people))
    assert left.order == [8, 9, 5, 7]


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    left = Left(Gate(0))
    left.gate.refused(0.03)
    first = asyncio.create_task(left.leaves(1))
    second = asyncio.create_task(left.leaves(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert left.order == [2]


async def test_an_edit_waits_while_messages_do() -> None:
    left = Left(Gate(0))
    assert left.gate.delay() == 0
    left.gate.refused(0.03)
    waiting = asyncio.create_task(left.leaves(1))
    await asyncio.sleep(0)
    assert left.gate.delay() > 0
    await waiting
    left.gate.accepted()


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
