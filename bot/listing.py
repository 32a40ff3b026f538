"""Reads a list of people in a process of its own: no table, however made, takes more than its share.

This module is both sides: `read_apart` asks, and `python -m bot.listing` is the process that answers.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson

from bot.compiling import OUT_OF_MEMORY, limit
from bot.domain.listed import FILE_LIMIT, ListedRow, PeopleList, RowError
from bot.files.people_list import is_form, read_people_list

MAX_SECONDS = 30
"""Of a processor. Twenty thousand rows of fifty columns in a workbook take about twelve."""
MAX_MEMORY = 256 * 1024 * 1024
"""Bytes beyond what the process has when it begins to read."""

_GIVE_UP = 60
"""Seconds by the clock after which even a process that does nothing is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a file is: a form, or else a list with what it says."""

    kind: Literal["form", "list"]
    people: PeopleList


def read_apart(data: bytes, *, languages: Sequence[str], seconds: int = MAX_SECONDS, memory: int = MAX_MEMORY) -> Sheet:
    """Read a list in a process of its own, which takes a moment to start; blocks until it is done.

    Args:
        data: the file.
        languages: codes of those that the hub speaks.
        seconds: of a processor, that reading may take.
        memory: in bytes, that it may take.
    """
    if len(data) > FILE_LIMIT:
        return _refused("too_large")
    asked = {
        "data": base64.b64encode(data).decode(), "languages": list(languages), "seconds": seconds, "memory": memory,
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bot.listing"],
            input=orjson.dumps(asked), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_GIVE_UP, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _refused("too_large")
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL, OUT_OF_MEMORY):
        return _refused("too_large")
    if done.returncode != 0:
        return _refused("unreadable")
    return _sheet(orjson.loads(done.stdout))


def _refused(why: Literal["too_large", "unreadable"]) -> Sheet:
    return Sheet(kind="list", people=PeopleList(unusable=why))


def _sheet(said: dict[str, Any]) -> Sheet:
    people = said["people"]
    return Sheet(
        kind=said["kind"],
        people=PeopleList(
            rows=tuple(ListedRow(**row) for row in people["rows"]),
            errors=tuple(RowError(**error) for error in people["errors"]),
            unknown=tuple(people["unknown"]),
            unusable=people["unusable"],
        ),
    )


# --- the process that reads ------------------------------------------------------------------------------------------


def _answer() -> None:
    asked = orjson.loads(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    data = base64.b64decode(asked["data"])
    if data.startswith(b"PK"):
        import openpyxl  # noqa: F401, PLC0415 (what is loaded now is not the table's burden)
    limit(seconds=asked["seconds"], memory=asked["memory"])
    try:
        form = is_form(data)
        people = PeopleList() if form else read_people_list(data, languages=asked["languages"])
        said = orjson.dumps({"kind": "form" if form else "list", "people": asdict(people)})
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    answer.write(said)
    answer.close()


if __name__ == "__main__":
    _answer()
