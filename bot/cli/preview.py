"""Plays a form at the terminal in a house that is made for it and gone afterwards."""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import typer

from bot.adapters.terminal import TerminalChannel
from bot.app import App
from bot.cli.chat import Sink
from bot.cli.output import written
from bot.cli.rehearsals import FIRST_WORDS, PERSON, rehearse, stage
from bot.cli.showing import show_row, speaker_of
from bot.cli.transcripts import Transcript, Turn, write

if TYPE_CHECKING:
    from bot.forms.model import Form


class _FromTheFirstQuestion:
    """Lines of a person who asks for the form before anything else; `said`: what they wrote after that."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self.said: list[str] = []

    def __iter__(self) -> Iterator[str]:
        yield f"{FIRST_WORDS}\n"
        for line in self._source:
            if line.strip():
                self.said.append(line.strip())
            yield line


async def play(
    form: Form, *, source: bytes, file_name: str, language: str | None, files: Mapping[str, bytes] | None = None
) -> Transcript:
    """Let somebody answer the form as it will be, then show the row as it would be exported.

    files: what the form shows, by name.

    Returns:
        The time, and what the person said; what they heard is not kept.
    """
    async with stage(form, source=source, file_name=file_name, language=language, files=files) as (house, spoken):
        began = house.clock.now().astimezone(house.hub.timezone).replace(microsecond=0)
        lines = _FromTheFirstQuestion(sys.stdin)
        stop = asyncio.Event()
        sink = Sink(stop)
        with tempfile.TemporaryDirectory(prefix="hubtalk-preview-") as folder:
            channel = TerminalChannel(
                person=PERSON,
                language=spoken,
                files=Path(folder),
                source=cast("TextIO", lines),
                sink=cast("TextIO", sink),
            )
            await App(house, [channel]).run(stop=stop, ticks=False)
        say = await speaker_of(house, person=PERSON, language=spoken)
        if not sink.gone and await show_row(house, say, person=PERSON) is None:
            typer.echo(f"\n{say('demo.unfinished')}")
    turns = (Turn(), *(Turn(said=line) for line in lines.said))
    return Transcript(language=spoken, time=began, seed=secrets.randbelow(1_000_000), turns=turns)


async def record(form: Form, script: Transcript, *, source: bytes, file_name: str, target: str) -> None:
    """Write a conversation that was played as a test: as it goes once more, at a clock that stands still.

    Raises:
        UsageError: the file cannot be written.
    """
    played = await rehearse(form, script, source=source, file_name=file_name)
    with written(target) as file:
        file.write(write(played).encode())
