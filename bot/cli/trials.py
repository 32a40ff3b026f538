"""`hubtalk forms simulate` and `forms evaluate`: JSON Lines in, JSON Lines out, for authors' own tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from bot.errors import FormError, HubtalkError, UsageError


def simulate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The XLSForm.", exists=True, dir_okay=False)],
    language: Annotated[str, typer.Option("--language", metavar="NAME", help="Language, as the form names it.")] = "",
    now: Annotated[
        str, typer.Option("--now", metavar="TIME", help="The present moment, ISO 8601; the real one by default.")
    ] = "",
    timezone: Annotated[str, typer.Option("--timezone", metavar="NAME", help="Such as Europe/Berlin.")] = "UTC",
) -> None:
    """Play a form by paths: JSON Lines in (set, add, remove, language), JSON Lines out (what changed).

    The first line out is the whole state. Any XLSForm that pyxform accepts can be played, also what is not asked in a
    chat. Lists of choices in csv files are found beside it.
    """
    from bot.compiling import Beside
    from bot.forms.program import build
    from bot.forms.simulation import Simulation
    from bot.forms.source import blueprint_of_source

    program, findings = build(blueprint_of_source(_read(file), file_name=file.name, files=Beside(file)))
    if findings.faults:
        fault = findings.faults[0]
        raise FormError(f"{fault.path}, {fault.column}: {fault.error}")
    played = Simulation(program, now=_moment(now), zone=zone_of(timezone), language=language)
    say({"nodes": played.nodes})
    _converse(played.do)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time", param_hint="--now") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def evaluate() -> None:
    """Work out expressions: JSON Lines in (expression, as, timezone), JSON Lines out (value or error).

    `as` is boolean, number or string; timezone is a name such as Europe/Berlin.
    """
    from bot.forms.trials import try_expression

    now = datetime.now(UTC)

    def answer(line: dict[str, Any]) -> dict[str, Any]:
        zone = zone_of(str(line.get("timezone") or "UTC"))
        kind = str(line.get("as") or "string")
        if kind not in ("boolean", "number", "string"):
            raise UsageError(f"there is no kind {kind}: boolean, number or string")
        return {"value": try_expression(str(line["expression"]), kind=kind, now=now, zone=zone)}

    _converse(answer)


def zone_of(name: str) -> tzinfo:
    """Return the zone of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"there is no time zone {name}") from error


def _converse(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer each line of standard input with one line."""
    for line in _lines():
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                raise UsageError("a line must be a JSON object")
            said = answer(asked)
        except json.JSONDecodeError as error:
            said = {"error": f"the line is no JSON: {error.msg} at character {error.pos + 1}"}
        except HubtalkError as error:
            said = {"error": str(error)}
        except KeyError as error:
            said = {"error": f"the line lacks {error}"}
        say(said)


def _lines() -> Iterator[str]:
    return (line for line in sys.stdin if line.strip())


def say(thing: dict[str, Any]) -> None:
    """Print one line at once, so that a program that waits for it can go on."""
    typer.echo(json.dumps(thing, ensure_ascii=False))
    sys.stdout.flush()
