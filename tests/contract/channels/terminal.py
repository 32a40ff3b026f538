"""The terminal as a stage: its window stays open while the core is closed and opened again."""

from __future__ import annotations

import io
import queue
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO, TypeVar, cast

from bot.adapters.terminal import TerminalChannel
from bot.domain.messages import Reading
from bot.ports import Channel
from config.settings import Settings
from tests.contract.channels.stage import PATIENCE, Heard, Person, Stage
from tests.doubles.telegram.waiting import Waiting

T = TypeVar("T")
ONE_ROW = re.compile(r"^  (\d+)  (?:✓ )?(.*)$", re.MULTILINE)
WAY = re.compile(r"(?:^|· )([^·\n]+?): (/[a-z]+)", re.MULTILINE)
SPOKEN_WAY = re.compile(r"[„“]([^“”]+)[“”]")


class Keyboard:
    """What is typed. Whoever reads takes over from whoever read before, to whom it looks closed."""

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._readers = 0

    def type(self, line: str) -> None:
        self._lines.put(line + "\n")

    def __iter__(self) -> Iterator[str]:
        if self._readers:
            self._lines.put(None)
        self._readers += 1
        return self._read()

    def _read(self) -> Iterator[str]:
        while (line := self._lines.get()) is not None:
            yield line
        raise ValueError("read of closed file")

    def hang_up(self) -> None:
        self._lines.put(None)


class Screen(io.StringIO):
    """What is printed, a message at a time."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__()
        self.messages: list[str] = []
        self._waiting = waiting

    def flush(self) -> None:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        if text.strip():
            self.messages.append(text.strip("\n"))
            self._waiting.notify()


class Window(TerminalChannel):
    """A terminal that counts what was read from it, so that one can wait until all of it is dealt with."""

    def __init__(self, *, person: str, language: str | None, files: Path) -> None:
        self.waiting = Waiting()
        self.keyboard = Keyboard()
        self.screen = Screen(self.waiting)
        self.typed = 0
        self.read_lines = 0
        self.reads = False
        super().__init__(
            person=person,
            language=language,
            files=files,
            source=cast("TextIO", self.keyboard),
            sink=self.screen,
        )

    async def read(self, cursor: str | None) -> Reading:
        self.reads = True
        self.waiting.notify()
        reading = await super().read(cursor)
        self.reads = False
        self.read_lines += 1
        return reading

    @property
    def dealt_with(self) -> bool:
        """Whether everything typed, and the start that opening the window counts as, is done."""
        return self.reads and self.read_lines == self.typed + 1


class TerminalPerson(Person):
    """Somebody at a terminal window of their own."""

    def __init__(self, stage: TerminalStage, *, name: str, language: str | None) -> None:
        super().__init__(stage)
        self._stage = stage
        self.name = name
        self.window = Window(person=name, language=language, files=stage.settings.data_dir / "files")

    @property
    def address(self) -> str:
        return f"terminal:{self.name}"

    async def starts(self, code: str = "") -> None:
        """Opening the window says /start by itself; a code has to be typed."""
        fresh = self.window.read_lines == 0
        await self._stage.turn_to(self)
        if code or not fresh:
            await super().starts(code)

    async def chooses(self, *labels: str, done: str = "Fertig") -> None:
        del done
        rows = {label: number for text in self.seen() for number, label in ONE_ROW.findall(text)}
        await self.says(", ".join(rows[label] for label in labels) or "–")

    def messages(self) -> list[Heard]:
        return [_heard(text) for text in self.window.screen.messages]

    async def _says(self, text: str) -> None:
        await self._stage.turn_to(self)
        self.window.typed += 1
        self.window.keyboard.type(text)

    async def _picks(self, label: str) -> None:
        for text in reversed(self.seen()):
            typed = _typed(text, label)
            if typed is not None:
                await self._says(typed)
                return
        raise AssertionError(f"nothing called {label!r} is offered in {self.seen()[-2:]}")


class TerminalStage(Stage):
    """Persons at terminals, one window at a time in front."""

    name = "terminal"
    buttons = False
    blockable = False  # a terminal is closed
    groups = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._persons: dict[str, TerminalPerson] = {}
        self.front: TerminalPerson | None = None

    def person(self, name: str = "ada", *, language: str | None = "de") -> TerminalPerson:
        if name not in self._persons:
            self._persons[name] = TerminalPerson(self, name=name, language=language)
        return self._persons[name]

    def _begin(self) -> None:
        """A window opens when its person comes: opening it is the first thing they say."""
        if self.front is not None:
            super()._begin()

    async def turn_to(self, person: TerminalPerson) -> None:
        """Let a person sit down, if it is not they who sit there."""
        if self.front is None:
            self.front = person
            self._begin()
        elif self.front is not person:
            await self.settled()
            self.front = person
            await self.restart()

    def _channel(self) -> Channel:
        assert self.front is not None
        return self.front.window

    async def _read_up(self) -> None:
        assert self.front is not None
        window = self.front.window
        await window.waiting.until(lambda: window.dealt_with, timeout=PATIENCE)

    async def first(self, find: Callable[[], T | None]) -> T:
        assert self.front is not None
        return await self.front.window.waiting.first(find, timeout=PATIENCE)

    async def close_more(self) -> None:
        for person in self._persons.values():
            person.window.keyboard.hang_up()


def _heard(text: str) -> Heard:
    path = re.search(r"^📎 (.*)$", text, re.MULTILINE)
    file = (Path(path[1]).name, Path(path[1]).read_bytes()) if path else None
    labels = tuple(label for _, label in ONE_ROW.findall(text))
    return Heard(text=text, labels=labels + tuple(label for label, _ in WAY.findall(text)), file=file)


def _typed(text: str, label: str) -> str | None:
    """Return what one types for `label`: its number, its command, or itself."""
    found = next((number for number, row in ONE_ROW.findall(text) if row == label), None)
    found = found or next((command for way, command in WAY.findall(text) if way == label), None)
    return found or (label if label in SPOKEN_WAY.findall(text) else None)
