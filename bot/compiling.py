"""Compiles what authors write in a process of its own: no form, however made, takes more than its share.

This module is both sides: `compile_apart` asks, and `python -m bot.compiling` is the process that answers.
"""

from __future__ import annotations

import base64
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from bot.errors import FormError, UsageError
from bot.forms.model import Problem
from bot.forms.source import Compiled, compile_source
from bot.forms.store import from_json, to_json

MAX_SECONDS = 5
"""Of a processor. The largest form that we know takes two; other work on the machine does not count."""
MAX_MEMORY = 256 * 1024 * 1024
"""Bytes beyond what the process has when it begins to compile."""
MAX_BESIDE = 1_000
"""Files of a folder that are looked at: a form with more media stands in a folder of its own."""

_GIVE_UP = 60
"""Seconds by the clock after which even a process that does nothing is ended."""
OUT_OF_MEMORY = 77
"""Exit code of a process that outgrew its memory."""
_GLANCE = 0.02
"""Seconds between two looks at the memory, where the system itself keeps no limit (macOS ignores RLIMIT_AS)."""


@dataclass(frozen=True, slots=True)
class Beside(Mapping[str, bytes]):
    """The files beside a form and in its own folder `<stem>-media`, by name; each is read when it is asked for."""

    form: Path

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names():
            raise KeyError(name)
        try:
            return (self._folder_of(name) / name).read_bytes()
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}") from error

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _folder_of(self, name: str) -> Path:
        own = self.form.with_name(f"{self.form.stem}-media")  # where ODK's tools put them
        return own if (own / name).is_file() else self.form.parent

    def _names(self) -> list[str]:
        found: set[str] = set()
        for folder in (self.form.with_name(f"{self.form.stem}-media"), self.form.parent):
            try:
                found |= {path.name for path in folder.iterdir() if path.is_file() and path != self.form}
            except OSError:
                continue
        return sorted(found)[:MAX_BESIDE]


def compile_apart(
    data: bytes,
    *,
    file_name: str,
    files: Mapping[str, bytes] | None = None,
    seconds: int = MAX_SECONDS,
    memory: int = MAX_MEMORY,
) -> Compiled:
    """Compile a form in a process of its own, which takes a second to start; blocks until it is done.

    Args:
        data: the file.
        file_name: its name, whose ending says what it is.
        files: what lies beside it, by name.
        seconds: of a processor, that compiling may take.
        memory: in bytes, that it may take.

    Raises:
        FormError: the process broke down for no reason that the form could be blamed for.
    """
    beside = str(files.form) if isinstance(files, Beside) else ""
    sent = {} if files is None or beside else files
    asked = {
        "data": _in_letters(data), "file_name": file_name, "beside": beside, "seconds": seconds, "memory": memory,
        "files": {name: _in_letters(content) for name, content in sent.items()},
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bot.compiling"],
            input=orjson.dumps(asked), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_GIVE_UP, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _refused(f"the form takes longer than {_GIVE_UP} s to compile")
    if done.returncode == -signal.SIGXCPU:
        return _refused(f"the form takes longer than {seconds} s to compile")
    if done.returncode in (OUT_OF_MEMORY, -signal.SIGKILL):  # a system that has no memory left kills
        return _refused(f"the form takes more than {memory // (1024 * 1024)} MB to compile")
    if done.returncode != 0:
        raise FormError(f"compiling the form broke down (exit code {done.returncode})")
    return _compiled(orjson.loads(done.stdout))


def _refused(what: str) -> Compiled:
    problem = Problem(level="error", what=what, mend="Divide it, or do with fewer choices, repeats and expressions.")
    return Compiled(form=None, problems=(problem,))


def _compiled(said: dict[str, Any]) -> Compiled:
    form = from_json(said["form"]) if said["form"] is not None else None
    return Compiled(form=form, problems=tuple(Problem(**problem) for problem in said["problems"]))


def _in_letters(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- the process that compiles ---------------------------------------------------------------------------------------


def _answer() -> None:
    asked = orjson.loads(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    from bot.forms.xlsform import reader, xform  # noqa: F401, PLC0415 (what is loaded now is not the form's burden)

    files: Mapping[str, bytes] = {name: base64.b64decode(content) for name, content in asked["files"].items()}
    if asked["beside"]:
        files = Beside(Path(asked["beside"]))
    data = base64.b64decode(asked["data"])
    limit(seconds=asked["seconds"], memory=asked["memory"])
    try:
        compiled = compile_source(data, file_name=asked["file_name"], files=files)
        form = to_json(compiled.form) if compiled.form is not None else None
        said = orjson.dumps({"form": form, "problems": [asdict(problem) for problem in compiled.problems]})
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    answer.write(said)
    answer.close()


def limit(*, seconds: int, memory: int) -> None:
    """Let this process end when it takes more than these seconds of a processor or bytes of memory from now on."""
    ready = threading.Event()
    threading.Thread(target=_watch, args=(_memory() + memory, ready), daemon=True).start()
    ready.wait()
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)
    size = _address_space()
    if size:
        _set(resource.RLIMIT_AS, size + memory)


def _set(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _watch(most: int, ready: threading.Event) -> None:
    while _memory() <= most:
        ready.set()
        threading.Event().wait(_GLANCE)
    os._exit(OUT_OF_MEMORY)


def _memory() -> int:
    """Return the bytes that this process holds, or ever held where the system says nothing of now.

    On Linux the peak of getrusage is inherited from whoever started the process, so it says nothing of this one; macOS
    counts it in bytes.
    """
    pages = _statm()
    if pages:
        return pages[1] * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _address_space() -> int:
    """Return the bytes of address space that this process has; 0 where the system does not tell."""
    pages = _statm()
    return pages[0] * resource.getpagesize() if pages else 0


def _statm() -> list[int]:
    """Return the pages of address space and of memory that this process has (proc(5)), nothing without /proc."""
    try:
        return [int(number) for number in Path("/proc/self/statm").read_text(encoding="ascii").split()[:2]]
    except (OSError, ValueError):
        return []


if __name__ == "__main__":
    _answer()
