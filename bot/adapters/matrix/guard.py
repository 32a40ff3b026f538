"""nio's client, guarded: what a stranger, a proxy or a kill may do to it costs one event, and no key."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aiohttp import ClientResponse
from nio import Api, AsyncClientConfig, Event, KeysUploadResponse, KeyVerificationEvent, MegolmEvent, SyncResponse
from nio.crypto import OlmAccount
from peewee import PeeweeException

from bot.adapters.matrix.account import AccountFile
from bot.adapters.matrix.api import HomeserverClient, no_answer
from bot.adapters.matrix.keystore import KeyStore
from bot.adapters.matrix.shape import is_whole, tidied_rooms

StoreTrouble = PeeweeException
"""What a key store raises that takes nothing: the disk is full, or fails."""

BROKEN_STORE = (ValueError, StoreTrouble)
"""What a key store raises that was made with another secret (vodozemac's errors are `ValueError`s) or is damaged."""

BROKEN_ANSWER = (LookupError, TypeError, ValueError, AttributeError)
"""What nio's parser raises over an answer of a shape that it does not expect."""

_log = logging.getLogger(__name__)


def _is_read_by_nio(event: Any) -> bool:
    if not is_whole(event):
        return False
    try:
        Event.parse_event(event)
    except BROKEN_ANSWER:
        return False
    return True


class SparingAccount(OlmAccount):  # type: ignore[misc]  # nio brings no types
    """nio's account of a device, whose one-time keys of an upload that failed go again instead of fifty more."""

    def generate_one_time_keys(self, count: int) -> None:
        """Make new keys unless some wait to be uploaded."""
        if not self.one_time_keys["curve25519"]:
            super().generate_one_time_keys(count)


class GuardedClient(HomeserverClient):
    """nio's client with a guard around each thing that a stranger may send: one bad event is stepped over alone."""

    _whole: Callable[[Any], bool] = staticmethod(is_whole)

    async def parse_body(self, transport_response: ClientResponse) -> dict[Any, Any]:
        """Read a success for nio, a sync without what nio's parser ends on.

        Raises:
            MatrixError: it is no JSON object.
        """
        content = await super().parse_body(transport_response)
        if transport_response.url.path.endswith("/sync"):
            tidied = tidied_rooms(content.get("rooms"), self._whole)
            if tidied:
                _log.warning("%d events without the shape of an event are stepped over", tidied)
        return content

    async def create_matrix_response(self, *arguments: Any, **more: Any) -> Any:
        """Let nio make its response of an answer.

        Raises:
            MatrixError: the answer is not as specified, and nio did not see that by itself.
        """
        try:
            return await super().create_matrix_response(*arguments, **more)
        except BROKEN_ANSWER as first:
            _log.warning("an answer is read once more, an event at a time: %s", type(first).__name__)
        # A member event's `unsigned` alone may end nio's parser, and what comes next may be a shape nobody thought of.
        self._whole = _is_read_by_nio
        try:
            return await super().create_matrix_response(*arguments, **more)
        except BROKEN_ANSWER as error:
            raise no_answer("a call", cause=type(error).__name__) from error
        finally:
            self._whole = is_whole

    async def keys_upload(self) -> Any:
        """Upload keys, whose private halves are kept before: nio keeps them when it is told that they arrived.

        Raises:
            MatrixError: an error answer, or none.
        """
        content = self.olm.share_keys()
        # Killed before that, others would take keys that nobody holds, and all they write with them stays shut.
        self.olm.save_account()
        return await self._send(KeysUploadResponse, *Api.keys_upload(self.access_token, content))

    async def _handle_to_device(self, response: SyncResponse) -> None:
        # All keys of a sync or none: nio saves an Olm session's step before the room's key that came with it, and what
        # a kill leaves in between cannot be opened when it comes again. No callback of ours waits in here.
        with self.store.database.atomic():
            await super()._handle_to_device(response)

    def _handle_decrypt_to_device(self, to_device_event: Any) -> Any:
        # Verifications are answered by our own `Verifier`; nio's would answer them a second time.
        if isinstance(to_device_event, KeyVerificationEvent):
            return None
        # Without this, one event without base64 loses the rest of its batch, and comes again for ever.
        try:
            return super()._handle_decrypt_to_device(to_device_event)
        except StoreTrouble:
            raise
        except Exception as error:  # noqa: BLE001 -- nio and vodozemac raise whatever the sender wants them to
            _log.warning("a to-device event is stepped over: %s", type(error).__name__)
            return None

    def _handle_timeline_event(self, event: Any, room_id: str, room: Any, encrypted_rooms: set[str]) -> Any:
        # Half of what is read is our own, which nobody opens.
        if isinstance(event, MegolmEvent) and event.sender == self.user_id:
            return None
        try:
            return super()._handle_timeline_event(event, room_id, room, encrypted_rooms)
        except Exception as error:  # noqa: BLE001 -- as above
            _log.warning("an event is stepped over: %s", type(error).__name__)
            return None

    def _handle_joined_state(self, room_id: str, join_info: Any, encrypted_rooms: set[str]) -> None:
        try:
            super()._handle_joined_state(room_id, join_info, encrypted_rooms)
        except Exception as error:  # noqa: BLE001 -- as above
            _log.warning("a room's state is read in part: %s", type(error).__name__)
        # Members are not loaded lazily here, so a sync tells them all; nio would ask once more before each first send.
        if room_id in self.rooms:
            self.rooms[room_id].members_synced = True

    def _handle_olm_events(self, response: SyncResponse) -> None:
        super()._handle_olm_events(response)
        # nio takes no notice of a count of 0, and then uploads no one-time keys ever again. A missing count means 0:
        # https://spec.matrix.org/latest/client-server-api/#e2e-extensions-to-sync
        if self.olm is not None:
            self.olm.uploaded_key_count = response.device_key_count.signed_curve25519 or 0


def open_client(files: AccountFile, *, homeserver: str, user_id: str, pickle_key: str) -> GuardedClient:
    """Return a client that is not signed in; its keys will lie with the account's files, locked by `pickle_key`."""
    # Its warnings name people and rooms, and whoever likes can cause them.
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    config = AsyncClientConfig(
        store=KeyStore,
        encryption_enabled=True,
        pickle_key=pickle_key,
        # The core keeps the cursor, together with what was made of the events before it.
        store_sync_tokens=False,
        max_limit_exceeded=0,
        max_timeouts=0,
    )
    return GuardedClient(homeserver, user_id=user_id, store_path=str(files.folder), config=config)
