"""Matrix as a stage: the real channel and people with real clients on a real homeserver."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar, TypeVar

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.signin import Credentials
from bot.domain.messages import Outgoing, Reading
from bot.ports import Channel
from config.settings import Settings
from tests.contract.channels.stage import PATIENCE, Heard, Person, Stage
from tests.doubles.telegram.waiting import Waiting
from tests.doubles.vault import MemoryVault
from tests.fixtures_synapse import PASSWORD, Synapse, aside, start_synapse
from tests.people_matrix import Contact
from tests.people_matrix import Heard as Received

T = TypeVar("T")
ONE_ROW = re.compile(r"^  (\d+)  (?:✓ )?(.*)$", re.MULTILINE)
WAY = re.compile(r"(?:^|· )([^·\n]+?): (/[a-z]+)", re.MULTILINE)
COMMAND = re.compile(r"(?<![\w!:])!(?=[a-z]{2,})")  # and no room id, as in "matrix:!abc"
SPOKEN_WAY = re.compile(r"[„“]([^“”]+)[“”]")
LONG = 180.0
LANGUAGES = {"de": "Deutsch", "en": "English"}


class Observed(MatrixChannel):
    """The channel, telling what of that which was said is committed, and what was sent."""

    stage: MatrixStage

    async def read(self, cursor: str | None) -> Reading:
        # What a reading brought is committed when its cursor is read with.
        self.stage.confirmed |= self.stage.readings.get(cursor or "", set())
        self.stage.waiting.notify()
        reading = await super().read(cursor)
        ids = {message.native_id for message in reading.messages}
        self.stage.readings.setdefault(reading.cursor or "", set()).update(ids)
        return reading

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        ids = await super().send(outgoing)
        self.stage.sent[outgoing.address.chat].update(ids)
        self.stage.waiting.notify()
        return ids


class MatrixPerson(Person):
    """Somebody with a Matrix client, in one room with the bot."""

    def __init__(self, stage: MatrixStage, *, user_id: str, language: str | None) -> None:
        super().__init__(stage)
        self._stage = stage
        self._language = (language or "").partition("-")[0]
        self._received: dict[str, Heard] = {}
        self._reads_all = False
        self.user_id = user_id
        self.contact: Contact
        self.room = ""

    @property
    def address(self) -> str:
        return f"matrix:{self.user_id}"

    @property
    def place(self) -> str:
        return f"matrix:{self.room}"

    async def starts(self, code: str = "") -> None:
        """Inviting the bot is a start, which can carry no code; that is typed after it."""
        if not self.room:
            await self.enters()
            await self.tells_language()
            if not code:
                return
        await super().starts(code)
        await self.tells_language()

    async def tells_language(self) -> None:
        await self._stage.settled()
        if self._language in LANGUAGES and "Welche Sprache ist Ihnen lieber?" in self.seen()[-1]:
            await self.says(LANGUAGES[self._language])

    async def enters(self, *others: str) -> None:
        """Log in and open a room with the bot, and perhaps with others."""
        stage = self._stage
        self.contact = await Contact.enter(
            stage.synapse, stage.folder / f"client{len(stage.sent)}", user_id=self.user_id, encrypts=stage.encrypted
        )
        stage.closing.push_async_callback(self.contact.leaves)
        await aside(stage.synapse.unlimited, self.user_id)
        self.room = await self.contact.opens_room(
            stage.user_id, *others, encrypted=stage.encrypted, direct=not others, preset="private_chat"
        )
        stage.closing.push_async_callback(_ended, asyncio.create_task(self._read_on()))
        await self.sees("")

    async def blocks(self) -> None:
        member = f"/rooms/{self.room}/state/m.room.member/{self._stage.user_id}"
        answer = await self.contact.call("PUT", member, {"membership": "leave"})
        self._stage.said.add(answer["event_id"])

    async def unblocks(self) -> None:
        told = len(self._received)
        await self.contact.call("POST", f"/rooms/{self.room}/invite", {"user_id": self._stage.user_id})
        await self._wait(lambda: self.messages()[-1] if len(self._received) > told else None, "nobody came back")

    async def chooses(self, *labels: str, done: str = "Fertig") -> None:
        del done
        rows = {label: number for text in self.seen() for number, label in ONE_ROW.findall(text)}
        await self.says(", ".join(rows[label] for label in labels) or "–")

    def messages(self) -> list[Heard]:
        return list(self._received.values())

    def reads_all(self) -> None:
        """Read on from now on, whatever happens, also what is no message of the bot in this room."""
        self._reads_all = True
        self._stage.waiting.notify()

    def has_received(self) -> bool:
        """Whether everything that was sent into the room has arrived."""
        return self._stage.sent[self.room] <= self._received.keys()

    async def answers_to(self, wanted: str, text: str) -> None:
        await self.stage.between()
        event = next(number for number, one in reversed(self._received.items()) if wanted in one.text)
        relation = {"m.in_reply_to": {"event_id": event}}
        sent = await self.contact.says(self.room, text, **{"m.relates_to": relation})
        self._stage.said.add(sent)

    async def _says(self, text: str) -> None:
        event_id = await self.contact.says(self.room, text)
        assert event_id, "the homeserver refused it"
        self._stage.said.add(event_id)

    async def _picks(self, label: str) -> None:
        for text in reversed(self.seen()):
            typed = _typed(text, label)
            if typed is not None:
                await self._says(typed.replace("/", "!"))
                return
        raise AssertionError(f"nothing called {label!r} is offered in {self.seen()[-2:]}")

    async def _read_on(self) -> None:
        """Read what was sent, and only then: a client that is woken by all that happens costs a homeserver most."""
        while True:
            await self._stage.waiting.until(lambda: self._reads_all or not self.has_received(), timeout=LONG)
            await self.contact.sync(timeout=1000)
            for message in self.contact.heard.get(self.room, ()):
                if message.event_id not in self._received:
                    self._received[message.event_id] = await self._opened(message)
            self._stage.waiting.notify()

    async def _opened(self, message: Received) -> Heard:
        # The suite writes commands as the other channels show them; that people are shown "!" is looked at elsewhere.
        text = COMMAND.sub("/", message.text)
        labels = [label for _, label in ONE_ROW.findall(text)] + [label for label, _ in WAY.findall(text)]
        file = None
        if message.content.get("msgtype") == "m.file":
            file = (message.content["filename"], await self.contact.fetches(message.content))
        return Heard(text=text, labels=tuple(labels), file=file)


class MatrixStage(Stage):
    """Persons on Matrix, in plain rooms."""

    name = "matrix"
    buttons = False
    language_hints = False
    encrypted: ClassVar[bool] = False
    polls: ClassVar[bool] = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.waiting = Waiting()
        self.vault = MemoryVault()
        self.said: set[str] = set()
        self.confirmed: set[str] = set()
        self.readings: dict[str, set[str]] = {}
        self.sent: defaultdict[str, set[str]] = defaultdict(set)
        self.synapse: Synapse
        self.user_id = ""
        self.folder = Path()
        self.closing = AsyncExitStack()
        self._files = tempfile.TemporaryDirectory(prefix="hubtalk-matrix-")
        self._persons: dict[str, MatrixPerson] = {}

    async def open_more(self) -> None:
        self.folder = Path(self._files.name)
        self.synapse = await aside(start_synapse)
        self.user_id = await aside(self.synapse.new_user, "bot")
        await aside(self.synapse.unlimited, self.user_id)

    async def close_more(self) -> None:
        await self.closing.aclose()
        self._files.cleanup()

    def person(self, name: str = "ada", *, language: str | None = "de") -> MatrixPerson:
        if name not in self._persons:
            self._persons[name] = MatrixPerson(self, user_id=self.synapse.new_user(name), language=language)
        return self._persons[name]

    async def heard_in_a_group(self) -> str:
        ada = self.person()
        await ada.enters(self.synapse.new_user("bob"))
        return ada.messages()[0].text

    async def settled(self) -> None:
        await super().settled()
        for person in self._persons.values():
            if person.room:
                await self.waiting.until(person.has_received, timeout=PATIENCE)

    def _channel(self) -> Channel:
        channel = Observed(
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


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _typed(text: str, label: str) -> str | None:
    """Return what one types for `label`: its number, its command, or itself."""
    found = next((number for number, row in ONE_ROW.findall(text) if row == label), None)
    found = found or next((command for way, command in WAY.findall(text) if way == label), None)
    return found or (label if label in SPOKEN_WAY.findall(text) else None)
