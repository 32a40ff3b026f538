"""What stays of a broadcast when somebody is erased, and what it does after a restore; on both databases."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

from sqlalchemy import select, text

from bot.domain import desk
from storage.backup import backup, restore
from storage.broadcasts import counts, load_one
from storage.driver import Database, open_database
from storage.erasure import erase
from storage.statements import Statement, change, rows
from storage.tables import broadcasts
from tests.contract.storage.pushing import Town, marked

WHERE = Statement(select(broadcasts.c.channel, broadcasts.c.chat), name="where broadcasts are followed")


async def test_who_is_erased_leaves_a_broadcast_without_a_trace(database: Database) -> None:
    town = Town(database)
    await town.settle_in(3)
    store = town.store()
    await town.mark(*(marked(push, "sent") for push in await store.claim_pushes("memory", most=2)))
    await database.write(lambda: change(Statement(text("UPDATE broadcasts SET chat = 'c1'"))))
    numbers = itertools.count(90)
    await database.write(
        lambda: erase(1, erasure=1, now=1, person_hash="h", keyed=lambda said: said, number=lambda: next(numbers))
    )
    assert await town.states() == {2: "sent", 3: "planned"}
    assert (await database.read(lambda: counts(7))).audience == 2
    assert await database.read(lambda: rows(WHERE)) == [("", "")]


async def test_after_a_restore_nothing_leaves_by_itself(database: Database, database_url: str, tmp_path: Path) -> None:
    town = Town(database)
    await town.settle_in(3)
    await town.mark(*(marked(push, "sent") for push in await town.store().claim_pushes("memory", most=1)))
    archive = tmp_path / "backup.tar.gz"
    await backup(database_url, tmp_path / "data", archive)
    await town.mark(*(marked(push, "sent") for push in await town.store().claim_pushes("memory", most=9)))
    await restore(archive, database_url, force=True)
    async with await open_database(database_url) as restored:
        again = Town(restored)
        assert await again.store().claim_pushes("memory", most=9) == ()
        found = await restored.read(lambda: load_one(7))
        assert found is not None
        assert (found.state, found.reason) == ("paused", "restored")
        assert Counter((await again.states()).values()) == {"sent": 1, "planned": 2}
        await again.order(desk.ResumeBroadcast(broadcast=7))  # asked for, it goes on
        assert len(await again.store().claim_pushes("memory", most=9)) == 2
