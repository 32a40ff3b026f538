"""All the paces that a message keeps to: its bot's, its chat's, and its group's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress

from bot.domain.messages import Abilities, Address, Outgoing
from bot.runtime.gate import STARTED, Departure, Gate, Weight
from bot.runtime.pacing import Pacer, Window

PACERS_KEPT = 10_000  # of chats that wrote last; idle ones are forgotten beyond that
MINUTE = 60.0


class ChatPace:
    """The pace of one chat: a burst, then so many a second; a group has a window of a minute besides."""

    __slots__ = ("_minute", "_pacer")

    def __init__(self, abilities: Abilities, *, is_group: bool) -> None:
        self._pacer = Pacer(abilities.chat_rate, burst=abilities.chat_burst)
        self._minute = Window(abilities.group_rate, seconds=MINUTE) if is_group else None

    def delay(self, now: float) -> float:
        """Return how many seconds to wait before something may leave for this chat."""
        return max(self._pacer.delay(now), self._minute.delay(now) if self._minute else 0.0)

    def reserve(self, now: float) -> None:
        """Count something that has left."""
        self._pacer.reserve(now)
        if self._minute:
            self._minute.reserve(now)

    def idle(self, now: float) -> bool:
        """Whether nothing is remembered here."""
        return self._pacer.idle(now) and (self._minute is None or self._minute.idle(now))


class Paces:
    """Gates of bots and paces of chats, of all channels."""

    def __init__(self, abilities: Mapping[str, Abilities]) -> None:
        self._abilities = abilities
        self.gates = {name: Gate(each.rate, full_at=STARTED) for name, each in abilities.items()}
        self._chats: dict[Address, ChatPace] = {}

    async def turn(self, address: Address, outgoing: Outgoing) -> Departure:
        """Wait for a message's moment."""
        chat = self._chat(address)
        wait = chat.delay(time.monotonic()) if chat else 0.0
        if wait > 0:
            await asyncio.sleep(wait)
        weight = Weight.PUSH if outgoing.priority == "push" else Weight.REPLY
        return await self.gates[address.channel].passes(weight, order=outgoing.delivery)

    async def edit_turn(self, address: Address, *, news: asyncio.Event) -> Departure | None:
        """Wait for an edit's moment; None when a message came in between, which goes first."""
        chat = self._chat(address)
        wait = chat.delay(time.monotonic()) if chat else 0.0
        if wait > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), wait)
                return None
        gate = self.gates[address.channel]
        if gate.is_open:
            return await gate.passes(Weight.EDIT)
        return await _unless(news, gate)

    async def amend_turn(self, address: Address) -> Departure:
        """Wait for the moment of what matters least."""
        chat = self._chat(address)
        while chat and (wait := chat.delay(time.monotonic())) > 0:  # noqa: ASYNC110 -- no event tells of time
            await asyncio.sleep(wait)
        return await self.gates[address.channel].passes(Weight.AMENDMENT)

    def count(self, address: Address, departure: Departure, *, messages: int) -> None:
        """Count towards the chat's pace when the answer is there: a slow way there must not make two requests meet."""
        departure.ends()
        now, chat = time.monotonic(), self._chat(address)
        for number in range(departure.requests or messages):
            if chat:
                chat.reserve(now)
            if number and not departure.requests:  # a long text became several, of which the channel did not tell
                self.gates[address.channel].reserve()

    def _chat(self, address: Address) -> ChatPace | None:
        abilities = self._abilities[address.channel]
        is_group = bool(abilities.group_rate) and address.chat.startswith(abilities.group_prefix)
        if not (abilities.chat_rate or is_group):
            return None
        chat = self._chats.get(address)
        if chat is None:
            self._forget_idle()
            chat = self._chats[address] = ChatPace(abilities, is_group=is_group)
        return chat

    def _forget_idle(self) -> None:
        if len(self._chats) >= PACERS_KEPT:
            now = time.monotonic()
            self._chats = {address: chat for address, chat in self._chats.items() if not chat.idle(now)}


async def _unless(news: asyncio.Event, gate: Gate) -> Departure | None:
    """Wait at the gate until there are news."""
    passing, hearing = asyncio.create_task(gate.passes(Weight.EDIT)), asyncio.create_task(news.wait())
    try:
        await asyncio.wait((passing, hearing), return_when=asyncio.FIRST_COMPLETED)
        if passing.done():
            return passing.result()
        return None
    finally:
        hearing.cancel()
        passing.cancel()
