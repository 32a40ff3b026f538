"""A message to many: CPU a message without a limit, and how much of a limit is used without ever exceeding it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.budgets import Budget
from bench.processes import ROOT, BrokenBench, seated
from bench.senders import WAYS
from bench.tables import table

MANY = {"ptb loop": 1_000, "ptb limiter": 1_000}
"""Messages of a run without a limit; slow ways need fewer."""

QUICK = 4_000
SECONDS = 12
"""How long a run under a limit takes."""

LIMITS = ((30, 0), (30, 50), (100, 0), (100, 50))
"""Messages a second, and milliseconds before the server answers."""

SHARE = 0.97
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """Without a limit: microseconds of CPU a message, and messages a second."""

    cpu_us: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Under a limit: the share of it that was used after the first second, the busiest second, windows above it."""

    share: float
    most: int
    over: int


def measure(*, rounds: int, say: Callable[[str], None]) -> tuple[dict[str, Free], dict[tuple[str, int, int], Limited]]:
    """Run all ways in turn, interleaved, and return medians."""
    runs: dict[str, list[Free]] = {name: [] for name in WAYS}
    for number in range(rounds):
        for name in WAYS:
            say(f"broadcast: {name}, round {number + 1}")
            many = MANY.get(name, QUICK)
            cpu, seen = _run(name, many=many, limit=0, delay=0)
            runs[name].append(Free(cpu_us=cpu / many * 1e6, rate=seen["arrived"] / max(seen["lasted"], 1e-9)))
    free = {
        name: Free(
            cpu_us=statistics.median(each.cpu_us for each in found),
            rate=statistics.median(each.rate for each in found),
        )
        for name, found in runs.items()
    }
    limited = {}
    for limit, delay in LIMITS:
        for name in WAYS:
            say(f"broadcast: {name}, {limit}/s, {delay} ms")
            _, seen = _run(name, many=limit * SECONDS, limit=limit, delay=delay)
            limited[name, limit, delay] = Limited(share=seen["rate"] / limit, most=seen["most"], over=seen["over"])
    return free, limited


def _run(name: str, *, many: int, limit: float, delay: int) -> tuple[float, dict[str, Any]]:
    with seated(seat=1):
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.load", str(delay)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        _say(server, {"do": "people", "who": "readers", "limit": limit})
        with seated(seat=0):
            done = subprocess.run(
                [sys.executable, "-m", "bench.senders", name, url, str(many), str(limit)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        if done.returncode:
            raise BrokenBench(f"{name}: {done.stderr[-2000:]}")
        seen = _say(server, {"do": "window"})
        if seen["arrived"] < many:
            raise BrokenBench(f"{name}: {seen['arrived']} of {many} messages arrived")
        return float(json.loads(done.stdout.splitlines()[-1])["cpu"]), seen
    finally:
        server.stdin.close()
        server.wait(timeout=10)


def _say(server: subprocess.Popen[str], command: dict[str, Any]) -> dict[str, Any]:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(command) + "\n")
    server.stdin.flush()
    answer: dict[str, Any] = json.loads(server.stdout.readline())
    return answer


def tables(free: dict[str, Free], limited: dict[tuple[str, int, int], Limited]) -> str:
    """Return both tables."""
    loop = free["ptb loop"].cpu_us
    rows = [
        [name, f"{found.rate:,.0f}", f"{found.cpu_us:,.0f}", f"{loop / found.cpu_us:.1f}"]
        for name, found in free.items()
    ]
    shown = table(["no limit", "messages/s", "CPU µs a message", "ptb loop / it"], rows)
    heads = ["under a limit", *(f"{limit}/s, {delay} ms" for limit, delay in LIMITS)]
    more = [
        [name, *(_cell(limited[name, limit, delay]) for limit, delay in LIMITS)]
        for name in WAYS
        if all((name, *each) in limited for each in LIMITS)
    ]
    legend = "(share of the limit after the first second, most in any second, windows above)"
    return f"{shown}\n\n{table(heads, more)}\n{legend}"


def _cell(found: Limited) -> str:
    return f"{found.share:.1%} · {found.most} · {found.over}"


def budgets(free: dict[str, Free], limited: dict[tuple[str, int, int], Limited]) -> list[Budget]:
    """Return what hubtalk promises."""
    ours = free["hubtalk"].cpu_us
    found = [
        Budget(
            what=f"CPU a broadcast message against {peer}",
            value=ours / free[peer].cpu_us,
            at="most",
            limit=most,
            unit=" ×",
        )
        for peer, most in (("ptb loop", 0.25), ("aiogram", 1.0))
    ]
    for limit, delay in LIMITS:
        seen = limited["hubtalk", limit, delay]
        what = f"share of {limit}/s at {delay} ms"
        found.append(Budget(what=what, value=seen.share, at="least", limit=SHARE))
        found.append(Budget(what=f"windows above {limit}/s at {delay} ms", value=seen.over, at="most", limit=0))
    return found
