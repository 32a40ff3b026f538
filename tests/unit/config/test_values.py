from __future__ import annotations

from datetime import time

import pytest

from config.values import (
    Bind,
    QuietHours,
    check_address,
    read_bind,
    read_list,
    read_quiet_hours,
    read_working_days,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", Bind("127.0.0.1", 8080)),
        ("localhost:0", Bind("localhost", 0)),
        ("[::1]:8080", Bind("::1", 8080)),
        (" 0.0.0.0:80 ", Bind("0.0.0.0", 80)),
        ("", None),
        ("off", None),
        (None, None),
        (Bind("a", 1), Bind("a", 1)),
    ],
)
def test_bind_is_read(text: object, expected: Bind | None) -> None:
    assert read_bind(text) == expected


@pytest.mark.parametrize(
    "text", ["8080", ":8080", "localhost:", "localhost:http", "localhost:65536", "::1:8080", "a:²"]
)
def test_bind_without_a_clear_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        read_bind(text)


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "[::1]:0"])
def test_bind_is_written_as_it_is_read(text: str) -> None:
    assert str(read_bind(text)) == text


def test_quiet_hours_may_pass_midnight() -> None:
    assert read_quiet_hours("20:00-08:00") == QuietHours(time(20), time(8))
    assert read_quiet_hours("9:30 – 10:45") == QuietHours(time(9, 30), time(10, 45))


def test_quiet_hours_are_written_as_they_are_read() -> None:
    assert str(read_quiet_hours("20:00-08:00")) == "20:00-08:00"


@pytest.mark.parametrize("text", ["off", "", None])
def test_no_hour_is_quiet_when_switched_off(text: str | None) -> None:
    assert read_quiet_hours(text) is None


@pytest.mark.parametrize("text", ["20-8", "25:00-08:00", "20:00-08:60", "08:00-08:00", "20:00"])
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        read_quiet_hours(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon-Fri", {0, 1, 2, 3, 4}),
        ("Mo-Fr", {0, 1, 2, 3, 4}),
        ("sat", {5}),
        ("Mon, Wed,FRI-Sat", {0, 2, 4, 5}),
        ("Sat-Mon", {5, 6, 0}),
        ("Mon-Sun", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_working_days_are_read(text: str, expected: set[int]) -> None:
    assert read_working_days(text) == expected


@pytest.mark.parametrize("text", ["", "Mon-", "Monday", "Mon;Tue", "-Fri"])
def test_working_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Mon-Fri"):
        read_working_days(text)


@pytest.mark.parametrize("text", ["4711", ":4711", "telegram:", "telegram: 4711", "tele gram:1", "telegram:a b"])
def test_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="telegram:4711"):
        check_address(text)


def test_what_is_no_text_is_left_to_the_types() -> None:
    assert read_list(("de",)) == ("de",)
    assert read_working_days({1, 2}) == {1, 2}
