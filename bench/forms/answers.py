"""An answer in a small form and in a large one, and what the large one costs before the first answer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from bench.forms.sheets import GROUP, sheet
from bench.processes import BrokenBench
from bot.domain import interviews, records
from bot.domain.interviews import Interview
from bot.domain.people import ContactId
from bot.domain.records import Moment
from bot.domain.walks import first_walk, walk_on
from bot.forms.blueprint import Blueprint
from bot.forms.model import Form, Value
from bot.forms.outline import program_of
from bot.forms.program import Program, build
from bot.forms.source import blueprint_of_source, compile_source
from bot.forms.state import State
from bot.forms.store import from_json, to_json

SMALL, LARGE = 50, 500

_NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)
_BERLIN = ZoneInfo("Europe/Berlin")
_MOMENT = Moment(now=_NOW, timezone=_BERLIN, language="en")
_ANSWERED = 1_200  # answers timed in each form and round: a large one is answered three times
CLOSED = 2  # of three turns: the group's first answer closes the rest of it
FILE = "generated.md"

T = TypeVar("T")

Answer = tuple[str, Value]
Take = Callable[[Answer], Value | None]
Walk = Callable[[Blueprint], Take]
"""A way to take answers: begins a form, returns what takes the next one (which is timed) and says what it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Milliseconds an answer."""

    way: str
    questions: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Seconds, medians: what it takes until the large form can be answered."""

    sheet: float
    program: float
    stored: float
    opened: float
    restored: float


def by_state(blueprint: Blueprint) -> Take:
    """The engine alone: an answer, and all that follows from it."""
    state = State.opened(_program(blueprint), now=_NOW, zone=_BERLIN)
    specs = {path: step.spec for path, step in state.program.step_of.items()}

    def take(answer: Answer) -> Value | None:
        path, value = answer
        state.put(specs[path], state.top, value)
        return state.top.values.get(path)

    return take


def by_walk(blueprint: Blueprint) -> Take:
    """What a message costs the domain: rows made a state, the answer taken, what changed, what is asked next."""
    form = next(form for form in map(compiled, (SMALL, LARGE)) if form.blueprint == blueprint)
    begun = first_walk(form, _MOMENT, new_id=_no_id)
    rows = dict(begun.answers)

    def take(answer: Answer) -> Value | None:
        path, value = answer
        walk = walk_on(_interview(form, rows), _MOMENT, new_id=_no_id)
        stop = walk.place_of(path)
        if stop is None:
            raise BrokenBench(f"there is no {path}")
        walk.take(stop, state="given", value=value)
        walk.facts(response=1, contact=ContactId(1))
        walk.next_open(after=path)
        rows.clear()
        rows.update(walk.answers)
        return walk.state.top.values.get(path)

    return take


def _program(blueprint: Blueprint) -> Program:
    program, findings = build(blueprint)
    if findings.faults:
        raise BrokenBench(str(findings.faults[0].error))
    return program


MESSAGE = "a whole message (Walk)"
WAYS: Mapping[str, Walk] = {"engine (State.put)": by_state, MESSAGE: by_walk}
"""What is measured, by name; a row and a budget each."""


def measure_answers(*, rounds: int) -> list[Answered]:
    """Answer the small and the large form in turns, in every way there is."""
    forms = {questions: blueprint_of_source(sheet(questions), file_name=FILE) for questions in (SMALL, LARGE)}
    taken: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for name, way in WAYS.items():
            for questions, blueprint in forms.items():
                taken.setdefault((name, questions), []).extend(answer_all(way(blueprint), questions=questions))
    return [
        Answered(
            way=name, questions=questions, median=statistics.median(times), p95=statistics.quantiles(times, n=20)[-1]
        )
        for (name, questions), times in taken.items()
    ]


def answer_all(take: Take, *, questions: int) -> list[float]:
    """Return how many milliseconds each answer took; every group is answered, then changed, and so on.

    Raises:
        BrokenBench: an answer that belongs there was not taken.
    """
    times: list[float] = []
    turn = 0
    while len(times) < _ANSWERED:
        for group in range(questions // GROUP):
            for answer in _answers(group, turn=turn):
                began = time.perf_counter_ns()
                kept = take(answer)
                times.append((time.perf_counter_ns() - began) / 1e6)
                if kept != (answer[1] if turn % 3 != CLOSED or "/cares" in answer[0] else None):
                    raise BrokenBench(f"{answer[0]} was answered with {answer[1]!r} and holds {kept!r}")
        turn += 1
    return times


def _answers(k: int, *, turn: int) -> list[Answer]:
    return [
        (f"g{k}/cares{k}", "no" if turn % 3 == CLOSED else "yes"),
        (f"g{k}/staff{k}", 10 + turn),
        (f"g{k}/sites{k}", 2 + turn),
        (f"g{k}/needs{k}", ("a", "b") if turn % 2 else ("a",)),
        (f"g{k}/open{k}", f"more {turn}"),
        (f"g{k}/share{k}", 12.5 + turn),
        (f"g{k}/since{k}", "2024-03-14"),
        (f"g{k}/name{k}", "Ada" if turn % 2 else "Bob"),
    ]


def measure_preparing(*, times: int) -> Prepared:
    """Compile, store, read back, begin and restore the large form."""
    source = sheet(LARGE)
    blueprint = blueprint_of_source(source, file_name=FILE)
    text = to_json(compiled(LARGE))
    program = _program(blueprint)
    interview = _half_answered(from_json(text))
    return Prepared(
        sheet=_seconds(lambda: compile_source(source, file_name=FILE), times=times),
        program=_seconds(lambda: build(blueprint), times=times),
        stored=_seconds(lambda: program_of(from_json(text)), times=times),
        opened=_seconds(lambda: State.opened(program, now=_NOW, zone=_BERLIN), times=times),
        restored=_seconds(lambda: _same(walk_on(interview, _MOMENT, new_id=_no_id), interview), times=times),
    )


def _half_answered(form: Form) -> Interview:
    """Return what is stored of somebody who has answered half of the form."""
    walk = first_walk(form, _MOMENT, new_id=_no_id)
    for group in range(LARGE // GROUP // 2):
        for path, value in _answers(group, turn=0):
            stop = walk.stop(path)
            if stop is not None:
                walk.take(stop, state="given", value=value)
    return _interview(form, walk.answers)


def _interview(form: Form, answers: Mapping[str, records.Answer]) -> Interview:
    return Interview(
        id=1, response=1, state="open", position="", tries=0, touched_at=_NOW, form=form, form_state="open",
        status="partial", submitted_at=None, language="en", answers=dict(answers),
    )  # fmt: skip


def _no_id() -> int:
    raise BrokenBench("a form without repeats asks for no instance")


def _same(walk: interviews.Walk, interview: Interview) -> None:
    walk.follow()
    if walk.answers != interview.answers:
        raise BrokenBench("the answers that were read lead to others than were written")


def _seconds(work: Callable[[], T], *, times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def compiled(questions: int) -> Form:
    """Return the generated form of so many questions.

    Raises:
        BrokenBench: it does not compile.
    """
    done = compile_source(sheet(questions), file_name=FILE)
    if done.form is None:
        raise BrokenBench(f"the generated form has errors: {done.problems[0]}")
    return done.form
