"""`hubtalk chat`: the terminal channel, and the demo that shows the main job."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TextIO, cast

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
    """Talk to the bot right here.

    Piped input is read one message a line. A file is sent as @path/to/file.
    """
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

    overrides: dict[str, Any] = {"registration": "open"} if demo else {}
    async with opened(**overrides) as house:
        if language is not None and language not in house.hub.languages:
            raise typer.BadParameter(f"the hub speaks {', '.join(house.hub.languages)}", param_hint="--lang")
        stop = asyncio.Event()
        interrupted = _stop_on_interrupt(stop)
        sink = Sink(stop)
        files = house.settings.data_dir / "files"
        channel = TerminalChannel(person=person, language=language, files=files, sink=cast("TextIO", sink))
        try:
            async with RunLock(house.settings.database_url, key=f"terminal:{person}"):
                await App(house, [channel]).run(stop=stop, ticks=False)
        except AlreadyRunning:
            raise UsageError(f"{person} is talking in another terminal already; be somebody else with --as") from None
        if demo and not sink.gone:
            from bot.cli.showing import show_end

            await show_end(house, person=person, language=language)
        return interrupted.is_set()


class Sink:
    """Standard output; when its reader has gone (`| head`), the conversation ends."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self.gone = False

    def write(self, text: str) -> int:
        """Write as long as somebody reads."""
        if not self.gone:
            self._try(lambda: sys.stdout.write(text))
        return len(text)

    def flush(self) -> None:
        """See `write`."""
        if not self.gone:
            self._try(sys.stdout.flush)

    def isatty(self) -> bool:
        """Whether a person reads."""
        return sys.stdout.isatty()

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except BrokenPipeError:
            self.gone = True
            self._stop.set()


def _stop_on_interrupt(stop: asyncio.Event) -> asyncio.Event:
    """The first Ctrl-C ends the conversation in order, a second one at once; the event returned says it came."""
    import asyncio
    import os
    import signal

    interrupted = asyncio.Event()

    def on_signal() -> None:
        if interrupted.is_set():
            os._exit(130)
        interrupted.set()
        stop.set()
        sys.stdout.write("\n")

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, on_signal)
    return interrupted
