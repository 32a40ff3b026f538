"""What the channel must keep that belongs into every backup: bytes by name, encrypted by whoever keeps them."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """A small store of secrets; once `put` has returned, what was put survives a crash."""

    async def get(self, name: str) -> bytes | None:
        """Return what was put under that name last, None if nothing was."""
        ...

    async def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name, in the place of what was there."""
        ...
