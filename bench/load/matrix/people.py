"""People on Matrix: who they are, their rooms with the bots, and how they write, in the clear or encrypted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, RoomMessageText
from nio.store import SqliteMemoryStore

from bench.load.matrix.wire import Event, Wire

_ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
# Rooms and sign-ins that are under way at the same time: enough to keep a homeserver busy, few enough not to time out.
_AT_ONCE = 10

_numbers = itertools.count(1)
_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a room with each bot; `client` is what encrypts, None who writes in the clear."""

    wire: Wire
    user_id: str
    client: AsyncClient | None = None
    rooms: dict[str, str] = field(default_factory=dict)

    async def open_room(self, bot: str, *, bot_token: str) -> None:
        """Make a room for two and let the bot in."""
        body = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [bot],
            "initial_state": [_ENCRYPTION] if self.client else [],
        }
        room = (await self.wire.call("POST", "/createRoom", body, user=self.user_id))["room_id"]
        await self.wire.call("POST", f"/join/{quote(room, safe='')}", {}, token=bot_token)
        self.rooms[bot] = room

    async def share_key(self, bot: str) -> None:
        """Let the bot's devices read what will be said in the room with it."""
        if self.client is None:
            return
        await self.client.sync(timeout=0)
        if self.client.should_query_keys:
            await self.client.keys_query()
        await self.client.joined_members(self.rooms[bot])
        await self.client.share_group_session(self.rooms[bot], ignore_unverified_devices=True)

    async def seal(self, bot: str, text: str) -> tuple[str, Event]:
        """Return type and content of a message as it goes into the room."""
        content = {"msgtype": "m.text", "body": text}
        if self.client is None:
            return "m.room.message", content
        room = self.rooms[bot]
        if self.client.olm.should_share_group_session(room):
            await self.client.share_group_session(room, ignore_unverified_devices=True)
        kind, sealed = self.client.encrypt(room, "m.room.message", content)
        return kind, sealed

    async def send(self, bot: str, *, kind: str, content: Event) -> None:
        """Send what `seal` made."""
        number = f"b{next(_numbers)}"
        await self.wire.send(self.rooms[bot], user=self.user_id, kind=kind, content=content, transaction=number)

    async def read(self, bot: str) -> tuple[list[str], int]:
        """Return what the bot said since the last time, decrypted, and how many of it could not be."""
        assert self.client
        response = await self.client.sync(timeout=0, sync_filter={"room": {"timeline": {"limit": 100}}})
        info = response.rooms.join.get(self.rooms[bot])
        events = [event for event in info.timeline.events if event.sender == bot] if info else []
        texts = [str(event.body) for event in events if isinstance(event, RoomMessageText)]
        return texts, sum(isinstance(event, MegolmEvent) for event in events)

    async def close(self) -> None:
        """Close the client that encrypts."""
        if self.client is not None:
            await self.client.close()


async def enter(wire: Wire, name: str, *, sealed: bool, folder: Path) -> Person:
    """Register somebody; who encrypts gets a device with keys, in memory."""
    login = "m.login.application_service"
    told = await wire.call("POST", "/register", {"type": login, "username": name, "inhibit_login": True})
    person = Person(wire=wire, user_id=told["user_id"])
    if sealed:
        who = {"type": "m.id.user", "user": person.user_id}
        told = await wire.call("POST", "/login", {"type": login, "identifier": who})
        config = AsyncClientConfig(store=SqliteMemoryStore, encryption_enabled=True)
        person.client = AsyncClient(wire.url, person.user_id, store_path=str(folder), config=config)
        person.client.restore_login(person.user_id, told["device_id"], told["access_token"])
        await person.client.keys_upload()
    return person


async def each(things: list[_T], do: Callable[[_T], Awaitable[_R]]) -> list[_R]:
    """Do something with all of them, some at the same time; return the results in their order."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(thing: _T) -> _R:
        async with free:
            return await do(thing)

    return list(await asyncio.gather(*(one(thing) for thing in things)))


def is_message(event: Any) -> bool:
    """Whether an event is something said, encrypted or not."""
    return event.get("type") in ("m.room.message", "m.room.encrypted")
