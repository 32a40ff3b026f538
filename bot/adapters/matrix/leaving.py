"""Leaving rooms for good: a homeserver that cannot do it now is asked again, also by the next run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.adapters.matrix.api import HomeserverClient
from bot.adapters.matrix.crypto import quoted
from bot.adapters.matrix.errors import NO_ANSWER, MatrixError, pause_of
from bot.adapters.matrix.notes import Notes
from bot.adapters.matrix.vault import Vault

LEAVING = "matrix/leaving"
MOST = 2000
"""Rooms that are to be left at a time; those that are empty are found again by every start."""

SECOND_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a third attempt (the second comes with the next sync), doubled each time up to a minute."""

_log = logging.getLogger(__name__)


class Leaving:
    """The rooms that we are on our way out of."""

    def __init__(self, client: HomeserverClient, *, vault: Vault) -> None:
        self._client = client
        self._rooms = Notes(vault, LEAVING, limit=MOST)
        self._under_way: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._pauses: dict[str, float] = {}

    async def load(self) -> None:
        """Take up what an earlier run did not get done."""
        await self._rooms.load()

    async def save(self) -> None:
        """Let what is not done yet survive a restart.

        Raises:
            StorageUnavailable: it may not.
        """
        await self._rooms.save()

    def add(self, room_id: str) -> None:
        """Take note that a room is to be left."""
        self._rooms.put(room_id, "")

    def due(self, *, is_wanted: Callable[[str], bool]) -> list[str]:
        """Return the rooms to be left now; those that we are out of, or that are no longer to be left, are dropped."""
        now = asyncio.get_running_loop().time()
        for room_id in self._rooms:
            if room_id not in self._under_way and (room_id not in self._client.rooms or not is_wanted(room_id)):
                self._done(room_id)
        return [
            room_id
            for room_id in self._rooms
            if room_id not in self._under_way and self._not_before.get(room_id, 0.0) <= now
        ]

    async def leave(self, room_id: str) -> None:
        """Leave a room and forget it, if the homeserver lets us."""
        if room_id in self._under_way:
            return
        self._under_way.add(room_id)
        try:
            if await self._is_left(room_id):
                self._done(room_id)
                self._client.rooms.pop(room_id, None)
                self._client.invited_rooms.pop(room_id, None)
                await self.forget(room_id)
        finally:
            self._under_way.discard(room_id)

    async def forget(self, room_id: str) -> None:
        """Let the homeserver forget a room that we are out of; one that it keeps hurts nobody."""
        try:
            await self._client.call("POST", f"/rooms/{quoted(room_id)}/forget")
        except MatrixError as error:
            _log.info("a room that was left is not forgotten: %s", error)

    async def _is_left(self, room_id: str) -> bool:
        """Leave, and return whether that is settled."""
        try:
            await self._client.call("POST", f"/rooms/{quoted(room_id)}/leave")
        except MatrixError as error:
            status = error.answer.status
            if status in (NO_ANSWER, 401, 429) or status >= 500:
                _log.warning("a room is left later: %s", error)
                pause = self._pauses.get(room_id, 0.0)
                self._pauses[room_id] = min(LONGEST_PAUSE, 2 * pause) or SECOND_PAUSE
                wish = pause_of(error.answer).total_seconds() if status == 429 else pause
                self._not_before[room_id] = asyncio.get_running_loop().time() + wish
                return False
            # We are not in it (any more), or it is unknown: nothing that asking again could mend.
            _log.info("a room was not left: %s", error)
        return True

    def _done(self, room_id: str) -> None:
        self._rooms.drop(room_id)
        self._pauses.pop(room_id, None)
        self._not_before.pop(room_id, None)
