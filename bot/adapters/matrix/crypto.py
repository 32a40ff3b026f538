"""End-to-end encryption behind one class: the key store, keys for others, opening messages, and those not open yet."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from nio import Event, MegolmEvent
from nio.exceptions import (
    EncryptionError,
    GroupEncryptionError,
    OlmTrustError,
    ProtocolError,
    TransferCancelledError,
    VerificationError,
)

from bot.adapters.matrix.account import AccountFile
from bot.adapters.matrix.api import checked
from bot.adapters.matrix.errors import MatrixError
from bot.adapters.matrix.guard import GuardedClient, SparingAccount, StoreTrouble
from bot.adapters.matrix.vault import Vault

NOT_SEALED = (
    ProtocolError,
    EncryptionError,
    GroupEncryptionError,
    OlmTrustError,
    VerificationError,
    TransferCancelledError,
    StoreTrouble,
)
"""All that nio raises by itself, before anything has left: another try later can double nothing."""

UPKEEP_SECONDS = 15.0
"""For all that follows a sync; what does not get done comes again after the next one."""

SHARE_TRIES = 3
"""A device list that changes while keys are shared makes them stale."""

KEPT_EVENTS = 200
PATIENCE = timedelta(seconds=8)
"""A key mostly comes before its message, sometimes just after. Beyond that the person is asked to write again, and then
a late key must not let an old answer count for the question that is open by then."""

WAITING = "matrix/waiting"
Object = Mapping[str, Any]

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Kept:
    """An event that could not be opened yet."""

    room: str
    source: Object
    since: datetime


class Crypto:
    """The keys of one device, and what is done with them."""

    def __init__(self, client: GuardedClient, *, files: AccountFile, vault: Vault) -> None:
        self._client = client
        self._files = files
        self._vault = vault
        self._kept: dict[str, _Kept] = {}
        self._taken: dict[str, _Kept] = {}
        self._is_saved = False
        self._restored_at: datetime | None = None
        self._querying = asyncio.Lock()

    # --- the device --------------------------------------------------------------------------------------------------

    async def open(self, *, user_id: str, device_id: str, access_token: str) -> str:
        """Load the device's keys, or make new ones, and let others find them; return the fingerprint.

        Raises:
            MatrixError: the keys could not be uploaded.
        """
        path, self._restored_at = self._files.make_key_store(device_id), self._files.restored_at()
        self._client.config = replace(self._client.config, store_name=path.name)
        self._client.restore_login(user_id, device_id, access_token)
        # nio makes the account by itself and asks nobody for its class.
        self._client.olm.account.__class__ = SparingAccount
        if self._client.should_upload_keys:
            await self._upload_keys()
        self._kept = {event_id: kept async for event_id, kept in self._load_kept()}
        self._is_saved = bool(self._kept)
        return str(self._client.olm.account.identity_keys["ed25519"])

    def sign(self, content: Object) -> str:
        """Return the device's signature of an object."""
        return str(self._client.olm.sign_json(dict(content)))

    async def keep_up(self) -> None:
        """Do what a sync left to be done: upload, look up and claim keys, send what is due; what fails comes again."""
        client = self._client
        steps = (
            (lambda: client.should_upload_keys, self._upload_keys),
            (lambda: client.should_query_keys, self._query_keys),
            (lambda: client.should_claim_keys, self._claim_keys),
            (lambda: bool(client.outgoing_to_device_messages), self._send_to_device),
        )
        try:
            async with asyncio.timeout(UPKEEP_SECONDS):
                for is_due, step in steps:
                    if is_due():
                        await self._step(step)
        except TimeoutError:
            _log.warning("looking after keys took too long and goes on after the next sync")

    # --- to others ---------------------------------------------------------------------------------------------------

    async def seal(self, room_id: str, *, kind: str, content: Object) -> tuple[str, Object]:
        """Return type and content of an event as it goes to that room: encrypted where the room is.

        Nothing of a failed attempt stays: the next one shares a new session.

        Raises:
            MatrixError: the keys could not be shared with everybody in the room.
        """
        if not self._client.rooms[room_id].encrypted:
            return kind, content
        if self._client.should_query_keys:
            await self._query_keys()
        for _ in range(SHARE_TRIES):
            if not self._client.olm.should_share_group_session(room_id):
                break
            await self._share(room_id)
        sealed: tuple[str, Object] = self._client.encrypt(room_id, kind, dict(content))
        return sealed

    async def _share(self, room_id: str) -> None:
        """Share a room's key with every device in it, a stranger's unverified one too (nobody verifies a bot first)."""
        client, olm = self._client, self._client.olm
        missing = self._unusable(room_id)
        if missing:
            checked(await client.keys_claim(missing), call="keys/claim")
        try:
            batches = list(
                olm.share_group_session_parallel(
                    room_id, list(client.rooms[room_id].users), ignore_unverified_devices=True
                )
            )
            session = olm.outbound_group_sessions[room_id]
            for devices, messages in batches:
                await client.call("PUT", f"/sendToDevice/m.room.encrypted/{uuid4().hex}", messages)
                session.users_shared_with.update(devices)
        except BaseException:
            olm.outbound_group_sessions.pop(room_id, None)
            raise
        # What read on meanwhile may have made it stale.
        if olm.outbound_group_sessions.get(room_id) is session:
            session.shared = True

    def _unusable(self, room_id: str) -> dict[str, list[str]]:
        """Return the devices in a room to which no talk is open, or one that is behind theirs: user -> device ids."""
        client, found = self._client, self._client.get_missing_sessions(room_id)
        if self._restored_at is not None:
            # What goes out in a talk that a backup set back is taken for a message that came before, and thrown away.
            for user in client.rooms[room_id].users:
                for device in client.olm.device_store.active_user_devices(user):
                    session = client.olm.session_store.get(device.curve25519)
                    if session is not None and session.creation_time.astimezone() < self._restored_at:
                        found.setdefault(user, []).append(device.id)
        missing: dict[str, list[str]] = found
        return missing

    # --- from others -------------------------------------------------------------------------------------------------

    def open_event(self, event: Any, *, room_id: str) -> Object | None:
        """Return the source of an event, decrypted if another encrypted it; None if it cannot be opened."""
        if not isinstance(event, MegolmEvent) or event.sender == self._client.user_id:
            source: Object = event.source
            return source
        event.room_id = room_id
        try:
            opened = self._client.decrypt_event(event)
        except Exception as error:  # noqa: BLE001 -- nio and vodozemac raise whatever the sender wants them to
            _log.debug("an event cannot be opened: %s", type(error).__name__)
            return None
        opened_source: Object = opened.source
        return opened_source

    def keep(self, event: MegolmEvent, *, room_id: str, now: datetime) -> None:
        """Keep an event that cannot be opened yet, and ask its sender's device for the key."""
        if event.event_id in self._kept:
            return
        while len(self._kept) >= KEPT_EVENTS:
            del self._kept[next(iter(self._kept))]
        self._kept[event.event_id] = _Kept(room=room_id, source=event.source, since=now)
        olm = self._client.olm
        if event.session_id and event.device_id and event.session_id not in olm.outgoing_key_requests:
            request = event.as_key_request(event.sender, self._client.device_id, event.session_id, event.device_id)
            if not any(getattr(due, "request_id", None) == event.session_id for due in olm.outgoing_to_device_messages):
                olm.outgoing_to_device_messages.append(request)

    def begin(self, *, again: bool) -> None:
        """Begin a reading: what the last one took up is committed, or (`again`) is to be taken up once more."""
        if again:
            self._kept = {**self._taken, **self._kept}
        self._taken = {}

    def opened_late(self) -> Iterator[tuple[str, Object]]:
        """Take up kept events that can be opened by now: room and source, oldest first."""
        for event_id, kept in list(self._kept.items()):
            event = Event.parse_encrypted_event(dict(kept.source))
            source = self.open_event(event, room_id=kept.room) if isinstance(event, MegolmEvent) else None
            if source is not None:
                self._taken[event_id] = self._kept.pop(event_id)
                yield kept.room, source

    def given_up(self, *, now: datetime) -> Iterator[tuple[str, Object]]:
        """Drop kept events whose key did not come in time: room and source, oldest first."""
        for event_id, kept in list(self._kept.items()):
            if now - kept.since >= PATIENCE:
                self._taken[event_id] = self._kept.pop(event_id)
                yield kept.room, kept.source

    @property
    def is_waiting(self) -> bool:
        """Whether the key of an event is still waited for."""
        return bool(self._kept)

    async def save_kept(self) -> None:
        """Let what is kept, and what is not committed yet, survive a restart; before the cursor moves beyond it."""
        events = [*self._taken.values(), *self._kept.values()]
        if not events and not self._is_saved:
            return
        content = [{"room": kept.room, "source": kept.source, "since": kept.since.isoformat()} for kept in events]
        # Not orjson: what a stranger sent may hold halves of surrogate pairs.
        await self._vault.put(WAITING, json.dumps(content).encode())
        self._is_saved = bool(events)

    async def _load_kept(self) -> AsyncIterator[tuple[str, _Kept]]:
        for item in json.loads(await self._vault.get(WAITING) or b"[]"):
            kept = _Kept(
                room=item["room"],
                source=item["source"],
                since=datetime.fromisoformat(item["since"]),
            )
            yield kept.source["event_id"], kept

    # --- upkeep ------------------------------------------------------------------------------------------------------

    async def _step(self, step: Any) -> None:
        try:
            await step()
        except MatrixError as error:
            _log.warning("keys are looked after again after the next sync: %s", error)
        except Exception as error:  # noqa: BLE001 -- a key that a stranger published must not end the reading
            _log.warning("keys of others could not be used: %s", type(error).__name__)

    async def _upload_keys(self) -> None:
        try:
            checked(await self._client.keys_upload(), call="keys/upload")
        except MatrixError as error:
            if error.answer.status != 400:
                raise
            # "One time key … already exists": after a key store was restored. Those are published; new ones follow.
            self._client.olm.mark_keys_as_published()
            self._client.olm.save_account()
            raise

    async def _query_keys(self) -> None:
        async with self._querying:
            if self._client.should_query_keys:
                checked(await self._client.keys_query(), call="keys/query")

    async def _claim_keys(self) -> None:
        wanted = self._client.get_users_for_key_claiming()
        checked(await self._client.keys_claim(wanted), call="keys/claim")

    async def _send_to_device(self) -> None:
        for message in list(self._client.outgoing_to_device_messages):
            checked(await self._client.to_device(message), call="sendToDevice")

    async def device_keys(self, user_id: str) -> Object:
        """Return what the homeserver tells others about a user's devices and signing keys.

        Raises:
            MatrixError: an error answer, or none.
        """
        return await self._client.call("POST", "/keys/query", {"device_keys": {user_id: []}, "timeout": 10_000})


def quoted(part: str) -> str:
    """Return an id as a part of a path."""
    return quote(part, safe="")
