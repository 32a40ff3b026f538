"""`hubtalk run` as a process of its own, as an operator would start it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

COMMAND = (str(Path(sys.executable).with_name("hubtalk")),)
READY_WITHIN = 60.0  # seconds, on a busy machine
CONTROLLER = {
    "HUBTALK_HUB__CONTROLLER": "Hochschule Muster",
    "HUBTALK_HUB__CONTACT": "hub@example.org",
    "HUBTALK_HUB__DPO": "datenschutz@example.org",
}


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return an environment for a bot whose data lie in `data`; settings are names without HUBTALK_."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUBTALK_")}
    chosen = {f"HUBTALK_{name}": value for name, value in settings.items()}
    ours = {"HUBTALK_DATA_DIR": str(data), "HUBTALK_HTTP__BIND": "", "HUBTALK_LOG__FORMAT": "json"}
    return kept | CONTROLLER | ours | chosen


class BotProcess:
    """One run of the bot; its log is kept, so that a failed test can show it."""

    def __init__(self, environ: dict[str, str], *, directory: Path) -> None:
        self._environ = environ
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.log: list[str] = []

    async def start(self, *, wait: bool = True) -> Self:
        """Start it and wait until it says that it is ready."""
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND, "run", env=self._environ, cwd=self._directory, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read(self._process))
        if wait:
            async with asyncio.timeout(READY_WITHIN):
                await self._ready.wait()
            assert self._process.returncode is None, self.text
        return self

    @property
    def text(self) -> str:
        """Everything logged so far."""
        return "\n".join(self.log)

    @property
    def pid(self) -> int:
        """The process' number."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal and do not wait for what follows."""
        assert self._process is not None
        self._process.send_signal(number)

    async def away(self) -> None:
        """See to it that nothing is left of it, however a test ended."""
        if self.running:
            await self.kill()

    async def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._end()

    async def stop(self) -> int:
        """SIGTERM; return the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self._end()

    async def ended(self) -> int:
        """Wait for it to end by itself; return the exit code."""
        return await self._end()

    async def _end(self) -> int:
        assert self._process is not None
        assert self._reader is not None
        async with asyncio.timeout(READY_WITHIN):
            code = await self._process.wait()
            await self._reader
        return code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            if '"ready"' in text or text.endswith(" ready"):
                self._ready.set()
        self._ready.set()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.stop()


async def command(environ: dict[str, str], *words: str, directory: Path, stdin: str = "") -> tuple[int, str, str]:
    """Run one command of hubtalk; return exit code, what it printed, and what it complained about."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *words, env=environ, cwd=directory, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(READY_WITHIN):
        out, complaints = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), complaints.decode()
