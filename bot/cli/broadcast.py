"""`hubtalk broadcast`: write to many, and see what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.broadcasts_shown import document, line, told
from bot.cli.opening import JsonFlag, opened, say_json, say_table, work

if TYPE_CHECKING:
    from bot.domain.broadcasts.model import Broadcast, Counts
    from bot.domain.desk import Command
    from bot.house import House

app = typer.Typer(help="Messages to many people.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="Its number, from `hubtalk broadcast list`.")]


@app.command()
def show(number: Number, as_json: JsonFlag = False) -> None:
    """Show how a broadcast stands: the states of its deliveries add up to its audience."""

    async def run() -> None:
        async with opened() as house:
            found, counts = await look(house, number)
            zone = house.hub.timezone
        if as_json:
            say_json(document(found, counts))
        else:
            typer.echo(told(found, counts, zone))

    work(run)


@app.command("list")
def list_broadcasts(
    many: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many at most.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List the newest broadcasts, drafts included."""

    async def run() -> None:
        from storage.broadcasts import counts, listing

        async with opened() as house:
            found = await house.database.read(lambda: listing(many=many))
            figures = [await house.database.read(lambda one=each: counts(one.id)) for each in found]  # type: ignore[misc]
            zone = house.hub.timezone
        if as_json:
            say_json([document(each, counted) for each, counted in zip(found, figures, strict=True)])
            return
        say_table(
            ("ID", "STATE", "BEGINS", "AUDIENCE", "SENT", "OPEN", "FAILED", "TEXT"),
            [line(each, counted, zone) for each, counted in zip(found, figures, strict=True)],
            empty="there are no broadcasts yet",
        )

    work(run)


@app.command()
def pause(number: Number, as_json: JsonFlag = False) -> None:
    """Let nothing more of it leave for now."""
    from bot.domain.desk import PauseBroadcast

    _order(number, PauseBroadcast(broadcast=number), as_json=as_json)


@app.command()
def resume(number: Number, as_json: JsonFlag = False) -> None:
    """Let a paused broadcast go on."""
    from bot.domain.desk import ResumeBroadcast

    _order(number, ResumeBroadcast(broadcast=number), as_json=as_json)


@app.command()
def cancel(number: Number, as_json: JsonFlag = False) -> None:
    """End it: what has not left never will."""
    from bot.domain.desk import CancelBroadcast

    _order(number, CancelBroadcast(broadcast=number), as_json=as_json)


@app.command()
def retry(
    number: Number,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Also to those of whom nobody knows; they may get it twice.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send it again to those for whom it failed, if they can be reached."""
    from bot.domain.desk import RetryBroadcast

    _order(number, RetryBroadcast(broadcast=number, unknown=unknown), as_json=as_json, what="to be sent again")


@app.command()
def edit(
    number: Number,
    text_de: Annotated[str, typer.Option(metavar="TEXT", help="The new text.")] = "",
    text_en: Annotated[str, typer.Option(metavar="TEXT", help="The new text.")] = "",
    text_file_de: Annotated[Path | None, typer.Option(metavar="FILE", help="The new text, from a file.")] = None,
    text_file_en: Annotated[Path | None, typer.Option(metavar="FILE", help="The new text, from a file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Change the text that was sent, where the platform can; what has not left goes out changed."""

    async def run() -> None:
        from dataclasses import replace

        from bot.cli.broadcast_content import said, spoken
        from bot.cli.broadcast_create import foresee, refuse_too_long
        from bot.domain.desk import EditBroadcast

        given = {"de": said(text_de, text_file_de), "en": said(text_en, text_file_en)}
        async with opened() as house:
            found, _ = await look(house, number)
            texts = spoken(house, given)
            if not texts:
                raise typer.BadParameter("give the new text: --text-de or --text-en")
            content = replace(found.content, texts=texts)
            refuse_too_long(await foresee(house, content, found.audience, number=number))
            await _ordered(
                house, EditBroadcast(broadcast=number, texts=texts), number, as_json=as_json, what="to be changed"
            )

    work(run)


@app.command()
def recall(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Take back what was sent, where the platform can, and let nothing more leave."""
    from bot.domain.desk import RecallBroadcast

    if not yes:
        typer.confirm(f"Take broadcast {number} back from everybody who has it?", abort=True)
    _order(number, RecallBroadcast(broadcast=number), as_json=as_json, what="to be taken back")


@app.command()
def watch(
    number: Number,
    every: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Follow a broadcast until it is done (Ctrl-C only stops the watching)."""

    async def run() -> None:
        from bot.cli.broadcasts_shown import follow

        async with opened() as house:
            await follow(lambda: look(house, number), every=every)

    work(run)


async def look(house: House, number: int) -> tuple[Broadcast, Counts]:
    """Return a broadcast and its figures.

    Raises:
        UsageError: there is none of that number.
    """
    from bot.errors import UsageError
    from storage.broadcasts import counts, load_one

    found = await house.database.read(lambda: load_one(number))
    if found is None:
        raise UsageError(f"there is no broadcast {number}; `hubtalk broadcast list` shows them")
    return found, await house.database.read(lambda: counts(number))


def _order(number: int, command: Command[Any], *, as_json: bool, what: str = "") -> None:
    async def run() -> None:
        async with opened() as house:
            await _ordered(house, command, number, as_json=as_json, what=what)

    work(run)


async def _ordered(house: House, command: Command[Any], number: int, *, as_json: bool, what: str) -> None:
    from bot.desk import COMMAND_LINE, perform

    many = await perform(house, actor=COMMAND_LINE, command=command)
    found, counts = await look(house, number)
    if as_json:
        say_json(document(found, counts))
    else:
        typer.echo(f"broadcast {number} is {found.state}" + (f", {many} {what}" if what else ""))
