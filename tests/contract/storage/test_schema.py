from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import SchemaTooNew, StorageError
from storage import schema
from storage.driver import open_database
from storage.statements import Statement, change, rows
from storage.tables import metadata

MIGRATIONS = Path(schema.__file__).parent / "migrations"


def default_differs(*about: Any) -> bool | None:
    """Alembic takes SQLite's ('') for another default than an empty text; the rest it compares right (None)."""
    in_database, in_tables = about[3], about[5]
    return False if (in_database, in_tables) == ("('')", "") else None


async def differences(url: str) -> list[object]:
    """What Alembic would still change in the database to make it equal to the tables."""

    def compare(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": default_differs}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    driver = "sqlite+aiosqlite" if url.startswith("sqlite") else "postgresql+asyncpg"
    engine = create_async_engine(make_url(url).set(drivername=driver), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


async def test_the_migrations_make_exactly_the_tables(empty_url: str) -> None:
    assert await schema.upgrade(empty_url) == list(schema.REVISIONS)
    assert await differences(empty_url) == []


async def test_a_second_upgrade_has_nothing_to_do(empty_url: str) -> None:
    await schema.upgrade(empty_url)
    assert await schema.upgrade(empty_url) == []


async def test_two_upgrades_at_once_apply_each_migration_once(empty_url: str) -> None:
    first, second = await asyncio.gather(schema.upgrade(empty_url), schema.upgrade(empty_url))
    assert sorted(first + second) == list(schema.REVISIONS)
    database = await open_database(empty_url)
    assert await schema.check(database) is True
    await database.close()


async def test_an_empty_database_needs_an_upgrade(empty_url: str) -> None:
    database = await open_database(empty_url)
    assert await schema.current(database) is None
    assert await schema.check(database) is False
    await database.close()


async def test_a_newer_schema_is_refused_in_words(database_url: str) -> None:
    database = await open_database(database_url)
    await database.write(lambda: change(Statement(text("UPDATE alembic_version SET version_num = '9999'"))))
    with pytest.raises(SchemaTooNew, match=r"has schema 9999.*newer hubtalk"):
        await schema.check(database)
    await database.close()
    with pytest.raises(SchemaTooNew):
        await schema.upgrade(database_url)


async def test_an_upgrade_that_fails_changes_nothing(empty_url: str) -> None:
    foreign = Statement(text("CREATE TABLE deliveries (somebody_elses INTEGER)"))
    database = await open_database(empty_url)
    await database.write(lambda: change(foreign))
    with pytest.raises(StorageError, match="is as it was"):
        await schema.upgrade(empty_url)
    assert await schema.current(database) is None
    listed = Statement(
        lambda dialect: (
            text("SELECT name FROM sqlite_master WHERE type = 'table'")
            if dialect == "sqlite"
            else text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        )
    )
    assert await database.read(lambda: rows(listed)) == [("deliveries",)]
    await database.close()


def test_the_program_knows_all_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(known)) == schema.REVISIONS


def test_opening_a_database_that_is_up_to_date_does_not_load_alembic(sqlite_url: str) -> None:
    code = (
        "import asyncio, sys; from storage import schema\n"
        f"asyncio.run(schema.upgrade({sqlite_url!r}))\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('alembic', 'asyncpg')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=MIGRATIONS.parents[1]
    )
    assert done.stdout.strip() == "[]"


def test_sqlite_indexes_and_foreign_keys_are_there(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        partial = connection.execute(
            text("SELECT count(*) FROM sqlite_master WHERE sql LIKE 'CREATE%INDEX%WHERE%'")
        ).scalar()
        foreign = connection.execute(text("SELECT count(*) FROM pragma_foreign_key_list('answers')")).scalar()
    engine.dispose()
    assert (partial, foreign) == (14, 1)
