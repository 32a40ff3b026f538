"""Plays a form at the terminal in a house that is made for it and gone afterwards."""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import typer

from bot.adapters.terminal import TerminalChannel
from bot.app import App
from bot.cli.opening import opened
from bot.cli.showing import CHANNEL, show_row, speaker_of
from bot.desk import COMMAND_LINE, perform
from bot.domain.desk import FORM_NAME, PublishForm
from bot.house import House
from storage import desk
from storage.codec import to_micros

if TYPE_CHECKING:
    from bot.forms.model import Form

PERSON = "preview"


class _FromTheFirstQuestion:
    """Lines of a person who asks for the form before anything else."""

    def __init__(self, source: TextIO) -> None:
        self._source = source

    def __iter__(self) -> Iterator[str]:
        return itertools.chain(["/survey\n"], self._source)


async def play(form: Form, *, source: bytes, file_name: str, language: str | None) -> None:
    """Let somebody answer the form as it will be, then show the row as it would be exported."""
    with tempfile.TemporaryDirectory(prefix="hubtalk-preview-") as folder:
        overrides: dict[str, Any] = {
            "data_dir": folder,
            "database_url": f"sqlite:///{folder}/preview.db",
            "admins": (),
            "migrate": True,
        }
        async with opened(**overrides, content_dir=_nothing(Path(folder))) as house:
            spoken = language or _language(form, house)
            if spoken not in house.hub.languages:
                raise typer.BadParameter(f"the hub speaks {', '.join(house.hub.languages)}", param_hint="--lang")
            await _prepare(house, form, source=source, file_name=file_name, language=spoken)
            lines = cast("TextIO", _FromTheFirstQuestion(sys.stdin))
            channel = TerminalChannel(person=PERSON, language=spoken, files=Path(folder), source=lines)
            await App(house, [channel]).run(stop=asyncio.Event(), ticks=False)
            say = await speaker_of(house, person=PERSON, language=spoken)
            if await show_row(house, say, person=PERSON) is None:
                typer.echo(f"\n{say('demo.unfinished')}")


def _nothing(folder: Path) -> Path:
    """Make a content folder in which the previewed form will be alone."""
    content = folder / "content"
    content.mkdir()
    (content / "hub.toml").write_text("", encoding="utf-8")
    return content


def _language(form: Form, house: House) -> str:
    """Return the form's own language if the hub speaks it."""
    return next((code for code in form.languages if code in house.hub.languages), house.hub.languages[0])


async def _prepare(house: House, form: Form, *, source: bytes, file_name: str, language: str) -> None:
    """Publish the form and let somebody be a contact already."""
    name = form.name if FORM_NAME.fullmatch(form.name) else "form"
    command = PublishForm(form=form, name=name, file_name=file_name, source=source)
    await perform(house, actor=COMMAND_LINE, command=command)
    now = to_micros(house.clock.now())
    await house.database.write(
        lambda: desk.let_in(
            contact=house.next_id(), address=house.next_id(), channel=CHANNEL, person=PERSON, language=language, now=now
        )
    )
