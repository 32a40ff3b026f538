"""Somebody with an ordinary Matrix client: nio's own, which is not the code under test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, MemoryDownloadResponse, RoomMessage
from nio.crypto import decrypt_attachment
from nio.store import SqliteStore

from tests.fixtures_synapse import PASSWORD, Synapse, aside

PATIENCE = 20.0
POLL = "org.matrix.msc3381.poll.start"
VOTE = "org.matrix.msc3381.poll.response"
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the bot: its event id, its words, its content, and whether it came encrypted."""

    event_id: str
    text: str
    content: Mapping[str, Any]
    encrypted: bool


@dataclass
class Contact:
    """A person with one device; `hears` waits for what the bot says in a room."""

    synapse: Synapse
    user_id: str
    client: AsyncClient
    heard: dict[str, list[Heard]] = field(default_factory=dict)
    unreadable: int = 0
    encrypts: bool = True
    _next: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def enter(
        cls,
        synapse: Synapse,
        folder: Path,
        *,
        user_id: str | None = None,
        encrypts: bool = True,
        longest_pause: float = 60.0,
    ) -> Contact:
        """Log in on a new device, which has keys if it `encrypts`.

        While the homeserver is away it is asked again every `longest_pause` seconds.
        """
        user_id = user_id or await aside(synapse.new_user, "ada")
        assert user_id is not None
        config = AsyncClientConfig(
            store=SqliteStore,
            encryption_enabled=encrypts,
            pickle_key="theirs",
            max_timeout_retry_wait_time=longest_pause,
        )
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        client = AsyncClient(synapse.url, user_id, store_path=str(folder), config=config)
        await client.login(PASSWORD)
        if encrypts:
            await client.keys_upload()
        person = cls(synapse=synapse, user_id=user_id, client=client, encrypts=encrypts)
        await person.sync()
        return person

    async def opens_room(self, *people: str, encrypted: bool = False, direct: bool = True, **more: Any) -> str:
        """Make a room and invite people to it."""
        body = {
            "preset": "trusted_private_chat" if direct else "private_chat",
            "is_direct": direct,
            "invite": list(people),
            "initial_state": [ENCRYPTION] if encrypted else [],
            **more,
        }
        room_id: str = (await self.call("POST", "/createRoom", body))["room_id"]
        await self.sync()
        return room_id

    async def says(self, room_id: str, text: str, **more: Any) -> str:
        """Write a message; return its event id."""
        return await self.sends(room_id, {"msgtype": "m.text", "body": text, **more})

    async def sends(self, room_id: str, content: Mapping[str, Any], *, kind: str = "m.room.message") -> str:
        """Send any event, encrypted where the room is."""
        if self.client.should_query_keys:
            await self.client.keys_query()
        answer = await self.client.room_send(room_id, kind, dict(content), ignore_unverified_devices=True)
        # What a homeserver refuses (a body that is no text, in the clear) reaches nobody.
        return str(getattr(answer, "event_id", ""))

    async def votes(self, room_id: str, poll: Heard, *labels: str) -> str:
        """Vote for the answers that are shown so, as clients do; for none to spoil the vote."""
        answers = {answer["org.matrix.msc1767.text"]: answer["id"] for answer in poll.content[POLL]["answers"]}
        return await self.sends(
            room_id,
            {
                "m.relates_to": {"rel_type": "m.reference", "event_id": poll.event_id},
                VOTE: {"answers": [answers[label] for label in labels]},
            },
            kind=VOTE,
        )

    async def hears(self, room_id: str, wanted: str) -> Heard:
        """Wait for a message of the bot with these words, after the one heard last."""

        def find() -> Heard | None:
            said = self.heard.get(room_id, [])
            for place in range(self._next.get(room_id, 0), len(said)):
                if wanted in said[place].text:
                    self._next[room_id] = place + 1
                    return said[place]
            return None

        heard: Heard = await self.until(find, f"no message with {wanted!r} came")
        return heard

    async def history(self, room_id: str) -> list[str]:
        """Return all that others said in a room, oldest first."""
        told = await self.client.room_messages(room_id, limit=1000)
        said = [event for event in told.chunk if isinstance(event, RoomMessage) and event.sender != self.user_id]
        return [event.source["content"]["body"] for event in reversed(said)]

    async def until(self, find: Callable[[], Any], complaint: str, *, patience: float = PATIENCE) -> Any:
        """Wait until something is found, reading on."""
        end = time.monotonic() + patience
        while (found := find()) is None or found is False:
            if time.monotonic() > end:
                told = [message.text for said in self.heard.values() for message in said[-3:]]
                raise AssertionError(f"{complaint}; heard last: {told}")
            await self.sync(timeout=500)
        return found

    async def sync(self, *, timeout: int = 0) -> None:
        """Read what is new, and look after the keys as clients do."""
        response = await self.client.sync(timeout=timeout, sync_filter={"room": {"timeline": {"limit": 100}}})
        for room_id, info in response.rooms.join.items():
            for event in info.timeline.events:
                if isinstance(event, MegolmEvent):
                    self.unreadable += 1
                elif isinstance(event, RoomMessage) and event.sender != self.user_id:
                    content = event.source["content"]
                    heard = Heard(event.event_id, content.get("body", ""), content, bool(event.decrypted))
                    self.heard.setdefault(room_id, []).append(heard)
                elif event.source.get("type") == POLL and event.sender != self.user_id:
                    content = event.source["content"]
                    heard = Heard(event.event_id, content["body"], content, bool(event.decrypted))
                    self.heard.setdefault(room_id, []).append(heard)
        if self.encrypts and self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()
        await self.client.send_to_device_messages()

    async def fetches(self, content: Mapping[str, Any]) -> bytes:
        """Download what a message shows, and open it if it was encrypted."""
        sealed = content.get("file")
        answer = await self.client.download(sealed["url"] if sealed else content["url"])
        assert isinstance(answer, MemoryDownloadResponse), answer
        if sealed is None:
            return bytes(answer.body)
        return bytes(decrypt_attachment(answer.body, sealed["key"]["k"], sealed["hashes"]["sha256"], sealed["iv"]))

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make any call of the client API as this person."""
        return await asyncio.to_thread(self.synapse.call, method, path, body, token=self.client.access_token)

    async def members(self, room_id: str) -> dict[str, str]:
        """Return who is in a room, and how."""
        chunk = (await self.call("GET", f"/rooms/{quote(room_id)}/members"))["chunk"]
        return {event["state_key"]: event["content"]["membership"] for event in chunk}

    async def leaves(self) -> None:
        """Close the client."""
        await self.client.close()
        if self.client.store is not None:
            self.client.store.database.close()
