"""`python -m bench`: hubtalk beside its peers, medians of interleaved rounds, budgets said in words."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from bench import broadcast, hubtalk, lists, memory, planning, progress, startup
from bench.budgets import HELP_S, MEMORY_MB, READY_S, Budget, questionnaire_budgets
from bench.forms import answers, expressions
from bench.forms import tables as forms_tables
from bench.matrix import ready, rounds, stage
from bench.matrix import tables as matrix_tables
from bench.processes import BrokenBench, cores
from bench.questionnaire import CONTENDERS, SCENARIOS, Results, Timing, measure
from bench.tables import questionnaire_table, remarks, table

_EXTRAS = ("memory", "startup", "matrix", "forms", "import", "progress", "planning", "broadcast")
_LIBRARIES = (
    "python-telegram-bot",
    "httpx",
    "aiogram",
    "aiohttp",
    "aiosqlite",
    "sqlalchemy",
    "matrix-nio",
    "matrix-synapse",
    "elementpath",
    "pyxform",
)
# The people who wait at their first question: enough for this many answers a second until the window ends.
_FASTEST = 2_500
_ANSWERS_A_PERSON = 10


def main() -> int:
    """Measure what was asked for; 0 unless something is broken (a missed budget is not)."""
    options = _options()
    # Leave by the doors: else the processes under test would stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    timing = Timing(
        rounds=options.rounds or (1 if options.quick else 3),
        warm_up=1.0 if options.quick else 2.0,
        seconds=options.seconds or (2.0 if options.quick else 4.0),
    )
    only = set(options.only or [])
    print(_surroundings(timing))
    broken: list[str] = []
    budgets = _questionnaire(only, timing=timing, people=options.people, broken=broken)
    extras = {
        "memory": _memory,
        "startup": _startup,
        "matrix": _matrix,
        "forms": _forms,
        "import": _import,
        "progress": _progress,
        "planning": _planning,
        "broadcast": _broadcast,
    }
    for name, extra in extras.items():
        if not only or name in only:
            try:
                budgets += extra(timing)
            except BrokenBench as error:
                broken.append(f"{name}: {error}")
    if budgets:
        print("\nBudgets of hubtalk")
        print("\n".join(budget.line() for budget in budgets))
    for reason in broken:
        print(f"\nBroken: {reason}", file=sys.stderr)
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of 2 s each: a first impression")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds (default 3)")
    parser.add_argument("--seconds", type=float, metavar="S", help="length of a measured window (default 4)")
    parser.add_argument("--people", type=int, metavar="N", help="people who wait at hubtalk's first question")
    names = (*CONTENDERS, *(scenario.name for scenario in SCENARIOS), *_EXTRAS)
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help=f"may be repeated; one of {', '.join(names)}"
    )
    return parser.parse_args()


def _surroundings(timing: Timing) -> str:
    pair = cores()
    pinned = f"bot on core {pair[0]}, load server on core {pair[1]}" if pair else "not pinned to cores"
    return (
        f"{platform.system()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {pinned}\n"
        f"CPython {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in _LIBRARIES)}\n"
        f"medians of {timing.rounds} interleaved rounds of {timing.seconds:g} s after {timing.warm_up:g} s of warm-up"
    )


def _questionnaire(only: set[str], *, timing: Timing, people: int | None, broken: list[str]) -> list[Budget]:
    """Measure the scenarios asked for, print a table each, and return the budgets.

    Naming contenders alone means all scenarios, naming scenarios alone all contenders, naming only extras none.
    """
    contenders = [name for name in CONTENDERS if name in only] or list(CONTENDERS)
    scenarios = [scenario for scenario in SCENARIOS if scenario.name in only]
    if not scenarios and not (only & set(_EXTRAS) and not only & set(CONTENDERS)):
        scenarios = list(SCENARIOS)
    results: dict[str, Results] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepared = None
        if scenarios and "hubtalk" in contenders:
            crowd = max(scenario.at_once for scenario in scenarios)
            count = people or crowd + int(_FASTEST * (timing.warm_up + timing.seconds) / _ANSWERS_A_PERSON)
            try:
                prepared = hubtalk.prepare(Path(folder), count=count, say=_say)
            except BrokenBench as error:
                broken.append(f"hubtalk: {error}")
                contenders.remove("hubtalk")
        for scenario in scenarios:
            present = [name for name in contenders if name in scenario.contenders]
            try:
                results[scenario.name] = measure(
                    scenario, contenders=present, timing=timing, prepared=prepared, say=_say
                )
            except BrokenBench as error:
                broken.append(str(error))
                continue
            if present:
                print(f"\n{scenario.title}\n{questionnaire_table(results[scenario.name])}")
                print("\n".join(remarks(results[scenario.name])), flush=True)
    return questionnaire_budgets(results)


def _broadcast(timing: Timing) -> list[Budget]:
    free, limited = broadcast.measure(rounds=timing.rounds, say=_say)
    print(f"\nA message to many\n{broadcast.tables(free, limited)}")
    return broadcast.budgets(free, limited)


def _memory(timing: Timing) -> list[Budget]:
    seen = memory.measure(rounds=timing.rounds, say=_say)
    rows = [[f"{count:,} known contacts", f"{resident:.1f}"] for count, resident in seen.items()]
    print(f"\nMemory of hubtalk run\n{table(['', 'MB resident'], rows)}")
    more = seen[memory.MANY] - seen[memory.FEW]
    return [
        Budget(
            what="memory, 100,000 known contacts more than 1,000", value=more, at="most", limit=MEMORY_MB, unit=" MB"
        )
    ]


def _startup(_: Timing) -> list[Budget]:
    took = startup.measure()
    rows = [
        ["ready, very first start", f"{took.first:.2f}"],
        ["ready, later starts", f"{took.ready:.2f}"],
        ["hubtalk --help", f"{took.help:.2f}"],
    ]
    print(f"\nStart, median of 5\n{table(['', 'seconds'], rows)}")
    return [
        Budget(what="ready, Telegram alone", value=took.ready, at="most", limit=READY_S, unit=" s"),
        Budget(what="hubtalk --help", value=took.help, at="most", limit=HELP_S, unit=" s"),
    ]


def _matrix(timing: Timing) -> list[Budget]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, stage.opened(Path(folder), say=_say) as opened:
        results = rounds.measure(opened, rounds=timing.rounds, seconds=timing.seconds, say=_say)
        read = rounds.read_by_people(opened)
        restart = ready.measure(opened, times=timing.rounds, say=_say)
    print(f"\nMatrix: Synapse on SQLite and the people on {_seat(1)}, each bot on {_seat(0)}")
    windows = {setting.people: f"{setting.share * timing.seconds:g} s" for setting in rounds.SETTINGS}
    print("windows: " + ", ".join(f"{people} {seconds}" for people, seconds in windows.items()), end="")
    print(", and on until all have had as many answers")
    for result in results:
        print(f"\n{result.setting.title}\n{matrix_tables.rounds_table(result)}")
    print("\n".join(matrix_tables.remarks(results, read=read)))
    print(f"\nStart with {restart.rooms} rooms known\n{matrix_tables.restart_table(restart)}", flush=True)
    return matrix_tables.budgets(results, restart=restart)


def _forms(timing: Timing) -> list[Budget]:
    single = expressions.measure(rounds=timing.rounds)
    print(f"\nOne evaluation of an expression\n{forms_tables.expressions_table(single)}")
    answered = answers.measure_answers(rounds=timing.rounds)
    print(f"\nAn answer and all that follows from it\n{forms_tables.answers_table(answered)}")
    took = answers.measure_preparing(times=timing.rounds)
    print(f"\n{forms_tables.size()}\n{forms_tables.preparing_table(took)}", flush=True)
    return forms_tables.budgets(single, answered, took)


def _import(timing: Timing) -> list[Budget]:
    took = lists.measure(rounds=timing.rounds)
    rows = [[database, f"{seconds:.2f}"] for database, seconds in took.items()]
    print(
        f"\nA csv of {lists.PEOPLE:,} people, from the command to its end\n{table(['', 'seconds'], rows)}", flush=True
    )
    worst = max(took.values())
    return [Budget(what="import of 10,000 contacts", value=worst, at="most", limit=lists.IMPORT_S, unit=" s")]


def _progress(_: Timing) -> list[Budget]:
    found = progress.measure(say=_say)
    print(f"\n/progress, median of 7\n{progress.figures(found)}", flush=True)
    return progress.budgets(found)


def _planning(timing: Timing) -> list[Budget]:
    found = planning.measure(rounds=timing.rounds, say=_say)
    print(f"\nA broadcast is planned, medians of {timing.rounds}\n{planning.figures(found)}", flush=True)
    return planning.budgets(found)


def _seat(seat: int) -> str:
    pair = cores()
    return f"core {pair[seat]}" if pair else "any core"


def _say(line: str) -> None:
    """Tell how far the bench is, apart from its tables."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
