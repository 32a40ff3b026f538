"""Sends what was committed: chats side by side, one chat in order, at the pace the platform allows; then marks it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from bot.domain.messages import Acknowledgement, Address, DeliveryId, Edit, OutboundMessage, Outgoing
from bot.domain.parts import split
from bot.errors import (
    ChatMoved,
    DeliveryError,
    NotSent,
    RateLimited,
    Refused,
    StorageUnavailable,
    Unavailable,
    Unreachable,
)
from bot.ports import Channel, Clock, Mark
from bot.runtime.gate import Departure
from bot.runtime.paces import Paces
from bot.runtime.pauses import Pauses
from bot.runtime.queue import ChatQueue, Item
from bot.runtime.retry import Decision, decide

log = logging.getLogger(__name__)

WAIT_IN_MEMORY = timedelta(seconds=10)  # a longer pause is a row's business: it survives a restart
ACKNOWLEDGED_WITHIN = 3  # tries, a second apart; a spinner that turned for longer has ended by itself
OF_WHOLE_BOT = f"{RateLimited.reason}_bot"  # why a delivery was put back; read again at the next start


class Sender:
    """The one place from which messages leave. `mark` is told what became of each delivery; `fill` brings the bytes
    of what a message refers to.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        *,
        mark: Callable[[Mark], None],
        clock: Clock,
        fill: Callable[[OutboundMessage], Awaitable[OutboundMessage]] | None = None,
    ) -> None:
        self._channels = channels
        self._fill = fill
        self._mark = mark
        self._clock = clock
        self._chats: dict[Address, ChatQueue] = {}
        self._paces = Paces({name: channel.abilities for name, channel in channels.items()})
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: set[DeliveryId] = set()
        self._queued: dict[str, set[DeliveryId]] = {name: set() for name in channels}  # pushes that have not left
        self._tried: Callable[[str, DeliveryError | None], None] | None = None
        self._room: Callable[[str], None] | None = None
        self._pauses = Pauses()
        self._random = Random()  # noqa: S311 -- it only spreads pauses

    def report_to(self, *, tried: Callable[[str, DeliveryError | None], None], room: Callable[[str], None]) -> None:
        """Tell these how each attempt on a channel ended, and that a push has left the queue of its channel."""
        self._tried, self._room = tried, room

    def send(self, outgoing: Outgoing, *, known: bool, attempts: int = 0) -> None:
        """Send a committed delivery as soon as its chat and the pace allow."""
        chat = self._chat(outgoing.address)
        if outgoing.delivery in self._held:
            return
        self._held.add(outgoing.delivery)
        if outgoing.priority == "push":
            self._queued[outgoing.address.channel].add(outgoing.delivery)
        chat.sends.append(Item(outgoing, known, attempts))
        chat.news.set()

    def edit(self, edit: Edit) -> None:
        """Change a message when nothing more important waits; a newer edit of the same message takes its place."""
        channel = self._channels.get(edit.address.channel)
        if channel is None or not channel.abilities.edits:
            return
        chat = self._chat(edit.address)
        chat.edits.pop(edit.message_id, None)
        # Of a message that became several the last is known, since it has what can be picked.
        chat.edits[edit.message_id] = replace(edit, message=split(edit.message, channel.abilities)[-1])
        chat.news.set()

    async def amend(self, address: Address, work: Callable[[Channel, Departure], Awaitable[None]]) -> None:
        """Change or take back what was sent long ago, when its chat and the pace allow and nothing else waits.

        Raises:
            DeliveryError: what `work` raised.
        """
        while (rest := self._pauses.rest(address)) > 0:  # noqa: ASYNC110 -- no event tells of time
            await asyncio.sleep(rest)
        departure = await self._paces.amend_turn(address)
        try:
            await work(self._channels[address.channel], departure)
        except RateLimited as error:
            self._hold(address, decide(error, attempts=1, priority="reply"), reason=error.reason)
            raise
        except DeliveryError:
            raise
        except Exception as error:  # a defect of an adapter costs this message alone
            log.exception("defect while amending on %s", address.channel)
            raise Refused("this cannot be changed", reason="defect") from error
        finally:
            self._paces.count(address, departure, messages=1)

    def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Answer a press at once, beside everything else."""
        self._spawn(self._acknowledge(acknowledgement))

    def pause(self, address: Address, lasts: timedelta, *, whole_bot: bool) -> None:
        """Be silent as the platform asked before the last stop."""
        self._pauses.begin(address, lasts.total_seconds(), reason=RateLimited.reason, whole_bot=whole_bot)
        if whole_bot:
            self._paces.gates[address.channel].pause(lasts.total_seconds())

    @property
    def held(self) -> frozenset[DeliveryId]:
        """The deliveries in hand, whose leases are ours however long they take."""
        return frozenset(self._held)

    def queued(self, channel: str) -> int:
        """Return how many pushes of a channel still wait for their moment."""
        return len(self._queued[channel])

    def silence(self, channel: str) -> float:
        """Return for how many seconds a channel has to be silent as a whole."""
        return self._pauses.rest_of_bot(channel)

    async def idle(self) -> None:
        """Wait until nothing waits to leave any more."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._tasks)

    async def close(self, *, within: float) -> None:
        """Send what is on its way for at most `within` seconds; the rest stays in its rows for the next start."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=within)
        rest = set(self._tasks)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    # --- within ------------------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _chat(self, address: Address) -> ChatQueue:
        chat = self._chats.get(address)
        if chat is None:
            chat = self._chats[address] = ChatQueue()
            self._spawn(self._work(address, chat))
        return chat

    async def _work(self, address: Address, chat: ChatQueue) -> None:
        channel = self._channels.get(address.channel)
        try:
            while channel is not None:
                chat.news.clear()
                if (chat.sends or chat.edits) and await self._is_silent(address, chat):
                    continue
                if chat.sends:
                    departure = await self._paces.turn(address, chat.sends[0].outgoing)
                    if self._pauses.rest(address):  # another chat may have been told that the whole bot is too fast
                        departure.falls_out()
                    else:
                        await self._deliver(channel, chat, chat.sends[0], departure=departure)
                elif chat.edits:
                    if edit_departs := await self._paces.edit_turn(address, news=chat.news):
                        edit = chat.edits.pop(next(iter(chat.edits)))
                        await self._edit(channel, chat, edit, departure=edit_departs)
                else:
                    return
        finally:
            del self._chats[address]

    async def _is_silent(self, address: Address, chat: ChatQueue) -> bool:
        """Wait out a short pause; a long one, and older messages in the ledger, send everything there too."""
        rest = self._pauses.rest(address)
        if chat.sends and self._pauses.is_overtaking(address, chat.sends[0].outgoing.delivery):
            self._put_back(chat, "waits_its_turn", timedelta(seconds=rest))
        elif rest > WAIT_IN_MEMORY.total_seconds():
            reason = OF_WHOLE_BOT if self._pauses.concerns_bot(address) else self._pauses.reason(address)
            self._put_back(chat, reason, timedelta(seconds=rest))
            chat.edits.clear()
        elif (own := self._pauses.rest_of_chat(address)) > 0:
            await asyncio.sleep(own)
        else:  # a short pause of the whole bot is waited out at its gate, from which replies leave first
            return False
        return True

    async def _deliver(self, channel: Channel, chat: ChatQueue, item: Item, *, departure: Departure) -> None:
        outgoing = item.outgoing
        item.attempts += 1
        self._unqueue(outgoing)
        message_ids: Sequence[str] = ()
        try:
            filled = await self._filled(outgoing)
            try:
                message_ids = await channel.send(replace(filled, departure=departure))
            finally:
                self._paces.count(outgoing.address, departure, messages=max(1, len(message_ids)))
        except DeliveryError as error:
            self._tell(outgoing, error)
            self._failed(chat, item, error)
            return
        except Exception:  # a defect of an adapter must not stop the chat; the row says that it failed
            log.exception("delivery %s: defect while sending on %s", outgoing.delivery, outgoing.address.channel)
            self._done(chat, item, state="failed", reason="defect")
            return
        self._paces.gates[outgoing.address.channel].accepted()
        self._tell(outgoing, None)
        self._drop(chat)
        self._mark(
            Mark(
                delivery=outgoing.delivery,
                address=outgoing.address,
                state="sent",
                known=item.known,
                message_ids=tuple(message_ids),
                prompt=outgoing.message.prompt if outgoing.priority == "reply" else None,  # one for all readers
            )
        )

    async def _filled(self, outgoing: Outgoing) -> Outgoing:
        """Put bytes in the place of references, which is all that rows hold of what a form shows."""
        if self._fill is None or not outgoing.message.attachments:
            return outgoing
        try:
            return replace(outgoing, message=await self._fill(outgoing.message))
        except StorageUnavailable as error:
            raise NotSent("What the message shows cannot be read now.") from error

    def _failed(self, chat: ChatQueue, item: Item, error: DeliveryError) -> None:
        abilities = self._channels[item.outgoing.address.channel].abilities
        priority = item.outgoing.priority
        decision = decide(
            error,
            attempts=item.attempts,
            priority=priority,
            idempotent=abilities.idempotent,
            chance=self._random.random(),
        )
        if decision.kind == "moved":
            self._move(chat, item, to=decision.to)
            return
        if decision.kind != "again":
            if not decision.unreachable:
                log.warning("delivery %s %s: %s", item.outgoing.delivery, decision.kind, error)
            self._done(chat, item, state=decision.kind, reason=error.reason, unreachable=decision.unreachable)
            if decision.unreachable:
                self._give_up(chat, error.reason)
            return
        if item.attempts == 1 or isinstance(error, RateLimited):
            log.info(
                "delivery %s: %s; again in %.0f s", item.outgoing.delivery, error.reason, decision.after.total_seconds()
            )
        self._hold(item.outgoing.address, decision, reason=error.reason)
        if decision.after > WAIT_IN_MEMORY:
            reason = OF_WHOLE_BOT if decision.whole_bot else error.reason
            self._put_back(chat, reason, decision.after, tried=item)

    def _hold(self, address: Address, decision: Decision, *, reason: str) -> None:
        seconds, whole_bot = decision.after.total_seconds(), decision.whole_bot
        self._pauses.begin(address, seconds, reason=reason, whole_bot=whole_bot)
        if whole_bot:
            self._paces.gates[address.channel].refused(seconds)

    def _give_up(self, chat: ChatQueue, reason: str) -> None:
        """Nobody is there: what else waited for this chat is not tried."""
        chat.edits.clear()
        while chat.sends:
            self._done(chat, chat.sends[0], state="failed", reason=reason, tried=False)

    def _move(self, chat: ChatQueue, tried: Item, *, to: str) -> None:
        """Give the chat's deliveries back to the ledger, where they are addressed to the chat's new id."""
        chat.edits.clear()
        while chat.sends:
            item = self._drop(chat)
            self._mark(
                Mark(
                    delivery=item.outgoing.delivery,
                    address=item.outgoing.address,
                    state="planned",
                    known=item.known,
                    reason=ChatMoved.reason,
                    tried=item is tried,
                    moved_to=to,
                )
            )

    def _put_back(self, chat: ChatQueue, reason: str, after: timedelta, *, tried: Item | None = None) -> None:
        """Give the chat's deliveries back to the ledger until the pause is over; their order is that of their ids."""
        not_before = self._clock.now() + after
        while chat.sends:
            item = self._drop(chat)
            self._pauses.put_back(item.outgoing.address, item.outgoing.delivery)
            self._mark(
                Mark(
                    delivery=item.outgoing.delivery,
                    address=item.outgoing.address,
                    state="planned",
                    known=item.known,
                    reason=reason,
                    not_before=not_before,
                    tried=item is tried,
                )
            )

    def _done(
        self, chat: ChatQueue, item: Item, *, state: Any, reason: str, unreachable: bool = False, tried: bool = True
    ) -> None:
        self._drop(chat)
        self._mark(
            Mark(
                delivery=item.outgoing.delivery,
                address=item.outgoing.address,
                state=state,
                known=item.known,
                reason=reason,
                unreachable=unreachable,
                tried=tried,
            )
        )

    def _drop(self, chat: ChatQueue) -> Item:
        item = chat.sends.popleft()
        self._held.discard(item.outgoing.delivery)
        self._unqueue(item.outgoing)
        return item

    def _unqueue(self, outgoing: Outgoing) -> None:
        if outgoing.priority == "push":
            self._queued[outgoing.address.channel].discard(outgoing.delivery)
            if self._room is not None:
                self._room(outgoing.address.channel)

    def _tell(self, outgoing: Outgoing, error: DeliveryError | None) -> None:
        if self._tried is not None:
            self._tried(outgoing.address.channel, error)

    async def _edit(self, channel: Channel, chat: ChatQueue, edit: Edit, *, departure: Departure) -> None:
        try:
            try:
                await channel.edit(replace(edit, departure=departure))
            finally:
                self._paces.count(edit.address, departure, messages=1)
        except RateLimited as error:
            self._hold(edit.address, decide(error, attempts=1, priority="reply"), reason=error.reason)
            chat.edits.setdefault(edit.message_id, edit)
        except (Unreachable, ChatMoved):
            pass  # the next delivery finds out and says so
        except DeliveryError as error:
            log.debug("edit not made: %s", error.reason)
        except Exception:
            log.exception("edit: defect on %s", edit.address.channel)

    async def _acknowledge(self, acknowledgement: Acknowledgement) -> None:
        channel = self._channels.get(acknowledgement.address.channel)
        if channel is None:
            return
        for attempt in range(1, ACKNOWLEDGED_WITHIN + 1):
            try:
                await channel.acknowledge(acknowledgement)
            except Unavailable as error:
                log.debug("press not acknowledged: %s", error.reason)
                if attempt < ACKNOWLEDGED_WITHIN:
                    await asyncio.sleep(1.0)
                    continue
            except DeliveryError as error:
                log.debug("press not acknowledged: %s", error.reason)
            except Exception:
                log.exception("acknowledgement: defect on %s", acknowledgement.address.channel)
            return
