"""People who fill in the form `walk` in rooms of their own, in German or English, and remember what they said."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from aiohttp import ClientError
from nio import MegolmEvent, RoomMessage, RoomMessagesResponse, RoomSendResponse

from tests.fixtures_synapse import Synapse, aside
from tests.people_matrix import Contact, Heard

LONGEST_PAUSE = 1.0  # seconds between two tries of a client to reach its homeserver

LANGUAGES = {"de": "Deutsch", "en": "English"}
LANGUAGE = "Welche Sprache ist Ihnen lieber?"
THANKS = ("bei uns angekommen", "reached us")
HINT = ("nicht entschlüsseln", "could not decrypt")
STEPS = {
    "consent": (("Nicht einverstanden", "I do not agree"), ("Einverstanden", "I agree")),
    "company": (("Unternehmen sprechen", "Which company"), ("Betrieb {number}", "Betrieb {number}")),
    "name": (("ansprechen?", "address you?"), ("Person {number}", "Person {number}")),
    "begin": (("Wollen wir anfangen?", "Shall we start?"), ("1", "Start the questionnaire")),
    "submit": (("Wollen Sie absenden?", "like to send it in?"), ("Absenden", "1")),
}
LABELS = {
    "size": ("Wie groß ist der Betrieb?", "How large is the company?"),
    "town": ("In welchem Ort?", "In which town?"),
    "people": ("Wie viele Menschen arbeiten dort?", "How many people work there?"),
    "lab": ("Gibt es ein Labor?", "Is there a laboratory?"),
    "labnow": ("Wofür wird das Labor genutzt?", "What is the laboratory used for?"),
    "needs": ("Was würde helfen?", "What would help?"),
    "plan": ("Wie groß soll der Betrieb werden?", "How large should the company become?"),
    "wish": ("Was wünschen Sie sich?", "What do you wish for?"),
}
SIZES = {"1": "small", "Medium": "medium", "Mittel": "medium", "3": "large"}
LAB = {"1": "yes", "2": "no"}


@dataclass
class Walker:
    """One person with one room, who thinks for at most `pause` seconds about each answer.

    `said`: question -> the value that the export has to show.
    """

    contact: Contact
    number: int
    language: str
    encrypted: bool
    rng: random.Random
    pause: float
    room: str = ""
    said: dict[str, object] = field(default_factory=dict)
    hints: int = 0
    _steps: set[str] = field(default_factory=set)
    _last: str = ""
    done: bool = False

    @property
    def name(self) -> str:
        """What they are called."""
        return f"Person {self.number}"

    async def opens_room(self, bot: str) -> None:
        """Invite the bot, which is a start."""
        self.room = await self.contact.opens_room(bot, encrypted=self.encrypted)

    async def walk(self) -> None:
        """Answer until the thanks come; whatever comes again is not answered again."""
        while not self.done:
            for heard in await self._hears():
                await self._react(heard)

    async def shown(self) -> Counter[str]:
        """Return how many events of the bot with the same words are in the room, as the person's client can read it.

        Raises:
            AssertionError: some of them it cannot read.
        """
        told = await self.contact.client.room_messages(self.room, limit=1000)
        assert isinstance(told, RoomMessagesResponse), told
        theirs = {event.event_id: event for event in told.chunk if event.sender != self.contact.user_id}
        unreadable = [event for event in theirs.values() if isinstance(event, MegolmEvent)]
        assert not unreadable, f"{len(unreadable)} events cannot be read by {self.name}"
        said = [event for event in theirs.values() if isinstance(event, RoomMessage)]
        return Counter(event.source["content"]["body"] for event in said)

    async def _hears(self) -> list[Heard]:
        """Wait for what the bot says next."""
        heard, place = self.contact.heard.setdefault(self.room, []), len(self.contact.heard.get(self.room, []))
        while len(heard) == place:
            try:
                await self.contact.sync(timeout=3000)
            except ClientError:
                continue  # An answer that broke off; a client asks again.
        return heard[place:]

    async def _react(self, heard: Heard) -> None:
        text, english = heard.text, self.language == "en"
        if any(word in text for word in THANKS):
            self.done = True
        elif any(word in text for word in HINT):
            self.hints += 1
            await self._says(self._last)
        elif LANGUAGE in text:
            await self._once("language", LANGUAGES[self.language])
        elif (step := _found(text, {name: asked for name, (asked, _) in STEPS.items()}, english=english)) is not None:
            _, answers = STEPS[step]
            await self._once(step, answers[english].format(number=self.number))
        elif (question := _found(text, LABELS, english=english)) is not None and question not in self.said:
            typed, self.said[question] = self._answer(question)
            await self._thinks()
            await self._says(typed)

    def _answer(self, question: str) -> tuple[str, object]:
        """Return what to type and the value that it stands for."""
        match question:
            case "people":
                number = self.rng.randrange(1, 5000)
                return str(number), number
            case "needs":
                return self.rng.choice(("1 und 3", "1, 3", "3 1")), ["advice", "rooms"]
            case "lab":
                typed = self.rng.choice(tuple(LAB))
                return typed, LAB[typed]
            case "size" | "plan":
                typed = self.rng.choice(("1", "3", "Medium" if self.language == "en" else "Mittel"))
                return typed, SIZES[typed]
            case _:
                text = f"{question} {self.number} ({self.rng.randrange(10**6)})"
                return text, text

    async def _once(self, step: str, text: str) -> None:
        if step not in self._steps:
            self._steps.add(step)
            await self._thinks()
            await self._says(text)

    async def _thinks(self) -> None:
        # People take their time: it spreads the kills over the walk.
        await asyncio.sleep(self.rng.random() * self.pause)

    async def _says(self, text: str) -> None:
        """Send until the homeserver has acknowledged it, under one transaction id, as clients do."""
        self._last = text
        client, transaction = self.contact.client, uuid4().hex
        content = {"msgtype": "m.text", "body": text}
        while True:
            try:
                answer = await client.room_send(
                    self.room, "m.room.message", content, tx_id=transaction, ignore_unverified_devices=True
                )
            except ClientError:
                # nio holds a room's key as being shared when that broke off.
                client.sharing_session.pop(self.room, None)
                continue
            if isinstance(answer, RoomSendResponse):
                return
            await asyncio.sleep(LONGEST_PAUSE / 4)


def _found(text: str, words: dict[str, tuple[str, str]], *, english: bool) -> str | None:
    return next((name for name, wanted in words.items() if wanted[english] in text), None)


async def walkers(synapse: Synapse, folder: Path, *, count: int, pause: float, rng: random.Random) -> list[Walker]:
    """Let so many people enter: every second one in an encrypted room, every second pair in English."""

    async def enter(number: int) -> Walker:
        contact = await Contact.enter(synapse, folder / f"walker{number}", longest_pause=LONGEST_PAUSE)
        await aside(synapse.unlimited, contact.user_id)
        return Walker(
            contact=contact,
            number=number,
            language="en" if number % 4 > 1 else "de",
            encrypted=number % 2 == 1,
            rng=random.Random(f"{seed}/{number}"),
            pause=pause,
        )

    seed = rng.random()
    return list(await asyncio.gather(*(enter(number) for number in range(count))))
