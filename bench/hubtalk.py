"""hubtalk as the contender: the real command, with chat pacing off, in a data folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.processes import ROOT, BrokenBench, LoadServer, Process

FORM = ROOT / "bench" / "form.md"
READY = r"\bready\b"

_FIRST_CHAT = 100_000
_NEWCOMERS_AT_ONCE = 200
# Nobody arrives for this long: something is wrong with the bot or with the newcomers' tables.
_STANDSTILL = 20.0


def executable() -> list[str]:
    """Return the command beside this Python, else the one on the path.

    Raises:
        BrokenBench: there is none.
    """
    beside = Path(sys.executable).with_name("hubtalk")
    found = str(beside) if beside.exists() else shutil.which("hubtalk")
    if found:
        return [found]
    if (ROOT / "bot" / "cli" / "__main__.py").exists():
        return [sys.executable, "-m", "bot.cli"]
    raise BrokenBench("there is no command hubtalk beside this Python; `make setup` lays it there")


def environment(data: Path, *, url: str) -> dict[str, str]:
    """Return an environment with Telegram at `url`."""
    return {
        **bare_environment(data),
        "HUBTALK_TELEGRAM__TOKEN": "4711:bench",
        "HUBTALK_TELEGRAM__API_URL": url,
        "HUBTALK_TELEGRAM__RATE": "0",
        "HUBTALK_TELEGRAM__CHAT_RATE": "0",
    }


def bare_environment(data: Path) -> dict[str, str]:
    """Return an environment without a channel, and with nothing of the caller's own hubtalk in it."""
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("HUBTALK_")}
    return {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "HUBTALK_DATA_DIR": str(data),
        "HUBTALK_HUB__CONTROLLER": "Bench",
        "HUBTALK_HUB__CONTACT": "bench@example.org",
        "HUBTALK_HUB__DPO": "dpo@example.org",
        "HUBTALK_REGISTRATION": "open",
        "HUBTALK_HTTP__BIND": "",
        "HUBTALK_LOG__FORMAT": "json",
    }


def run(data: Path, *, url: str) -> Process:
    """Start `hubtalk run`; the working folder is the data folder, so that no .env of the checkout is read."""
    return Process([*executable(), "run"], log=data / "bench.log", cwd=data, env=environment(data, url=url))


def command(data: Path, *arguments: str) -> None:
    """Run another command to its end.

    Raises:
        BrokenBench: it failed.
    """
    done = subprocess.run(
        [*executable(), *arguments],
        cwd=data,
        env=environment(data, url="http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise BrokenBench(f"hubtalk {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A data folder in which people stand at the first question, and the load server's memory of them."""

    data: Path
    waiting: Path
    count: int

    def copy(self, folder: Path) -> Path:
        """Copy the data folder, so that every round begins alike."""
        data = folder / "data"
        shutil.copytree(self.data, data)
        return data


def prepare(folder: Path, *, count: int, say: Callable[[str], None]) -> Prepared:
    """Publish the form and bring `count` people through all that comes before its first question.

    Raises:
        BrokenBench: they do not get there; the message holds what the first one lost heard.
    """
    data, waiting = folder / "data", folder / "waiting.json"
    data.mkdir()
    command(data, "db", "upgrade")
    command(data, "forms", "publish", str(FORM))
    command(data, "forms", "close", "needs")  # with one open form nobody has to choose
    with LoadServer() as load:
        with run(data, url=load.url) as bot:
            bot.wait_for(READY)
            # One alone comes first: if the way is blocked, it shows at once and without 200 times the noise.
            _bring(load, bot, count=1, first_chat=_FIRST_CHAT - 1)
            began = time.perf_counter()
            _bring(load, bot, count=count, first_chat=_FIRST_CHAT)
            load.save(waiting)
        say(f"hubtalk: {count} people brought to the first question, not measured: {time.perf_counter() - began:.0f} s")
    return Prepared(data=data, waiting=waiting, count=count)


def _bring(load: LoadServer, bot: Process, *, count: int, first_chat: int) -> None:
    load.people("newcomers", count=count, at_once=_NEWCOMERS_AT_ONCE, first_chat=first_chat)
    arrived, moved_at = 0, time.perf_counter()
    while True:
        time.sleep(0.2)
        bot.check()
        state = load.window()
        if state["arrived"] > arrived:
            arrived, moved_at = state["arrived"], time.perf_counter()
        if state["lost"] or time.perf_counter() - moved_at > _STANDSTILL:
            transcript = "\n".join(state["transcript"])
            raise BrokenBench(
                f"{arrived} of {count} people reached the first question; one of the others:\n{transcript}"
            )
        if not state["on_the_way"]:
            return
