"""People who fill in the form `walk` on Telegram, each in their own way, and remember what they said."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field

from tests.doubles.telegram import Seen, TelegramDouble, User

PLACE = re.compile(r"Frage (\d+) von etwa")
LABELS = {
    "Wie groß ist der Betrieb?": "size",
    "In welchem Ort?": "town",
    "Wie viele Menschen arbeiten dort?": "people",
    "Gibt es ein Labor?": "lab",
    "Wofür wird das Labor genutzt?": "labnow",
    "Was würde helfen?": "needs",
    "Wie groß soll der Betrieb werden?": "plan",
    "Was wünschen Sie sich?": "wish",
    "Welche Maschine ist das?": "machine/kind",
    "Welcher Art ist sie?": "machine/bulk",
    "weiteren Eintrag": "machine",
}
ENTRY = re.compile(r"Maschine (\d+) ·")
MOST_ENTRIES = 3
SIZES = {"Klein": "small", "Mittel": "medium", "Groß": "large"}
PATIENCE = 120.0  # seconds without the next question before somebody counts as left alone


@dataclass(slots=True)
class Repeat:
    """A question that came again: when its first copy was heard."""

    walker: str
    question: str
    first_heard_at: float


@dataclass
class Walker:
    """One person. `said`: question -> the value that the export has to show."""

    user: User
    rng: random.Random
    pause: float
    said: dict[str, object] = field(default_factory=dict)
    heard_at: dict[str, float] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)
    done: bool = False
    _steps: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """What they are called, and which company they name."""
        return f"Person {self.user.id}"

    async def walk(self) -> None:
        """Answer until the thanks come; whatever comes again is not answered again."""
        await self.user.starts()
        while not self.done:
            await self._react(await self.user.hears(timeout=PATIENCE))

    async def _react(self, seen: Seen) -> None:
        if "Vielen Dank" in seen.text:
            self.done = True
        elif "Einverstanden" in seen.buttons:
            await self._once("consent", self.user.presses, "Einverstanden", seen)
        elif "Unternehmen sprechen" in seen.text:
            await self._say_once("company", f"Betrieb {self.user.id}")
        elif "ansprechen" in seen.text:
            await self._say_once("name", self.name)
        elif "Fragebogen beginnen" in seen.buttons:
            await self._once("begin", self.user.presses, "Fragebogen beginnen", seen)
        elif "Absenden" in seen.buttons:
            await self._once("submit", self.user.presses, "Absenden", seen)
        elif PLACE.search(seen.text):
            await self._question(seen)

    async def _question(self, seen: Seen) -> None:
        question = next(name for label, name in LABELS.items() if label in seen.text)
        entry = ENTRY.search(seen.text)
        if question == "machine":
            await self._another(seen)
            return
        if entry is not None:
            question = f"{question}#{entry[1]}"
        if question in self.said:
            self.repeats.append(Repeat(self.name, question, self.heard_at[question]))
            return
        self.heard_at[question] = time.monotonic()
        await self._think()
        if question.startswith(("town", "labnow", "wish", "machine/kind")):
            text = f"{question} von {self.user.id} ({self.rng.randrange(10**6)})"
            self.said[question] = text
            await self.user.says(text)
        elif question == "people":
            number = self.rng.randrange(1, 5000)
            self.said[question] = number
            await self.user.says(str(number))
        elif question == "needs":
            self.said[question] = ["advice", "rooms"]
            await self.user.says("1 und 3")
        elif question == "lab":
            answer = self.rng.choice(("Ja", "Nein"))
            self.said[question] = {"Ja": "yes", "Nein": "no"}[answer]
            await self.user.presses(answer, message_id=seen.id)
        else:
            answer = self.rng.choice(tuple(SIZES))
            self.said[question] = SIZES[answer]
            await self.user.presses(answer, message_id=seen.id)

    async def _another(self, seen: Seen) -> None:
        """Say whether there is one more machine; its place among the questions tells a new asking from an old one."""
        place = PLACE.search(seen.text)
        assert place is not None
        asked = f"another at {place[1]}"
        if asked in self.heard_at:
            self.repeats.append(Repeat(self.name, asked, self.heard_at[asked]))
            return
        self.heard_at[asked] = time.monotonic()
        await self._think()
        entries = sum(question.startswith("machine/kind#") for question in self.said)
        more = entries < MOST_ENTRIES and self.rng.random() < 0.5
        if not more:
            self.said["machine"] = "no"
        await self.user.presses("Ja, noch einen" if more else "Nein, das war alles", message_id=seen.id)

    async def _once(self, step: str, press: object, label: str, seen: Seen) -> None:
        del press
        if step not in self._steps:
            self._steps.add(step)
            await self._think()
            await self.user.presses(label, message_id=seen.id)

    async def _say_once(self, step: str, text: str) -> None:
        if step not in self._steps:
            self._steps.add(step)
            await self._think()
            await self.user.says(text)

    async def _think(self) -> None:
        await asyncio.sleep(
            self.rng.random() * self.pause
        )  # people take their time: it spreads the kills over the walk


def walkers(double: TelegramDouble, *, count: int, rng: random.Random, pause: float) -> list[Walker]:
    """Return so many people, each with a randomness of their own."""
    return [
        Walker(double.user(10_000 + number, language_code="de"), random.Random(rng.random()), pause)
        for number in range(count)
    ]
