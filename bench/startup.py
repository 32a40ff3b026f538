"""How long people wait for the command: until `ready`, and for `--help`."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.hubtalk import READY, command, run
from bench.processes import LoadServer

_TIMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """Seconds, medians: the very first start (schema, shipped content), a later one, and the help."""

    first: float
    ready: float
    help: float


def measure() -> Startup:
    """Start hubtalk with Telegram alone five times on empty and on used data, and ask for its help as often."""
    first, ready, help_ = [], [], []
    with LoadServer() as load:
        for _ in range(_TIMES):
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                data = Path(folder)
                first.append(_ready_after(data, url=load.url))
                ready.append(_ready_after(data, url=load.url))
                help_.append(_help_after(data))
    return Startup(first=statistics.median(first), ready=statistics.median(ready), help=statistics.median(help_))


def _ready_after(data: Path, *, url: str) -> float:
    with run(data, url=url) as bot:
        return bot.wait_for(READY)


def _help_after(data: Path) -> float:
    began = time.perf_counter()
    command(data, "--help")
    return time.perf_counter() - began
