"""Broadcasts at work: the pumps of all channels, and what is done about broadcasts once a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime
from random import Random
from typing import Any

from bot.domain.broadcasts.content import render
from bot.domain.broadcasts.model import Broadcast
from bot.domain.broadcasts.showing import stopped
from bot.domain.messages import DeliveryId, Identity, OutboundMessage, PromptId
from bot.domain.scene import Tell
from bot.errors import DeliveryError, UsageError
from bot.house import House
from bot.ports import Amendment, Channel, Mark, Push
from bot.runtime.amending import Amender
from bot.runtime.pump import Pump
from bot.runtime.sender import Sender
from bot.work.audiences import among
from storage import audience, planning
from storage.broadcasts import load_one
from storage.codec import to_micros
from storage.push_store import SqlPushStore
from storage.statements import rows

log = logging.getLogger(__name__)


class Broadcasting:
    """What an app does about broadcasts."""

    def __init__(
        self, house: House, channels: Mapping[str, Channel], *, sender: Sender, owner: str, only: str = ""
    ) -> None:
        self._house = house
        self._idempotent = {name for name, channel in channels.items() if channel.abilities.idempotent}
        self._at_work = asyncio.Lock()
        self._via = dict.fromkeys(channels, "")
        self.store = SqlPushStore(
            house.database,
            clock=house.clock,
            owner=owner,
            courtesy=house.courtesy,
            served=list(channels),
            number=house.next_id,
            tell=self._tell,
            only=only,
        )
        self.pumps = {
            name: Pump(
                name,
                abilities=channel.abilities,
                store=self.store,
                sender=sender,
                clock=house.clock,
                render=self._render,
                random=Random(),  # noqa: S311 -- it only spreads pauses
            )
            for name, channel in channels.items()
        }

        self.amenders = {name: Amender(name, store=self.store, sender=sender, render=self._render) for name in channels}

    async def recover(self) -> None:
        """Say what became of the pushes of a process that died; before anything else is sent."""
        await self.store.recover(list(self.pumps), but=self._idempotent)

    async def open(self, channel: str, identity: Identity) -> None:
        """Begin on a channel that is connected; what was on its way there is judged now that we know who we are."""
        if channel in self._idempotent:
            self._via[channel] = identity.device
            await self.store.settle(channel, via=identity.device)
        self.pumps[channel].open(self._via[channel])
        self.amenders[channel].open()

    @property
    def parts(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What is at work until the end."""
        return [pump.run for pump in self.pumps.values()] + [amender.run for amender in self.amenders.values()]

    def look(self) -> None:
        """Let the pumps look for what is due."""
        for pump in self.pumps.values():
            pump.look()
        for amender in self.amenders.values():
            amender.look()

    def tried(self, channel: str, error: DeliveryError | None) -> None:
        """Hear how an attempt to send on a channel ended."""
        self.pumps[channel].tried(error)

    def room(self, channel: str) -> None:
        """Hear that a push has left the queue of its channel."""
        self.pumps[channel].room()

    def done(self, mark: Mark) -> None:
        """Hear what became of a delivery."""
        self.pumps[mark.address.channel].done(mark)

    def held(self) -> Collection[DeliveryId]:
        """Return the deliveries in the pumps' hands."""
        return {delivery for pump in self.pumps.values() for delivery in pump.held}

    async def set_free(self) -> None:
        """Settle what was lost between a commit and the pump."""
        await self.store.set_free(list(self.pumps), via=self._via.__getitem__, held=self.held())

    async def tick(self) -> None:
        """Do what is due about broadcasts as a whole; while that is being done, once is enough."""
        if not self._at_work.locked():
            async with self._at_work:
                await self._do_due()

    async def _do_due(self) -> None:
        now = to_micros(self._house.clock.now())
        if await self._house.database.read(lambda: rows(planning.DUE_AT_ALL, now=now)):
            for number in await self._house.database.write(lambda: planning.start_due(now=now)):
                await self._plan(number)
            self.look()
        await self.store.finish()

    async def _plan(self, number: int) -> None:
        """Make a broadcast's deliveries, piece by piece; one whose rules name what is gone pauses and says so."""
        house = self._house
        now = house.clock.now()
        try:
            broadcast = await house.database.read(lambda: load_one(number))
            assert broadcast is not None
            rules = await house.database.read(lambda: audience.resolved(broadcast.audience))
            chosen = await among(house, rules)
        except UsageError as error:
            log.warning("broadcast %d cannot be planned: %s", number, error)
            await self.store.stop_broadcast(number, reason="audience")
            return
        where = audience.conditions(rules, now=now)
        is_last = False
        while not is_last:
            is_last = await house.database.write(
                lambda: planning.plan_piece(
                    number,
                    where=where,
                    among=chosen,
                    languages=house.hub.languages,
                    now=to_micros(now),
                    block=house.next_id.block,
                )
            )
        log.info("broadcast %d is planned", number)

    def wrong(self) -> dict[str, str]:
        """Return the channels that have paused themselves for broadcasts, and until when."""
        return {
            f"{name} broadcasts": f"paused until {until:%H:%M:%S} UTC, it does not answer"
            for name, until in self.trouble().items()
        }

    def trouble(self) -> dict[str, datetime]:
        """Return the channels that have paused themselves, and until when."""
        return {name: until for name, pump in self.pumps.items() if (until := pump.paused_until) is not None}

    def _render(self, push: Push | Amendment) -> OutboundMessage:
        return render(
            push.content,
            language=push.language,
            params=push.params,
            hub=self._house.hub.name,
            broadcast=push.broadcast,
            say=self._house.texts.speaker(push.language),
        )

    def _tell(self, broadcast: Broadcast, reason: str) -> Tell | None:
        """Say to whoever confirmed it that it has stopped by itself, why, and what to do."""
        if broadcast.report_to is None:
            return None
        say = self._house.texts.speaker(broadcast.language)
        message, prompt = stopped(broadcast, reason, say, prompt=PromptId(self._house.next_id()))
        return Tell.of(broadcast.report_to, message, contact=broadcast.author, language=say.language, prompt=prompt)
