"""The end of a conversation at the terminal: where the data lies, and the row as it would be exported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.domain.speech import Speaker
    from bot.house import House

CHANNEL = "terminal"


async def speaker_of(house: House, *, person: str, language: str | None) -> Speaker:
    """Return the speaker in the contact's language."""
    from storage import reports

    known = await house.database.read(lambda: reports.language_of(CHANNEL, person))
    return house.texts.speaker(known or language or house.hub.languages[0])


async def show_row(house: House, say: Speaker, *, person: str) -> str | None:
    """Print what was last submitted here as a row; return the name of its form, None if there is nothing."""
    from bot.desk import latest_row

    found = await latest_row(house, channel=CHANNEL, chat=person)
    if found is None:
        return None
    form, cells = found
    typer.echo(f"\n{say('demo.row')}")
    for name, text in cells:
        typer.echo(f"  {name}: {' '.join(text.split())}")
    return form


async def show_end(house: House, *, person: str, language: str | None) -> None:
    """Say where the data lies, what one row of it looks like, and what one may do next."""
    say = await speaker_of(house, person=person, language=language)
    form = await show_row(house, say, person=person)
    typer.echo(f"\n{say('demo.data', place=data_place(house))}")
    if form is None:
        typer.echo(say("demo.again"))
    else:
        typer.echo(say("demo.export", command=f"{own_command()} export {form} -f csv -o {form}.csv"))
    sys.stdout.flush()


def data_place(house: House) -> str:
    """Return the database's file, or its URL without the password."""
    url = house.settings.database_url
    return (
        _near(Path(url.removeprefix("sqlite:///"))) if url.startswith("sqlite:///") else house.settings.database_place
    )


def own_command() -> str:
    """Return how this command was called, so that it can be typed again."""
    called = Path(sys.argv[0])
    if called.name != "hubtalk" or not called.is_absolute():
        return sys.argv[0] if called.name == "hubtalk" else "hubtalk"
    return _near(called)


def _near(path: Path) -> str:
    """Return a path from here if it lies below, else whole."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)
