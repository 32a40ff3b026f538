from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select, text, update

from bot.errors import ConfigurationError, Conflict, StorageError, StorageUnavailable
from storage.driver import Database, open_database
from storage.statements import Row, Statement, Steps, any_of, change, insert, lock_rows, many, one, rows, upsert
from storage.tables import companies, contacts, cursors, hub_settings, inbox_seen
from tests.fixtures_databases import PostgresqlServer

ROOT = Path(__file__).parents[3]
ADD = insert(companies, ["id", "name", "town", "state", "created_at"])
ADD_CONTACT = insert(contacts, ["id", "company_id", "language", "created_at"])
ALL = Statement(select(companies.c.id, companies.c.name).order_by(companies.c.id), name="all companies")
COUNT = Statement(select(func.count()).select_from(companies))
RENAME = Statement(update(companies).where(companies.c.id == bindparam("id")).values(name=bindparam("name")))


def company(number: int, name: str = "A") -> dict[str, Any]:
    return {"id": number, "name": name, "town": "", "state": "claimed", "created_at": 1}


def add(*numbers: int) -> Steps[None]:
    yield from many(ADD, [company(number) for number in numbers])


async def count(database: Database) -> int:
    row = await database.read(lambda: one(COUNT))
    assert row is not None
    return int(row[0])


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """A second program on the same database."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


# --- transactions ------------------------------------------------------------------------------------------------


async def test_a_unit_of_work_reads_what_it_wrote_and_returns_its_result(database: Database) -> None:
    def unit() -> Steps[list[Row]]:
        yield from add(1, 2)
        touched = yield from change(RENAME, id=2, name="Zeche")
        assert touched == 1
        assert (yield from change(RENAME, id=3, name="nobody")) == 0
        return (yield from rows(ALL))

    assert await database.write(unit) == [(1, "A"), (2, "Zeche")]
    assert await database.read(lambda: rows(ALL)) == [(1, "A"), (2, "Zeche")]


async def test_an_error_of_the_unit_undoes_all_of_it_and_passes_through(database: Database) -> None:
    def unit() -> Steps[None]:
        yield from add(1)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await database.write(unit)
    assert await count(database) == 0
    await database.write(lambda: add(1))
    assert await count(database) == 1


async def test_a_second_row_with_the_same_key_is_a_conflict_that_changes_nothing(database: Database) -> None:
    await database.write(lambda: add(2))
    with pytest.raises(Conflict):
        await database.write(lambda: add(1, 2))
    assert await count(database) == 1


async def test_a_row_that_refers_to_nothing_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.write(lambda: many(ADD_CONTACT, [{"id": 1, "company_id": 9, "language": "de", "created_at": 1}]))


async def test_a_statement_the_database_refuses_names_itself_but_no_value(database: Database) -> None:
    broken = Statement(text("SELECT nothing FROM nowhere"), name="ask nowhere")
    with pytest.raises(StorageError, match="ask nowhere") as caught:
        await database.read(lambda: rows(broken))
    assert type(caught.value) is StorageError
    with pytest.raises(StorageError) as caught:
        await database.write(lambda: many(ADD, [{**company(1), "name": None, "town": "Geheimnis"}]))
    assert "Geheimnis" not in str(caught.value)


async def test_reading_steps_cannot_write(database: Database) -> None:
    with pytest.raises(StorageUnavailable):
        await database.read(lambda: add(1))
    assert await count(database) == 0


async def test_a_database_opened_for_reading_refuses_to_write(database: Database) -> None:
    async with await open_database(database.url, read_only=True) as reader:
        assert await count(reader) == 0
        with pytest.raises(StorageError, match="for reading only"):
            await reader.write(lambda: add(1))


async def test_readers_see_one_moment_beside_the_writer(database: Database, other: Database) -> None:
    await database.write(lambda: add(1))
    async with other.snapshot() as snapshot:
        await database.write(lambda: add(2))
        assert await snapshot.read(lambda: rows(ALL)) == [(1, "A")]
        assert [batch async for batch in snapshot.stream(ALL)] == [[(1, "A")]]
    assert await count(other) == 2


async def test_the_number_of_statements_is_counted_whatever_the_number_of_rows(database: Database) -> None:
    async def cost(numbers: range) -> int:
        before = database.statements

        def unit() -> Steps[None]:
            yield from add(*numbers)
            yield from rows(ALL)

        await database.write(unit)
        return database.statements - before

    assert await cost(range(1, 2)) == await cost(range(10, 90)) == 2


# --- several at once ---------------------------------------------------------------------------------------------

TOTAL = Statement(select(cursors.c.cursor).where(cursors.c.account == bindparam("account")), name="read the total")
TOTAL_LOCKED = Statement(lock_rows(select(cursors.c.cursor).where(cursors.c.account == bindparam("account"))))
SET_TOTAL = upsert(cursors, keys=["account"], set_=["cursor", "moved_at"])


def count_up() -> Steps[None]:
    row = yield from one(TOTAL_LOCKED, account="a")
    assert row is not None
    yield from change(SET_TOTAL, account="a", cursor=str(int(row[0]) + 1), moved_at=1)


async def test_writers_of_two_programs_wait_for_each_other_and_lose_nothing(
    database: Database, other: Database
) -> None:
    await database.write(lambda: change(SET_TOTAL, account="a", cursor="0", moved_at=1))
    await asyncio.gather(*[each.write(count_up) for _ in range(25) for each in (database, other)])
    assert await database.read(lambda: one(TOTAL, account="a")) == ("50",)


COUNT_UP_IN_A_PROCESS = """
import asyncio, sys
from storage.driver import open_database
from tests.contract.storage.test_driver import count_up
async def main():
    async with await open_database(sys.argv[1]) as database:
        for _ in range(40):
            await database.write(count_up)
asyncio.run(main())
"""


async def test_writers_of_two_processes_wait_for_each_other(database: Database) -> None:
    await database.write(lambda: change(SET_TOTAL, account="a", cursor="0", moved_at=1))
    command = [sys.executable, "-c", COUNT_UP_IN_A_PROCESS, database.url]
    processes = [await asyncio.create_subprocess_exec(*command, cwd=ROOT) for _ in range(2)]
    assert [await process.wait() for process in processes] == [0, 0]
    assert await database.read(lambda: one(TOTAL, account="a")) == ("80",)


async def test_a_deadlock_is_a_conflict_for_one_and_nothing_for_the_other(postgresql_url: str) -> None:
    async with await open_database(postgresql_url) as database:
        await database.write(lambda: add(1, 2))
        both_hold_one = asyncio.Barrier(2)

        async def lock_in_order(first: int, second: int) -> str:
            def unit() -> Steps[None]:
                yield from change(RENAME, id=first, name=str(first))
                yield from change(RENAME, id=second, name=str(first))

            async with database._connection() as connection:  # type: ignore[attr-defined]
                await connection.execute("BEGIN; SET LOCAL deadlock_timeout = '50ms'")
                try:
                    await database.drive(connection, lambda: change(RENAME, id=first, name="x"))  # type: ignore[attr-defined]
                    await both_hold_one.wait()
                    await database.drive(connection, unit)  # type: ignore[attr-defined]
                except Conflict:
                    await connection.execute("ROLLBACK")
                    return "conflict"
                await connection.execute("COMMIT")
                return "done"

        assert sorted(await asyncio.gather(lock_in_order(1, 2), lock_in_order(2, 1))) == ["conflict", "done"]


async def test_a_cancelled_caller_leaves_no_half_work(database: Database) -> None:
    loop = asyncio.get_running_loop()
    begun = asyncio.Event()

    def unit() -> Steps[None]:
        yield from add(1)
        loop.call_soon_threadsafe(begun.set)
        yield from add(2)

    waiting = asyncio.create_task(database.write(unit))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await database.write(lambda: add(3))
    await database.close()
    async with await open_database(database.url) as again:
        assert await count(again) == 3


async def test_closing_finishes_what_was_handed_in(database: Database, other: Database) -> None:
    pending = [asyncio.create_task(database.write(partial(add, number))) for number in range(1, 6)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*pending)
    assert await count(other) == 5


async def test_a_cancelled_read_does_not_disturb_the_next(database: Database) -> None:
    await database.write(lambda: add(1))
    reading = asyncio.create_task(database.read(lambda: rows(ALL)))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await count(database) == 1


# --- parameters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [[], [2], [1, 3, 99], list(range(1, 2000))])
async def test_a_list_parameter_may_have_any_length(database: Database, wanted: list[int]) -> None:
    some = Statement(select(companies.c.id).where(any_of(companies.c.id, "ids")).order_by(companies.c.id))
    others = Statement(select(companies.c.id).where(~any_of(companies.c.id, "ids")).order_by(companies.c.id))
    await database.write(lambda: add(1, 2, 3))
    found = [number for (number,) in await database.read(lambda: rows(some, ids=wanted))]
    rest = [number for (number,) in await database.read(lambda: rows(others, ids=wanted))]
    assert found == [number for number in (1, 2, 3) if number in wanted]
    assert sorted(found + rest) == [1, 2, 3]


async def test_a_list_of_texts_is_taken_as_it_is(database: Database) -> None:
    nasty = ["", "it's", 'a "b"', "ä\n€", "{1,2}", "12", "\U0001f600"]
    named = Statement(select(companies.c.name).where(any_of(companies.c.name, "names")))
    await database.write(lambda: many(ADD, [company(number, name) for number, name in enumerate([*nasty, "other"])]))
    assert sorted(await database.read(lambda: rows(named, names=nasty))) == sorted((name,) for name in nasty)


SEEN = insert(inbox_seen)
KNOWN = Statement(
    select(inbox_seen.c.account, inbox_seen.c.native_id)
    .where(any_of((inbox_seen.c.account, inbox_seen.c.native_id), "messages"))
    .order_by(inbox_seen.c.account, inbox_seen.c.native_id)
)


async def test_a_list_of_pairs_matches_pairs_and_no_mixtures(database: Database) -> None:
    stored = [("a", "1"), ("a", "2"), ("b", "1")]
    await database.write(lambda: many(SEEN, [{"account": a, "native_id": n, "seen_at": 1} for a, n in stored]))
    found = await database.read(lambda: rows(KNOWN, messages=[("a", "2"), ("b", "1"), ("b", "2")]))
    assert found == [("a", "2"), ("b", "1")]
    assert await database.read(lambda: rows(KNOWN, messages=[])) == []


async def test_lists_use_the_index_of_their_columns(sqlite_url: str) -> None:
    async with await open_database(sqlite_url) as database:
        for statement, parameters in ((KNOWN, {"messages": "[]"}), (ALL_OF, {"ids": "[]"})):
            explain = Statement(text("EXPLAIN QUERY PLAN " + statement.for_sqlite))
            plan = " ".join(row[3] for row in await database.read(partial(rows, explain, **parameters)))
            assert "SEARCH" in plan
            assert "SCAN companies" not in plan
            assert "SCAN inbox_seen" not in plan


ALL_OF = Statement(select(companies.c.name).where(any_of(companies.c.id, "ids")))


async def test_upsert_inserts_changes_or_leaves(database: Database) -> None:
    put = upsert(hub_settings, keys=["key"], set_=["value"])
    keep = upsert(hub_settings, keys=["key"])
    append = upsert(
        hub_settings, keys=["key"], set_={"value": lambda new: hub_settings.c.value + new.value, "changed_at": 9}
    )
    read = Statement(select(hub_settings.c.value, hub_settings.c.changed_at))

    def unit(statement: Statement, value: str) -> Steps[Row | None]:
        yield from many(statement, [{"key": "k", "value": value, "changed_at": 1}])
        return (yield from one(read))

    assert await database.write(lambda: unit(keep, "a")) == ("a", 1)
    assert await database.write(lambda: unit(keep, "b")) == ("a", 1)
    assert await database.write(lambda: unit(put, "c")) == ("c", 1)
    assert await database.write(lambda: unit(append, "d")) == ("cd", 9)


async def test_defaults_of_the_table_fill_what_an_insert_leaves_out(database: Database) -> None:
    read = Statement(select(contacts.c.name, contacts.c.staff, contacts.c.pushes, contacts.c.revision))
    row = {"id": 1, "company_id": None, "language": "de", "created_at": 1}
    await database.write(lambda: many(ADD_CONTACT, [row]))
    assert await database.read(lambda: one(read)) == ("", False, True, 0)


async def test_ids_and_moments_keep_63_bits(database: Database) -> None:
    large = 2**63 - 1
    await database.write(lambda: add(large))
    some = Statement(select(companies.c.id).where(any_of(companies.c.id, "ids")))
    assert await database.read(lambda: one(some, ids=[large])) == (large,)


# --- streams -----------------------------------------------------------------------------------------------------


async def test_a_stream_gives_all_rows_of_one_moment_in_bounded_batches(database: Database, other: Database) -> None:
    await database.write(lambda: add(*range(1, 1001)))
    sizes: list[int] = []
    seen: list[int] = []
    async for batch in other.stream(ALL, size=64):
        if not seen:
            await database.write(lambda: change(Statement(text("DELETE FROM companies"))))
        sizes.append(len(batch))
        seen += [number for number, _ in batch]
    assert seen == list(range(1, 1001))
    assert max(sizes) == 64
    assert await count(other) == 0


async def test_a_stream_may_be_left_early(database: Database) -> None:
    await database.write(lambda: add(*range(1, 101)))
    for _ in range(12):  # more often than there are connections
        async with aclosing(database.stream(ALL, size=3)) as batches:
            async for batch in batches:
                assert len(batch) == 3
                break
    await database.write(lambda: add(101))


async def test_a_stream_takes_parameters(database: Database) -> None:
    await database.write(lambda: add(1, 2, 3))
    assert [batch async for batch in database.stream(ALL_OF, ids=[1, 3])] == [[("A",), ("A",)]]


# --- changed -----------------------------------------------------------------------------------------------------


async def test_another_programs_commit_is_noticed_within_a_second(database: Database, other: Database) -> None:
    waiting = asyncio.create_task(database.changed(timeout=10))
    await asyncio.sleep(0)
    await other.write(lambda: add(1))
    committed = time.monotonic()
    assert await waiting is True
    assert time.monotonic() - committed < 1


async def test_ones_own_commits_are_no_news(database: Database) -> None:
    await database.write(lambda: add(1))
    assert await database.changed(timeout=0.2) is False


async def test_what_happened_between_two_calls_is_not_missed(database: Database, other: Database) -> None:
    await other.write(lambda: add(1))
    assert await database.changed(timeout=5) is True
    assert await database.changed(timeout=0.1) is False
    await other.write(lambda: add(2))
    assert await database.changed(timeout=5) is True


async def test_a_unit_that_was_undone_is_no_news(database: Database, other: Database) -> None:
    def unit() -> Steps[None]:
        yield from add(1)
        raise LookupError

    with pytest.raises(LookupError):
        await other.write(unit)
    assert await database.changed(timeout=0.2) is False


# --- trouble -----------------------------------------------------------------------------------------------------


async def test_a_full_disk_changes_nothing_and_later_it_goes_on(sqlite_url: str) -> None:

    def limit(pages: int) -> Statement:
        return Statement(text(f"PRAGMA max_page_count={pages}"))

    big = [{**company(number), "name": "x" * 5000} for number in range(1, 200)]
    async with await open_database(sqlite_url) as database:
        await database.write(lambda: rows(limit(1)))  # at most as many as there are now
        with pytest.raises(StorageUnavailable, match="disk is full"):
            await database.write(lambda: many(ADD, big))
        assert await count(database) == 0
        await database.write(lambda: rows(limit(10_000)))
        await database.write(lambda: many(ADD, big))
        assert await count(database) == 199


async def test_a_database_locked_for_too_long_is_unavailable_and_later_works(sqlite_url: str) -> None:
    shorter = Statement(text("PRAGMA busy_timeout=20"))
    held, free = threading.Event(), threading.Event()

    def hold() -> Steps[None]:
        yield from add(1)
        held.set()
        free.wait()

    async with await open_database(sqlite_url) as database, await open_database(sqlite_url) as holder:
        await database.write(lambda: rows(shorter))
        holding = asyncio.create_task(holder.write(hold))
        await asyncio.to_thread(held.wait)
        with pytest.raises(StorageUnavailable, match="locked"):
            await database.write(lambda: add(2))
        free.set()
        await holding
        await database.write(lambda: add(2))
        assert await count(database) == 2


async def wait_for_trouble(database: Database) -> None:
    """Wait for ever; that the connection ended may be news before it is trouble."""
    while True:
        await database.changed(timeout=0.1)


async def test_a_server_that_was_gone_is_unavailable_and_later_works(own_server: PostgresqlServer) -> None:
    ask = Statement(text("SELECT 1"))
    async with await open_database(own_server.url()) as database:
        await database.write(lambda: one(ask))
        own_server.stop()
        with pytest.raises(StorageUnavailable):
            await database.read(lambda: one(ask))
        with pytest.raises(StorageUnavailable):
            await database.write(lambda: one(ask))
        with pytest.raises(StorageUnavailable):
            await wait_for_trouble(database)
        own_server.start()
        assert await database.read(lambda: one(ask)) == (1,)
        assert await database.changed(timeout=0.1) is True
        await database.write(lambda: one(ask))


@pytest.fixture
async def own_server() -> AsyncIterator[PostgresqlServer]:
    """A server that may be stopped without harm to other tests."""
    server = PostgresqlServer()
    yield server
    server.remove()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://somewhere/db", "sqlite:/// or postgresql://"),
        ("not a url", "sqlite:/// or postgresql://"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
async def test_a_wrong_url_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        await open_database(url)


async def test_a_server_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable) as caught:
        await open_database(f"postgresql://somebody:secret@/x?host={tmp_path}")
    assert "secret" not in str(caught.value)


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, this is long enough to be read." * 50)
    with pytest.raises(StorageUnavailable, match="not a SQLite database"):
        await open_database(f"sqlite:///{tmp_path}/letter.db")


async def test_a_new_database_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "hubtalk.db"
    async with await open_database(f"sqlite:///{path}") as database:
        await database.write(lambda: change(Statement(text("CREATE TABLE t (x)"))))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "hubtalk.db-wal" in modes
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_reading_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="no database"):
        await open_database(f"sqlite:///{tmp_path}/none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_commits_on_sqlite_are_durable_and_foreign_keys_are_kept(sqlite_url: str) -> None:
    async with await open_database(sqlite_url) as database:
        values = [
            (await database.write(partial(one, Statement(text(f"PRAGMA {name}")))) or (None,))[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 2, 1, 30_000]


async def test_a_closed_database_is_unavailable(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageUnavailable):
        await database.write(lambda: add(1))


def test_a_program_that_forgets_to_close_still_ends(sqlite_url: str) -> None:
    code = f"import asyncio; from storage.driver import open_database; asyncio.run(open_database({sqlite_url!r}))"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=30, cwd=ROOT)
