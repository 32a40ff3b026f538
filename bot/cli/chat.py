"""`hubtalk chat`: the terminal channel, and the demo that shows the main job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.opening import opened, work
from bot.errors import AlreadyRunning, UsageError

if TYPE_CHECKING:
    import asyncio

NAME_LIMIT = 64


def chat(
    person: Annotated[
        str, typer.Option("--as", metavar="NAME", help="Who is talking; another name is another contact.")
    ] = "ada",
    language: Annotated[
        str | None, typer.Option("--lang", metavar="CODE", help="The language to begin in: de or en.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Anyone may start; at the end, show the row as it is exported.")
    ] = False,
) -> None:
    """Talk to the bot right here. Piped input is read one message a line."""
    if not 1 <= len(person) <= NAME_LIMIT or not person.isprintable() or any(sign.isspace() for sign in person):
        raise typer.BadParameter(f"a name is one word of at most {NAME_LIMIT} characters", param_hint="--as")
    interrupted = work(lambda: _chat(person=person, language=language, demo=demo))
    if interrupted:
        raise typer.Exit(130)


async def _chat(*, person: str, language: str | None, demo: bool) -> bool:
    """Talk until the input ends; return whether it was Ctrl-C that ended it."""
    import asyncio

    from bot.adapters.terminal import TerminalChannel
    from bot.app import App
    from storage.locks import RunLock

    overrides = {"registration": "open"} if demo else {}
    async with opened(**overrides) as house:
        if language is not None and language not in house.hub.languages:
            raise typer.BadParameter(f"the hub speaks {', '.join(house.hub.languages)}", param_hint="--lang")
        stop = asyncio.Event()
        _stop_on_interrupt(stop)
        channel = TerminalChannel(person=person, language=language, files=house.settings.data_dir / "files")
        try:
            async with RunLock(house.settings.database_url, key=f"terminal:{person}"):
                await App(house, [channel]).run(stop=stop, ticks=False)
        except AlreadyRunning:
            raise UsageError(f"{person} is talking in another terminal already; be somebody else with --as") from None
        if demo:
            from bot.cli.showing import show_end

            await show_end(house, person=person, language=language)
        return stop.is_set()


def _stop_on_interrupt(stop: asyncio.Event) -> None:
    """The first Ctrl-C ends the conversation in order, a second one at once."""
    import asyncio
    import os
    import signal

    def on_signal() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()
        sys.stdout.write("\n")

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, on_signal)
