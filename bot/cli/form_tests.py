"""`hubtalk forms test`: recorded conversations with a form, played again and compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot.cli.opening import say_json, work
from bot.cli.output import written
from bot.cli.transcripts import Difference, Transcript, first_difference, read, updated, write
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.forms.model import Form

ENDING = ".test.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One test that was played: its conversation as written and as it went now, and where they part."""

    path: Path
    before: Transcript
    now: Transcript
    difference: Difference | None


def recorded_beside(file: Path) -> list[Path]:
    """Return the tests beside a form: for `needs.xlsx`, `needs.test.txt` and any `needs.….test.txt`.

    Raises:
        UsageError: there are none.
    """
    found = sorted(
        path
        for path in file.parent.glob(f"*{ENDING}")
        if path.name == f"{file.stem}{ENDING}" or path.name.startswith(f"{file.stem}.")
    )
    if not found:
        raise UsageError(
            f"there is no test beside {file}: `hubtalk forms preview {file} --record {file.with_suffix('')}{ENDING}` "
            "makes one"
        )
    return found


def try_all(form: Form, paths: list[Path], *, source: bytes, file_name: str) -> list[Tried]:
    """Play all tests again.

    Raises:
        UsageError: one of them cannot be read.
    """
    from bot.cli.rehearsals import rehearse

    scripts = [(path, read(_text(path), name=path.name)) for path in paths]

    async def run() -> list[Tried]:
        tried = []
        for path, before in scripts:
            now = await rehearse(form, before, source=source, file_name=file_name)
            tried.append(Tried(path=path, before=before, now=now, difference=first_difference(before, now)))
        return tried

    return work(run)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def report(tried: list[Tried], *, as_json: bool) -> None:
    """Say which tests went as written, and of the others where they part."""
    if as_json:
        say_json({"ok": not any(test.difference for test in tried), "tests": [_test(test) for test in tried]})
        return
    for test in tried:
        if test.difference is None:
            typer.echo(f"{test.path.name}: as written ({len(test.before.turns)} turns)")
            continue
        typer.echo(f"{test.path.name}: {place(test.difference)} differs (- as written, + as it is now)")
        typer.echo("\n".join(f"    {line}" for line in test.difference.lines))


def place(difference: Difference) -> str:
    """Return in words where two conversations part."""
    return "the row" if difference.turn is None else f"turn {difference.turn}" if difference.turn else "the beginning"


def _test(test: Tried) -> dict[str, Any]:
    difference = test.difference
    return {
        "file": str(test.path),
        "ok": difference is None,
        "turns": len(test.before.turns),
        "turn": difference.turn if difference else None,
        "lines": difference.lines if difference else (),
    }


def update(tried: list[Tried]) -> None:
    """Write the conversations that differ as they go now; remarks stay.

    Raises:
        UsageError: a file cannot be written.
    """
    for test in tried:
        if test.difference is not None:
            with written(str(test.path)) as file:
                file.write(write(updated(test.before, test.now)).encode())
