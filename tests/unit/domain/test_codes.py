"""Codes as people type and paste them, and how guessing them is slowed down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.codes import code_within, new_code, plain_code
from bot.domain.guessing import SIEGE, SIEGE_TRIES, WAITS, Guesses, held_until, one_more

CODE = "7KQ2-9F0D-XW3T"
PLAIN = "7KQ29F0DXW3T"
NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        "7kq2-9f0d-xw3t",
        "7KQ2 9F0D XW3T",
        "7 k q 2 9 f 0 d x w 3 t",
        "7KQ2-9FOD-XW3T",
        "7KQ2-9FoD-XW3T",
        "7KQ2\N{EN DASH}9F0D\N{EM DASH}XW3T",
        "7KQ2\N{NON-BREAKING HYPHEN}9F0D\N{MINUS SIGN}XW3T",
        "7KQ2\N{NO-BREAK SPACE}9F0D\N{NARROW NO-BREAK SPACE}XW3T",
        "７ＫＱ２－９Ｆ０Ｄ－ＸＷ３Ｔ",
        "7KQ2\N{SOFT HYPHEN}9F0D\N{ZERO WIDTH SPACE}XW3T",
        "7KQ2-\n9F0D-XW3T",
    ],
)
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert (plain_code(typed), code_within(typed)) == (PLAIN, PLAIN)


@pytest.mark.parametrize(
    "pasted",
    [
        f"Code: {CODE}",
        f"Guten Tag, mein Code ist {CODE.lower()}. Danke",
        f"„{CODE}“",
        PLAIN.lower() + "!",
        f"https://t.me/testhub_bot?start={CODE}",
        f"Hier ist der Link (https://t.me/testhub_bot?start={CODE}), geht das?",
        f"/start {CODE}",
    ],
)
def test_a_code_is_found_among_words_and_in_a_link(pasted: str) -> None:
    assert code_within(pasted) == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Guten Tag",
        "Herzlichstem",
        "Hier sind viel",
        "abcd efgh jkmn",
        "12345",
        CODE + "9",
        "7KQ2-9F0D-XW3U",
        "x" * 5000,
    ],
)
def test_other_words_are_no_code(text: str) -> None:
    assert code_within(text) == ""


def test_a_new_code_is_its_own_reading() -> None:
    for number in (0, 1, 2**60 - 1, 0x5A5A5A5A5A5A5A5):
        assert plain_code(new_code(number)) == new_code(number).replace("-", "")


def test_a_new_code_is_found_without_its_hyphens_whatever_its_letters() -> None:
    only_letters = sum(22 << (5 * place) for place in range(12))
    for number in (2**60 - 1, only_letters, 0x5A5A5A5A5A5A5A5):
        code = new_code(number)
        assert any(sign.isdigit() for sign in code)
        for between in (" ", "", "\n"):
            assert code_within(code.replace("-", between)) == code.replace("-", "")


def guessed(tries: int) -> Guesses:
    return Guesses(tries=tries, since=NOW, last_at=NOW)


def test_the_wait_grows_with_each_wrong_code_after_the_fourth() -> None:
    own: Guesses | None = None
    waits = []
    now = NOW
    for _ in range(9):
        assert held_until(own, None, now=now) is None
        own = one_more(own, now=now)
        until = held_until(own, None, now=now)
        waits.append(timedelta() if until is None else until - now)
        now = max(now, until or now)
    assert waits == [timedelta()] * 4 + [*WAITS, WAITS[-1]]


def test_an_hour_without_a_wrong_code_forgets_them() -> None:
    assert one_more(guessed(4), now=NOW + timedelta(minutes=59)).tries == 5
    assert one_more(guessed(4), now=NOW + timedelta(minutes=60)).tries == 1
    # A wait is no time in which one could have guessed.
    assert one_more(guessed(8), now=NOW + timedelta(minutes=119)).tries == 9
    assert one_more(guessed(8), now=NOW + timedelta(minutes=120)).tries == 1


def test_when_very_many_guess_everybody_has_one_try_and_the_first_is_looked_at() -> None:
    siege = guessed(SIEGE_TRIES)
    assert held_until(None, siege, now=NOW) is None
    assert held_until(guessed(1), siege, now=NOW) == NOW + SIEGE
    assert held_until(guessed(1), guessed(SIEGE_TRIES - 1), now=NOW) is None
    assert held_until(guessed(1), siege, now=NOW + SIEGE) is None
    assert held_until(guessed(8), siege, now=NOW) == NOW + WAITS[-1]
