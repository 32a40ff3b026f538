from __future__ import annotations

import pytest

from bot.forms.readers import NotUnderstood
from tests.unit.forms.readers.asking import asked, guessed, refused, understood

TENS = asked("range", parameters={"start": "10", "end": "100", "step": "10"})
QUARTERS = asked("range", parameters={"start": "0", "end": "1.0", "step": "0.25"})


@pytest.mark.parametrize(("text", "number"), [("10", 10), ("100", 100), ("zwanzig", 20), ("50,0", 50)])
def test_whole_parameters_make_a_whole_number(text: str, number: int) -> None:
    assert understood(TENS, text) == number
    assert type(understood(TENS, text)) is int


@pytest.mark.parametrize(("text", "number"), [("0", 0.0), ("0,75", 0.75), ("einhalb", 0.5), ("1", 1.0)])
def test_a_parameter_with_a_point_makes_a_decimal(text: str, number: float) -> None:
    assert understood(QUARTERS, text) == number
    assert type(understood(QUARTERS, text)) is float


@pytest.mark.parametrize("text", ["0", "110", "55", "ca. 55", "3,5", "viel", "99999999999"])
def test_outside_the_bounds_or_off_the_step_the_bounds_are_named(text: str) -> None:
    bounds = {"minimum": "10", "maximum": "100", "step": "10", "example": "50"}
    assert refused(TENS, text) == NotUnderstood("range_step", bounds)


def test_bounds_are_written_in_the_language() -> None:
    assert refused(QUARTERS, "0,3").parameters["step"] == "0,25"
    assert refused(QUARTERS, "0.3", language="en").parameters["step"] == "0.25"


def test_steps_count_from_the_start() -> None:
    odd = asked("range", parameters={"start": "1", "end": "9", "step": "2"})
    assert understood(odd, "7") == 7
    assert refused(odd, "4").expected == "range_step"


def test_a_hedged_number_on_the_step_is_a_guess() -> None:
    assert guessed(TENS, "ca. 60") == 60
    assert guessed(TENS, "30 %") == 30


def test_without_parameters_it_is_one_to_ten() -> None:
    assert understood(asked("range"), "10") == 10
    assert refused(asked("range"), "11") == NotUnderstood("range", {"minimum": "1", "maximum": "10", "example": "5"})


@pytest.mark.parametrize("text", ["x", "nan", "inf", "1e999", ""])
def test_parameters_that_are_no_numbers_count_as_missing(text: str) -> None:
    assert understood(asked("range", parameters={"start": text, "end": text, "step": text}), "7") == 7


def test_bounds_may_stand_the_other_way_round() -> None:
    down = asked("range", parameters={"start": "10", "end": "-10", "step": "-5"})
    assert understood(down, "-5") == -5
    assert refused(down, "-6").parameters["minimum"] == "-10"
