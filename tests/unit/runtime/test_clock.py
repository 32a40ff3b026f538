"""Ids grow, and never repeat."""

from __future__ import annotations

from bot.runtime.clock import Ids


def test_ids_grow_and_fit_into_63_bits() -> None:
    next_id = Ids()
    made = [next_id() for _ in range(50_000)]
    assert made == sorted(set(made))
    assert made[-1] < 2**63


def test_two_processes_begin_apart() -> None:
    assert len({Ids()() for _ in range(50)}) == 50
