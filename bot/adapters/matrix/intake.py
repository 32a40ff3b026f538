"""What a sync brought -> messages of people, in order, room by room; comings and goings are followed on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nio import MegolmEvent, SyncResponse

from bot.adapters.matrix import inbound
from bot.adapters.matrix.crypto import Crypto
from bot.adapters.matrix.notes import Notes
from bot.adapters.matrix.rooms import DIRECT, Rooms
from bot.adapters.matrix.timeline import Timeline
from bot.adapters.matrix.vault import Vault
from bot.adapters.matrix.verifier import Verifier
from bot.domain.messages import InboundMessage, MembershipChanged, Said

HINT_EVERY = timedelta(hours=1)
"""How often a room is told that something could not be decrypted."""

THREADS_KEPT = "matrix/threads"
THREADS = 2000
"""Rooms whose thread is remembered; beyond that the one that was entered first is forgotten."""

# https://spec.matrix.org/latest/client-server-api/#reporting-that-decryption-keys-are-withheld
WITHHELD = "m.room_key.withheld"
_CODES = frozenset({"m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable", "m.no_olm"})

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)

_log = logging.getLogger(__name__)


class Intake:
    """Turns syncs of one session into messages; the same sync twice gives the same messages."""

    def __init__(
        self,
        crypto: Crypto,
        rooms: Rooms,
        timeline: Timeline,
        reader: inbound.Reader,
        verifier: Verifier,
        *,
        vault: Vault,
    ) -> None:
        self._crypto = crypto
        self._rooms = rooms
        self._timeline = timeline
        self._reader = reader
        self._verifier = verifier
        # The thread's first event is kept, the last one in it is not: it changes all the time, and only clients that
        # know no threads look at it.
        self._threads = Notes(vault, THREADS_KEPT, limit=THREADS)
        self._last: dict[str, str] = {}
        self._hinted: dict[str, tuple[datetime, str]] = {}
        self._read_at: dict[str | None, datetime] = {}

    def thread(self, room_id: str) -> inbound.Thread | None:
        """Return where the person of a room wrote last, if beside the main line."""
        root = self._threads.get(room_id)
        return None if root is None else inbound.Thread(root=root, last=self._last.get(room_id, root))

    async def load(self) -> None:
        """Take up where people wrote when an earlier run ended."""
        await self._threads.load()

    async def save(self) -> None:
        """Let it survive a restart where people write; before the cursor moves beyond it.

        Raises:
            StorageUnavailable: it may not.
        """
        await self._threads.save()

    async def take(self, response: SyncResponse, *, cursor: str | None, now: datetime) -> list[InboundMessage]:
        """Return what people said after `cursor`.

        Raises:
            MatrixError: a gap could not be read.
        """
        _note_withheld(response.to_device_events)
        for event in response.account_data_events:
            if getattr(event, "type", "") == DIRECT:
                self._rooms.learn_direct(event.content)
        for room_id, info in response.rooms.join.items():
            for event in (*info.state, *info.timeline.events):
                self._rooms.learn(room_id, event.source)
        for room_id, info in response.rooms.leave.items():
            # Who was put out before the room's successor could be joined still has to find it.
            for event in (*info.state, *info.timeline.events):
                self._rooms.learn(room_id, event.source)
        for room_id in response.rooms.invite:
            self._rooms.take_up(room_id)
        self._verifier.end_old(now=now)
        messages = [*self._verifier.of_devices(response.to_device_events, now=now), *self._late(response, now=now)]
        for room_id, info in response.rooms.join.items():
            messages += await self._of_room(room_id, info, cursor=cursor, now=now)
            for deserted in self._rooms.deserted(room_id):
                self._rooms.is_empty_from(deserted, cursor=response.next_batch)
        for room_id, info in response.rooms.leave.items():
            messages += self._of_left_room(room_id, info, now=now)
            self._rooms.is_empty_from(room_id, cursor=response.next_batch, is_left=True)
        messages += self._hints(now=now)
        if since := self._read_at.get(cursor):
            # What came since we last read is new, whatever the clock of the sender's homeserver says.
            messages = [replace(message, received_at=max(message.received_at, since)) for message in messages]
        self._read_at = {cursor: since} if since else {}
        self._read_at[response.next_batch] = now
        return inbound.without_old_talk(messages, now=now)

    async def _of_room(self, room_id: str, info: Any, *, cursor: str | None, now: datetime) -> Sequence[InboundMessage]:
        """Return what a room we are in brought, oldest first; our coming counts as its first word if nobody spoke."""
        reader, room = self._reader, self._rooms.room(room_id)
        events = await self._timeline.events(room_id, info.timeline, cursor=cursor, now=now)
        earlier = inbound.of_earlier_stay([event.source for event in events], reader=reader)
        join = self._own_join(info.state, events, cursor=cursor, now=now)
        has_come = join is None
        messages: list[InboundMessage] = []
        for event in events:
            source = self._crypto.open_event(event, room_id=room_id)
            has_come = has_come or (join is not None and event.source.get("event_id") == join.get("event_id"))
            if source is None:
                # What was encrypted before we came is for others.
                if has_come and isinstance(event, MegolmEvent) and event.sender != reader.user_id:
                    self._crypto.keep(event, room_id=room_id, now=now)
                continue
            if (shown := self._verifier.of_room(source, room_id=room_id, now=now)) is not None:
                messages.append(shown)
            message = self._read(source, room=room, now=now)
            if message is not None and not self._is_moving_out(room_id, message):
                if message.native_id in earlier and inbound.is_old(message, now=now):
                    continue
                self._note_thread(room_id, source, message)
                messages.append(message)
        person = self._rooms.other(room_id)
        if person is not None and (join is not None or messages) and not self._rooms.is_group(room_id):
            await self._rooms.remember_direct(room_id, user_id=person)
        if join is None or person is None:
            return messages
        present, *start = inbound.greeting(join, room=room, sender=person, reader=reader, now=now)
        # Who is there already needs no mention; what they said first, the invitation's code perhaps, says hello itself.
        said = [message for message in messages if not isinstance(message.content, MembershipChanged)]
        has_spoken = any(isinstance(message.content, Said) and message.native_id not in earlier for message in said)
        return [present, *(() if has_spoken or room.chat != room_id else start), *said]

    def _own_join(
        self, state: Sequence[Any], events: Sequence[Any], *, cursor: str | None, now: datetime
    ) -> inbound.Object | None:
        """Return our last step into a room, if it is new: it comes after the cursor; without one, it is of today."""
        sources = [event.source for event in events]
        if cursor is None:
            since = (now - inbound.OLD).timestamp() * 1000
            sources = [event.source for event in state] + sources
            sources = [source for source in sources if source.get("origin_server_ts", 0) > since]
        return next((source for source in reversed(sources) if inbound.is_own_join(source, reader=self._reader)), None)

    def _of_left_room(self, room_id: str, info: Any, *, now: datetime) -> Iterator[InboundMessage]:
        """Return what was said until somebody put us out of a room, and that."""
        room = self._rooms.room(room_id)
        for event in info.timeline.events:
            source = self._crypto.open_event(event, room_id=room_id)
            message = None if source is None else self._read(source, room=room, now=now)
            if message is not None and not self._is_moving_out(room_id, message):
                yield message
        self._rooms.forget(room_id)
        self._threads.drop(room_id)
        self._last.pop(room_id, None)

    def _is_moving_out(self, room_id: str, message: InboundMessage) -> bool:
        """Whether somebody only leaves a room whose talk goes on in its successor."""
        return message.content == MembershipChanged(present=False) and self._rooms.is_superseded(room_id)

    def _late(self, response: SyncResponse, *, now: datetime) -> Iterator[InboundMessage]:
        """Return what could not be decrypted when it came, and can be now."""
        if response.to_device_events:
            for room_id, source in self._crypto.opened_late():
                room = self._rooms.room(room_id)
                if (shown := self._verifier.of_room(source, room_id=room_id, now=now)) is not None:
                    yield shown
                if (message := self._read(source, room=room, now=now)) is not None:
                    yield message

    def _hints(self, *, now: datetime) -> Iterator[InboundMessage]:
        for room_id, source in self._crypto.given_up(now=now):
            event_id = str(source.get("event_id"))
            last, about = self._hinted.get(room_id, (None, ""))
            if last is not None and now - last < HINT_EVERY and event_id != about:
                continue
            self._hinted[room_id] = (now, event_id)
            _log.warning("a message could not be decrypted; its sender is asked to write again")
            try:
                yield inbound.unreadable(source, room=self._rooms.room(room_id), reader=self._reader, now=now)
            except _MALFORMED as error:
                _log.warning("an event is set aside: %s", type(error).__name__)

    def _read(self, source: inbound.Object, *, room: inbound.Room, now: datetime) -> InboundMessage | None:
        try:
            return inbound.read_event(source, room=room, reader=self._reader, now=now)
        except _MALFORMED as error:
            _log.warning("an event is set aside: %s", type(error).__name__)
            return None

    def _note_thread(self, room_id: str, source: inbound.Object, message: InboundMessage) -> None:
        """Remember where the person writes, so that the answer stays there."""
        if not isinstance(message.content, Said) or source.get("type") != "m.room.message":
            return
        try:
            thread = inbound.thread_of(source)
        except _MALFORMED:
            thread = None
        self._last.pop(room_id, None)
        if thread is None:
            self._threads.drop(room_id)
        else:
            self._threads.put(room_id, thread.root)
            self._last[room_id] = thread.last


def _note_withheld(events: Sequence[Any]) -> None:
    """Say in the log that people's clients keep their keys from us, since neither they nor we would see anything."""
    contents = [event.source.get("content") for event in events if getattr(event, "type", "") == WITHHELD]
    codes = {content.get("code") for content in contents if isinstance(content, dict)}
    for code in sorted(code for code in codes if isinstance(code, str) and code in _CODES):
        _log.warning(
            "a client withholds its keys from the bot (%s); `hubtalk doctor` tells if the device is signed", code
        )
