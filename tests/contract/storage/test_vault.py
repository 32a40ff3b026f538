"""What channels must keep secret: sealed rows, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.errors import StorageError
from storage.driver import Database
from storage.statements import Statement, rows
from storage.tables import vault
from storage.vault import SealedVault

ROWS = Statement(select(vault.c.name, vault.c.content))


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)


def opened(database: Database, *, key: bytes = bytes(32)) -> SealedVault:
    return SealedVault(database, key=key, clock=FixedClock())


async def test_what_was_put_comes_back_and_the_newest_counts(database: Database) -> None:
    assert await opened(database).get("seeds") is None
    await opened(database).put("seeds", b"first")
    await opened(database).put("seeds", b"second")
    assert await opened(database).get("seeds") == b"second"


async def test_the_rows_show_nothing_of_it(database: Database) -> None:
    await opened(database).put("seeds", b"master key")
    ((name, content),) = await database.read(lambda: rows(ROWS))
    assert name == "seeds"
    assert b"master key" not in bytes(content)


async def test_another_secret_opens_nothing_and_says_so(database: Database) -> None:
    await opened(database).put("seeds", b"master key")
    with pytest.raises(StorageError, match="HUBTALK_SECRET"):
        await opened(database, key=bytes([1]) * 32).get("seeds")
