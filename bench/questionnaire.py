"""The questionnaire: the same ten questions asked by every contender, in interleaved rounds.

An answer counts when the next question has reached the server; its time runs from the press or the text. The window
holds answers only. The peers go round their ten questions for ever. A response in hubtalk is filled in once, so people
were brought to its first question before (see `hubtalk.prepare`), every round begins with a copy of that data folder,
and who has answered ten questions makes room for the next one; neither joining nor submitting is in the window.
hubtalk also edits the message that was answered, which the peers do not: that is in its CPU time.
The delay holds for every answer of the server, those to getUpdates too.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.hubtalk import Prepared, run
from bench.processes import ROOT, BrokenBench, LoadServer, Process
from bench.results import Rounds

PEERS = {"ptb": "bench.peers.ptb", "aiogram": "bench.peers.aiogram_fsm", "raw": "bench.peers.raw"}
CONTENDERS = (*PEERS, "hubtalk")

_START_LIMIT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How many people chat at once, how far away the server is, and who takes part."""

    name: str
    title: str
    at_once: int
    delay_ms: float = 0.0
    contenders: tuple[str, ...] = CONTENDERS


SCENARIOS = (
    Scenario(name="chats50", title="50 chats at once, no delay", at_once=50),
    Scenario(name="delay", title="50 chats at once, every answer of the server 50 ms late", at_once=50, delay_ms=50.0),
    Scenario(name="chats1000", title="1,000 chats at once, no delay", at_once=1_000, contenders=("raw", "hubtalk")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one contender did in one round."""

    answers: int
    rate: float
    cpu_us: float | None
    p50_ms: float
    p99_ms: float
    calls: dict[str, int]
    updates: int
    unexpected: int
    samples: tuple[str, ...]
    stuck: int
    ran_dry: bool
    server_load: float


@dataclass(slots=True)
class Results(Rounds[Figures]):
    """All rounds of one scenario."""

    scenario: Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How many rounds, and how long a contender warms up and is measured."""

    rounds: int
    warm_up: float
    seconds: float

    def of(self, contender: str, scenario: Scenario) -> tuple[float, float]:
        """Return warm-up and window in seconds.

        One update at a time at 50 ms a call makes 10 answers a second: every chat must have had its turn before the
        window opens, and the window must hold enough answers for a median.
        """
        if contender == "ptb" and scenario.delay_ms:
            return 6.0, max(8.0, self.seconds)
        return self.warm_up, self.seconds


def measure(
    scenario: Scenario,
    *,
    contenders: Sequence[str],
    timing: Timing,
    prepared: Prepared | None,
    say: Callable[[str], None],
) -> Results:
    """Run the rounds of a scenario, one contender after the other in each."""
    results = Results(scenario)
    for number in range(1, timing.rounds + 1):
        for contender in contenders:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                try:
                    figures = _round(contender, scenario, folder=Path(folder), timing=timing, prepared=prepared)
                except BrokenBench as error:
                    raise BrokenBench(f"{contender}, {scenario.title}: {error}") from error
            results.rounds.setdefault(contender, []).append(figures)
            cpu = "–" if figures.cpu_us is None else f"{figures.cpu_us:,.0f}"
            say(f"{scenario.name} round {number}: {contender} {figures.rate:,.0f} answers/s, {cpu} µs CPU an answer")
    return results


def _round(contender: str, scenario: Scenario, *, folder: Path, timing: Timing, prepared: Prepared | None) -> Figures:
    warm_up, seconds = timing.of(contender, scenario)
    with (
        LoadServer(delay_ms=scenario.delay_ms) as load,
        _start(contender, folder=folder, load=load, prepared=prepared) as bot,
    ):
        waiting = {"waiting": str(prepared.waiting)} if contender == "hubtalk" and prepared else {}
        load.people("interviewees", at_once=scenario.at_once, **waiting)
        _wait_for_answers(load, bot)
        time.sleep(warm_up)
        load.window()
        before = bot.cpu_seconds()
        time.sleep(seconds)
        after = bot.cpu_seconds()
        window = load.window()
        bot.check()
    return _figures(window, cpu=None if before is None or after is None else after - before)


def _start(contender: str, *, folder: Path, load: LoadServer, prepared: Prepared | None) -> Process:
    if contender == "hubtalk":
        assert prepared
        return run(prepared.copy(folder), url=load.url)
    command = [sys.executable, "-m", PEERS[contender], load.url, str(folder / "peer.db")]
    return Process(command, log=folder / "peer.log", cwd=ROOT)


def _wait_for_answers(load: LoadServer, bot: Process) -> None:
    began = time.perf_counter()
    while not load.window()["answers"]:
        bot.check()
        if time.perf_counter() - began > _START_LIMIT:
            raise BrokenBench(f"no answer within {_START_LIMIT:.0f} s:\n{bot.log()[-2000:]}")
        time.sleep(0.05)


def _figures(window: dict[str, Any], *, cpu: float | None) -> Figures:
    answers = window["answers"]
    if not answers:
        raise BrokenBench(f"no answer in the window, instead: {window}")
    return Figures(
        answers=answers,
        rate=answers / window["seconds"],
        cpu_us=None if cpu is None else cpu * 1e6 / answers,
        p50_ms=window["p50_ms"],
        p99_ms=window["p99_ms"],
        calls=window["calls"],
        updates=window["updates"],
        unexpected=window["unexpected"],
        samples=tuple(window["samples"]),
        stuck=window["stuck"],
        ran_dry=window["to_come"] == 0,
        server_load=window["server_load"],
    )
