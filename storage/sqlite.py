"""SQLite: a whole unit of work runs in one hop on the thread that owns the connection.

An await for each statement costs more than the statement (two thread switches and a future), so the generator is
driven inside the thread of `aiosqlite`, with the plain `sqlite3` connection.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import aiosqlite
from sqlalchemy.engine import make_url

from bot.errors import ConfigurationError, Conflict, StorageError, StorageUnavailable
from storage.driver import Database, Snapshot
from storage.statements import Row, Statement, Step, Steps

T = TypeVar("T")

BUSY_TIMEOUT = 30_000
"""Milliseconds a writer waits for another process; above all of our transactions, below what a person waits for."""

POLL = 0.5
"""Seconds between two looks at whether another process committed (contract: noticed within a second)."""

_PRAGMAS = f"PRAGMA busy_timeout={BUSY_TIMEOUT}; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"

# https://www.sqlite.org/rescode.html; primary codes
_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: "it is locked by another process",
    sqlite3.SQLITE_LOCKED: "it is locked",
    sqlite3.SQLITE_READONLY: "it cannot be written to",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
    sqlite3.SQLITE_PERM: "access is denied",
}
_CONFLICTS = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
}


def database_path(url: str) -> Path:
    """Return the file that a `sqlite:///path` URL names."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ConfigurationError("SQLite needs a file: sqlite:///path/to/hubtalk.db.")
    return Path(name).absolute()


def explain(error: sqlite3.Error, *, doing: str) -> StorageError:
    """Turn an error of sqlite3 into one of ours, without any value that was stored."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        if code in _CONFLICTS:
            return Conflict(f"The database kept another row than the one to be stored ({doing}: {error}).")
        if (reason := _UNAVAILABLE.get(code & 0xFF)) is not None:
            return StorageUnavailable(f"The database cannot be used now: {reason} ({doing}).")
    return StorageError(f"The database refused a statement ({doing}: {type(error).__name__}: {error}).")


class _Connection:
    """One connection with its thread."""

    def __init__(self, connection: aiosqlite.Connection, raw: sqlite3.Connection) -> None:
        self._connection = connection
        self.raw = raw
        self.statements = 0
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, pragmas: str = "") -> _Connection:
        connection = aiosqlite.connect(
            f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, cached_statements=512
        )
        # A program that ends without closing (a crash) must not wait for this thread for ever.
        connection._thread.daemon = True
        try:
            await connection
            await _prepare(connection, _PRAGMAS + pragmas)
        except sqlite3.Error as error:
            await connection.close()
            raise explain(error, doing="opening") from error
        return cls(connection, connection._conn)

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function in the connection's thread; functions run one after the other."""
        # Not public, yet the one way to run more than a single statement in a hop.
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        result: T = await self._connection._execute(function, *arguments)  # type: ignore[no-untyped-call]
        return result

    def perform(self, steps: Callable[[], Steps[T]], begin: str) -> T:
        """Carry out a unit of work between `begin` and COMMIT; in the connection's thread."""
        self._execute(begin)
        try:
            result = self.drive(steps)
            self._execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise
        return result

    def drive(self, steps: Callable[[], Steps[T]]) -> T:
        unit = steps()
        answer: Any = None
        step: Step | None = None
        try:
            while True:
                step = unit.send(answer)
                answer = self._carry_out(step)
        except StopIteration as end:
            result: T = end.value
            return result
        except sqlite3.Error as error:
            raise explain(error, doing=step.statement.name if step else "a unit of work") from error
        finally:
            unit.close()

    def _carry_out(self, step: Step) -> Any:
        self.statements += 1
        kind, statement, parameters = step
        text = statement.for_sqlite
        if kind == "many":
            if statement.lists:
                parameters = [statement.sqlite_parameters(each) for each in parameters]
            self.raw.executemany(text, parameters)
            return None
        cursor = self.raw.execute(text, statement.sqlite_parameters(parameters))
        if kind == "rows":
            return cursor.fetchall()
        if kind == "change":
            return cursor.rowcount
        row = cursor.fetchone()
        cursor.close()
        return row

    def _execute(self, text: str) -> None:
        try:
            self.raw.execute(text)
        except sqlite3.Error as error:
            raise explain(error, doing=text) from error

    def roll_back(self) -> None:
        """Leave the transaction if there still is one: some errors (a full disk) make SQLite leave it by itself."""
        if self.raw.in_transaction:
            with suppress(sqlite3.Error):
                self.raw.execute("ROLLBACK")

    def data_version(self) -> int:
        (version,) = self.raw.execute("PRAGMA data_version").fetchone()
        return int(version)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            with suppress(sqlite3.Error):
                await self._connection.close()


class _SqliteSnapshot(Snapshot):
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def read(self, steps: Callable[[], Steps[T]]) -> T:
        return await self._connection.run(self._connection.drive, steps)

    async def stream(
        self, statement: Statement, *, size: int = 500, **parameters: Any
    ) -> AsyncGenerator[list[Row], None]:
        run, raw = self._connection.run, self._connection.raw
        text = statement.for_sqlite
        try:
            cursor = await run(raw.execute, text, statement.sqlite_parameters(parameters))
            self._connection.statements += 1
            while batch := await run(cursor.fetchmany, size):
                yield batch
            await run(cursor.close)
        except sqlite3.Error as error:
            raise explain(error, doing=statement.name) from error


class SqliteDatabase(Database):
    """A SQLite file: one thread writes, one reads, each snapshot has its own."""

    kind: ClassVar[Literal["sqlite", "postgresql"]] = "sqlite"

    def __init__(self, url: str, *, path: Path, writer: _Connection | None, reader: _Connection) -> None:
        self.url = url
        self.path = path
        self._writer = writer
        self._reader = reader
        self._watched = writer or reader
        self._version = 0
        self._streamed = 0

    @classmethod
    async def open(cls, url: str, *, read_only: bool = False) -> SqliteDatabase:
        """Open the file; make it, and its directory, for this user alone if they are not there."""
        path = database_path(url)
        writer = None
        if not read_only:
            _make_file(path)
            # WAL lasts in the file; FULL makes each commit durable before anybody is told of it.
            writer = await _Connection.open(path, pragmas="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        elif not path.exists():
            raise StorageUnavailable(f"There is no database at {path} yet.")
        try:
            reader = await _Connection.open(path, pragmas="PRAGMA query_only=ON;")
        except StorageError:
            if writer is not None:
                await writer.close()
            raise
        database = cls(url, path=path, writer=writer, reader=reader)
        database._version = await database._watched.run(database._watched.data_version)
        return database

    @property
    def statements(self) -> int:  # type: ignore[override]
        """How many statements were carried out so far."""
        return self._reader.statements + self._streamed + (self._writer.statements if self._writer else 0)

    async def write(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work; see `Database.write`."""
        if self._writer is None:
            raise StorageError("The database was opened for reading only.")
        # IMMEDIATE: one that reads first and then wants to write fails at once if another one wrote meanwhile.
        return await self._writer.run(self._writer.perform, steps, "BEGIN IMMEDIATE")

    async def read(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work that only reads."""
        return await self._reader.run(self._reader.perform, steps, "BEGIN")

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Hold one moment; see `Database.snapshot`."""
        connection = await _Connection.open(self.path, pragmas="PRAGMA query_only=ON;")
        try:
            # The moment is that of the first read, so one is made here.
            await connection.run(connection.raw.executescript, "BEGIN; SELECT count(*) FROM sqlite_master;")
            yield _SqliteSnapshot(connection)
        finally:
            self._streamed += connection.statements
            await connection.close()

    async def changed(self, *, timeout: float) -> bool:
        """Look at the writer's `data_version`, which only the commits of other connections move."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            version = await self._watched.run(self._watched.data_version)
            if version != self._version:
                self._version = version
                return True
            rest = until - loop.time()
            if rest <= 0:
                return False
            await asyncio.sleep(min(POLL, rest))

    async def close(self) -> None:
        """Finish what was handed in, then close the file."""
        await self._reader.close()
        if self._writer is not None:
            await self._writer.close()


async def _prepare(connection: aiosqlite.Connection, pragmas: str) -> None:
    """Set a connection up; while another process turns WAL on, SQLite says "locked" without waiting itself."""
    loop = asyncio.get_running_loop()
    until = loop.time() + BUSY_TIMEOUT / 1000
    while True:
        try:
            await connection.executescript(pragmas)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or loop.time() > until:
                raise
            await asyncio.sleep(0.05)
        else:
            return


def _make_file(path: Path) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=0o700)
        with suppress(FileExistsError):
            # SQLite gives its -wal and -shm files the permissions of the database.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StorageUnavailable(f"The database file {path} cannot be made: {error.strerror}.") from error
