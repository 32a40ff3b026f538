from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.inbox import number_and_text
from bot.domain.inquiries import excerpt, first_name, next_reminder, title_and_body

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("asked", "after", "reminded"),
    [
        ("2026-03-02T11:00", 48, "2026-03-04T11:00"),  # Monday to Wednesday
        ("2026-03-02T20:00", 48, "2026-03-05T08:00"),  # the evening waits for the morning
        ("2026-03-02T05:30", 48, "2026-03-04T08:00"),
        ("2026-03-05T11:00", 48, "2026-03-09T08:00"),  # Saturday waits for Monday
        ("2026-03-06T19:00", 0, "2026-03-09T08:00"),  # Friday evening
        ("2026-03-27T12:00", 48, "2026-03-30T08:00"),  # over the change to summer time, by the clock on the wall
    ],
)
def test_a_reminder_comes_when_somebody_may_be_at_work(asked: str, after: int, reminded: str) -> None:
    now = datetime.fromisoformat(asked).replace(tzinfo=BERLIN).astimezone(UTC)
    due = next_reminder(now, after=timedelta(hours=after), timezone=BERLIN)
    assert due.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M") == reminded
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "number", "text"),
    [
        ("", 0, ""),
        ("12", 12, ""),
        ("12 Ja, morgen.", 12, "Ja, morgen."),
        ("12\nJa,\nmorgen.", 12, "Ja,\nmorgen."),
        ("12 Ja,\nmorgen.", 12, "Ja,\nmorgen."),
        ("zwölf", 0, "zwölf"),
        ("²", 0, "²"),
        ("1" * 40, 0, "1" * 40),
    ],
)
def test_a_number_and_words_are_told_apart(written: str, number: int, text: str) -> None:
    assert number_and_text(written) == (number, text)


def test_an_excerpt_is_one_line_within_its_limit() -> None:
    assert excerpt("Wo\n\nist   das?") == "Wo ist das?"
    assert excerpt("x" * 200, limit=10) == "x" * 9 + "…"


def test_only_the_first_name_is_told() -> None:
    assert (first_name("Olga Org"), first_name("  "), first_name("")) == ("Olga", "", "")


def test_a_ready_answer_has_its_title_in_the_first_line() -> None:
    assert title_and_body("# Danke\n\nGuten Tag\n") == ("Danke", "Guten Tag")
