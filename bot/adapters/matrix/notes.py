"""Small notes that must outlive a restart and that no sync tells again, kept in the vault."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import orjson

from bot.adapters.matrix.vault import Vault

_SURROGATE = re.compile("[\ud800-\udfff]")


class Notes:
    """Texts by name, in the order in which they were put; beyond `limit` the oldest is forgotten.

    Changes are in memory until `save`, which writes only what changed. Ids alone belong in here.
    """

    def __init__(self, vault: Vault, name: str, *, limit: int) -> None:
        self._vault = vault
        self._name = name
        self._limit = limit
        self._kept: dict[str, str] = {}
        self._saved: dict[str, str] = {}
        self._saving = asyncio.Lock()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kept))

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def get(self, name: str) -> str | None:
        """Return what was put under that name last."""
        return self._kept.get(name)

    def put(self, name: str, text: str) -> None:
        """Note something, as the newest; what holds halves of surrogate pairs is no id of anything."""
        if self._kept.get(name) == text or _SURROGATE.search(name + text):
            return
        self._kept.pop(name, None)
        if len(self._kept) >= self._limit:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = text

    def drop(self, name: str) -> None:
        """Forget something."""
        self._kept.pop(name, None)

    async def load(self) -> None:
        """Take up what an earlier run saved."""
        self._kept = dict(orjson.loads(await self._vault.get(self._name) or b"{}"))
        self._saved = dict(self._kept)

    async def save(self) -> None:
        """Let what is noted survive a restart, if anything changed.

        Raises:
            StorageUnavailable: it may not survive.
        """
        async with self._saving:
            if self._kept != self._saved:
                now = dict(self._kept)
                await self._vault.put(self._name, orjson.dumps(now))
                self._saved = now
