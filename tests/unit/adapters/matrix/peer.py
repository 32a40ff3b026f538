"""A contact's device that encrypts to the bot as Olm and Megolm demand, for what is told by the scripted homeserver."""

from __future__ import annotations

import base64
import json
from typing import Any

from nio.crypto import OlmAccount, OutboundGroupSession, OutboundSession

from tests.unit.adapters.matrix.conftest import ADA, ROOM, USER, FakeHomeserver, event


class Peer:
    """One device with one Olm session to the bot's device, and a Megolm session of the room."""

    def __init__(self, homeserver: FakeHomeserver, *, one_time_key: str | None = None) -> None:
        """Begin an Olm session with a one-time key of the bot, or with something else that is taken for one."""
        self._account: OlmAccount = homeserver.peer
        uploads = homeserver.calls("keys/upload")
        device = uploads[0]["device_keys"]["keys"]
        self._fingerprint, self._identity = device["ed25519:BOTDEVICE"], device["curve25519:BOTDEVICE"]
        one_time_key = one_time_key or next(iter(uploads[-1]["one_time_keys"].values()))["key"]
        self._session = OutboundSession(self._account, self._identity, one_time_key)
        self._group = OutboundGroupSession()
        self._group.mark_as_shared()

    def room_key(self, *, sender: str = ADA, kind: str = "m.room_key", recipient: str = USER) -> dict[str, Any]:
        """Return the to-device event that shares the key of the room from here on; `sender` is who brings it."""
        keys = self._account.identity_keys
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": ROOM,
            "session_id": self._group.id,
            "session_key": self._group.session_key,
        }
        payload = {
            "type": kind,
            "content": content,
            "sender": ADA,
            "sender_device": "PHONE",
            "keys": {"ed25519": keys["ed25519"]},
            "recipient": recipient,
            "recipient_keys": {"ed25519": self._fingerprint},
        }
        number, ciphertext = self._session.encrypt(json.dumps(payload)).to_parts()
        body = base64.b64encode(ciphertext).decode().rstrip("=")
        return {
            "type": "m.room.encrypted",
            "sender": sender,
            "content": {
                "algorithm": "m.olm.v1.curve25519-aes-sha2",
                "sender_key": keys["curve25519"],
                "ciphertext": {self._identity: {"type": number, "body": body}},
            },
        }

    def bare_room_key(self) -> dict[str, Any]:
        """Return the same in the clear, as nobody sends it."""
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": ROOM,
            "session_id": self._group.id,
            "session_key": self._group.session_key,
            "sender_key": self._account.identity_keys["curve25519"],
        }
        return {"type": "m.room_key", "sender": ADA, "content": content}

    def says(
        self, text: str, *, event_id: str = "$e", room: str = ROOM, relation: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return an encrypted message: `room` is sealed in it, `relation` stands outside, as clients have it."""
        sealed = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}, "room_id": room}
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": self._account.identity_keys["curve25519"],
            "session_id": self._group.id,
            "device_id": "PHONE",
            "ciphertext": self._group.encrypt(json.dumps(sealed)),
        }
        if relation is not None:
            content["m.relates_to"] = relation
        return event("m.room.encrypted", content, event_id=event_id)
