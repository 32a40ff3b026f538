from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.desk import public_id, read_duration, read_id


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30d", timedelta(days=30)),
        ("12h", timedelta(hours=12)),
        (" 2W ", timedelta(weeks=2)),
        ("90 m", timedelta(minutes=90)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "0h", "3y", "1.5d", "999999w", "³d", "30d2h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="30d"):
        read_duration(text)


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_ids_come_back_and_never_look_like_a_number(number: int) -> None:
    text = public_id("R", number)
    assert read_id("R", text.lower()) == number
    with pytest.raises(ValueError, match="could not convert"):
        float(text)


@given(st.integers(min_value=0, max_value=2**63 - 2))
def test_ids_sort_as_their_numbers(number: int) -> None:
    assert public_id("R", number) < public_id("R", number + 1)


@pytest.mark.parametrize("text", ["", "C", "4711", "R0000000000000U", "C0000000000000"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one looks like"):
        read_id("R", text)
