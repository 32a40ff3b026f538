"""Courtesy hours against a naive clock that looks at every minute, over the changes of several zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.broadcasts.courtesy import Courtesy

BERLIN = ZoneInfo("Europe/Berlin")
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
}
MINUTE = timedelta(minutes=1)


def naive(courtesy: Courtesy, moment: datetime, zone: ZoneInfo) -> datetime:
    """Look at every minute from that moment on."""
    while True:
        there = moment.astimezone(zone)
        quiet = False
        if courtesy.quiet is not None:
            begins, ends = courtesy.quiet
            now = there.time()
            quiet = begins <= now < ends if begins < ends else now >= begins or now < ends
        if there.weekday() in courtesy.working_days and not courtesy.is_holiday(there.date()) and not quiet:
            return moment
        moment += MINUTE


hours = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))


@given(
    name=st.sampled_from(sorted(CHANGES)),
    which=st.integers(0, 1),
    minutes=st.integers(-1500, 1500),
    begins=hours,
    ends=hours,
    days=st.frozensets(st.integers(0, 6), min_size=3),
    holiday=st.integers(-1, 2),
)
def test_the_first_allowed_minute_is_the_one_that_a_naive_clock_finds(
    name: str, which: int, minutes: int, begins: time, ends: time, days: frozenset[int], holiday: int
) -> None:
    change, zone = CHANGES[name][which], ZoneInfo(name)
    off = change.astimezone(zone).date() + timedelta(days=holiday)
    courtesy = Courtesy(
        zone=BERLIN,
        quiet=None if begins == ends else (begins, ends),
        working_days=days,
        is_holiday=lambda day: day == off,
    )
    moment = change + timedelta(minutes=minutes)
    assert courtesy.allowed_from(moment, zone=name) == naive(courtesy, moment, zone)


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        ("2026-03-03T19:59", "2026-03-03T19:59"),
        ("2026-03-03T20:00", "2026-03-04T08:00"),
        ("2026-03-06T21:00", "2026-03-09T08:00"),  # over a weekend
        ("2026-04-02T20:00", "2026-04-07T08:00"),  # over Easter
    ],
)
def test_evenings_weekends_and_holidays(moment: str, first: str) -> None:
    easter = {date(2026, 4, 3), date(2026, 4, 6)}
    courtesy = Courtesy(
        zone=BERLIN, quiet=(time(20), time(8)), working_days=frozenset(range(5)), is_holiday=easter.__contains__
    )
    at = datetime.fromisoformat(moment).replace(tzinfo=BERLIN)
    assert courtesy.allowed_from(at) == datetime.fromisoformat(first).replace(tzinfo=BERLIN)


def test_an_hour_that_the_clocks_leave_out_begins_with_the_next_minute_there_is() -> None:
    courtesy = Courtesy(zone=BERLIN, quiet=(time(22), time(2, 30)))
    night = datetime(2026, 3, 28, 23, tzinfo=BERLIN)
    assert courtesy.allowed_from(night) == datetime(2026, 3, 29, 3, 0, tzinfo=BERLIN)


def test_who_works_on_no_day_is_not_waited_for_for_ever() -> None:
    moment = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert Courtesy(zone=BERLIN, working_days=frozenset()).allowed_from(moment) == moment
