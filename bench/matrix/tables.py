"""The figures of the Matrix part as text, and its budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.budgets import Budget
from bench.matrix.ready import Restart
from bench.matrix.rounds import Results
from bench.matrix.stage import ECHO, HUBTALK
from bench.tables import number, table

MORE_MS = 25.0
CPU_MS = 3.0
RATE = 0.9
READY_S = 3.0


def rounds_table(results: Results) -> str:
    """Lay out a setting: a row a bot; what hubtalk has more or less than the echo bot in the columns behind."""
    head = ["", "messages/s", "p50 ms", "p95 ms", "bot CPU ms", "server CPU ms", "load CPU ms"]
    head += ["p50 − echo", "p95 − echo", "rate ÷ echo", "bot CPU ÷ echo"]
    return table(head, [_row(results, contender) for contender in results.rounds])


def remarks(results: Sequence[Results], *, read: dict[str, Any]) -> list[str]:
    """Return what a reader must know before believing the tables."""
    figures = [figures for result in results for rounds in result.rounds.values() for figures in rounds]
    load = max((one.load_share for one in figures), default=0.0)
    said = [
        "CPU a message: one of a contact with its answer; the homeserver's and the load's are costs of the measuring",
        f"load: {load:.0%} of a core at most, beside the homeserver",
        f"encrypted: hubtalk's latest {read['questions']} questions were read, {read['unreadable']} could not be",
    ]
    if read["odd"]:
        said.append(f"encrypted: {len(read['odd'])} messages of hubtalk ask no question, such as {read['odd'][:1]}")
    for result in results:
        for contender, rounds in result.rounds.items():
            if lost := sum(one.lost for one in rounds):
                said.append(f"{contender}, {result.setting.title}: {lost} messages were not answered")
            if unexpected := sum(one.unexpected for one in rounds):
                samples = [one.samples[:1] for one in rounds if one.samples][:1]
                said.append(f"{contender}, {result.setting.title}: {unexpected} unexpected messages, such as {samples}")
    return said


def restart_table(restart: Restart) -> str:
    """Lay out how long a start takes."""
    rows = [
        ["ready", f"{restart.ready:.2f}"],
        ["a message that waited is answered", f"{restart.answered:.2f}"],
        ["a first sync alone", f"{restart.sync:.2f}"],
    ]
    return table(["", "seconds"], rows)


def budgets(results: Sequence[Results], *, restart: Restart | None) -> list[Budget]:
    """Return the budgets of the Matrix part."""
    found = []
    for result in results:
        title = result.setting.title
        if result.setting.at_once == 1:
            more = result.difference(HUBTALK, ECHO, "p50_ms")
            found.append(
                Budget(what=f"p50 above the echo bot, {title}", value=more, at="most", limit=MORE_MS, unit=" ms")
            )
            continue
        cpu, rate = result.median(HUBTALK, "cpu_ms"), result.ratio(HUBTALK, ECHO, "rate")
        found.append(Budget(what=f"CPU a message, {title}", value=cpu, at="most", limit=CPU_MS, unit=" ms"))
        found.append(
            Budget(what=f"messages/s against the echo bot, {title}", value=rate, at="least", limit=RATE, unit=" ×")
        )
    what = "answering after a start with rooms known, less the first sync"
    own = None if restart is None else restart.own
    return [*found, Budget(what=what, value=own, at="most", limit=READY_S, unit=" s")]


def _row(results: Results, contender: str) -> list[str]:
    def figure(name: str, digits: int = 1) -> str:
        return number(results.median(contender, name), digits=digits)

    names = ("rate", "p50_ms", "p95_ms", "cpu_ms", "server_ms", "load_ms")
    against = [number(results.difference(contender, ECHO, name), digits=1) for name in ("p50_ms", "p95_ms")]
    against += [number(results.ratio(contender, ECHO, name), digits=2) for name in ("rate", "cpu_ms")]
    return [contender, *(figure(name) for name in names), *against]
