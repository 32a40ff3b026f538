"""A contact's client that verifies the bot by emoji: the formulas of the specification, on other primitives than ours.

https://spec.matrix.org/latest/client-server-api/#short-authentication-string-sas-verification
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

OFFER: Mapping[str, Any] = {
    "method": "m.sas.v1",
    "key_agreement_protocols": ["curve25519-hkdf-sha256", "curve25519"],
    "hashes": ["sha256"],
    "message_authentication_codes": ["hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"],
    "short_authentication_string": ["decimal", "emoji"],
}

Object = dict[str, Any]


@dataclass
class Asking:
    """The device that begins; each step returns a content, or checks one.

    tie: what ties a content to the transaction: `transaction_id`, or a relation to the request.
    keys: the person's own public keys by key id.
    """

    user_id: str
    device_id: str
    bot_id: str
    bot_device: str
    transaction: str
    tie: Object
    keys: Mapping[str, str]
    private: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    started: Object = field(default_factory=dict)
    accepted: Object = field(default_factory=dict)
    secret: bytes = b""
    bot_key: str = ""

    def start(self, **changes: Any) -> Object:
        self.started = {"from_device": self.device_id, **OFFER, **self.tie, **changes}
        return self.started

    def key(self) -> Object:
        return {"key": self.public, **self.tie}

    def mac(self, **changes: str) -> Object:
        """Return the codes of our keys; `changes` puts other texts in the place of keys."""
        info = self._info(mine=True)
        keys = {**self.keys, **changes}
        return {
            "mac": {key_id: self.code(key, info=info + key_id) for key_id, key in keys.items()},
            "keys": self.code(",".join(sorted(keys)), info=f"{info}KEY_IDS"),
            **self.tie,
        }

    def takes_accept(self, content: Object) -> None:
        assert content["key_agreement_protocol"] == "curve25519-hkdf-sha256"
        assert content["hash"] == "sha256"
        assert content["message_authentication_code"] in self.started["message_authentication_codes"]
        assert set(content["short_authentication_string"]) <= set(self.started["short_authentication_string"])
        self.accepted = content

    def takes_key(self, content: Object) -> None:
        """Take the bot's short-lived key, if it is the one it had tied itself to."""
        self.bot_key = content["key"]
        # https://spec.matrix.org/latest/appendices/#canonical-json
        start = json.dumps(self.started, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        expected = unpadded(hashlib.sha256(self.bot_key.encode() + start.encode()).digest())
        assert self.accepted["commitment"] == expected
        raw = base64.b64decode(self.bot_key + "=")
        self.secret = self.private.exchange(X25519PublicKey.from_public_bytes(raw))

    def takes_mac(self, content: Object, *, known: Mapping[str, str]) -> set[str]:
        """Return the ids of the bot's keys that it vouches for and that are those the homeserver tells."""
        info = self._info(mine=False)
        assert content["keys"] == self.code(",".join(sorted(content["mac"])), info=f"{info}KEY_IDS")
        for key_id, code in content["mac"].items():
            assert code == self.code(known[key_id], info=info + key_id), key_id
        return set(content["mac"])

    @property
    def public(self) -> str:
        return unpadded(self.private.public_key().public_bytes_raw())

    def emojis(self) -> list[int]:
        number = int.from_bytes(self._derived(self._shown_info(), 6), "big")
        return [number >> 48 - 6 * place & 63 for place in range(1, 8)]

    def decimals(self) -> list[int]:
        number = int.from_bytes(self._derived(self._shown_info(), 5), "big")
        return [(number >> 40 - 13 * place & 8191) + 1000 for place in range(1, 4)]

    def code(self, text: str, *, info: str) -> str:
        """Return a MAC (#mac-calculation)."""
        hmac = HMAC(self._derived(info, 32), SHA256())
        hmac.update(text.encode())
        return unpadded(hmac.finalize())

    def _info(self, *, mine: bool) -> str:
        me, bot = self.user_id + self.device_id, self.bot_id + self.bot_device
        return f"MATRIX_KEY_VERIFICATION_MAC{me + bot if mine else bot + me}{self.transaction}"

    def _shown_info(self) -> str:
        parts = (self.user_id, self.device_id, self.public, self.bot_id, self.bot_device, self.bot_key)
        return "|".join(("MATRIX_KEY_VERIFICATION_SAS", *parts, self.transaction))

    def _derived(self, info: str, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info.encode()).derive(self.secret)


def unpadded(content: bytes) -> str:
    return base64.b64encode(content).decode().rstrip("=")
