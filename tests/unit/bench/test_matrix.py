from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from bench.load.ledger import Ledger
from bench.load.matrix.people import Person, each
from bench.load.matrix.talks import TURN, Talk, Talks
from bench.load.matrix.wire import Event, Wire
from bench.matrix.ready import Restart
from bench.matrix.rounds import SETTINGS, Figures, Results, figures_of
from bench.matrix.stage import CONTENDERS, ECHO, HUBTALK, PEOPLE, QUESTIONS, form
from bench.matrix.tables import budgets, remarks, restart_table, rounds_table
from bench.processes import BrokenBench
from bench.questions import LABELS

WINDOW = {
    "answers": 100,
    "seconds": 2.0,
    "p50_ms": 90.0,
    "p95_ms": 120.0,
    "server_load": 0.05,
    "unexpected": 0,
    "samples": [],
}
FIGURES = figures_of(WINDOW, cpu=0.2, server=1.5, lost=0)
RESTART = Restart(rooms=100, ready=1.0, answered=1.5, sync=0.3)
READ = {"questions": 100, "odd": [], "unreadable": 0}
BOT = "@bot:test.invalid"


def all_settings(**hubtalk: Any) -> list[Results]:
    results = [Results(setting) for setting in SETTINGS]
    for found in results:
        found.rounds = {ECHO: [FIGURES], HUBTALK: [replace(FIGURES, **hubtalk)]}
    return results


def verdicts(results: Iterable[Results]) -> list[str]:
    return [budget.line().rpartition(" ")[2] for budget in budgets(list(results), restart=RESTART)]


def test_figures_are_a_message_each() -> None:
    assert (FIGURES.rate, FIGURES.cpu_ms, FIGURES.server_ms, FIGURES.load_ms) == (50.0, 2.0, 15.0, 1.0)
    assert figures_of(WINDOW, cpu=None, server=None, lost=0).cpu_ms is None
    with pytest.raises(BrokenBench):
        figures_of({**WINDOW, "answers": 0}, cpu=0.2, server=1.5, lost=0)


def test_budgets_are_met_by_a_bot_like_the_echo_bot() -> None:
    assert verdicts(all_settings()) == ["met"] * 7


@pytest.mark.parametrize(
    ("worse", "missed"),
    [
        ({"p50_ms": FIGURES.p50_ms + 26}, "p50 above the echo bot"),
        ({"cpu_ms": 3.1}, "CPU a message"),
        ({"rate": 0.8 * FIGURES.rate}, "messages/s against the echo bot"),
    ],
)
def test_each_budget_is_missed_in_plain_and_in_encrypted_rooms(worse: dict[str, float], missed: str) -> None:
    lines = [budget.line() for budget in budgets(all_settings(**worse), restart=RESTART)]
    found = [line for line in lines if line.endswith("MISSED")]
    assert len(found) == 2
    assert all(line.startswith(missed) for line in found)
    assert ["plain" in line for line in found] == [True, False]


def test_first_sync_does_not_count_for_the_start() -> None:
    slow = replace(RESTART, answered=4.0, sync=1.5)
    [start] = [budget for budget in budgets(all_settings(), restart=slow) if "start" in budget.what]
    assert start.value == 2.5
    assert "1.50" in restart_table(slow)


def test_difference_is_taken_within_a_round() -> None:
    found = Results(SETTINGS[0])
    found.rounds = {
        ECHO: [replace(FIGURES, p50_ms=value) for value in (50.0, 200.0, 100.0)],
        HUBTALK: [replace(FIGURES, p50_ms=value) for value in (60.0, 210.0, 300.0)],
    }
    assert found.difference(HUBTALK, ECHO, "p50_ms") == 10.0
    assert found.difference("nobody", ECHO, "p50_ms") is None


def test_table_has_a_row_a_bot_and_remarks_tell_what_went_wrong() -> None:
    results = all_settings(lost=2, unexpected=1, samples=("Wie bitte?",), cpu_ms=None)
    head, _, *rows = rounds_table(results[0]).splitlines()
    assert "p50 − echo" in head
    assert [row.startswith(name) for row, name in zip(rows, CONTENDERS, strict=True)] == [True, True]
    said = "\n".join(remarks(results, read={**READ, "odd": ["Etwas anderes"]}))
    assert "hubtalk, one contact at a time, plain: 2 messages were not answered" in said
    assert "Wie bitte?" in said
    assert "Etwas anderes" in said


def test_questionnaire_goes_round_the_ten_questions() -> None:
    rows = [line for line in form().splitlines() if "| q" in line]
    assert len(rows) == QUESTIONS
    assert all(LABELS[place % len(LABELS)] in row for place, row in enumerate(rows))


class Room(Wire):
    """Rooms without a homeserver: what people say is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []

    async def send(self, room: str, *, user: str, kind: str, content: Event, transaction: str) -> None:
        self.said.append((room, content["body"]))


def says(room: str, text: str, *, kind: str = "m.room.message") -> Event:
    return {"room_id": room, "sender": BOT, "type": kind, "content": {"body": text}}


def talking(count: int, *, at_once: int, echoes: bool = False) -> tuple[Room, Talks, Ledger]:
    wire, ledger = Room(), Ledger()
    people = [Person(wire=wire, user_id=f"@p{n}:test.invalid", rooms={BOT: f"!{n}"}) for n in range(count)]
    talks = [Talk(person=person, bot=BOT, echoes=echoes) for person in people]
    return wire, Talks(talks, at_once=at_once, ledger=ledger), ledger


async def said(wire: Room, count: int) -> list[tuple[str, str]]:
    for _ in range(10 * count):
        await asyncio.sleep(0)
    assert len(wire.said) == count
    return wire.said


async def test_all_write_at_once_and_each_again_when_its_answer_is_there() -> None:
    wire, talks, ledger = talking(PEOPLE, at_once=PEOPLE)
    talks.begin()
    assert len(await said(wire, PEOPLE)) == PEOPLE
    talks.hear(says("!7", f"Frage 2\n{LABELS[1]}"))
    assert (await said(wire, PEOPLE + 1))[-1] == ("!7", "Antwort 2")
    assert ledger.close()["answers"] == 1


async def test_only_the_message_that_comes_next_counts() -> None:
    wire, talks, ledger = talking(1, at_once=1)
    talks.begin()
    await said(wire, 1)
    talks.hear(says("!0", LABELS[0]))
    talks.hear({**says("!0", LABELS[1]), "sender": "@p0:test.invalid"})
    talks.hear({**says("!0", LABELS[1]), "type": "m.reaction"})
    window = ledger.close()
    assert (window["answers"], window["unexpected"]) == (0, 1)
    talks.hear(says("!0", "", kind="m.room.encrypted"))
    assert ledger.close()["answers"] == 1


async def test_an_echo_must_say_the_same() -> None:
    wire, talks, ledger = talking(1, at_once=1, echoes=True)
    talks.begin()
    [(_, text)] = await said(wire, 1)
    talks.hear(says("!0", "etwas anderes"))
    talks.hear(says("!0", text))
    window = ledger.close()
    assert (window["answers"], window["unexpected"]) == (1, 1)


async def test_one_at_a_time_gives_the_word_to_the_next_after_its_turn() -> None:
    wire, talks, _ = talking(2, at_once=1, echoes=True)
    talks.begin()
    for count in range(1, 2 * TURN + 1):
        talks.hear(says(*(await said(wire, count))[-1]))
    rooms = [room for room, _ in wire.said[: 2 * TURN]]
    assert rooms == ["!0"] * TURN + ["!1"] * TURN


async def test_who_rests_waits_for_the_answers_under_way() -> None:
    wire, talks, _ = talking(2, at_once=2, echoes=True)
    talks.begin()
    first, second = await said(wire, 2)
    resting = asyncio.create_task(talks.rest())
    await asyncio.sleep(0)
    talks.hear(says(*first))
    assert not resting.done()
    talks.hear(says(*second))
    assert await resting == 0
    assert len(wire.said) == 2


async def test_a_turn_ends_with_the_next_answer_of_the_first() -> None:
    wire, talks, _ = talking(2, at_once=2, echoes=True)
    talks.begin()
    first, second = await said(wire, 2)
    turn = asyncio.create_task(talks.turn())
    await asyncio.sleep(0)
    talks.hear(says(*second))
    await asyncio.sleep(0)
    assert not turn.done()
    talks.hear(says(*first))
    await turn


async def test_each_keeps_the_order_of_things() -> None:
    async def twice(thing: int) -> int:
        await asyncio.sleep(0)
        return 2 * thing

    assert await each(list(range(30)), twice) == list(range(0, 60, 2))


def test_a_setting_that_was_not_measured_has_no_verdict() -> None:
    assert verdicts([Results(setting) for setting in SETTINGS])[:-1] == ["measured"] * 6
    assert isinstance(FIGURES, Figures)
