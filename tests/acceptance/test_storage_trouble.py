"""A database that is locked or full: nothing is confirmed to the platform, nothing is lost, and the bot goes on."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.messages import OutboundMessage
from storage.codec import dump
from tests.acceptance.stage import NEEDS, PEOPLE, TOWN, Stage, staged

LOCKED_FOR = 3.0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as stage:
        yield stage
        await stage.settled()
        assert stage.double.take_violations() == []


async def test_another_process_holds_the_write_lock(stage: Stage) -> None:
    people = [stage.person() for _ in range(5)]
    for person in people:
        await stage.joins(person)
    await stage.settled()
    with closing(sqlite3.connect(stage.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for person in people:
            await person.says("2")
        # To confirm is to ask for more: while the lock is held the bot must not.
        polls = stage.double.updates.polls
        with pytest.raises(AssertionError, match="did not become true"):
            await stage.double.until(lambda: stage.double.updates.polls > polls + 1, timeout=LOCKED_FOR)
        assert len(stage.double.updates.pending) == len(people)
        other.execute("ROLLBACK")
    for person in people:
        await stage.asked(person, PEOPLE)
        assert stage.given(person) == [("size", "medium")]


async def test_a_full_disk_confirms_nothing_and_work_goes_on_when_there_is_room(stage: Stage) -> None:
    ada, bob = stage.person(), stage.person()
    await stage.comes_to(ada, NEEDS)
    await stage.joins(bob)
    await stage.settled()
    before = stage.given(ada)
    wal = stage.database.with_name(stage.database.name + "-wal")
    # The process may not write beyond what its files hold now: to SQLite that is a disk without room.
    room = min(wal.stat().st_size, stage.database.stat().st_size)
    _, hard = resource.prlimit(stage.bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(stage.bot.pid, resource.RLIMIT_FSIZE, (room, hard))
    await ada.says("1 und 3")
    await bob.says("Groß")
    await stage.until(lambda: "nothing is confirmed until it works again" in stage.bot.text)
    assert len(stage.double.updates.pending) == 2
    assert stage.given(ada) == before
    assert stage.bot.running
    resource.prlimit(stage.bot.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    await stage.asked(ada, TOWN)
    await stage.asked(bob, PEOPLE)
    assert stage.answers(ada) == {"size": "small", "people": 20, "needs": ["advice", "rooms"]}
    assert stage.given(bob) == [("size", "large")]
    assert stage.bot.text.count("nothing is confirmed until it works again") == 1
    assert "the database works again" in stage.bot.text


async def test_a_full_disk_while_nobody_writes_ends_nothing(stage: Stage) -> None:
    ada = stage.person()
    await ada.starts()
    await ada.hears()
    await stage.settled()
    _, hard = resource.prlimit(stage.bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(stage.bot.pid, resource.RLIMIT_FSIZE, (1, hard))
    # A delivery comes due: what looks for it cannot claim it, and tries again later.
    with closing(sqlite3.connect(stage.database)) as other:
        other.execute(
            "INSERT INTO deliveries (id, channel, chat, priority, state, body, attempts, created_at)"
            " VALUES (1, 'telegram', ?, 'reply', 'planned', ?, 0, 0)",
            (str(ada.id), dump(OutboundMessage(text="Noch etwas"))),
        )
        other.commit()
    await stage.until(lambda: "out of order" in stage.bot.text)
    assert stage.bot.running
    resource.prlimit(stage.bot.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    await ada.hears("Noch etwas", timeout=60)
