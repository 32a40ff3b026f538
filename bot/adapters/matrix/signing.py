"""Cross-signing of the bot's own device, which nio does not have: three keys, of which each vouches for the next.

https://spec.matrix.org/latest/client-server-api/#cross-signing
"""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.adapters.matrix.api import HomeserverClient, no_answer
from bot.adapters.matrix.crypto import Crypto
from bot.adapters.matrix.errors import MatrixError
from bot.adapters.matrix.vault import Vault

USAGES = ("master", "self_signing", "user_signing")
SEED_BYTES = 32

Object = Mapping[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeys:
    """The three private keys of an account."""

    master: Ed25519PrivateKey
    self_signing: Ed25519PrivateKey
    user_signing: Ed25519PrivateKey

    @classmethod
    def from_seeds(cls, seeds: Mapping[str, str]) -> SigningKeys:
        """Read what `new_seeds` made."""
        return cls(**{usage: Ed25519PrivateKey.from_private_bytes(base64.b64decode(seeds[usage])) for usage in USAGES})

    def public(self, usage: str) -> str:
        """Return a public key as others see it."""
        key: Ed25519PrivateKey = getattr(self, usage)
        return unpadded(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def key_object(self, usage: str, *, user_id: str) -> dict[str, Any]:
        """Return a key as it is uploaded, the latter two signed by the first."""
        public = self.public(usage)
        content = {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{public}": public}}
        return content if usage == "master" else signed(content, self.master, signer=self.public("master"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What others see of our keys, read back from the homeserver.

    ours: the master key there is the one whose seed we hold (None: there is none).
    verified: master vouches for self-signing key, that one for this device, whose own key is the expected one.
    """

    ours: bool | None
    verified: bool


def new_seeds() -> dict[str, str]:
    """Return seeds for three new keys."""
    return {usage: base64.b64encode(secrets.token_bytes(SEED_BYTES)).decode() for usage in USAGES}


def unpadded(content: bytes) -> str:
    """Return base64 without padding; other implementations drop keys whose id has any."""
    return base64.b64encode(content).rstrip(b"=").decode()


def canonical(content: Object) -> bytes:
    """Return the JSON that is signed (https://spec.matrix.org/latest/appendices/#canonical-json)."""
    bare = {name: value for name, value in content.items() if name not in ("signatures", "unsigned")}
    return orjson.dumps(bare, option=orjson.OPT_SORT_KEYS)


def signed(content: Object, key: Ed25519PrivateKey, *, signer: str) -> dict[str, Any]:
    """Return the object with one signature added; its `user_id` says whose."""
    user_id = content["user_id"]
    signatures = {user: dict(by) for user, by in content.get("signatures", {}).items()}
    signatures.setdefault(user_id, {})[f"ed25519:{signer}"] = unpadded(key.sign(canonical(content)))
    return {**content, "signatures": signatures}


def is_signed(content: Object, *, signer: str) -> bool:
    """Whether the object carries a valid signature by that public key."""
    try:
        signature = content["signatures"][content["user_id"]][f"ed25519:{signer}"]
        key = Ed25519PublicKey.from_public_bytes(_bytes(signer))
        key.verify(_bytes(signature), canonical(content))
    except (InvalidSignature, LookupError, TypeError, ValueError):
        return False
    return True


def read_chain(told: Object, *, user_id: str, device_id: str, fingerprint: str, master: str | None) -> Chain:
    """Judge what `/keys/query` tells, as a contact's client does.

    Args:
        told: the answer.
        user_id: whose keys.
        device_id: of which device.
        fingerprint: the device's Ed25519 key as we know it.
        master: the public master key whose seed we hold.
    """
    seen = _key(told, "master_keys", user_id=user_id)
    if seen is None:
        return Chain(ours=None, verified=False)
    self_signing = _key(told, "self_signing_keys", user_id=user_id)
    device = told.get("device_keys", {}).get(user_id, {}).get(device_id, {})
    vouched = self_signing is not None and is_signed(told["self_signing_keys"][user_id], signer=seen)
    verified = (
        vouched
        and self_signing is not None
        and is_signed(device, signer=self_signing)
        and device.get("keys", {}).get(f"ed25519:{device_id}") == fingerprint
    )
    return Chain(ours=seen == master, verified=verified)


class CrossSigning:
    """Signs the bot's device with keys whose seeds lie in the vault."""

    def __init__(self, client: HomeserverClient, crypto: Crypto, *, vault: Vault) -> None:
        self._client = client
        self._crypto = crypto
        self._vault = vault

    async def establish(self, *, device_id: str, fingerprint: str, password: str | None) -> Chain:
        """See to it that the device is signed; keys that are not ours are reported and left alone.

        Raises:
            MatrixError: an error answer, or none.
        """
        user_id = self._client.user_id
        keys = await self._keys(user_id)
        chain = await self.look(device_id=device_id, fingerprint=fingerprint)
        if chain.ours is None:
            if keys is None:
                keys = await self._new_keys(user_id)
            await self._upload(keys, user_id=user_id, password=password)
        if chain.ours is False or keys is None:
            _log.warning(
                "the Matrix account has signing keys of which this installation holds no seeds, so this device stays "
                "unsigned; if nobody uses them, reset them in a client of that account"
            )
            return chain
        if not chain.verified:
            await self._sign_device(keys, user_id=user_id, device_id=device_id)
            chain = await self.look(device_id=device_id, fingerprint=fingerprint)
            _log.info("the device %s is %s", device_id, "signed" if chain.verified else "not signed")
        return chain

    async def look(self, *, device_id: str, fingerprint: str) -> Chain:
        """Read back from the homeserver what others see.

        Raises:
            MatrixError: an error answer, or none.
        """
        user_id = self._client.user_id
        keys = await self._keys(user_id)
        told = await self._crypto.device_keys(user_id)
        master = None if keys is None else keys.public("master")
        try:
            return read_chain(told, user_id=user_id, device_id=device_id, fingerprint=fingerprint, master=master)
        except (AttributeError, LookupError, TypeError):
            raise no_answer("keys/query", cause="an answer that is not as specified") from None

    async def vouching_key(self, *, device_id: str, fingerprint: str) -> str | None:
        """Return our public master key if others see it vouch for this device at this moment.

        Raises:
            MatrixError: an error answer, or none.
        """
        chain = await self.look(device_id=device_id, fingerprint=fingerprint)
        keys = await self._keys(self._client.user_id)
        return keys.public("master") if keys is not None and chain.ours and chain.verified else None

    async def _keys(self, user_id: str) -> SigningKeys | None:
        seeds = await self._vault.get(_name(user_id))
        return None if seeds is None else SigningKeys.from_seeds(orjson.loads(seeds))

    async def _new_keys(self, user_id: str) -> SigningKeys:
        # Kept before anybody sees them: a homeserver takes the first ones without a password, later ones not.
        seeds = new_seeds()
        await self._vault.put(_name(user_id), orjson.dumps(seeds))
        return SigningKeys.from_seeds(seeds)

    async def _upload(self, keys: SigningKeys, *, user_id: str, password: str | None) -> None:
        content: dict[str, Any] = {f"{usage}_key": keys.key_object(usage, user_id=user_id) for usage in USAGES}
        path = "/keys/device_signing/upload"
        try:
            await self._client.call("POST", path, content)
        except MatrixError as error:
            told = error.answer.body
            if error.answer.status != 401 or error.is_dead_token or told is None or password is None:
                raise
            content["auth"] = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": user_id},
                "password": password,
                "session": told.get("session"),
            }
            await self._client.call("POST", path, content)

    async def _sign_device(self, keys: SigningKeys, *, user_id: str, device_id: str) -> None:
        told = await self._crypto.device_keys(user_id)
        try:
            device = dict(told["device_keys"][user_id][device_id])
        except (LookupError, TypeError, ValueError):
            raise no_answer("keys/query", cause="an answer without our own device") from None
        device.pop("unsigned", None)
        master = keys.key_object("master", user_id=user_id)
        master["signatures"] = {user_id: {f"ed25519:{device_id}": self._crypto.sign(master)}}
        signatures = {
            device_id: signed(device, keys.self_signing, signer=keys.public("self_signing")),
            keys.public("master"): master,
        }
        await self._client.call("POST", "/keys/signatures/upload", {user_id: signatures})


def _name(user_id: str) -> str:
    return f"matrix/cross-signing/{user_id}"


def _key(told: Object, kind: str, *, user_id: str) -> str | None:
    keys = told.get(kind, {}).get(user_id, {}).get("keys", {})
    return next((str(key) for key in keys.values()), None)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
