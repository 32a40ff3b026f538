"""Talks in a closed loop: each person writes as soon as the bot's answer to the last message has reached the server."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load.ledger import Ledger
from bench.load.matrix.people import Person, is_message
from bench.load.matrix.wire import Event
from bench.questions import LABELS, asks, by_button

# Where fewer talk than there are, each has the word this long: a questionnaire is seldom longer.
TURN = 10
_PATIENCE = 30.0


@dataclass(slots=True, kw_only=True)
class Talk:
    """One person's talk with one bot: what was answered so far, what is awaited, and since when."""

    person: Person
    bot: str
    echoes: bool
    answered: int = 0
    said: str = ""
    said_at: float | None = None

    def next_text(self) -> str:
        """Return what the person says next: numbers and words in turn, as a questionnaire takes them."""
        return "1" if by_button(self.answered % len(LABELS)) else f"Antwort {self.answered + 1}"

    def awaits(self, event: Event) -> bool:
        """Whether a message of the bot is the one that comes next; of an encrypted one only that it came is seen."""
        if event["type"] == "m.room.encrypted":
            return True
        text = str(event["content"].get("body"))
        return text == self.said if self.echoes else asks(text, question=(self.answered + 1) % len(LABELS))


class Talks:
    """Keeps `at_once` talks in flight until they are told to rest."""

    def __init__(self, talks: Sequence[Talk], *, at_once: int, ledger: Ledger) -> None:
        self._by_room = {talk.person.rooms[talk.bot]: talk for talk in talks}
        self._waiting = deque(talks)
        self._at_once = at_once
        self._ledger = ledger
        self._in_flight = 0
        self._goes_on = True
        self._resting = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pilot = talks[0]
        self._turn: asyncio.Future[None] | None = None
        self.failure: BaseException | None = None

    def begin(self) -> None:
        """Let the first ones write."""
        for _ in range(min(self._at_once, len(self._waiting))):
            self._in_flight += 1
            self._say(self._waiting.popleft())

    async def turn(self) -> None:
        """Wait until the first of them has its next answer, so that a window holds as many answers of each.

        Who waits for 50 others hears in waves; a window that cut one would count too much or too little.

        Raises:
            TimeoutError: it does not come.
        """
        self._turn = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(_PATIENCE):
            await self._turn

    async def rest(self) -> int:
        """Let nobody write any more, wait for the answers under way, and return how many did not come."""
        self._goes_on = False
        if self._in_flight:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._resting.wait()
            except TimeoutError:
                pass
        return self._in_flight

    def hear(self, event: Event) -> None:
        """Stop the clock of the talk whose answer has come, and go on."""
        talk = self._by_room.get(event["room_id"])
        if talk is None or event["sender"] != talk.bot or not is_message(event):
            return
        if talk.said_at is None or not talk.awaits(event):
            self._ledger.odd(str(event["content"].get("body")))
            return
        self._ledger.answered(time.perf_counter() - talk.said_at)
        talk.said_at = None
        talk.answered += 1
        if self._turn is not None and not self._turn.done() and (talk is self._pilot or self._at_once == 1):
            self._turn.set_result(None)
        self._go_on(talk)

    def _go_on(self, talk: Talk) -> None:
        if not self._goes_on:
            self._in_flight -= 1
            if not self._in_flight:
                self._resting.set()
            return
        if self._waiting and talk.answered % TURN == 0:
            self._waiting.append(talk)
            talk = self._waiting.popleft()
        self._say(talk)

    def _say(self, talk: Talk) -> None:
        task = asyncio.get_running_loop().create_task(self._send(talk))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _send(self, talk: Talk) -> None:
        talk.said = talk.next_text()
        kind, content = await talk.person.seal(talk.bot, talk.said)
        talk.said_at = time.perf_counter()
        await talk.person.send(talk.bot, kind=kind, content=content)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failure = task.exception()
