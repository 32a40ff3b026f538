"""Brings the steps of verifications to a contact's client: into the room, or from device to device."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from nio import EncryptionError, LocalProtocolError

from bot.adapters.matrix.crypto import Crypto, quoted
from bot.adapters.matrix.errors import NO_ANSWER, MatrixError, pause_of
from bot.adapters.matrix.guard import GuardedClient
from bot.adapters.matrix.verification import Step

ALL_DEVICES = "*"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds
PUT_SECONDS = 20.0
"""Sharing a room's key counts in; messages to people wait for the room meanwhile."""


Locks = defaultdict[str, asyncio.Lock]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the steps of one transaction go. `room` None: from device to device, in the clear as clients do it."""

    room: str | None
    user_id: str
    device_id: str
    transaction: str


class Courier:
    """Sends for one session.

    Args:
        client: signed in.
        crypto: seals what goes into an encrypted room.
        locks: by room; whoever sends there holds it, since keys are shared and events keep their order that way.
    """

    def __init__(self, client: GuardedClient, crypto: Crypto, *, locks: Locks) -> None:
        self._client = client
        self._crypto = crypto
        self._locks = locks

    async def bring(self, step: Step, *, to: Destination, within: float) -> bool:
        """Send a step, put off or tried again for `within` seconds at most; return whether it arrived.

        It keeps its name over all tries, by which a homeserver knows that it is the same.
        """
        name, pause = uuid4().hex, FIRST_PAUSE
        end = asyncio.get_running_loop().time() + within
        while True:
            try:
                return await self._put(step, to=to, name=name)
            except MatrixError as error:
                status, wish = error.answer.status, pause
                if status == 429:
                    wish = pause_of(error.answer).total_seconds()
                elif status != NO_ANSWER and status < 500:
                    _log.info("a step of a verification is refused: %s", error)
                    return False
            except (EncryptionError, LocalProtocolError, TimeoutError):
                wish = pause
            if asyncio.get_running_loop().time() + wish > end:
                _log.info("a step of a verification could not be sent in time")
                return False
            await asyncio.sleep(wish)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def _put(self, step: Step, *, to: Destination, name: str) -> bool:
        """Send a step once; return whether we are (still) where it goes."""
        kind = f"m.key.verification.{step.kind}"
        if to.room is None:
            content: Mapping[str, Any] = {**step.content, "transaction_id": to.transaction}
            messages = {"messages": {to.user_id: {to.device_id: content}}}
            await self._client.call("PUT", f"/sendToDevice/{kind}/{name}", messages)
            return True
        relation = {"rel_type": "m.reference", "event_id": to.transaction}
        async with self._locks[to.room], asyncio.timeout(PUT_SECONDS):
            if to.room not in self._client.rooms:
                return False
            content = {**step.content, "m.relates_to": relation}
            kind, content = await self._crypto.seal(to.room, kind=kind, content=content)
            await self._client.call("PUT", f"/rooms/{quoted(to.room)}/send/{kind}/{name}", content)
            return True
