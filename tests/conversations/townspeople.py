"""A hub with everybody in it, who do whatever comes to their mind; and what nobody may see or change, whatever they do.

Everything goes through the real routes, jobs and database, a message at a time. What a person writes carries a word
that nobody else uses, so that it is known again wherever it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select

from bot.adapters.memory import MemoryChannel
from bot.adapters.plain import plain_text
from bot.app import App
from bot.desk import invite, perform
from bot.domain.desk import GrantRole
from bot.domain.messages import Address, ChatKind, Content, InboundMessage, OutboundMessage, Pressed, Said
from bot.domain.people import Role
from bot.domain.rights import Right, rights_of
from bot.errors import Conflict, HubtalkError
from bot.house import House
from bot.ports import Batch, Mark
from bot.runtime.clock import StandingClock
from bot.runtime.dispatcher import Decider
from handlers import ROUTES
from storage import tables
from storage.statements import Row, Statement, rows

CHANNEL, ACCOUNT = "memory", "memory:bot"
STAFF: dict[str, Role] = {"olga": "organiser", "otto": "organiser", "rita": "admin"}
COMPANIES = {"ada": "Adawerk", "ben": "Adawerk", "cem": "Cemwerk"}
STRANGERS = ("sid", "sue")
EVERYBODY = (*STAFF, *COMPANIES, *STRANGERS)
WORD = re.compile(r"wort[a-z]+\d+")
# What only staff may change, whoever acts; `rights` of one's own go with /forget.
KEPT: tuple[tuple[Select[Any], Right], ...] = (
    (select(tables.rights.c.channel, tables.rights.c.person, tables.rights.c.role), "grant"),
    (select(tables.forms.c.name, tables.forms.c.state), "forms"),
    (select(tables.form_versions.c.id, tables.form_versions.c.number), "forms"),
    (select(tables.invitations.c.id, tables.invitations.c.revoked_at), "send"),
    (select(tables.hub_settings.c.value).where(tables.hub_settings.c.key.in_(["inbox", "notice_version"])), "send"),
    (select(tables.broadcasts.c.id, tables.broadcasts.c.state, tables.broadcasts.c.content), "send"),
    (select(tables.company_tags.c.company_id, tables.company_tags.c.key, tables.company_tags.c.value), "send"),
)


@dataclass(slots=True)
class Shown:
    """A message in somebody's chat."""

    id: str
    chat: str
    message: OutboundMessage


@dataclass(slots=True)
class Townspeople:
    """Everybody, and what each has seen and said."""

    house: House
    app: App
    clock: StandingClock
    shown: list[Shown] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    author: dict[str, str] = field(default_factory=dict)
    group: str = "team-room"
    _number: int = 0
    _marks: list[Mark] = field(default_factory=list)

    @classmethod
    async def settle(cls, house: House, clock: StandingClock) -> Townspeople:
        """Let staff and contacts join; strangers have not written yet."""
        channel = MemoryChannel()
        town = cls(house=house, app=App(house, [channel]), clock=clock)
        for name, role in STAFF.items():
            await perform(house, actor="command line", command=GrantRole(person=Address(CHANNEL, name), role=role))
            await town.joins(name, code="")
        for name, company in COMPANIES.items():
            code, _ = await invite(house, actor="command line", company=company, role=None, uses=1, expires_at=None)
            await town.joins(name, code=code)
        wanted: tuple[tuple[str | None, Role | None], ...] = (("Dritte", None), (None, "organiser"))
        for guests, given in wanted:
            once, _ = await invite(house, actor="command line", company=guests, role=given, uses=1, expires_at=None)
            town.codes.append(once)
        return town

    async def joins(self, name: str, *, code: str) -> None:
        """Go through the joining dialogue."""
        await self.act(name, Said(f"/start {code}".strip()))
        await self.press_newest(name, "yes")
        if code:
            await self.press_newest(name, "yes")
        await self.act(name, Said(self.word(name)))

    def word(self, name: str) -> str:
        """Return a word that nobody has written before."""
        self._number += 1
        word = f"wort{name}{self._number}"
        self.author[word] = name
        return word

    async def press_newest(self, name: str, key: str) -> None:
        """Press that key of the newest message that has it."""
        for one in reversed(self.shown):
            if one.chat == name and any(choice.key == key for choice in one.message.choices):
                await self.act(name, Pressed(one.message.prompt, key, None, one.id))
                return
        raise AssertionError(f"{name} was offered no {key!r}")

    # --- acting ------------------------------------------------------------------------------------------------------

    async def act(self, name: str, content: Content, *, chat: str | None = None) -> list[Shown]:
        """Let somebody do something; everything that follows from it is done and shown. Returns what was shown."""
        self._number += 1
        message = InboundMessage(
            account=ACCOUNT,
            native_id=f"n{self._number}",
            address=Address(CHANNEL, chat or name),
            sender=name,
            content=content,
            received_at=self.clock.now(),
            message_id=f"m{self._number}",
            language="de",
            chat_kind=ChatKind.PRIVATE if chat is None else ChatKind.GROUP,
        )
        before = len(self.shown)
        await self._process([message])
        return self.shown[before:]

    async def both(self, first: tuple[str, Content], second: tuple[str, Content]) -> None:
        """Let two people do something in the same instant."""
        messages = []
        for name, content in (first, second):
            self._number += 1
            messages.append(
                InboundMessage(
                    account=ACCOUNT,
                    native_id=f"n{self._number}",
                    address=Address(CHANNEL, name),
                    sender=name,
                    content=content,
                    received_at=self.clock.now(),
                    message_id=f"m{self._number}",
                    language="de",
                )
            )
        await self._process(messages)

    async def _process(self, messages: Sequence[InboundMessage]) -> None:
        store, decide = self.app.store, Decider(ROUTES)
        waiting = list(messages)
        while waiting:
            try:
                handled = await store.process(Batch(messages=tuple(waiting), marks=self._taken(), cursors={}), decide)
                waiting = list(handled.later)
            except Conflict:
                first, *waiting = waiting
                handled = await store.process(Batch(messages=(first,), marks=self._taken(), cursors={}), decide)
            for outgoing, known in handled.sends:
                self._show(outgoing.address.chat, outgoing.message, outgoing.delivery, known=known)
        await self._work()
        await store.process(Batch(marks=self._taken(), cursors={}), decide)

    def _taken(self) -> tuple[Mark, ...]:
        marks, self._marks = tuple(self._marks), []
        return marks

    async def _work(self) -> None:
        """Do the jobs that were planned, and show what is due."""
        store = self.app.store
        for worker in self.app.workers:
            crew = worker.crew
            while (job := await store.take_job(list(crew.kinds), channels=[CHANNEL])) is not None:
                try:
                    replies = await crew.kinds[job.kind](job)
                except HubtalkError:
                    replies = await crew.failed(job)
                await store.finish_job(job, replies)
        while claimed := await store.claim([CHANNEL]):
            for outgoing, known, _ in claimed:
                self._show(outgoing.address.chat, outgoing.message, outgoing.delivery, known=known)
            await store.process(Batch(marks=self._taken(), cursors={}), Decider(ROUTES))

    def _show(self, chat: str, message: OutboundMessage, delivery: Any, *, known: bool) -> None:
        shown = Shown(id=f"b{delivery}", chat=chat, message=message)
        self.shown.append(shown)
        self._marks.append(
            Mark(
                delivery=delivery,
                address=Address(CHANNEL, chat),
                state="sent",
                known=known,
                message_ids=(shown.id,),
                prompt=message.prompt,
            )
        )

    # --- looking -----------------------------------------------------------------------------------------------------

    async def table(self, query: Select[Any]) -> list[Row]:
        """Look into the database."""
        statement = Statement(query, name="a test looks")
        return await self.house.database.read(lambda: rows(statement))

    async def rights(self, name: str) -> frozenset[Right]:
        """Return what somebody may do now."""
        query = select(tables.rights.c.role).where(tables.rights.c.person == name)
        return rights_of(row[0] for row in await self.table(query))

    async def company(self, name: str) -> int | None:
        """Return the company of somebody who is a contact."""
        query = (
            select(tables.contacts.c.company_id)
            .select_from(tables.addresses.join(tables.contacts, tables.contacts.c.id == tables.addresses.c.contact_id))
            .where(tables.addresses.c.chat == name)
        )
        found = await self.table(query)
        return found[0][0] if found else None


def words_of(message: OutboundMessage) -> set[str]:
    """Return the words that people wrote, as a message shows them: in its text, its buttons and its files."""
    files = b" ".join(file.content for file in message.attachments).decode("utf-8", "replace")
    return set(WORD.findall(f"{plain_text(message)} {files}".casefold()))


def database_of(folder: Path) -> str:
    """Return the place of a database of its own."""
    return f"sqlite:///{folder}/town.db"
