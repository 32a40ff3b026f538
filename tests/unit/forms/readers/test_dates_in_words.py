from __future__ import annotations

import pytest

from tests.unit.forms.readers.asking import asked, guessed, refused, understood

DAY = asked("date")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("in 3 Tagen", "2026-02-03"), ("in two weeks", "2026-02-14"), ("in einer Woche", "2026-02-07"),
        ("vor drei Tagen", "2026-01-28"), ("3 days ago", "2026-01-28"), ("day after tomorrow", "2026-02-02"),
        ("am 5. Mai 2026", "2026-05-05"), ("the 31st of January 2026", "2026-01-31"), ("5th May, 2026", "2026-05-05"),
        ("Sa, 31.01.2026", "2026-01-31"), ("Saturday 31 January 2026", "2026-01-31"), ("25/12/2026", "2026-12-25"),
        ("12/25/2026", "2026-12-25"), ("5/5/2026", "2026-05-05"), ("2026/05/06", "2026-05-06"),
        ("heute!", "2026-01-31"),
        ("heute Abend", "2026-01-31"), ("morgen früh", "2026-02-01"), ("tonight", "2026-01-31"),
        ("1.Mai.2026", "2026-05-01"), ("1. Mai 26", "2026-05-01"), ("20260506", "2026-05-06"),
    ],
)  # fmt: skip
def test_days_that_can_be_one_day_only(text: str, day: str) -> None:
    assert understood(DAY, text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Freitag", "2026-02-06"), ("nächsten Freitag", "2026-02-06"), ("next Friday", "2026-02-06"),
        ("Samstag", "2026-02-07"), ("kommenden Montag", "2026-02-02"), ("letzten Samstag", "2026-01-24"),
        ("last Friday", "2026-01-30"),
        ("Ende März", "2026-03-31"), ("end of February", "2026-02-28"), ("Anfang Januar", "2027-01-01"),
        ("Mitte März 2027", "2027-03-15"), ("31.1.", "2026-01-31"), ("30.1.", "2027-01-30"), ("3. März", "2026-03-03"),
        ("March 3rd", "2026-03-03"), ("29.2.", "2028-02-29"), ("in einem Monat", "2026-02-28"),
        ("vor zwei Jahren", "2024-01-31"), ("Fr, 31.01.2026", "2026-01-31"), ("Freitag, 6.2.", "2026-02-06"),
    ],
)  # fmt: skip
def test_days_without_a_year_and_weekdays_are_guesses(text: str, day: str) -> None:
    assert guessed(DAY, text) == day


@pytest.mark.parametrize(
    "text",
    [
        "03/2026", "März 2026", "2026", "nächste Woche", "in vielen Tagen", "in 3 Stunden", "in 99999999 Tagen",
        "in 99999 Jahren", "vor 99999 Jahren", "30. Februar", "Ende Foo", "Ende März 0000", "13/13/2026", "31.2.",
        "Fr, Sa, 31.01.2026", "letzten nächsten Freitag", "irgendwann", "1/2/2026", "in a", "!", "Freitag Freitag 1.1.",
    ],
)  # fmt: skip
def test_what_names_no_day(text: str) -> None:
    assert refused(DAY, text).expected == "date"


@pytest.mark.parametrize("text", ["03/2026", "3.2026", "2026-03", "März 2026", "March 2026", "Mar 2026", "17.03.2026"])
def test_a_month_is_enough_where_the_appearance_says_so(text: str) -> None:
    assert understood(asked("date", appearance="month-year no-calendar"), text) == "2026-03-01"


@pytest.mark.parametrize("text", ["2026", "03/2026", "17.03.2026", "heute"])
def test_a_year_is_enough_where_the_appearance_says_so(text: str) -> None:
    assert understood(asked("date", appearance="year"), text) == "2026-01-01"


def test_guessed_days_stay_guesses_as_months() -> None:
    assert guessed(asked("date", appearance="month-year"), "Ende März") == "2026-03-01"


def test_complaints_name_what_is_needed() -> None:
    assert refused(asked("date", appearance="month-year"), "2026").expected == "month"
    assert refused(asked("date", appearance="year"), "bald").expected == "year"
    assert refused(asked("date", appearance="year"), "0000").expected == "year"
