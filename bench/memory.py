"""What known contacts cost in memory: `hubtalk run` beside 1,000 and beside 100,000 of them."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.hubtalk import READY, command, run
from bench.known import write_contacts
from bench.processes import BrokenBench, LoadServer

FEW, MANY = 1_000, 100_000

_FIRST_CHAT = 1_000_000
_GREETERS = 500
_PATIENCE = 60.0


def measure(*, rounds: int, say: Callable[[str], None]) -> dict[int, float]:
    """Return the resident memory in MB, the median of the rounds, by number of known contacts.

    Raises:
        BrokenBench: hubtalk does not start, or does not answer people it knows.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = {count: _known(Path(folder) / str(count), count=count) for count in (FEW, MANY)}
        seen: dict[int, list[float]] = {FEW: [], MANY: []}
        for number in range(1, rounds + 1):
            for count in (FEW, MANY):
                seen[count].append(_resident(data[count], count=count))
                say(f"memory round {number}: {count:,} known contacts, {seen[count][-1]:.1f} MB")
    return {count: statistics.median(values) for count, values in seen.items()}


def _known(data: Path, *, count: int) -> Path:
    """Make a data folder in which `count` contacts have consented and belong to companies."""
    data.mkdir()
    command(data, "db", "upgrade")
    write_contacts(data, count=count, address=_address)
    return data


def _address(number: int) -> dict[str, object]:
    chat = str(_FIRST_CHAT + number)
    return {"channel": "telegram", "chat": chat, "person": chat, "account": "telegram:4711"}


def _resident(data: Path, *, count: int) -> float:
    """Start hubtalk, let people from all over the table write, and return what it then holds."""
    # A copy: the server's update ids begin anew each time, and the bot would know them already.
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        LoadServer() as load,
        run(Path(shutil.copytree(data, Path(folder) / "data")), url=load.url) as bot,
    ):
        bot.wait_for(READY)
        load.people(
            "greeters", count=_GREETERS, at_once=20, first_chat=_FIRST_CHAT, step=count // _GREETERS, text="/hilfe"
        )
        began = time.perf_counter()
        while load.window()["on_the_way"]:
            bot.check()
            if time.perf_counter() - began > _PATIENCE:
                raise BrokenBench(f"people it knows get no reply:\n{bot.log()[-2000:]}")
            time.sleep(0.1)
        memory = bot.memory_bytes()
    if memory is None:
        raise BrokenBench("memory is read from /proc, which this system has not")
    return memory / 1e6
