"""A broadcast's preview, and the message that follows it: what they say and what can be picked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.broadcasts import report
from bot.domain.broadcasts.model import Broadcast, BroadcastState, Content, Counts, Preview
from bot.domain.broadcasts.problems import Problem
from bot.domain.broadcasts.showing import duration, shown_preview, stopped
from bot.domain.messages import PromptId
from bot.texts import load_texts

NOW = datetime(2027, 3, 2, 9, tzinfo=UTC)
TEXTS = load_texts(("de", "en"), timezone=ZoneInfo("Europe/Berlin"))
DE = TEXTS.speaker("de")
DRAFT = Broadcast(id=7, state="draft", content=Content(texts={"de": "Text"}), audience=("all",), created_at=NOW)
RUNNING = replace(DRAFT, state="running", planned_at=NOW)
PREVIEW = Preview(
    recipients=41,
    companies=29,
    excluded={"no_consent": 3, "opted_out": 2, "blocked": 0},
    later={"quiet_hours": (5, datetime(2027, 3, 3, 7, tzinfo=UTC))},
    languages={"de": 37, "en": 4},
    instead={},
    channels={"telegram": 30, "matrix": 11},
    seconds={"telegram": 1.4, "matrix": 61},
    samples={},
)


def keys(broadcast: Broadcast, preview: Preview, *problems: Problem) -> list[str]:
    message, prompt = shown_preview(broadcast, preview, problems, DE, prompt=PromptId(1))
    assert [choice.key for choice in message.choices] == [key for key, _ in prompt.data["choices"]]
    return [choice.key for choice in message.choices]


def test_a_preview_says_who_and_who_not_and_how_long_it_takes() -> None:
    message, prompt = shown_preview(DRAFT, PREVIEW, (), DE, prompt=PromptId(1))
    assert message.text.splitlines() == [
        "Geht an 41 Kontakte in 29 Unternehmen.",
        "Nicht dabei: 3 ohne Einwilligung, 2 abgemeldet",
        "deutsch 37, englisch 4 · Telegram etwa eine Sekunde, Matrix etwa eine Minute",
        "Wegen der Ruhezeiten später: 5, ab 3. März 2027, 08:00",
    ]
    assert message.hint == "Zum Senden schreiben Sie bitte die Zahl der Empfänger: 41"
    assert prompt.data["recipients"] == 41


def test_what_cannot_be_sent_offers_no_sending_and_takes_no_number() -> None:
    few = replace(PREVIEW, recipients=20)
    assert keys(DRAFT, few)[0] == "send" and "send" not in keys(DRAFT, PREVIEW)
    for wrong in (replace(few, recipients=0), replace(few, too_large=(("telegram", "a.mp4", 1),))):
        assert "send" not in keys(DRAFT, wrong)
    assert "send" not in keys(DRAFT, few, Problem(kind="link", what="x"))
    _, prompt = shown_preview(DRAFT, PREVIEW, (Problem(kind="link", what="x"),), DE, prompt=PromptId(1))
    assert prompt.data["recipients"] == 0


def test_quiet_hours_may_be_ignored_and_that_is_said() -> None:
    assert "hurry" in keys(DRAFT, PREVIEW)
    hurried, calm = replace(DRAFT, hurry=True), replace(PREVIEW, later={})
    assert "calm" in keys(hurried, calm) and "hurry" not in keys(hurried, calm)
    message, _ = shown_preview(hurried, calm, (), DE, prompt=PromptId(1))
    assert "auch nachts" in message.text


@pytest.mark.parametrize(("seconds", "words"), [(0.0, "eine Sekunde"), (59, "59 Sekunden"), (83 * 60, "eine Stunde")])
def test_a_duration_is_said_about(seconds: float, words: str) -> None:
    assert duration(seconds, DE) == words


@pytest.mark.parametrize(
    ("state", "states", "possible"),
    [
        ("running", {"planned": 5, "sent": 1}, [report.PAUSE, report.CANCEL, report.WHO, "7", "8", "9"]),
        ("paused", {"planned": 5}, [report.GO_ON, report.CANCEL, report.WHO]),
        ("done", {"failed": 1, "unknown": 1}, [report.FAILED, report.UNKNOWN, report.WHO]),
        ("cancelled", {"cancelled": 2}, [report.WHO]),
    ],
)
def test_what_can_be_done_follows_from_how_it_stands(
    state: BroadcastState, states: dict[str, int], possible: list[str]
) -> None:
    counts = Counts(states=states)  # type: ignore[arg-type]
    message = report.progress(replace(RUNNING, state=state), counts, DE)
    assert [choice.key for choice in message.choices] == possible


def test_sending_again_is_not_offered_to_those_who_blocked_us_or_after_a_recall() -> None:
    blocked = Counts(states={"failed": 2, "sent": 1}, reasons={("failed", "blocked"): 2})
    done = replace(RUNNING, state="done")
    assert report.FAILED not in report.possible(done, blocked)
    assert report.FAILED in report.possible(done, replace(blocked, states={"failed": 3}))
    assert report.possible(replace(done, recalled=True), replace(blocked, states={"failed": 3, "sent": 1})) == (
        report.WHO,
        report.CORRECT,
    )


def test_everybody_is_in_one_of_the_lines() -> None:
    counts = Counts(
        states={"sent": 4, "failed": 2, "unknown": 1, "skipped": 3, "planned": 5, "cancelled": 1},
        reasons={
            ("failed", "blocked"): 1,
            ("skipped", "opted_out"): 2,
            ("skipped", "no_address"): 1,
            ("planned", "quiet_hours"): 4,
        },
    )
    assert report.progress(RUNNING, counts, DE).text.splitlines() == [
        "██████░░░░ Gesendet: 4 von 16",
        "Nicht zustellbar: 2 (davon blockiert: 1)",
        "Ungewiss, vielleicht angekommen: 1",
        "Nicht gesendet: 3 (abgemeldet 2, nicht erreichbar 1)",
        "Offen: 5, davon 4 später aus Rücksicht",
        "Abgebrochen: 1",
    ]


@pytest.mark.parametrize(("reason", "words"), [("errors", "schlugen fehl"), ("audience", "Regel"), ("else", "fehl")])
def test_one_that_stops_by_itself_says_why_and_what_to_do(reason: str, words: str) -> None:
    message, prompt = stopped(RUNNING, reason, DE, prompt=PromptId(3))
    assert words in message.text
    assert [choice.key for choice in message.choices] == [report.GO_ON, report.CANCEL]
    assert prompt.data["broadcast"] == 7 and message.prompt == prompt.id
