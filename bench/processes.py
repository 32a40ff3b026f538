"""Processes under test: each pinned to a core, its log in a file, its CPU time and memory read from outside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent

_PATIENCE = 60.0
_GRACE = 15.0


class BrokenBench(Exception):
    """A measurement cannot be made; the message says why."""


def cores() -> tuple[int, int] | None:
    """Return the core of the bot and the core of the load server, None where processes cannot be pinned apart."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    available = sorted(os.sched_getaffinity(0))
    return (available[-1], available[0]) if len(available) > 1 else None


@contextlib.contextmanager
def seated(*, seat: int) -> Iterator[None]:
    """Let what is started within, all its threads included, run on the core of the bot (0) or of the load (1)."""
    if (pair := cores()) is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {pair[seat]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds_of(pid: int) -> float | None:
    """Return user and system time of one process so far; None where there is no /proc."""
    try:
        fields = _stat(Path(f"/proc/{pid}/stat"))
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pin(process: subprocess.Popen[Any], *, seat: int) -> None:
    # The threads a process starts later inherit its core.
    if (pair := cores()) is not None:
        os.sched_setaffinity(process.pid, {pair[seat]})


class Process:
    """The program under test, in a session of its own, so that its children count and end with it."""

    def __init__(self, command: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self._log = log
        self.began = time.perf_counter()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, "PYTHONPATH": str(ROOT)} if env is None else dict(env),
                start_new_session=True,
            )
        _pin(self._process, seat=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def log(self) -> str:
        """Return what it has printed so far."""
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern: str) -> float:
        """Wait for a line in its log and return the seconds from its start.

        Raises:
            BrokenBench: it ended, or the line did not come within a minute.
        """
        while time.perf_counter() - self.began < _PATIENCE:
            if re.search(pattern, self.log()):
                return time.perf_counter() - self.began
            self.check()
            time.sleep(0.005)
        raise BrokenBench(f"no {pattern!r} in its log after {_PATIENCE:.0f} s:\n{self.log()[-2000:]}")

    def check(self) -> None:
        """Raise BrokenBench if it has ended."""
        if not self.alive():
            raise BrokenBench(f"it ended with {self._process.returncode}:\n{self.log()[-2000:]}")

    def cpu_seconds(self) -> float | None:
        """Return user and system time of all its processes so far; None where there is no /proc."""
        stats = self._stats()
        return sum(int(s[11]) + int(s[12]) for s in stats) / os.sysconf("SC_CLK_TCK") if stats else None

    def memory_bytes(self) -> int | None:
        """Return the resident memory of all its processes; None where there is no /proc."""
        stats = self._stats()
        return sum(int(s[21]) for s in stats) * os.sysconf("SC_PAGE_SIZE") if stats else None

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self.alive():
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _stats(self) -> list[list[str]]:
        """Return /proc/PID/stat, from the field `state` on, of every process in the session (proc(5))."""
        found = []
        for file in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = _stat(file)
                if int(fields[3]) == self._process.pid:
                    found.append(fields)
        return found


def _stat(file: Path) -> list[str]:
    return file.read_text().rpartition(")")[2].split()


class Steered:
    """A process of ours that makes load, steered by lines of JSON: its port first, then one line for each command."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        _pin(self._process, seat=1)
        self.url = f"http://127.0.0.1:{int(self._line())}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def do(self, command: str, **options: Any) -> dict[str, Any]:
        """Give a command and return what it says.

        Raises:
            BrokenBench: it ended instead.
        """
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": command, **options}).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _line(self) -> bytes:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise BrokenBench("the load server ended; its error stands above")
        return line


class LoadServer(Steered):
    """The Bot API double and the people who chat through it."""

    def __init__(self, *, delay_ms: float = 0.0) -> None:
        super().__init__("bench.load", str(delay_ms))

    def people(self, who: str, **options: Any) -> None:
        """Say who chats with the bot from now on."""
        self.do("people", who=who, **options)

    def window(self) -> dict[str, Any]:
        """Return what happened since the last call."""
        return self.do("window")

    def save(self, file: Path) -> None:
        """Keep the first questions that people stand at."""
        self.do("save", file=str(file))
