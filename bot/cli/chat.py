"""`hubtalk chat`: the terminal channel, and the demo that shows the main job."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from bot.domain.messages import Address
from bot.domain.outcomes import Outcome, ResponseSubmitted


def chat(
    person: Annotated[str, typer.Option("--as", metavar="NAME", help="who is talking; another name is another contact")] = "ada",
    language: Annotated[str | None, typer.Option("--lang", metavar="CODE", help="the language to begin in: de or en")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="anyone may start; at the end, show the row as it is exported")] = False,
) -> None:
    """Talk to the bot right here. Piped input is read one message a line."""
    asyncio.run(_chat(person=person, language=language, demo=demo))


async def _chat(*, person: str, language: str | None, demo: bool) -> None:
    from bot.adapters.terminal import TerminalChannel  # noqa: PLC0415
    from bot.app import App  # noqa: PLC0415
    from bot.house import open_house  # noqa: PLC0415
    from config.logging import setup  # noqa: PLC0415
    from config.settings import load_settings  # noqa: PLC0415

    settings = load_settings(**({"registration": "open"} if demo else {}))
    setup("warning", format=settings.log.format, secrets=settings.secrets())
    submitted: list[int] = []

    def observe(outcomes: Sequence[tuple[Address, Outcome]]) -> None:
        submitted.extend(outcome.response for _, outcome in outcomes if isinstance(outcome, ResponseSubmitted))

    async with open_house(settings) as house:
        channel = TerminalChannel(person=person, language=language, files=settings.data_dir / "files")
        app = App(house, [channel], observe=observe)
        await app.run(stop=asyncio.Event(), ticks=False)
        if demo:
            await _show_end(house, submitted)


async def _show_end(house: object, submitted: list[int]) -> None:
    del house
    print(submitted, file=sys.stderr)
