"""Secrets of channels as encrypted rows: whoever has the database alone can read none of them."""

from __future__ import annotations

import secrets

from sqlalchemy import bindparam, select

from bot.errors import StorageError
from bot.ports import Clock
from storage.codec import to_micros
from storage.driver import Database
from storage.statements import Statement, many, one, upsert
from storage.tables import vault

NONCE_BYTES = 12  # of AES-GCM, NIST SP 800-38D; drawn anew for each put, of which there are a handful in a lifetime

PUT = upsert(vault, keys=("name",), set_=("content", "changed_at"))
GET = Statement(select(vault.c.content).where(vault.c.name == bindparam("name_")), name="from the vault")


class SealedVault:
    """Bytes by name, sealed with AES-256-GCM; the name is bound in, so that rows cannot be exchanged."""

    def __init__(self, database: Database, *, key: bytes, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock

    async def get(self, name: str) -> bytes | None:
        """Return what was put under that name last, None if nothing was.

        Raises:
            StorageError: it was sealed under another HUBTALK_SECRET, or changed.
        """
        row = await self._database.read(lambda: one(GET, name_=name))
        if row is None:
            return None
        # Loaded by who needs it: most commands open no vault, and the library takes its time.
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        sealed = bytes(row[0])
        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except InvalidTag as error:
            raise StorageError(f"{name} was sealed under another HUBTALK_SECRET; put the right secret back") from error

    async def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name, in the place of what was there; committed when it returns."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(self._key).encrypt(nonce, content, name.encode())
        row = {"name": name, "content": sealed, "changed_at": to_micros(self._clock.now())}
        await self._database.write(lambda: many(PUT, [row]))
