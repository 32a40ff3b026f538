"""The only place that knows every room: builds the channels, wires them to the core, runs all in one TaskGroup."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, TypeVar

from bot.domain.desk import GrantRole, RevokeRole
from bot.domain.messages import Address
from bot.domain.outcomes import (
    AddressAdded,
    AddressTakenOff,
    ContactJoined,
    JobPlanned,
    Ordered,
    Outcome,
    PersonErased,
    RoleGranted,
)
from bot.errors import ChannelRefused, ChannelUnavailable, StorageUnavailable
from bot.house import House, load_hub
from bot.menus import CommandMenus
from bot.ports import Channel, Mark
from bot.runtime.dispatcher import Decider, Dispatcher
from bot.runtime.jobs import Worker
from bot.runtime.scheduler import Ticker
from bot.runtime.sender import Sender
from bot.work.broadcasting import Broadcasting
from bot.work.broadcasts import BroadcastWork
from bot.work.files import FileWork
from bot.work.forms import FormWork
from bot.work.invitations import InviteWork
from bot.work.live import LiveReports
from bot.work.people import PeopleWork
from bot.work.progress import ProgressWork
from handlers import ROUTES
from handlers.onboarding import code_in
from storage.form_files import FormFiles
from storage.scenes import Surroundings
from storage.shelf import Shelf
from storage.unit_of_work import SqlStore

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between tries to reach a platform
DATABASE_PAUSE = 2.0  # seconds between tries while the database is out of order
SAID_AGAIN_AFTER = 60.0  # seconds in which all went well; a failure after that is a new one
DRAIN = 10.0  # seconds that messages on their way get at the end
NOTICE_WITHIN = 0.5  # seconds until another process' change is looked at; the contract says one second

T = TypeVar("T")

Observer = Callable[[Sequence[tuple[Address, Outcome]]], None]


class App:
    """Channels, core and storage at work together."""

    def __init__(self, house: House, channels: Sequence[Channel], *, observe: Observer | None = None) -> None:
        self.house = house
        self.channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        owner = secrets.token_hex(8)
        only = next((channel.abilities.only_chat for channel in channels), "") if len(channels) == 1 else ""
        self.store = SqlStore(
            house.database,
            Surroundings(
                hub=house.hub,
                catalogue=house.texts,
                library=house.library,
                next_id=house.next_id,
                code_in=code_in,
                abilities={channel.name: channel.abilities for channel in channels},
            ),
            clock=house.clock,
            owner=owner,
            only_chat=only,
        )
        self._observe = observe
        self._due = asyncio.Event()
        self._claiming = asyncio.Lock()
        self.dispatcher = Dispatcher(store=self.store, decide=Decider(ROUTES), observe=self._seen, told=self._due.set)
        shelf = Shelf(house.settings.data_dir, quota=house.settings.attachments.quota)
        files = FormFiles(house.database, shelf=shelf)
        self.sender = Sender(
            self.channels,
            mark=self._marked,
            clock=house.clock,
            fill=files.fill,
        )
        self.broadcasting = Broadcasting(house, self.channels, sender=self.sender, owner=owner, only=only)
        self.sender.report_to(tried=self.broadcasting.tried, room=self.broadcasting.room)
        self.live = LiveReports(house, self.channels, edit=self.sender.edit, trouble=self.broadcasting.trouble)
        self.dispatcher.send_with(self.sender)
        self.wrong: dict[str, str] = dict.fromkeys(self.channels, "not connected yet")
        self._started = asyncio.Event()
        self._reached: set[str] = set()
        self._menus = CommandMenus(house, self.store)
        self._side_work: set[asyncio.Task[None]] = set()
        forms = FormWork(house, self.channels)
        self._files = FileWork(house, self.channels, shelf=shelf, take=self.dispatcher.take)
        # Side by side: a slow file must not hold up a form's check.
        self.workers = [
            Worker(crew, store=self.store, channels=list(self.channels), clock=house.clock, planned=self._due.set)
            for crew in (
                forms.crew(),
                PeopleWork(house, self.channels, forms=forms).crew(),
                self._files.crew(),
                ProgressWork(house).crew(),
                InviteWork(house).crew(),
                BroadcastWork(house, self.channels).crew(),
            )
        ]

    async def run(self, *, stop: asyncio.Event, ready: Callable[[], None] | None = None, ticks: bool = True) -> None:
        """Work until `stop` is set, or until every channel has come to its end (a pipe); then drain.

        Raises:
            ChannelRefused: a platform rejects our credentials at the start.
        """
        await self.store.recover(list(self.channels))
        await self.broadcasting.recover()
        for address, whole_bot, lasts in await self.store.pauses(list(self.channels)):
            self.sender.pause(address, lasts, whole_bot=whole_bot)
        ticker = Ticker() if ticks else None
        async with AsyncExitStack() as stack:
            for channel in self.channels.values():
                stack.push_async_callback(channel.close)
            try:
                async with asyncio.TaskGroup() as group:
                    core = [group.create_task(self.dispatcher.run())]
                    parts = (self._send_due, self._watch_database, *(worker.run for worker in self.workers))
                    core.extend(group.create_task(self._keep(part)) for part in parts)
                    pumps = [group.create_task(self._keep(part)) for part in self.broadcasting.parts]
                    core.append(group.create_task(self.sweep()))
                    if ticker is not None:
                        self._start_ticks(ticker)
                    readers = [asyncio.create_task(self._serve(channel)) for channel in self.channels.values()]
                    group.create_task(self._until_done(readers, pumps, core, stop=stop, ready=ready))
            except* ChannelRefused as refused:
                raise refused.exceptions[0] from None
            finally:
                if ticker is not None:
                    ticker.stop()
                for task in self._side_work:
                    task.cancel()

    # --- channels ----------------------------------------------------------------------------------------------------

    async def _until_done(
        self,
        readers: list[asyncio.Task[None]],
        pumps: list[asyncio.Task[None]],
        core: list[asyncio.Task[None]],
        *,
        stop: asyncio.Event,
        ready: Callable[[], None] | None,
    ) -> None:
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(self._started.wait())
        try:
            await asyncio.wait([stopping, starting, *readers], return_when=asyncio.FIRST_COMPLETED)
            self._raise_failure(readers)
            if not stop.is_set() and ready is not None:
                ready()
            while not stop.is_set() and not all(reader.done() for reader in readers):
                waiting = [stopping, *(reader for reader in readers if not reader.done())]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                self._raise_failure(readers)
        finally:
            for task in (stopping, starting, *readers, *pumps):
                task.cancel()
            await asyncio.gather(*readers, *pumps, stopping, starting, return_exceptions=True)
        await self._drain()
        for task in core:
            task.cancel()

    @staticmethod
    def _raise_failure(readers: list[asyncio.Task[None]]) -> None:
        for reader in readers:
            if reader.done() and not reader.cancelled():
                reader.result()

    async def _drain(self) -> None:
        await self._quiet()
        await self.sender.close(within=DRAIN)
        await self._quiet()

    async def _quiet(self) -> None:
        """Let what waits be committed; with a database out of order it stays unconfirmed, and comes again."""
        try:
            async with asyncio.timeout(DRAIN):
                await self.dispatcher.quiet()
        except TimeoutError:
            log.warning("the database did not take what waits; nothing of it was confirmed")

    async def _serve(self, channel: Channel) -> None:
        """Connect a channel and read it for ever; what it brings is confirmed once it is committed."""
        account = await self._connect(channel)
        cursor = await self._insist(lambda: self.store.cursor(account, lifetime=channel.abilities.cursor_lifetime))
        pause = FIRST_PAUSE
        while True:
            try:
                reading = await channel.read(cursor)
            except (ChannelUnavailable, ChannelRefused) as error:
                pause = await self._wait_for(channel, error, pause)
                continue
            if pause > FIRST_PAUSE:
                log.warning("%s answers again", channel.name)
                pause = FIRST_PAUSE
                self.wrong.pop(channel.name, None)
            await self.dispatcher.take(reading)
            cursor = reading.cursor or cursor
            if channel.abilities.turns:
                for worker in self.workers:
                    await worker.idle()
                await self._claim_due()  # what the jobs gave
                await self.sender.idle()
            if reading.at_end:
                return

    async def _connect(self, channel: Channel) -> str:
        pause = FIRST_PAUSE
        while True:
            try:
                identity = await channel.connect()
            except ChannelUnavailable as error:
                self._note_started(channel)
                pause = await self._wait_for(channel, error, pause)
                continue
            break
        await self._insist(lambda: self.store.meet(channel.name, identity))
        await self._insist(lambda: self.broadcasting.open(channel.name, identity))
        self.wrong.pop(channel.name, None)
        self._note_started(channel)
        log.info("%s connected as %s", channel.name, identity.name)
        self._beside(self._menus.offer(channel))
        return identity.account

    def _note_started(self, channel: Channel) -> None:
        self._reached.add(channel.name)
        if self._reached == set(self.channels):
            self._started.set()

    async def _wait_for(self, channel: Channel, error: ChannelUnavailable | ChannelRefused, pause: float) -> float:
        """Say once that a channel is out of order, wait, and return the next pause."""
        if pause == FIRST_PAUSE:
            log.error("%s is out of order, the others go on: %s", channel.name, error)
            self.wrong[channel.name] = str(error)
        wish = error.retry_after if isinstance(error, ChannelUnavailable) else timedelta(seconds=LONGEST_PAUSE)
        await asyncio.sleep(max(pause, wish.total_seconds() if wish else 0.0))
        return min(pause * 2, LONGEST_PAUSE)

    # --- a database that is out of order ------------------------------------------------------------------------------

    async def _keep(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part of the core for ever; while the database is out of order it is begun anew after a pause."""
        while True:
            await self._insist(part)

    async def _insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do work until the database lets it be done; what is due and what jobs wait is looked at anew then."""
        failed_at = -SAID_AGAIN_AFTER
        while True:
            try:
                return await work()
            except StorageUnavailable as error:
                if time.monotonic() - failed_at >= SAID_AGAIN_AFTER:
                    log.warning("the database is out of order, this is tried again: %s", error)
                failed_at = time.monotonic()
            await asyncio.sleep(DATABASE_PAUSE)
            await self.look_for_due()

    # --- what is due, and what other processes change ----------------------------------------------------------------

    async def _send_due(self) -> None:
        """Claim and send what is due, whenever told to look."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self._claim_due()

    async def _claim_due(self) -> None:
        async with self._claiming:
            while claimed := await self.store.claim(list(self.channels)):
                for outgoing, known, attempts in claimed:
                    self.sender.send(outgoing, known=known, attempts=attempts)

    async def look_for_due(self) -> None:
        """Let the sender look for due deliveries, and the worker for jobs."""
        self._due.set()
        self.broadcasting.look()
        for worker in self.workers:
            worker.look()

    async def look_after_leases(self) -> None:
        """Let what was lost between commit and sender be sent after all."""
        if await self.store.set_free(list(self.channels), held=self.sender.held):
            self._due.set()
        await self.broadcasting.set_free()

    async def _watch_database(self) -> None:
        """Notice within a second what other processes changed."""
        await self.look_for_due()
        await self.broadcasting.tick()
        while True:
            if await self.house.database.changed(timeout=NOTICE_WITHIN):
                await self.look_for_due()
                await self.broadcasting.tick()
                self.store.speak_for(await load_hub(self.house.settings, self.house.database, self.house.keys))
                for name in self._reached & self._menus.offered:
                    self._beside(self._menus.offer_staff(self.channels[name]))

    def _start_ticks(self, ticker: Ticker) -> None:
        ticker.every(1, "due", self.look_for_due)
        ticker.every(1, "broadcasts", self.broadcasting.tick)
        ticker.every(1, "live reports", self.live.refresh)
        ticker.every(15, "leases", self.look_after_leases)
        ticker.every(30, "reminders", self.remind)
        ticker.every(30, "heartbeat", lambda: self.store.beat("run"))
        ticker.every(3600, "prune", self.store.prune)
        ticker.every(3600, "sweep", self.sweep)
        ticker.start()

    async def remind(self) -> None:
        """Remind the team of inquiries that wait."""
        if await self.store.remind():
            self._due.set()

    async def sweep(self) -> None:
        """Remove files of answers that are gone; what cannot be done now is done in an hour."""
        try:
            await self._files.sweep()
        except (StorageUnavailable, OSError) as error:
            log.warning("files that nobody refers to were not removed yet: %s", type(error).__name__)

    async def checks(self) -> Mapping[str, str]:
        """Return what is wrong, by part: the database, each channel."""
        wrong = self.wrong | self.broadcasting.wrong()
        try:
            await asyncio.wait_for(self.store.cursor("health"), 5)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the answer is that it does not work
            wrong["database"] = type(error).__name__
        return wrong

    # --- what follows from what was decided ---------------------------------------------------------------------------

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._side_work.add(task)
        task.add_done_callback(self._side_work.discard)

    def _marked(self, mark: Mark) -> None:
        self.dispatcher.mark(mark)
        self.broadcasting.done(mark)

    def _seen(self, outcomes: Sequence[tuple[Address, Outcome]]) -> None:
        for address, outcome in outcomes:
            joined = isinstance(outcome, ContactJoined) and outcome.staff
            changed = isinstance(outcome, RoleGranted | PersonErased | AddressAdded | AddressTakenOff)
            if (joined or changed) and address.channel in self._menus.offered:
                self._beside(self._menus.offer_staff(self.channels[address.channel]))
            if isinstance(outcome, Ordered) and isinstance(outcome.command, GrantRole | RevokeRole):
                for name in self._reached & self._menus.offered:
                    self._beside(self._menus.offer_staff(self.channels[name]))
            if isinstance(outcome, PersonErased):
                self._beside(self.sweep())
            if isinstance(outcome, JobPlanned):
                for worker in self.workers:
                    worker.look()
        if self._observe is not None:
            self._observe(outcomes)
