"""A stage: a hub with one channel, on which persons talk to the whole bot, in this process."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Select, Text, func, insert, select, update
from sqlalchemy.sql.elements import ClauseElement

from bot.app import App
from bot.house import House, code_hash, open_house
from bot.ports import Channel
from bot.runtime.clock import SystemClock
from config.settings import Settings
from storage.codec import load, to_micros
from storage.statements import Row, Statement, change, rows
from storage.tables import (
    answers,
    broadcasts,
    companies,
    deliveries,
    forms,
    invitations,
    metadata,
    repeat_instances,
    set_aside,
)

T = TypeVar("T")

PATIENCE = 8.0  # seconds; a person who waits longer is told that nothing came
TRIES = 200
CODE = "7KQ2-9F0D-XW3T"


class TurnedClock(SystemClock):
    """The real time, set forward as far as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> Any:
        return super().now() + self.ahead


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the bot as it looks now: all its words, the labels one can pick, and a file if it carries one."""

    text: str
    labels: tuple[str, ...] = ()
    file: tuple[str, bytes] | None = None


class Person(ABC):
    """Somebody at one channel. Buttons are pressed where there are buttons, else their number is typed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._heard = 0

    @property
    @abstractmethod
    def address(self) -> str:
        """The person's address as `roles grant` takes it."""

    @property
    def place(self) -> str:
        """The address of the chat with the bot; on most channels that is the person's own."""
        return self.address

    @property
    def traces(self) -> frozenset[str]:
        """The ids by which the channel knows person and chat."""
        return frozenset(address.partition(":")[2] for address in (self.address, self.place))

    async def starts(self, code: str = "") -> None:
        """Open the chat, perhaps by an invitation's code."""
        await self.says(f"/start {code}".strip())

    async def tells_language(self) -> None:  # noqa: B027 -- most channels tell it themselves
        """Answer the question for the language, where no hint of the platform answers it (`Stage.language_hints`)."""

    async def says(self, text: str) -> None:
        """Write a message."""
        await self.stage.between()
        await self._says(text)

    async def picks(self, label: str) -> None:
        """Pick what is offered under this label, in the newest message that offers it."""
        await self.stage.between()
        await self._picks(label)

    async def answers_to(self, wanted: str, text: str) -> None:
        """Reply with `text` to the newest message that has the wanted words, where the channel lets one."""
        raise NotImplementedError

    async def blocks(self) -> None:
        """Put the bot out, where the channel lets one (`Stage.blockable`)."""
        raise NotImplementedError

    async def unblocks(self) -> None:
        """Let the bot in again, into the same chat."""
        raise NotImplementedError

    async def chooses(self, *labels: str, done: str = "Fertig") -> None:
        """Answer a multiple choice with these labels."""
        for label in labels:
            await self.picks(label)
        await self.picks(done)

    async def hears(self, wanted: str) -> Heard:
        """Wait for a message with these words: one after the message that was heard last."""

        def find() -> Heard | None:
            messages = self.messages()
            for place in range(self._heard, len(messages)):
                if wanted in messages[place].text:
                    self._heard = place + 1
                    return messages[place]
            return None

        return await self._wait(find, f"no message with {wanted!r} came")

    async def sees(self, wanted: str) -> Heard:
        """Wait until some message of the chat has these words, as after an edit."""
        return await self._wait(
            lambda: next((one for one in self.messages() if wanted in one.text), None), f"{wanted!r} is not to be seen"
        )

    async def settled(self) -> list[Heard]:
        """Wait until the bot has dealt with everything said; return what is new since the message heard last."""
        await self.stage.settled()
        new = self.messages()[self._heard :]
        self._heard += len(new)
        return new

    def seen(self) -> list[str]:
        """Return the texts of the bot's messages as they look now."""
        return [message.text for message in self.messages()]

    @abstractmethod
    def messages(self) -> list[Heard]:
        """Return the bot's messages in this chat, in order, as they look now."""

    @abstractmethod
    async def _says(self, text: str) -> None: ...

    @abstractmethod
    async def _picks(self, label: str) -> None: ...

    async def _wait(self, find: Callable[[], Heard | None], complaint: str) -> Heard:
        work = self.stage.work
        assert work is not None, "nobody has begun to talk yet"
        waiting = asyncio.create_task(self.stage.first(find))
        done, _ = await asyncio.wait({waiting, work}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if waiting in done:
            return await waiting
        waiting.cancel()
        if work in done:
            work.result()
        told = "\n---\n".join(self.seen()[-4:])
        raise AssertionError(f"{complaint}; the last messages are:\n{told}")


class Stage(ABC):
    """One hub, one channel, a database; the core can be closed and opened again at any moment.

    restarts: whether that happens by itself before everything a person does.

    What a channel has: `buttons` to press on messages that change, `language_hints` of the platform about a person,
    whether a person can put the bot out of the chat (`blockable`), and `groups`.
    """

    name: ClassVar[str]
    buttons: ClassVar[bool] = True
    language_hints: ClassVar[bool] = True
    blockable: ClassVar[bool] = True
    groups: ClassVar[bool] = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = TurnedClock()
        self.restarts = False
        self.failures_expected = False
        self.house: House
        self.app: App
        self.work: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._stack = AsyncExitStack()

    # --- life --------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the house and let the bot work."""
        self.house = await self._stack.enter_async_context(open_house(self.settings, clock=self.clock))
        self._begin()

    def _begin(self) -> None:
        """Let the bot work in the open house."""
        self.app = App(self.house, [self._channel()])
        self._stop = asyncio.Event()
        self.work = asyncio.create_task(self.app.run(stop=self._stop, ticks=False))

    async def close(self) -> None:
        """Stop the bot as SIGTERM does, and close the house."""
        self._stop.set()
        try:
            if self.work is not None:
                await self.work
        finally:
            self.work = None
            await self._stack.aclose()

    async def restart(self) -> None:
        """Stop everything and begin anew from what is stored."""
        await self.close()
        await self.open()

    async def between(self) -> None:
        """Stand between two steps of a person."""
        if self.restarts:
            await self.restart()

    async def end(self) -> None:
        """Close, after having looked at what must be true at every end: nobody is left waiting, nothing went wrong."""
        await self.settled()
        aside = await self.rows(select(set_aside.c.error))
        unsent = await self.rows(
            select(deliveries.c.state, deliveries.c.reason, func.count())
            .where(deliveries.c.state != "sent", deliveries.c.broadcast_id.is_(None))
            .group_by(deliveries.c.state, deliveries.c.reason)
        )
        await self.close()
        assert aside == [], "a handler failed"
        assert unsent == [] or self.failures_expected

    async def settled(self) -> None:
        """Wait until everything said is dealt with, sent and marked."""
        if self.work is None:  # nobody has come yet
            return
        await self._read_up()
        await self.app.sender.idle()
        await self.app.dispatcher.quiet()

    async def due(self) -> None:
        """Do what is due by now, as the clock's ticks do: broadcasts begin, go out, and what follows them says so."""
        await self.settled()
        await self.app.broadcasting.tick()
        self.app.broadcasting.look()
        waits = (
            select(func.count())
            .select_from(deliveries.join(broadcasts, broadcasts.c.id == deliveries.c.broadcast_id))
            .where(deliveries.c.state.in_(["planned", "claimed", "sending"]), broadcasts.c.state == "running")
        )
        amended = select(func.count()).select_from(broadcasts).where(broadcasts.c.amending)
        # What another window at the terminal is to show stays open for ever, so this does not insist.
        for _ in range(TRIES):
            if await self.rows(waits) == [(0,)] and await self.rows(amended) == [(0,)]:
                break
            await self.app.broadcasting.tick()
            await asyncio.sleep(0.01)
            await self.app.sender.idle()
            await self.app.dispatcher.quiet()
        await self.app.broadcasting.tick()
        await self.app.live.refresh()
        await self.app.look_for_due()
        await self.settled()

    async def open_more(self) -> None:  # noqa: B027 -- most channels have nothing more
        """Open what only this channel has (a server); before the house."""

    async def close_more(self) -> None:  # noqa: B027 -- most channels have nothing more
        """Close that again."""

    def says(self, key: str, *, language: str = "de", **parameters: object) -> str:
        """Return what the bot says for that key of the catalogue."""
        return self.house.texts.speaker(language)(key, **parameters)

    # --- the channel's own -------------------------------------------------------------------------------------------

    @abstractmethod
    def person(self, name: str = "ada", *, language: str | None = "de") -> Person:
        """Return the person of that name; `language` is the platform's hint."""

    async def heard_in_a_group(self) -> str:
        """Put the bot into a group, where there are `groups`; return what it says there first."""
        raise NotImplementedError

    @abstractmethod
    def _channel(self) -> Channel: ...

    @abstractmethod
    async def _read_up(self) -> None:
        """Wait until the bot has committed everything that was said."""

    @abstractmethod
    async def first(self, find: Callable[[], T | None]) -> T:
        """Return what `find` finds, looking again after every change."""

    # --- what an organiser does --------------------------------------------------------------------------------------

    async def joined(self, name: str = "ada", *, company: str = "Testwerk GmbH", called: str = "Ada Muster") -> Person:
        """Return a person who has consented and said who they are."""
        person = self.person(name)
        await person.starts()
        await person.hears("Bevor es losgeht")
        await person.picks("Einverstanden")
        await person.hears("Für welches Unternehmen")
        await person.says(company)
        await person.hears("Wie dürfen wir Sie ansprechen")
        await person.says(called)
        await person.hears(f"Guten Tag, {called}")
        return person

    async def invites(
        self,
        *,
        company: str | None = None,
        role: str = "",
        uses: int | None = 1,
        expires_in: timedelta | None = None,
        code: str = CODE,
    ) -> str:
        """Make an invitation and return its code."""
        company_id = None
        now = self.clock.now()
        if company is not None:
            company_id = self.house.next_id()
            await self.write(
                insert(companies).values(id=company_id, name=company, state="confirmed", created_at=to_micros(now))
            )
        row = {
            "id": self.house.next_id(),
            "code_hash": code_hash(self.house.keys, code),
            "company_id": company_id,
            "role": role,
            "uses_left": uses,
            "expires_at": None if expires_in is None else to_micros(now + expires_in),
            "created_at": to_micros(now),
        }
        await self.write(insert(invitations).values(row))
        return code

    # --- what is stored ----------------------------------------------------------------------------------------------

    async def rows(self, query: Select[Any]) -> list[Row]:
        """Look into the database."""
        statement = Statement(query, name="a test looks")
        return await self.house.database.read(lambda: rows(statement))

    async def values(self, query: Select[Any]) -> list[Any]:
        """Return the first column."""
        return [row[0] for row in await self.rows(query)]

    async def answers(self) -> dict[str, tuple[str, bool, Any]]:
        """Return what is stored of the only response: path -> state, whether relevant, value.

        In a repeat the path ends in the number of the instance, counted in the order of their rows: `site/town#2`.
        """
        query = select(answers.c.path, answers.c.instance, answers.c.state, answers.c.relevant, answers.c.value)
        made = select(repeat_instances.c.id, repeat_instances.c.path, repeat_instances.c.ordinal)
        number: dict[int, int] = {0: 0}
        seen: Counter[str] = Counter()
        for one, path, _ in sorted(await self.rows(made), key=lambda row: (row[1], row[2], row[0])):
            seen[path] += 1
            number[one] = seen[path]
        return {
            f"{path}#{number[instance]}" if instance else path: (state, bool(relevant), load(value))
            for path, instance, state, relevant, value in await self.rows(query)
        }

    async def mentions(self, *words: str) -> list[tuple[str, str]]:
        """Return the tables and columns whose text holds one of the words."""
        found = []
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Text):
                    texts = [str(text).casefold() for text in await self.values(select(column))]
                    found += [
                        (table.name, column.name) for word in words if any(word.casefold() in text for text in texts)
                    ]
        return found

    async def closes_form(self, name: str = "types") -> None:
        """Close a form, as an organiser does."""
        await self.write(update(forms).where(forms.c.name == name).values(state="closed"))

    async def write(self, construct: ClauseElement) -> int:
        """Change the database as another process would."""
        statement = Statement(construct, name="a test writes")
        return await self.house.database.write(lambda: change(statement))


def text_of(messages: Sequence[Heard]) -> str:
    """Return the words of several messages."""
    return "\n".join(message.text for message in messages)
