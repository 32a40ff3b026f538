"""Recorded conversations as text: written, read, compared, and without hubtalk's own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.form_tests import recorded_beside
from bot.cli.phrases import Noted
from bot.cli.transcripts import Transcript, Turn, first_difference, read, updated, write
from bot.domain.messages import Choice, OutboundMessage, Way
from bot.errors import UsageError

TEXT = """# Why this test is here.
language: de
time: 2026-11-22T16:00:00+01:00
seed: 7

< Farbe · {question.place number=1 total=2}
  Welche Farbe?
  1 Rot

# A slip.
> lila
< {expected.choice count=1}

@ 3
> 1
< {finish.ask}
< Noch etwas.

= colour: red
= n: 2
"""


class Words:
    """A catalogue that says everything in its own way."""

    language = "de"

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def speaker(self, language: str) -> Words:
        assert language == self.language
        return self

    def __call__(self, key: str, **parameters: object) -> str:
        return f"{self._prefix} {key.replace('.', ' ')}: {', '.join(map(str, parameters.values()))}."

    def count(self, key: str, number: int, **parameters: object) -> str:
        return self(key, number=number, **parameters)

    def day(self, moment: datetime) -> str:
        return f"{self._prefix} day {moment.day}"

    def clock(self, moment: datetime) -> str:
        return f"{moment.hour} o'clock"


def test_a_conversation_is_read_as_it_was_written() -> None:
    read_ = read(TEXT, name="t")
    assert write(read_) == TEXT
    assert [turn.said for turn in read_.turns] == [None, "lila", "1"]
    assert (read_.turns[2].days, read_.turns[2].heard) == (3, (("{finish.ask}",), ("Noch etwas.",)))
    assert read_.row == ("colour: red", "n: 2")


@pytest.mark.parametrize(
    ("line", "says"),
    [("? voice", "line 5"), ("@ soon", "line 5"), ("  a line of no message", "line 5"), ("zone: here", "line 5")],
)
def test_a_line_of_no_kind_is_named(line: str, says: str) -> None:
    lines = TEXT.splitlines()
    lines[4] = line
    with pytest.raises(UsageError, match=says):
        read("\n".join(lines), name="t")


def test_a_file_without_its_first_lines_is_refused() -> None:
    with pytest.raises(UsageError, match="must begin with language, time and seed"):
        read("> 1\n= -\n", name="t")


def test_the_first_turn_that_differs_is_shown_with_the_one_before() -> None:
    before = read(TEXT, name="t")
    assert first_difference(before, before) is None
    found = first_difference(before, read(TEXT.replace("choice count=1", "choice count=2"), name="t"))
    assert found is not None
    assert found.turn == 1
    assert found.lines[0].startswith("  < Farbe")
    assert found.lines[-2:] == ("- < {expected.choice count=1}", "+ < {expected.choice count=2}")


def test_a_row_that_differs_is_shown_when_all_turns_agree() -> None:
    before = read(TEXT, name="t")
    found = first_difference(before, replace(before, row=("colour: red", "n: 3")))
    assert found is not None
    assert (found.turn, found.lines) == (None, ("  colour: red", "- n: 2", "+ n: 3"))


def test_an_update_keeps_the_remarks() -> None:
    before = read(TEXT, name="t")
    bare = replace(before, remarks=(), turns=tuple(replace(turn, remarks=()) for turn in before.turns), row=("-",))
    assert write(updated(before, bare)) == TEXT.replace("= colour: red\n= n: 2", "= -")


def test_a_script_alone_is_a_conversation_that_is_still_to_be_heard() -> None:
    read_ = read("language: en\ntime: 2026-01-01\nseed: 1\n> yes\n", name="t")
    assert read_.turns == (Turn(), Turn(said="yes"))
    assert (read_.time, read_.row) == (datetime(2026, 1, 1, tzinfo=UTC), ("-",))
    assert isinstance(read_, Transcript)


def said_in(prefix: str) -> tuple[Any, ...]:
    noted = Noted(Words(prefix))
    say = noted.speaker("de")
    moment = datetime(2026, 3, 24, 10, tzinfo=UTC)
    asked = OutboundMessage(
        where=f"Farben · {say('question.place', number=3, total=9)}",
        text="Welche Farbe?\n\nBitte.",
        hint=f"Nur eine.\n{say('question.several')}\n{say('question.so_far', answer=say('question.skipped'))}",
        choices=(Choice("1", "Rot", selected=True), Choice("2", say("other"))),
        ways=(Way("back", say("way.back")), Way("skip", say("way.skip"))),
    )
    thanks = say.count("submit.thanks", 4, day=say.day(moment), time=say.clock(moment))
    return noted.seen(asked), noted.seen(OutboundMessage(text=thanks))


def test_hubtalks_words_are_named_and_the_forms_words_are_quoted() -> None:
    question, thanks = said_in("Bitte sehr")
    assert question == (
        "Farben · {question.place number=3 total=9}", "Welche Farbe?", "Bitte.", "Nur eine.",
        "{question.so_far answer={question.skipped}}", "1 ✓ Rot", "2 {other}", "{optional}",
    )  # fmt: skip
    assert thanks == ('{submit.thanks day=2026-03-24 number=4 time="10 o\'clock"}',)


def test_what_hubtalk_says_may_be_worded_anew() -> None:
    assert said_in("Bitte sehr") == said_in("Na gut")


def test_recorded_beside_a_form_are_those_beside_it_that_have_its_name(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.test.txt", "a.de.test.txt", "ab.test.txt", "a.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in recorded_beside(tmp_path / "a.xlsx")] == ["a.de.test.txt", "a.test.txt"]
    with pytest.raises(UsageError, match="--record"):
        recorded_beside(tmp_path / "b.xlsx")
