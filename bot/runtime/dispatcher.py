"""What waits -> load -> route -> handle -> apply -> commit -> send: whatever waits, of all channels, is one batch."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.messages import Address, InboundMessage, OutboundMessage, Reading
from bot.domain.outcomes import Outcome
from bot.domain.scene import Draft, Reply, Scene, Turn
from bot.errors import Conflict, StorageUnavailable
from bot.ports import Batch, Decide, Handled, Mark, Route, SetAside, Store
from bot.runtime.router import find
from bot.runtime.sender import Sender

log = logging.getLogger(__name__)

BATCH_LIMIT = 200  # messages in one transaction; more only makes the first of them wait
MARKS_WAIT = 0.05  # seconds that marks alone wait for messages to share a commit with
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0  # seconds, while the database is out of order
CONFLICT_TRIES = 5


class Decider:
    """The core's part of a transaction: routes and handlers, with their defects caught one by one."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def route(self, scene: Scene) -> Route:
        """See `bot.ports.Decide`."""
        try:
            return find(self._routes, scene)
        except Exception as error:  # what a predicate of ours gets wrong hits one message, not the batch
            failure = error
            return Route(name="defect", when=lambda _: True, handle=lambda _: _raise(failure))

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        """See `bot.ports.Decide`."""
        draft = Draft(scene)
        try:
            route.handle(draft)
            return draft.turn(), None
        except Exception as error:
            return apology(scene, error, where=route.name)


def _raise(error: Exception) -> None:
    raise error


def apology(scene: Scene, error: Exception, *, where: str) -> tuple[Turn, SetAside]:
    """Return the turn that stands in for one that failed; the log gets place and class, never the message's words."""
    reference = scene.next_id()
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("set aside %s: %s in %s\n%s", reference, type(error).__name__, where, frames)
    text = scene.say("error.apology", reference=f"{reference % 10**8:08d}")
    return Turn(replies=(Reply(message=OutboundMessage(text=text, language=scene.language)),)), SetAside(
        reference=reference, error=type(error).__name__
    )


class _Apologise:
    """Decides that a message cannot be handled: used when its own transaction failed for itself alone."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def route(self, scene: Scene) -> Route:
        del scene
        return Route(name="set aside", when=lambda _: True, handle=lambda _: None)

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        return apology(scene, self._error, where=route.name)


@dataclass(slots=True, eq=False)
class _Intake:
    """One reading while it is worked on: done when all its messages are committed."""

    reading: Reading
    left: int
    done: asyncio.Future[None]


class Dispatcher:
    """Gathers, and lets the store do one batch after the other; while one commits, the next one gathers."""

    def __init__(
        self,
        *,
        store: Store,
        decide: Decide,
        observe: Callable[[Sequence[tuple[Address, Outcome]]], None] | None = None,
        told: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._decide = decide
        self._observe = observe
        self._told = told
        self._waiting: list[tuple[InboundMessage, _Intake]] = []
        self._intakes: list[_Intake] = []
        self._marks: list[Mark] = []
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._sender: Sender | None = None
        self._quiet = asyncio.Event()
        self._quiet.set()

    def send_with(self, sender: Sender) -> None:
        """Hand replies to this sender (the two know each other, so one comes later)."""
        self._sender = sender

    async def take(self, reading: Reading) -> None:
        """Take up a channel's reading; returns once everything it changed is committed, its cursor included."""
        if not reading.messages and reading.cursor is None:
            return
        intake = _Intake(reading, len(reading.messages), asyncio.get_running_loop().create_future())
        self._intakes.append(intake)
        self._waiting.extend((message, intake) for message in reading.messages)
        self._stir()
        await intake.done

    def mark(self, mark: Mark) -> None:
        """Record what became of a delivery with the next commit."""
        self._marks.append(mark)
        self._quiet.clear()
        if self._timer is None and not self._wake.is_set():
            self._timer = asyncio.get_running_loop().call_later(MARKS_WAIT, self._stir)

    def _stir(self) -> None:
        self._quiet.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake.set()

    async def quiet(self) -> None:
        """Let everything that waits be committed now, marks too, and wait for it."""
        if self._marks:
            self._stir()
        await self._quiet.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._round()
            if self._waiting or self._intakes:
                self._wake.set()
            elif self._marks:
                self._timer = asyncio.get_running_loop().call_later(MARKS_WAIT, self._stir)
            else:
                self._quiet.set()

    async def _round(self) -> None:
        chosen = self._choose()
        marks, self._marks = tuple(self._marks), []
        cursors = self._cursors()
        batch = Batch(messages=tuple(message for message, _ in chosen), marks=marks, cursors=cursors)
        try:
            handled = await self._process(batch)
        except asyncio.CancelledError:
            self._marks[:0] = marks
            raise
        except Exception as error:
            await self._one_by_one(batch, chosen, error)
            return
        self._finish(chosen, handled, confirmed=cursors)

    def _choose(self) -> list[tuple[InboundMessage, _Intake]]:
        """Take the first message of each chat and person; their next one is decided on what the first one changed."""
        chosen: list[tuple[InboundMessage, _Intake]] = []
        rest: list[tuple[InboundMessage, _Intake]] = []
        chats: set[Address] = set()
        persons: set[tuple[str, str]] = set()
        for message, intake in self._waiting:
            person = (message.address.channel, message.sender)
            if message.address in chats or person in persons or len(chosen) >= BATCH_LIMIT:
                rest.append((message, intake))
            else:
                chosen.append((message, intake))
            # Also of what waits: nothing overtakes within a chat.
            chats.add(message.address)
            persons.add(person)
        self._waiting = rest
        return chosen

    def _cursors(self) -> dict[str, str]:
        """Return the cursors of the readings that this batch finishes."""
        waiting = {id(intake) for _, intake in self._waiting}
        return {
            intake.reading.account: intake.reading.cursor
            for intake in self._intakes
            if id(intake) not in waiting and intake.reading.cursor is not None
        }

    async def _process(self, batch: Batch, decide: Decide | None = None) -> Handled:
        pause = FIRST_PAUSE
        while True:
            try:
                handled = await self._store.process(batch, decide or self._decide)
            except StorageUnavailable as error:
                if pause == FIRST_PAUSE:
                    log.error("the database is out of order, nothing is confirmed until it works again: %s", error)  # noqa: TRY400
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if pause > FIRST_PAUSE:
                log.warning("the database works again")
            return handled

    async def _one_by_one(self, batch: Batch, chosen: list[tuple[InboundMessage, _Intake]], error: Exception) -> None:
        """Do a batch anew, a message at a time; the one that fails by itself is set aside."""
        log.warning("a batch of %d is done anew one by one: %s", len(chosen), type(error).__name__)
        await self._process(replace(batch, messages=(), cursors={}))
        for pair in chosen:
            single = Batch(messages=(pair[0],), cursors={})
            self._finish([pair], await self._alone(single), confirmed={}, settle=False)
        cursors = self._cursors()
        await self._process(Batch(cursors=cursors))
        self._settle(cursors)

    async def _alone(self, single: Batch) -> Handled:
        for _ in range(CONFLICT_TRIES):
            try:
                return await self._process(single)
            except Conflict:
                continue
            except Exception as error:
                return await self._process(single, _Apologise(error))
        return await self._process(single, _Apologise(Conflict("again and again")))

    def _finish(
        self,
        chosen: list[tuple[InboundMessage, _Intake]],
        handled: Handled,
        *,
        confirmed: dict[str, str],
        settle: bool = True,
    ) -> None:
        later = {id(message) for message in handled.later}
        back = [pair for pair in chosen if id(pair[0]) in later]
        for message, intake in chosen:
            if id(message) not in later:
                intake.left -= 1
        self._waiting[:0] = back
        self._hand_over(handled)
        if settle:
            busy = {message.account for message, _ in back}
            self._settle({account: cursor for account, cursor in confirmed.items() if account not in busy})

    def _settle(self, confirmed: dict[str, str] | None = None) -> None:
        for intake in list(self._intakes):
            cursor_due = intake.reading.cursor is not None and intake.reading.account not in (confirmed or {})
            if intake.left == 0 and not cursor_due:
                self._intakes.remove(intake)
                if not intake.done.done():
                    intake.done.set_result(None)

    def _hand_over(self, handled: Handled) -> None:
        if self._sender is not None:
            for acknowledgement in handled.acknowledgements:
                self._sender.acknowledge(acknowledgement)
            for outgoing, known in handled.sends:
                self._sender.send(outgoing, known=known)
            for edit in handled.edits:
                self._sender.edit(edit)
        if self._told is not None and handled.told:
            self._told()
        if self._observe is not None and handled.outcomes:
            self._observe(handled.outcomes)
