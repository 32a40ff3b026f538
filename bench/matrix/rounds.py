"""The rounds of the Matrix part: one person at a time and all at once, in plain and in encrypted rooms, bot after bot.

A message counts when the bot's answer to it has reached the homeserver; its time runs from the moment it leaves. The
echo bot says the same again; hubtalk stores an answer and asks the next question. Both run all the time, the one whose
turn it is not waits in its sync. Where one person talks at a time, the next one has the word after ten messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.matrix.stage import CONTENDERS, HUBTALK, PEOPLE, Stage
from bench.processes import BrokenBench, Process
from bench.results import Rounds

_FIRST_ANSWER = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How many talk at once, and whether their rooms are encrypted."""

    at_once: int
    sealed: bool

    @property
    def warm_up(self) -> float:
        """Return the seconds until a window opens: all have had their turn by then."""
        return 0.4 if self.at_once == 1 else 1.0

    @property
    def share(self) -> float:
        """Return how much of the usual window it takes: a homeserver is slow, and this part shall not take for ever."""
        return 0.5 if self.at_once == 1 else 0.75

    @property
    def title(self) -> str:
        """Return what it is called in a table."""
        return f"{self.people}, {'encrypted' if self.sealed else 'plain'}"

    @property
    def people(self) -> str:
        """Return how many talk at the same time, in words."""
        return "one contact at a time" if self.at_once == 1 else f"{self.at_once} rooms in flight"


SETTINGS = tuple(Setting(at_once=at_once, sealed=sealed) for at_once in (1, PEOPLE) for sealed in (False, True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one bot did in one window; CPU in milliseconds a message, shares of one core."""

    messages: int
    rate: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float | None
    server_ms: float | None
    load_ms: float
    load_share: float
    unexpected: int
    samples: tuple[str, ...]
    lost: int


@dataclass(slots=True)
class Results(Rounds[Figures]):
    """All rounds of one setting."""

    setting: Setting


def measure(stage: Stage, *, rounds: int, seconds: float, say: Callable[[str], None]) -> Sequence[Results]:
    """Run the rounds of all settings, one bot after the other in each, in windows of a share of `seconds`.

    Raises:
        BrokenBench: a bot ended, or does not answer.
    """
    results = [Results(setting) for setting in SETTINGS]
    for number in range(1, rounds + 1):
        for found in results:
            for contender in CONTENDERS:
                figures = _window(stage, found.setting, contender=contender, seconds=seconds)
                found.rounds.setdefault(contender, []).append(figures)
                say(f"matrix round {number}, {found.setting.title}: {contender} {figures.rate:.1f} messages/s")
    return results


def read_by_people(stage: Stage) -> dict[str, Any]:
    """Let those who encrypt read the latest that hubtalk said to them; return questions, odd ones and unreadable."""
    return stage.load.do("read", bot=stage.users[HUBTALK])


def _window(stage: Stage, setting: Setting, *, contender: str, seconds: float) -> Figures:
    load, bot = stage.load, stage.bots[contender]
    load.do("talk", sealed=setting.sealed, bot=stage.users[contender], at_once=setting.at_once)
    _wait_for_answer(stage, bot, contender=contender)
    time.sleep(setting.warm_up)
    load.do("turn")
    cpu, server = bot.cpu_seconds(), stage.server_cpu()
    time.sleep(setting.share * seconds)
    window = load.do("turn")
    cpu, server = _since(cpu, bot.cpu_seconds()), _since(server, stage.server_cpu())
    bot.check()
    return figures_of(window, cpu=cpu, server=server, lost=load.do("rest")["lost"])


def figures_of(window: dict[str, Any], *, cpu: float | None, server: float | None, lost: int) -> Figures:
    """Return the figures of a window; CPU in seconds.

    Raises:
        BrokenBench: there was no message in it.
    """
    messages = window["answers"]
    if not messages:
        raise BrokenBench(f"no message was answered in the window, instead: {window}")

    def each(spent: float | None) -> float | None:
        return None if spent is None else spent * 1000 / messages

    return Figures(
        messages=messages,
        rate=messages / window["seconds"],
        p50_ms=window["p50_ms"],
        p95_ms=window["p95_ms"],
        cpu_ms=each(cpu),
        server_ms=each(server),
        load_ms=window["server_load"] * window["seconds"] * 1000 / messages,
        load_share=window["server_load"],
        unexpected=window["unexpected"],
        samples=tuple(window["samples"]),
        lost=lost,
    )


def _wait_for_answer(stage: Stage, bot: Process, *, contender: str) -> None:
    began = time.perf_counter()
    while not stage.load.do("window")["answers"]:
        bot.check()
        if time.perf_counter() - began > _FIRST_ANSWER:
            raise BrokenBench(f"{contender} does not answer:\n{bot.log()[-2000:]}")
        time.sleep(0.02)


def _since(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
