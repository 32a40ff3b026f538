from __future__ import annotations

from datetime import datetime

import pytest

from tests.unit.forms.making import BERLIN
from tests.unit.forms.readers.asking import asked, guessed, refused, understood

TIME, MOMENT = asked("time"), asked("datetime")


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("14:30", "14:30"), ("14.30 Uhr", "14:30"), ("14h30", "14:30"), ("14 Uhr 30", "14:30"), ("14 Uhr", "14:00"),
        ("8 Uhr", "08:00"), ("um 9", "09:00"), ("2:30 pm", "14:30"), ("2.30 p.m.", "14:30"), ("2pm", "14:00"),
        ("12 am", "00:00"), ("12:30 am", "00:30"), ("12 pm", "12:00"), ("noon", "12:00"), ("Mitternacht", "00:00"),
        ("halb drei nachmittags", "14:30"), ("viertel vor acht abends", "19:45"), ("quarter past eight am", "08:15"),
        ("3 Uhr nachmittags", "15:00"), ("morgens um 9", "09:00"), ("acht Uhr", "08:00"), ("24 Uhr", "00:00"),
        ("vierzehn Uhr dreißig", "14:30"), ("halb eins nachts", "00:30"), ("zwölf Uhr nachts", "00:00"),
        ("jetzt", "12:07"), ("now", "12:07"), ("７:30", "07:30"), ("8 o'clock in the evening", "20:00"), ("24:00",
        "00:00"),
    ],
)  # fmt: skip
def test_times_of_the_day(text: str, clock: str) -> None:
    assert understood(TIME, text) == f"{clock}:00.000+01:00"


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("halb drei", "14:30"), ("viertel nach acht", "08:15"), ("half past two", "14:30"), ("ten past five", "17:10"),
        ("quarter to three", "14:45"), ("fünf vor halb drei", "14:25"), ("dreiviertel drei", "14:45"), ("9", "09:00"),
        ("viertel drei", "14:15"), ("zehn Minuten vor acht", "07:50"), ("1430", "14:30"), ("gegen 15 Uhr", "15:00"),
        ("eight o'clock", "08:00"), ("kurz nach acht", "08:00"), ("two thirty", "14:30"), ("acht", "08:00"),
        ("halb eins", "12:30"),
    ],
)  # fmt: skip
def test_what_may_be_morning_or_evening_is_a_guess_at_daytime(text: str, clock: str) -> None:
    assert guessed(TIME, text) == f"{clock}:00.000+01:00"


@pytest.mark.parametrize(
    "text",
    [
        "", "25:00", "14:60", "24:01", "14:30:61", "14:30-15:00", "9-11", "14:30 und 15:00", "bald", "am Abend",
        "13 am",
        "halb dreizehn", "99", "9999", "14:30 Mai", "12 vormittags", "nach", "fünf", "3.5.2026",
    ],
)  # fmt: skip
def test_what_is_no_time_of_day(text: str) -> None:
    if text == "fünf":  # a number in words is an hour
        assert guessed(TIME, text) == "17:00:00.000+01:00"
    else:
        assert refused(TIME, text).expected == "time"


def test_seconds_are_kept_and_the_offset_is_that_of_the_day() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=BERLIN)
    assert understood(TIME, "14:30:15", now=summer) == "14:30:15.000+02:00"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("31.01.2026 14:30", "2026-01-31T14:30:00.000+01:00"),
        ("31.01.2026, 14.30 Uhr", "2026-01-31T14:30:00.000+01:00"),
        ("14:30 am 31.01.2026", "2026-01-31T14:30:00.000+01:00"),
        ("31 January 2026, 2:30 pm", "2026-01-31T14:30:00.000+01:00"),
        ("at 9 am on 1 February 2026", "2026-02-01T09:00:00.000+01:00"),
        ("morgen um 9", "2026-02-01T09:00:00.000+01:00"),
        ("tomorrow at 2:30 pm", "2026-02-01T14:30:00.000+01:00"),
        ("heute Abend um 8", "2026-01-31T20:00:00.000+01:00"),
        ("in 3 Tagen um 14 Uhr", "2026-02-03T14:00:00.000+01:00"),
        ("2026-01-31T14:30", "2026-01-31T14:30:00.000+01:00"),
        ("2026-01-31T14:30:00.000Z", "2026-01-31T15:30:00.000+01:00"),
        ("2026-07-31 14:30+0200", "2026-07-31T14:30:00.000+02:00"),
        ("1.7.2026 24:00", "2026-07-02T00:00:00.000+02:00"),
        ("02.02.2026 - 14:30", "2026-02-02T14:30:00.000+01:00"),
        ("jetzt", "2026-01-31T12:07:00.000+01:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert understood(MOMENT, text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Freitag um halb drei", "2026-02-06T14:30:00.000+01:00"),
        ("morgen 9", "2026-02-01T09:00:00.000+01:00"),
        ("31.1. um 14 Uhr", "2026-01-31T14:00:00.000+01:00"),
    ],
)
def test_a_guessed_half_makes_the_whole_a_guess(text: str, moment: str) -> None:
    assert guessed(MOMENT, text) == moment


def test_an_hour_that_the_clocks_leave_out_is_the_next_one() -> None:
    assert understood(MOMENT, "29.03.2026 02:30") == "2026-03-29T03:30:00.000+02:00"


@pytest.mark.parametrize(
    "text",
    ["31.01.2026", "14:30", "", "31.02.2026 14:30", "2026-01-31T25:00", "2026-13-31T14:30", "1.1.0001 00:00", "a b"],
)
def test_half_a_moment_is_none(text: str) -> None:
    assert refused(MOMENT, text).expected == "datetime"
