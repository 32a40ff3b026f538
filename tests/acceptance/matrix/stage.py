"""Matrix as a stage: the real channel and people with real clients on a real homeserver."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.signin import Credentials
from bot.domain.messages import Reading
from bot.ports import Channel
from config.settings import Settings
from tests.acceptance.matrix.conftest import MemoryVault
from tests.acceptance.matrix.people import Contact
from tests.contract.channels.stage import PATIENCE, Heard, Person, Stage
from tests.doubles.telegram.waiting import Waiting
from tests.fixtures_synapse import PASSWORD, Synapse, aside, start_synapse

T = TypeVar("T")
ONE_ROW = re.compile(r"^  (\d+)  (?:✓ )?(.*)$", re.MULTILINE)
WAY = re.compile(r"(?:^|· )([^·\n]+?): (/[a-z]+)", re.MULTILINE)
COMMAND = re.compile(r"(?<![\w!])!(?=[a-z]{2,})")
SPOKEN_WAY = re.compile(r"[„“]([^“”]+)[“”]")
LANGUAGES = {"de": "Deutsch", "en": "English"}


class Confirming(MatrixChannel):
    """The channel, telling what of that which was said is committed: what the cursor confirms that it is read with."""

    stage: MatrixStage

    async def read(self, cursor: str | None) -> Reading:
        self.stage.confirmed |= self.stage.readings.get(cursor or "", set())
        self.stage.waiting.notify()
        reading = await super().read(cursor)
        ids = {message.native_id for message in reading.messages}
        self.stage.readings.setdefault(reading.cursor or "", set()).update(ids)
        return reading


class MatrixPerson(Person):
    """Somebody with a Matrix client, in one room with the bot."""

    def __init__(self, stage: MatrixStage, *, language: str | None) -> None:
        super().__init__(stage)
        self._stage = stage
        self._language = language
        self._reading: asyncio.Task[None] | None = None
        self.contact: Contact
        self.room = ""

    @property
    def address(self) -> str:
        return f"matrix:{self.room}"

    async def starts(self, code: str = "") -> None:
        """Inviting the bot is a start; the platform tells no language, so it is asked for."""
        if self.room:
            await super().starts(code)
            return
        await self.enters()
        if code:
            await self._says(code)
        # Who is turned away is asked nothing; with a code that is good, the question comes after it.
        asked = "Welche Sprache ist Ihnen lieber?"
        first = await (self.hears(asked) if code else self.sees(""))
        if self._language in LANGUAGES and asked in first.text:
            await self._says(LANGUAGES[self._language])

    async def enters(self) -> None:
        """Log in and open a room with the bot."""
        stage = self._stage
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=stage.folder))
        self.contact = await Contact.enter(stage.synapse, folder)
        await aside(stage.synapse.unlimited, self.contact.user_id)
        self.room = await self.contact.opens_room(stage.user_id, encrypted=stage.encrypted)
        self._reading = asyncio.create_task(self._read_on())

    async def leaves(self) -> None:
        """Close the client."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            await self.contact.leaves()

    async def chooses(self, *labels: str, done: str = "Fertig") -> None:
        del done
        rows = {label: number for text in self.seen() for number, label in ONE_ROW.findall(text)}
        await self.says(", ".join(rows[label] for label in labels) or "–")

    def messages(self) -> list[Heard]:
        said = self.contact.heard.get(self.room, []) if self.room else []
        return [_heard(message.text) for message in said]

    async def _says(self, text: str) -> None:
        self._stage.said.add(await self.contact.says(self.room, text))

    async def _picks(self, label: str) -> None:
        for text in reversed(self.seen()):
            typed = _typed(text, label)
            if typed is not None:
                await self._says(typed.replace("/", "!"))
                return
        raise AssertionError(f"nothing called {label!r} is offered in {self.seen()[-2:]}")

    async def _read_on(self) -> None:
        while True:
            await self.contact.sync(timeout=2000)
            self._stage.waiting.notify()


class MatrixStage(Stage):
    """Persons on Matrix, in plain rooms."""

    name = "matrix"
    buttons = False
    encrypted: ClassVar[bool] = False
    polls: ClassVar[bool] = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.waiting = Waiting()
        self.vault = MemoryVault()
        self.said: set[str] = set()
        self.confirmed: set[str] = set()
        self.readings: dict[str, set[str]] = {}
        self.synapse: Synapse
        self.user_id = ""
        self.folder = Path()
        self._files = tempfile.TemporaryDirectory(prefix="hubtalk-matrix-")
        self._persons: dict[str, MatrixPerson] = {}

    async def open_more(self) -> None:
        self.folder = Path(self._files.name)
        self.synapse = await aside(start_synapse)
        self.user_id = await aside(self.synapse.new_user, "bot")
        await aside(self.synapse.unlimited, self.user_id)

    async def close_more(self) -> None:
        for person in self._persons.values():
            await person.leaves()
        self._files.cleanup()

    def person(self, name: str = "ada", *, language: str | None = "de") -> MatrixPerson:
        if name not in self._persons:
            self._persons[name] = MatrixPerson(self, language=language)
        return self._persons[name]

    def _channel(self) -> Channel:
        channel = Confirming(
            Credentials(homeserver=self.synapse.url, user_id=self.user_id, password=PASSWORD),
            data_dir=self.folder / "data",
            pickle_key="a key from the secret",
            vault=self.vault,
            polls=self.polls,
        )
        channel.stage = self
        return channel

    async def _read_up(self) -> None:
        await self.waiting.until(lambda: self.said <= self.confirmed, timeout=PATIENCE)

    async def first(self, find: Callable[[], T | None]) -> T:
        return await self.waiting.first(find, timeout=PATIENCE)


class EncryptedMatrixStage(MatrixStage):
    """Persons on Matrix, in encrypted rooms."""

    encrypted = True


class PollMatrixStage(MatrixStage):
    """Persons on Matrix whose bot asks by polls."""

    polls = True


class EncryptedPollMatrixStage(EncryptedMatrixStage):
    """The same in encrypted rooms."""

    polls = True


def _heard(text: str) -> Heard:
    # The suite writes commands as the other channels show them; that people are shown "!" is looked at elsewhere.
    text = COMMAND.sub("/", text)
    labels = tuple(label for _, label in ONE_ROW.findall(text))
    return Heard(text=text, labels=labels + tuple(label for label, _ in WAY.findall(text)))


def _typed(text: str, label: str) -> str | None:
    """Return what one types for `label`: its number, its command, or itself."""
    found = next((number for number, row in ONE_ROW.findall(text) if row == label), None)
    found = found or next((command for way, command in WAY.findall(text) if way == label), None)
    return found or (label if label in SPOKEN_WAY.findall(text) else None)
