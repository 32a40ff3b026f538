"""The rooms we are in: which of them is whose, invitations, upgrades, and leaving when nobody is there any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any
from uuid import uuid4

import orjson

from bot.adapters.matrix.api import SLOW_SECONDS, HomeserverClient
from bot.adapters.matrix.crypto import quoted
from bot.adapters.matrix.errors import NO_ANSWER, MatrixError, pause_of
from bot.adapters.matrix.inbound import Room
from bot.adapters.matrix.leaving import Leaving
from bot.adapters.matrix.notes import Notes
from bot.adapters.matrix.vault import Vault
from bot.domain.messages import ChatKind
from bot.errors import StorageUnavailable

BEFORE, AFTER = "matrix/predecessors", "matrix/successors"
UPGRADES = 2000
"""Upgraded rooms whose talk is known to be one; each is upgraded every few years."""

DIRECT = "m.direct"
"""Account data that says which rooms are for two: https://spec.matrix.org/latest/client-server-api/#direct-messaging"""

TWO = 2
JOINS = 4  # side by side: a homeserver takes some 0.3 s for each, and 50 people may invite at once
JOIN_TRIES = 20
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds

Object = Mapping[str, Any]

_log = logging.getLogger(__name__)


class Rooms:
    """What we know of our rooms: what the first sync after a start tells again, and notes of what none tells.

    Args:
        client: signed in.
        groups: whether we stay in rooms of more than two.
        vault: keeps which room goes on in which (nobody tells that of rooms that were left), and what is to be left.
    """

    def __init__(self, client: HomeserverClient, *, groups: bool, vault: Vault) -> None:
        self._client = client
        self._groups = groups
        self._direct: dict[str, list[str]] = {}
        self._is_direct_told = True
        self._before = Notes(vault, BEFORE, limit=UPGRADES)
        self._after = Notes(vault, AFTER, limit=UPGRADES)
        self._leaving = Leaving(client, vault=vault)
        self._empty: dict[str, tuple[str, bool]] = {}
        self._invited: set[str] = set()
        self._joining = asyncio.Semaphore(JOINS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Take up the notes of an earlier run."""
        for notes in (self._before, self._after, self._leaving):
            await notes.load()

    async def save(self) -> None:
        """Let the notes survive a restart; before the cursor moves beyond what they say.

        Raises:
            StorageUnavailable: they may not.
        """
        for notes in (self._before, self._after, self._leaving):
            await notes.save()

    # --- what they are -----------------------------------------------------------------------------------------------

    def room(self, room_id: str) -> Room:
        """Return what a room is to the core."""
        return Room(chat=self.chat(room_id), kind=ChatKind.GROUP if self.is_group(room_id) else ChatKind.PRIVATE)

    def is_group(self, room_id: str) -> bool:
        """Whether more than one other person can read along, or is invited to."""
        room = self._client.rooms.get(room_id)
        return room is not None and len(room.users) > TWO

    def is_alone(self, room_id: str) -> bool:
        """Whether nobody else is there or invited."""
        room = self._client.rooms.get(room_id)
        return room is not None and set(room.users) <= {self._client.user_id}

    def is_deserted(self, room_id: str) -> bool:
        """Whether nobody is there and the talk has begun there."""
        return self.is_alone(room_id) and self.chat(room_id) == room_id and not self._is_waiting(room_id)

    def other(self, room_id: str) -> str | None:
        """Return the person with whom we are there."""
        room = self._client.rooms.get(room_id)
        return next((user for user in room.users if user != self._client.user_id), None) if room else None

    def with_person(self, user_id: str) -> str | None:
        """Return the room that was opened last of those where we are alone with a person."""
        rooms = reversed(list(self._client.rooms))
        return next((room for room in rooms if not self.is_group(room) and self.other(room) == user_id), None)

    def chat(self, room_id: str) -> str:
        """Return under which id the core knows a room: an upgraded one keeps that of the first.

        Both sides must say so: the old room names its successor, and the new one, made by the server, its predecessor.
        """
        seen = {room_id}
        while (before := self._before.get(room_id)) and self._after.get(before) == room_id and before not in seen:
            seen.add(room_id := before)
        return room_id

    def current(self, chat: str) -> str:
        """Return the room in which that talk goes on."""
        seen = {chat}
        while (after := self._after.get(chat)) and self._before.get(after) == chat and after not in seen:
            if after not in self._client.rooms:
                break
            seen.add(chat := after)
        return chat

    def is_superseded(self, room_id: str) -> bool:
        """Whether the talk that was there goes on in another room by now."""
        return self.current(self.chat(room_id)) != room_id

    # --- what a sync tells -------------------------------------------------------------------------------------------

    def learn(self, room_id: str, source: Object) -> None:
        """Take note of an event that makes an upgraded room the successor of another."""
        content = source.get("content")
        if "state_key" not in source or not isinstance(content, Mapping):
            return
        if source.get("type") == "m.room.create":
            before = content.get("predecessor")
            if isinstance(before, Mapping) and isinstance(before.get("room_id"), str):
                self._before.put(room_id, before["room_id"])
        elif source.get("type") == "m.room.tombstone" and isinstance(content.get("replacement_room"), str):
            after = content["replacement_room"]
            self._after.put(room_id, after)
            if after not in self._client.rooms:
                self.take_up(after, via=str(source.get("sender", "")).partition(":")[2])

    def learn_direct(self, content: Object) -> None:
        """Take over what the account data say about direct rooms."""
        self._direct = {
            str(user): [room for room in rooms if isinstance(room, str)]
            for user, rooms in content.items()
            if isinstance(rooms, list)
        }

    def take_up(self, room_id: str, *, via: str = "") -> None:
        """Follow an invitation, or a room to its successor; beside the reading, since it may be put off for minutes."""
        if room_id not in self._invited:
            self._invited.add(room_id)
            self._spawn(self._join(room_id, via=via))

    def take_up_open(self) -> None:
        """Look for open invitations, once a run: a sync tells none that a killed run left."""
        self._spawn(self._take_up_open())

    async def remember_direct(self, room_id: str, *, user_id: str) -> None:
        """Let the account remember that a room is a talk for two, also when somebody else joins it later.

        What a homeserver did not take is told it again the next time.
        """
        if self.is_direct(room_id):
            if self._is_direct_told:
                return
        else:
            self._direct.setdefault(user_id, []).append(room_id)
        path = f"/user/{quoted(self._client.user_id)}/account_data/{DIRECT}"
        try:
            await self._client.call("PUT", path, self._direct)
            self._is_direct_told = True
        except MatrixError as error:
            self._is_direct_told = False
            _log.warning("that a room is direct is remembered later: %s", error)

    def is_direct(self, room_id: str) -> bool:
        """Whether the room was a talk for two when we came."""
        return any(room_id in rooms for rooms in self._direct.values())

    # --- leaving -----------------------------------------------------------------------------------------------------

    def is_to_leave(self, room_id: str) -> bool:
        """Whether our one polite word in a room is our last: a group, where nobody asked for us alone."""
        return not self._groups and self.is_group(room_id) and not self.is_direct(room_id)

    def leave(self, room_id: str) -> None:
        """Leave a room and forget it; until that is done, each `leave_due` tries it again."""
        self._leaving.add(room_id)
        self._spawn(self._leaving.leave(room_id))

    async def leave_after_last_word(self, room_id: str) -> None:
        """Leave a room in which all is said; that survives a kill, since nobody would tell the next run."""
        self._leaving.add(room_id)
        try:
            await self._leaving.save()
        except StorageUnavailable:
            _log.warning("that a room is to be left was not noted")
        self.leave(room_id)

    def leave_due(self) -> None:
        """Try again to leave what could not be left; after a sync, which tells where we still are."""
        for room_id in self._leaving.due(is_wanted=lambda room: self.is_alone(room) or self.is_to_leave(room)):
            self._spawn(self._leaving.leave(room_id))

    def is_empty_from(self, room_id: str, *, cursor: str, is_left: bool = False) -> None:
        """Take note that nobody is left in a room, or (`is_left`) we are out of it, to tidy up once that is committed.

        Not before: a room that was forgotten is in no later sync, so nobody would hear that the person has gone. A room
        that has a successor waits until we are there.
        """
        if not self._is_waiting(room_id):
            self._empty[room_id] = (cursor, is_left)

    def deserted(self, room_id: str) -> list[str]:
        """Return which of a room and its predecessor are empty; people leave one before we have come to the other."""
        before = self._before.get(room_id)
        return [room for room in (room_id, before) if room is not None and self.is_alone(room)]

    def forget(self, room_id: str) -> None:
        """Count a room as left."""
        self._client.rooms.pop(room_id, None)

    def confirmed(self, cursor: str | None) -> None:
        """Tidy up what the reading with that cursor told."""
        for room_id, (told, is_left) in list(self._empty.items()):
            if told == cursor:
                del self._empty[room_id]
                # Leaving a room that we are out of would decline an invitation that brings us back.
                if is_left:
                    self._spawn(self._leaving.forget(room_id))
                else:
                    self.leave(room_id)

    async def close(self) -> None:
        """End what runs beside."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_waiting(self, room_id: str) -> bool:
        """Whether there is a successor that we are not in yet, and who is in this room may be let in there."""
        return room_id in self._after and not self.is_superseded(room_id)

    # --- within ------------------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take_up_open(self) -> None:
        # Synapse gives the same answer to the same question for two minutes, so no two ask for the same.
        nothing = {"types": [f"none.{uuid4().hex}"]}
        room = {"timeline": {"limit": 1}, "state": nothing, "ephemeral": nothing}
        only = {"room": room, "presence": nothing, "account_data": nothing}
        query = f"?timeout=0&filter={quoted(orjson.dumps(only).decode())}"
        try:
            answer = await self._client.call("GET", f"/sync{query}", timeout=SLOW_SECONDS)
        except MatrixError as error:
            _log.warning("open invitations were not looked for: %s", error)
            return
        told = answer.get("rooms")
        for room_id in (told.get("invite") or {}) if isinstance(told, Mapping) else ():
            self.take_up(str(room_id))

    async def _join(self, room_id: str, *, via: str) -> None:
        """Join, however long we are put off (Synapse's `rc_joins`: ten at once, then one in ten seconds)."""
        query = f"?server_name={quoted(via)}&via={quoted(via)}" if via else ""
        pause = FIRST_PAUSE
        try:
            async with self._joining:
                for _ in range(JOIN_TRIES):
                    try:
                        await self._client.call("POST", f"/join/{quoted(room_id)}{query}")
                    except MatrixError as error:
                        status = error.answer.status
                        if status not in (429, NO_ANSWER) and status < 500:
                            _log.warning("a room cannot be joined: %s", error)
                            await self._decline(room_id)
                            return
                        wish = pause_of(error.answer).total_seconds() if status == 429 else pause
                        await asyncio.sleep(wish)
                        pause = min(LONGEST_PAUSE, 2 * pause)
                    else:
                        return
        finally:
            self._invited.discard(room_id)

    async def _decline(self, room_id: str) -> None:
        if room_id in self._client.invited_rooms:
            await self._leaving.leave(room_id)
