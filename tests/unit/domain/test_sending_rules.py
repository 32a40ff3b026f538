"""How fast messages leave, and what follows when one fails: pure values."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import Priority
from bot.errors import ChatMoved, DeliveryError, NotSent, RateLimited, Refused, Unavailable, Unreachable
from bot.runtime.pacing import Pacer
from bot.runtime.retry import GIVE_UP_AFTER, LONGEST_PAUSE, PUSHES_AGAIN, decide


def test_a_burst_leaves_at_once_then_one_a_second() -> None:
    pacer = Pacer(1, burst=4)
    assert [pacer.reserve(100.0) for _ in range(6)] == [0, 0, 0, 0, 1, 2]


def test_what_was_not_used_comes_back_up_to_the_burst() -> None:
    pacer = Pacer(1, burst=2)
    assert [pacer.reserve(100.0) for _ in range(3)] == [0, 0, 1]
    assert [pacer.reserve(1000.0) for _ in range(3)] == [0, 0, 1]


def test_a_rate_of_nought_is_no_limit_but_a_pause_holds() -> None:
    pacer = Pacer(0)
    assert [pacer.reserve(5.0) for _ in range(100)] == [0.0] * 100
    pacer.pause(5.0, 30.0)
    assert pacer.reserve(5.0) == 30.0
    assert pacer.reserve(36.0) == 0.0


def test_looking_takes_no_turn() -> None:
    pacer = Pacer(1, burst=1)
    assert pacer.delay(7.0) == pacer.delay(7.0) == 0.0
    pacer.reserve(7.0)
    assert pacer.delay(7.0) == pacer.delay(7.0) == 1.0


def test_a_pause_is_kept_whatever_the_burst() -> None:
    pacer = Pacer(10, burst=5)
    pacer.pause(0.0, 3.0)
    assert pacer.delay(0.0) == pytest.approx(3.0)


def test_an_idle_pacer_can_be_forgotten() -> None:
    pacer = Pacer(1, burst=3)
    pacer.reserve(50.0)
    assert not pacer.idle(50.5) and pacer.idle(51.0)


@given(st.floats(0.1, 50), st.integers(1, 10), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_no_window_holds_more_than_rate_and_burst_allow(rate: float, burst: int, gaps: list[float]) -> None:
    pacer = Pacer(rate, burst=burst)
    now, moments = 1000.0, []
    for gap in gaps:
        now += gap
        moments.append(now + pacer.reserve(now))
    for first, start in enumerate(moments):
        for last in range(first, len(moments)):
            allowed = burst + (moments[last] - start) * rate + 1e-6
            assert last - first + 1 <= allowed + 1


@pytest.mark.parametrize("whole_bot", [False, True])
def test_a_limit_is_waited_out_however_often(whole_bot: bool) -> None:
    error = RateLimited("slow", retry_after=timedelta(seconds=7), whole_bot=whole_bot)
    decision = decide(error, attempts=1000, priority="push")
    assert (decision.kind, decision.after, decision.whole_bot) == ("again", timedelta(seconds=7), whole_bot)


def test_who_cannot_be_reached_is_given_up_and_noted() -> None:
    decision = decide(Unreachable("blocked"), attempts=1, priority="reply")
    assert decision.kind == "failed" and decision.unreachable


def test_a_push_that_may_have_arrived_is_never_sent_again() -> None:
    assert decide(Unavailable("500"), attempts=1, priority="push").kind == "unknown"


def test_where_it_is_recognised_a_push_is_sent_again_for_a_quarter_of_a_minute() -> None:
    tries = range(1, PUSHES_AGAIN + 2)
    decisions = [decide(Unavailable("500"), attempts=number, priority="push", idempotent=True) for number in tries]
    assert [decision.kind for decision in decisions] == ["again"] * PUSHES_AGAIN + ["unknown"]
    assert sum((decision.after for decision in decisions), timedelta()) == timedelta(seconds=15)


@pytest.mark.parametrize("priority", ["reply", "push"])
def test_what_certainly_did_not_leave_is_sent_again(priority: Priority) -> None:
    decision = decide(NotSent("no key yet"), attempts=1, priority=priority)
    assert (decision.kind, decision.after, decision.whole_bot) == ("again", timedelta(seconds=1), False)
    assert decide(NotSent("no key yet"), attempts=GIVE_UP_AFTER, priority=priority).kind == "failed"


def test_a_reply_is_tried_again_ever_more_slowly_and_not_for_ever() -> None:
    decisions = [decide(Unavailable("500"), attempts=tries, priority="reply") for tries in range(1, GIVE_UP_AFTER + 1)]
    pauses = [decision.after for decision in decisions[:-1]]
    assert all(decision.kind == "again" for decision in decisions[:-1]) and decisions[-1].kind == "failed"
    assert pauses == sorted(pauses) and pauses[0] == timedelta(seconds=1) and pauses[-1] == LONGEST_PAUSE
    assert sum(pauses, timedelta()) > timedelta(hours=8)


@pytest.mark.parametrize("error", [Refused("no"), DeliveryError("odd")])
def test_what_cannot_help_is_not_tried_again(error: DeliveryError) -> None:
    assert decide(error, attempts=1, priority="reply").kind == "failed"


def test_chance_spreads_the_pauses_so_that_not_all_come_back_at_once() -> None:
    pauses = [decide(Unavailable("500"), attempts=4, priority="reply", chance=chance).after for chance in (0, 0.5, 1)]
    assert pauses == [timedelta(seconds=seconds) for seconds in (6, 8, 10)]


def test_a_chat_that_moved_is_followed_but_not_for_ever() -> None:
    error = ChatMoved("gone", chat="-5")
    assert [decide(error, attempts=tries, priority="push").kind for tries in (1, 2, 3)] == ["moved", "moved", "failed"]
    assert decide(error, attempts=1, priority="reply").to == "-5"
