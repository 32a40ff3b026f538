from __future__ import annotations

import pytest

from bot.forms.readers import NotUnderstood
from tests.unit.forms.readers.asking import FIELDS, asked, guessed, refused, understood

RANK = asked("rank", labels=FIELDS)


@pytest.mark.parametrize(
    "text",
    [
        "4 3 1 2 5", "4, 3, 1, 2, 5", "4 > 3 > 1 > 2 > 5", "4-3-1-2-5", "d, c, a, b, e", "4;3;1;2;5",
        "4 dann 3 dann 1-2, 5",
        "Infrastruktur, Technologietransfer, Weiterbildung und Qualifizierung, Beratung, Best Practices, Nichts davon",
        "1. Infrastruktur\n2. Technologietransfer\n3. Weiterbildung\n4. Beratung\n5. Nichts davon",
        "٤ ٣ ١ ٢ ٥",
    ],
)  # fmt: skip
def test_an_order_is_kept_as_it_is_given(text: str) -> None:
    assert understood(RANK, text) == ("n4", "n3", "n1", "n2", "n5")


def test_an_order_in_which_something_lacks_names_it() -> None:
    missing = {"missing": "Beratung, Best Practices, Infrastruktur", "example": "2, 1, 3, 4, 5"}
    assert refused(RANK, "3 1 5") == NotUnderstood("rank_missing", missing)


def test_what_is_named_twice_is_named_in_the_complaint() -> None:
    twice = {"twice": "Weiterbildung und Qualifizierung", "example": "2, 1, 3, 4, 5"}
    assert refused(RANK, "1 2 3 4 5 1") == NotUnderstood("rank_twice", twice)


@pytest.mark.parametrize(("text", "unclear"), [("1, Pferde", "Pferde"), ("6", "6"), ("", ""), ("alle", "alle")])
def test_what_is_no_order(text: str, unclear: str) -> None:
    assert refused(RANK, text).parameters["unclear"] == unclear


def test_a_misspelt_label_makes_the_order_a_guess() -> None:
    assert guessed(RANK, "Infrastrutkur, 3, 1, 2, 5") == ("n4", "n3", "n1", "n2", "n5")


def test_two_numbers_with_a_hyphen_are_an_order_of_two_and_a_run_of_more() -> None:
    assert understood(asked("rank", labels=("A", "B")), "2-1") == ("n2", "n1")
    assert understood(asked("rank", labels=("Ab", "Bc", "Cd")), "1-3") == ("n1", "n2", "n3")


def test_long_complaints_are_cut() -> None:
    many = asked("rank", labels=tuple(f"Ort {number}" for number in range(1, 21)))
    assert refused(many, "1").parameters == {
        "missing": "Ort 2, Ort 3, Ort 4, Ort 5, Ort 6 …",
        "example": "2, 1, 3, 4, 5, 6 …",
    }
