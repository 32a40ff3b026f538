"""Where a channel keeps what must survive a restart, without a database."""

from __future__ import annotations


class MemoryVault:
    """What the installation keeps for the channel."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def put(self, name: str, content: bytes) -> None:
        self.kept[name] = content
