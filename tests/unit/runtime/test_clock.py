"""Ids grow, and never repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from bot.runtime.clock import Ids, StandingClock


def test_ids_grow_and_fit_into_63_bits() -> None:
    next_id = Ids()
    made = [next_id() for _ in range(50_000)]
    assert made == sorted(set(made))
    assert made[-1] < 2**63


def test_two_processes_begin_apart() -> None:
    assert len({Ids()() for _ in range(50)}) == 50


def test_a_standing_clock_goes_on_only_when_told() -> None:
    clock = StandingClock(datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == clock.now() == datetime(2026, 1, 31, 11, tzinfo=UTC)
    clock.pass_by(timedelta(days=3))
    assert clock.now() == datetime(2026, 2, 3, 11, tzinfo=UTC)
