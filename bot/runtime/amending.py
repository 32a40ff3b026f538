"""Edits and takes back what broadcasts have sent, when nothing more important waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.domain.messages import Edit, OutboundMessage, Recall
from bot.errors import DeliveryError, NotSent, RateLimited, Refused, Unavailable
from bot.ports import Amended, Amendment, AmendStore, Channel
from bot.runtime.gate import Departure
from bot.runtime.sender import Sender

log = logging.getLogger(__name__)

PAGE = 25
"""Messages amended between two commits; a kill lets as many be amended twice, which changes nothing."""

LOOKS_AGAIN = 30.0
"""Seconds after which is looked unasked, and after trouble."""


class Amender:
    """The amendments of one channel; works whenever told to look, and goes on after a restart where it stood."""

    def __init__(
        self,
        channel: str,
        *,
        store: AmendStore,
        sender: Sender,
        render: Callable[[Amendment], OutboundMessage],
    ) -> None:
        self._channel = channel
        self._store = store
        self._sender = sender
        self._render = render
        self._opened = asyncio.Event()
        self._news = asyncio.Event()

    def open(self) -> None:
        """Begin: the channel is connected."""
        self._opened.set()

    def look(self) -> None:
        """Look whether something is to be amended."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled."""
        await self._opened.wait()
        while True:
            self._news.clear()
            while page := await self._store.amendments(self._channel, many=PAGE):
                if not await self._amend(page):
                    break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOKS_AGAIN)

    async def _amend(self, page: Sequence[Amendment]) -> bool:
        """Amend a page; False when the platform does not answer, so that the rest is left for later."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._attempt(each)) for each in page]
        done = [amended for task in tasks if (amended := task.result()) is not None]
        if done:
            await self._store.amended(done)
        return len(done) == len(page)

    async def _attempt(self, amendment: Amendment) -> Amended | None:
        """Amend one message, side by side with others: a slow way there must not add up. None: later."""
        try:
            await self._sender.amend(amendment.address, self._work(amendment))
        except (RateLimited, Unavailable, NotSent) as error:
            log.info("broadcast %d: amending waits: %s", amendment.broadcast, error.reason)
            return None
        except DeliveryError as error:
            return Amended(amendment.delivery, amendment.edition, error.reason)
        return Amended(amendment.delivery, amendment.edition)

    def _work(self, amendment: Amendment) -> Callable[[Channel, Departure], Awaitable[None]]:
        """Return what is to be done once its moment has come."""

        async def work(channel: Channel, departure: Departure) -> None:
            if amendment.recalled:
                await channel.recall(
                    Recall(
                        address=amendment.address,
                        delivery=amendment.delivery,
                        message_ids=amendment.message_ids,
                        departure=departure,
                    )
                )
                return
            if not channel.abilities.edits:
                raise Refused("what was said there stays as it is", reason="not_editable")
            # The text has the last id; files stand before it and stay.
            message = replace(self._render(amendment), attachments=())
            message_id = amendment.message_ids[-1]
            edit = Edit(address=amendment.address, message_id=message_id, message=message, departure=departure)
            await channel.edit(edit)

        return work
