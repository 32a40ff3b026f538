"""Plays a written conversation with a form again: the same words at the same time, in a house made for it."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot.adapters.terminal import content_of, read_file
from bot.cli.opening import opened
from bot.cli.phrases import Noted
from bot.cli.showing import CHANNEL
from bot.cli.transcripts import NO_ROW, Message, Transcript, Turn
from bot.desk import COMMAND_LINE, latest_row, perform
from bot.domain.desk import FORM_NAME, PublishForm
from bot.domain.messages import (
    Abilities,
    Acknowledgement,
    Address,
    Edit,
    Fact,
    Identity,
    InboundMessage,
    Outgoing,
    Reading,
    Recall,
    Said,
)
from bot.files.table import FIXED
from bot.runtime.clock import StandingClock, SystemClock
from storage.codec import to_micros
from storage.desk import preview as preview_rows

if TYPE_CHECKING:
    from bot.forms.model import Form
    from bot.house import House

PERSON = "preview"
FIRST_WORDS = "/survey"
_ACCOUNT = "terminal:local"


@asynccontextmanager
async def stage(
    form: Form,
    *,
    source: bytes,
    file_name: str,
    language: str | None,
    clock: SystemClock | None = None,
    files: Mapping[str, bytes] | None = None,
) -> AsyncIterator[tuple[House, str]]:
    """Open a house that is made for one form and gone afterwards; somebody is a contact already.

    files: what the form shows, by name.

    Yields:
        The house and the language that is spoken in it.

    Raises:
        typer.BadParameter: the hub does not speak that language.
    """
    with tempfile.TemporaryDirectory(prefix="hubtalk-preview-") as folder:
        overrides: dict[str, Any] = {
            "data_dir": folder,
            "database_url": f"sqlite:///{folder}/preview.db",
            "admins": (),
            "migrate": True,
            "content_dir": _nothing(Path(folder)),
        }
        async with opened(clock=clock, log="error", **overrides) as house:
            spoken = language or _language(form, house)
            if spoken not in house.hub.languages:
                raise typer.BadParameter(f"the hub speaks {', '.join(house.hub.languages)}", param_hint="--lang")
            name = form.name if FORM_NAME.fullmatch(form.name) else "form"
            command = PublishForm(form=form, name=name, file_name=file_name, source=source, files=files)
            await _prepare(house, command, language=spoken)
            yield house, spoken


def _nothing(folder: Path) -> Path:
    """Make a content folder in which the form will be alone."""
    content = folder / "content"
    content.mkdir()
    (content / "hub.toml").write_text("", encoding="utf-8")
    return content


def _language(form: Form, house: House) -> str:
    """Return the form's own language if the hub speaks it."""
    return next((code for code in form.languages if code in house.hub.languages), house.hub.languages[0])


async def _prepare(house: House, command: PublishForm, *, language: str) -> None:
    """Publish the form and let somebody be a contact already."""
    await perform(house, actor=COMMAND_LINE, command=command)
    now = to_micros(house.clock.now())
    await house.database.write(
        lambda: preview_rows.let_in(
            contact=house.next_id(),
            address=house.next_id(),
            channel=CHANNEL,
            person=PERSON,
            language=language,
            now=now,
            company=command.form.respondent == "company",
        )
    )


async def rehearse(form: Form, script: Transcript, *, source: bytes, file_name: str) -> Transcript:
    """Return the conversation as it goes today if the person says what the script says; what was heard is new."""
    from bot.app import App

    clock = StandingClock(script.time)
    async with stage(form, source=source, file_name=file_name, language=script.language, clock=clock) as (house, _):
        noted = Noted(house.texts)
        house.texts = noted
        channel = _ScriptedChannel(script, clock=clock, noted=noted)
        random.seed(script.seed)  # random() and randomize() of the form draw from it
        await App(house, [channel]).run(stop=asyncio.Event(), ticks=False)
        heard = channel.heard
        turns = (replace(turn, heard=tuple(heard[number])) for number, turn in enumerate(channel.turns))
        return replace(script, turns=tuple(turns), row=await _row(house, noted))


async def _row(house: House, noted: Noted) -> tuple[str, ...]:
    """Return the answers of the exported row, without what differs from one conversation to the next."""
    found = await latest_row(house, channel=CHANNEL, chat=PERSON)
    if found is None:
        return (NO_ROW,)
    noted.forget()
    return tuple(" ".join(noted.named(f"{name}: {text}").split()) for name, text in found[1] if name not in FIXED)


class _ScriptedChannel:
    """One person who says what a script says, a message at a time, and keeps what was heard upon each."""

    name = CHANNEL

    def __init__(self, script: Transcript, *, clock: StandingClock, noted: Noted) -> None:
        self.abilities = Abilities(files=True, turns=True, only_chat=PERSON)
        self.turns = script.turns if script.turns and script.turns[0].said is None else (Turn(), *script.turns)
        self.heard: list[list[Message]] = []
        self._language = script.language
        self._clock = clock
        self._noted = noted

    async def connect(self) -> Identity:
        """See `bot.ports.Channel`."""
        return Identity(account=_ACCOUNT, name=CHANNEL)

    async def read(self, cursor: str | None) -> Reading:
        """See `bot.ports.Channel`; all replies to the turn before are out when this is called."""
        del cursor
        number = len(self.heard)
        if number == len(self.turns):
            return Reading(account=_ACCOUNT, at_end=True)
        turn = self.turns[number]
        self._clock.pass_by(timedelta(days=turn.days))
        self._noted.forget()
        self.heard.append([])
        message = InboundMessage(
            account=_ACCOUNT,
            native_id=f"in-{number}",
            address=Address(CHANNEL, PERSON),
            sender=PERSON,
            content=Said(FIRST_WORDS) if turn.said is None else content_of(turn.said),
            received_at=self._clock.now(),
            message_id=f"in-{number}",
            language=self._language,
        )
        return Reading(account=_ACCOUNT, messages=(message,))

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        """See `bot.ports.Channel`."""
        self.heard[-1].append(self._noted.seen(outgoing.message))
        return [f"out-{outgoing.delivery}"]

    async def recall(self, recall: Recall) -> None:
        """Nothing is taken back in a rehearsal."""

    async def edit(self, edit: Edit) -> None:
        """As at a terminal, what was said stays said."""

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """There are no buttons to acknowledge."""

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        """Read the file that a line named, as at the terminal."""
        return await asyncio.to_thread(read_file, Path(file_id), limit)

    async def offer_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]], *, chat: str | None = None) -> None:
        """There is no menu."""

    async def check(self) -> Sequence[Fact]:
        """There is nothing more to tell."""
        return ()

    async def close(self) -> None:
        """Nothing is held."""
