"""Which schema a database has, and how it gets the present one.

Alembic (and with it SQLAlchemy's engines) is loaded only when a migration is due: the newest revision is a constant.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from bot.errors import SchemaTooNew, StorageError, StorageUnavailable
from storage.driver import Database, kind_of, open_database
from storage.statements import DialectName, Statement, Steps, one

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import AsyncConnection

logger = logging.getLogger(__name__)

REVISIONS = ("0001",)
"""All revisions this program knows, oldest first; a test compares them with `storage/migrations/versions`."""

_LOCK = 0x68756274616C6B  # "hubtalk": any number, but the same in every process


def _has_versions(dialect: DialectName) -> Any:
    if dialect == "sqlite":
        return text("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'")
    return text("SELECT 'alembic_version' WHERE to_regclass('alembic_version') IS NOT NULL")


_HAS_VERSIONS = Statement(_has_versions, name="look for the schema's version")
_VERSION = Statement(text("SELECT version_num FROM alembic_version"), name="read the schema's version")


def _current() -> Steps[str | None]:
    if (yield from one(_HAS_VERSIONS)) is None:
        return None
    row = yield from one(_VERSION)
    return None if row is None else str(row[0])


async def current(database: Database) -> str | None:
    """Return the revision of the schema, None in an empty database."""
    return await database.read(_current)


async def check(database: Database) -> bool:
    """Say whether the schema is the present one; False means that `upgrade` is due.

    Raises:
        SchemaTooNew: a newer hubtalk was here.
    """
    revision = await current(database)
    refuse_newer(revision)
    return revision == REVISIONS[-1]


def refuse_newer(revision: str | None) -> None:
    """Refuse a revision that this program does not know.

    Raises:
        SchemaTooNew: it does not.
    """
    if revision is not None and revision not in REVISIONS:
        raise SchemaTooNew(
            f"The database has schema {revision}, this hubtalk knows schemas up to {REVISIONS[-1]}: "
            "a newer hubtalk has used it. Install that version, or restore a backup made before the upgrade."
        )


async def upgrade(url: str, *, to: str = REVISIONS[-1]) -> list[str]:
    """Bring the schema up to date (or to one revision) in one transaction; return the revisions applied, in order.

    Of two processes that do this at once one waits for the other and then finds nothing to do.

    Raises:
        SchemaTooNew: a newer hubtalk was here.
        StorageError: a migration failed; nothing was changed.
    """
    database = await open_database(url)
    try:
        if await check(database):
            return []
    finally:
        await database.close()
    return await _migrate(url, to=to)


async def _migrate(url: str, *, to: str) -> list[str]:
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    applied: list[str] = []
    try:
        async with _connection(url) as connection:
            await connection.run_sync(_run_alembic, to, applied)
    except OSError as error:
        raise StorageUnavailable(f"The database cannot be upgraded now ({type(error).__name__}).") from error
    except DBAPIError as error:
        cause = _explain(error, kind=kind_of(url))
        if isinstance(cause, StorageUnavailable):
            raise cause from error
        raise StorageError(
            f"The database could not be upgraded and is as it was ({type(error.orig).__name__}). "
            "If it is not a database of hubtalk, choose another one."
        ) from error
    for revision in applied:
        logger.info("schema upgraded to %s", revision)
    return applied


def _explain(error: DBAPIError, *, kind: DialectName) -> StorageError:
    original = error.orig
    if kind == "sqlite" and isinstance(original, sqlite3.Error):
        from storage.sqlite import explain as explain_sqlite  # noqa: PLC0415

        return explain_sqlite(original, doing="upgrading")
    if kind == "postgresql" and original is not None:
        from storage.postgresql import explain as explain_postgresql  # noqa: PLC0415

        return explain_postgresql(original.__cause__ or original, doing="upgrading")
    return StorageError(str(original))


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a connection in a transaction that keeps other upgrades waiting."""
    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    kind = kind_of(url)
    if kind == "sqlite":
        # No driver-made transactions: DDL would commit them. Foreign keys stay off, as rebuilding a table needs.
        engine = create_async_engine(
            make_url(url).set(drivername="sqlite+aiosqlite"),
            poolclass=NullPool,
            connect_args={"isolation_level": None, "timeout": 30},
        )
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    else:
        engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if kind == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection
            if kind == "sqlite" and (await connection.exec_driver_sql("PRAGMA foreign_key_check")).fetchall():
                raise StorageError("The upgrade would leave rows that refer to nothing; the database is as it was.")
    finally:
        await engine.dispose()


def _run_alembic(connection: Any, to: str, applied: list[str]) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["applied"] = applied
    command.upgrade(config, to)
