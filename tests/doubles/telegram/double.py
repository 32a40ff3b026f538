"""The double itself: start it, let people do things, see what they see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Self

from aiohttp import web

from tests.doubles.telegram.chats import Chat
from tests.doubles.telegram.control import add_control
from tests.doubles.telegram.faults import Fault, PlannedFault
from tests.doubles.telegram.people import Group, User
from tests.doubles.telegram.presses import Press
from tests.doubles.telegram.server import application
from tests.doubles.telegram.state import State
from tests.doubles.telegram.webhooks import deliver_for_ever

TOKEN = "4242424242:AAH-a-token-for-tests-only_0123456789ab"
PATIENCE = 10.0
# The fields of a person that their private chat carries too.
_SHOWN = ("first_name", "last_name", "username")


class TelegramDouble(State):
    """A strict stand-in for the servers of the Bot API, for one bot, on a port of 127.0.0.1.

    `violations` holds what a correct bot never does; a fixture asserts that it is empty.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "hubtalk_test_bot",
        name: str = "Hubtalk",
        port: int = 0,
        control: bool = False,
        keep: int | None = None,
    ) -> None:
        super().__init__(token=token, username=username, name=name, keep=keep)
        self.port = port
        self._control = control
        self._runner: web.AppRunner | None = None
        self._deliverer: asyncio.Task[None] | None = None
        self._users: dict[int, User] = {}
        self._groups: dict[int, Group] = {}

    # ------------------------------------------------------------------------------------------------- life
    async def start(self) -> Self:
        """Listen; after a `stop` on the same port and with the same memory."""
        app = application(self)
        if self._control:
            add_control(app, self)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._deliverer = asyncio.create_task(deliver_for_ever(self))
        return self

    async def stop(self) -> None:
        """Cut all connections and listen no more; nothing is forgotten."""
        if self._deliverer is not None:
            self._deliverer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._deliverer
            self._deliverer = None
        if self._runner is not None:
            self.updates.end_poll(superseded=False)
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Give the root that stands for api.telegram.org."""
        return f"http://127.0.0.1:{self.port}"

    # ----------------------------------------------------------------------------------------------- people
    def user(self, id: int = 1001, *, first_name: str = "Ada", **facts: Any) -> User:  # noqa: A002 - the API's own name
        """Return the person with this id; further facts are fields of `User` (language_code, username …)."""
        if id not in self._users:
            person: dict[str, Any] = {"id": id, "is_bot": False, "first_name": first_name, **facts}
            looks: dict[str, Any] = {key: person[key] for key in _SHOWN if key in person}
            chat = Chat(id=id, kind="private", facts={"id": id, "type": "private", **looks}, keep=self.keep)
            self.chats[id] = chat
            self._users[id] = User(self, chat, facts=person)
        return self._users[id]

    def group(self, id: int = -5001, *, title: str = "A group", kind: str = "group") -> Group:  # noqa: A002
        """Return the group with this id (negative); `kind` is group or supergroup."""
        if id not in self._groups:
            facts = {"id": id, "type": kind, "title": title}
            self.chats[id] = Chat(id=id, kind=kind, facts=facts, open=True, removed=True, keep=self.keep)
            self._groups[id] = Group(self, self.chats[id])
        return self._groups[id]

    @property
    def unanswered(self) -> list[Press]:
        """Return the presses whose spinner still turns."""
        return self.presses.unanswered

    # ----------------------------------------------------------------------------------------------- faults
    def fail(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        times: int = 1,
        skip: int = 0,
        seconds: float = 0.0,
        chat_id: int | None = None,
    ) -> PlannedFault:
        """Let the next `times` requests (of a method, about a chat, after `skip` good ones) go wrong."""
        plan = PlannedFault(fault=fault, method=method, left=times, skip=skip, seconds=seconds, chat_id=chat_id)
        return self.faults.plan(plan)

    def limit(self, **rates: Any) -> None:
        """Switch the limits on: see `Rates.limit`."""
        self.rates.limit(**rates)

    # ---------------------------------------------------------------------------------------------- updates
    def redeliver(self, update_id: int) -> None:
        """Hand out an update once more, confirmed or not."""
        self.updates.redeliver(update_id)

    def hold(self) -> None:
        """Keep back what people do from now on, until `release`."""
        self.updates.hold()

    def release(self, *, order: Iterable[int] | None = None, renumber: bool = True) -> list[int]:
        """Hand out what was kept back, in another order on wish; return the update ids."""
        return self.updates.release(order=order, renumber=renumber)

    # ---------------------------------------------------------------------------------------------- waiting
    async def until(self, holds: Callable[[], bool], *, timeout: float = PATIENCE) -> None:
        """Wait until a condition is true; it is looked at after every request.

        Raises:
            AssertionError: it did not become true in time.
        """
        try:
            await self.waiting.until(holds, timeout=timeout)
        except TimeoutError:
            raise AssertionError(f"it did not become true in {timeout:g} s; requests: {dict(self.calls)}") from None

    async def until_polled(self, *, timeout: float = PATIENCE) -> None:
        """Wait until the bot asks for updates (again)."""
        polls = self.updates.polls
        await self.until(lambda: self.updates.polls > polls, timeout=timeout)

    async def until_confirmed(self, *, timeout: float = PATIENCE) -> None:
        """Wait until the bot has confirmed every update."""
        await self.until(lambda: not self.updates.pending, timeout=timeout)

    def take_violations(self) -> list[str]:
        """Return and forget the violations: for tests that provoke some."""
        found, self.violations = self.violations, []
        return found
