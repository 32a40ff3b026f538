"""PostgreSQL: units of work driven straight over asyncpg, with prepared statements kept a connection."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar, Literal, TypeVar

import asyncpg
from sqlalchemy.engine import make_url

from bot.errors import Conflict, StorageError, StorageUnavailable
from storage.driver import Database, Snapshot
from storage.statements import Row, Statement, Step, Steps

logger = logging.getLogger(__name__)
T = TypeVar("T")

POOL_SIZE = 8
"""Connections of one process: the writer, a few readers and exports; a default server takes 100 in all."""

CONNECT_TIMEOUT = 10
"""Seconds until a server that does not answer counts as gone."""

CHANGES = "hubtalk_changes"
"""Where a process says that it committed; the payload is the process's own mark, so that it can ignore itself."""

_SESSION = {
    "application_name": "hubtalk",
    "timezone": "UTC",
    "lock_timeout": "30000",  # as long as SQLite's writers wait
    "jit": "off",  # our statements are short: compiling them costs more than running them
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_CONFLICTS = {"23505", "23503", "23P01", "40001", "40P01"}
_UNAVAILABLE = {"08", "28", "3D", "53", "57", "58", "XX"}
_LOCK_NOT_AVAILABLE, _READ_ONLY, _CACHED_PLAN = "55P03", "25006", "0A000"


def plain_url(url: str) -> str:
    """Return the URL in the form that PostgreSQL's own tools take (no driver name)."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def explain(error: BaseException, *, doing: str) -> StorageError:
    """Turn an error of asyncpg into one of ours.

    The server's text is left out, since it may quote what was stored; names of tables and constraints are kept.
    """
    if isinstance(error, asyncpg.PostgresError):
        code = str(getattr(error, "sqlstate", "") or "")
        place = " ".join(filter(None, (error.__dict__.get("table_name"), error.__dict__.get("constraint_name"))))
        about = f"{doing}: {type(error).__name__}{' ' + place if place else ''}"
        if code in _CONFLICTS:
            return Conflict(f"The database decided for another row or transaction ({about}).")
        if code[:2] in _UNAVAILABLE or code in {_LOCK_NOT_AVAILABLE, _READ_ONLY, _CACHED_PLAN}:
            return StorageUnavailable(f"The database cannot be used now ({about}).")
        return StorageError(f"The database refused a statement ({about}).")
    if isinstance(error, ValueError):  # asyncpg's word for a parameter of the wrong kind; its text quotes the value
        return StorageError(f"The database cannot store a value ({doing}: {type(error).__name__}).")
    return StorageUnavailable(f"The database cannot be reached ({doing}: {type(error).__name__}).")


async def connect(url: str, *, name: str) -> Any:
    """Open a single connection outside any pool, for what lasts as long as a session does.

    Raises:
        StorageUnavailable: the server cannot be reached.
    """
    settings = {**_SESSION, "application_name": name}
    try:
        return await asyncpg.connect(plain_url(url), timeout=CONNECT_TIMEOUT, server_settings=settings)
    except _ERRORS as error:
        raise explain(error, doing="connecting") from None


_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


async def _carry_out(connection: Any, step: Step) -> Any:
    kind, statement, parameters = step
    compiled = statement.for_postgresql
    if kind == "many":
        await connection.executemany(compiled.text, [compiled.arguments(each) for each in parameters])
        return None
    arguments = compiled.arguments(parameters)
    if kind == "rows":
        return [tuple(row) for row in await connection.fetch(compiled.text, *arguments)]
    if kind == "one":
        row = await connection.fetchrow(compiled.text, *arguments)
        return None if row is None else tuple(row)
    return _affected(await connection.execute(compiled.text, *arguments))


def _affected(status: str) -> int:
    """Read "UPDATE 3" or "INSERT 0 3"."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


class _PostgresqlSnapshot(Snapshot):
    def __init__(self, database: PostgresqlDatabase, connection: Any) -> None:
        self._database = database
        self._connection = connection

    async def read(self, steps: Callable[[], Steps[T]]) -> T:
        return await self._database.drive(self._connection, steps)

    async def stream(
        self, statement: Statement, *, size: int = 500, **parameters: Any
    ) -> AsyncGenerator[list[Row], None]:
        compiled = statement.for_postgresql
        self._database.statements += 1
        try:
            cursor = await self._connection.cursor(compiled.text, *compiled.arguments(parameters))
            while batch := await cursor.fetch(size):
                yield [tuple(row) for row in batch]
        except _ERRORS as error:
            raise explain(error, doing=statement.name) from None


class PostgresqlDatabase(Database):
    """A PostgreSQL database behind a small pool of connections."""

    kind: ClassVar[Literal["sqlite", "postgresql"]] = "postgresql"

    def __init__(self, url: str, *, pool: Any, read_only: bool) -> None:
        self.url = url
        self.statements = 0
        self._pool = pool
        self._read_only = read_only
        self._mark = secrets.token_hex(8)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._listener: Any = None
        self._heard = asyncio.Event()

    @classmethod
    async def open(cls, url: str, *, read_only: bool = False) -> PostgresqlDatabase:
        """Connect to the server."""
        try:
            pool = await asyncpg.create_pool(
                plain_url(url),
                min_size=0,  # else the pool fills itself up, and logs each try, while the server is gone
                max_size=POOL_SIZE,
                statement_cache_size=512,
                max_cached_statement_lifetime=0,
                timeout=CONNECT_TIMEOUT,
                server_settings=_SESSION,
            )
        except _ERRORS as error:
            raise explain(error, doing="connecting") from None
        database = cls(url, pool=pool, read_only=read_only)
        try:
            await database._listen()
        except StorageError:
            await pool.close()
            raise
        return database

    async def write(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work; see `Database.write`."""
        if self._read_only:
            raise StorageError("The database was opened for reading only.")
        self._refuse_if_closed()
        unit = asyncio.create_task(
            self._transact(steps, begin="BEGIN", end=f"NOTIFY {CHANGES}, '{self._mark}'; COMMIT")
        )
        self._running.add(unit)
        unit.add_done_callback(self._finished)
        return await asyncio.shield(unit)

    async def read(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work that only reads."""
        self._refuse_if_closed()
        return await self._transact(steps, begin="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", end="COMMIT")

    async def _transact(self, steps: Callable[[], Steps[T]], *, begin: str, end: str) -> T:
        async with self._connection() as connection:
            await connection.execute(begin)
            try:
                result = await self.drive(connection, steps)
                await connection.execute(end)
            except BaseException:
                await _roll_back(connection)
                raise
            return result

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=3 * CONNECT_TIMEOUT)
        except _ERRORS as error:
            raise explain(error, doing="connecting") from None
        try:
            yield connection
        except _ERRORS as error:
            raise explain(error, doing="a transaction") from None
        finally:
            with suppress(*_ERRORS):
                await self._pool.release(connection)

    async def drive(self, connection: Any, steps: Callable[[], Steps[T]]) -> T:
        """Carry out the steps of a unit of work within a transaction that somebody else ends."""
        unit = steps()
        answer: Any = None
        step: Step | None = None
        try:
            while True:
                step = unit.send(answer)
                self.statements += 1
                answer = await _carry_out(connection, step)
        except StopIteration as end:
            result: T = end.value
            return result
        except _ERRORS as error:
            raise explain(error, doing=step.statement.name if step else "a unit of work") from None
        finally:
            unit.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StorageUnavailable("The database is closed.")

    def _finished(self, unit: asyncio.Task[Any]) -> None:
        self._running.discard(unit)
        if not unit.cancelled():
            unit.exception()  # whoever waited has it; if nobody did any more, it is of no use to anybody

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Hold one moment; see `Database.snapshot`."""
        self._refuse_if_closed()
        async with self._connection() as connection:
            transaction = connection.transaction(isolation="repeatable_read", readonly=True)
            await transaction.start()
            try:
                await connection.execute("SELECT 1")  # the moment is that of the first statement
                yield _PostgresqlSnapshot(self, connection)
            finally:
                with suppress(*_ERRORS):
                    await transaction.rollback()

    async def changed(self, *, timeout: float) -> bool:
        """Wait for another process's NOTIFY."""
        if self._listener is None or self._listener.is_closed():
            await self._listen()
            return True  # what was said while nobody listened is lost
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._heard.wait()
        if not self._heard.is_set():
            return False
        self._heard.clear()
        return True

    async def _listen(self) -> None:
        self._listener = await connect(self.url, name="hubtalk listener")
        self._listener.add_termination_listener(lambda _: self._heard.set())
        try:
            await self._listener.add_listener(CHANGES, self._hear)
        except _ERRORS as error:
            raise explain(error, doing="listening") from None

    def _hear(self, _connection: Any, _process: int, _channel: str, mark: object) -> None:
        if mark != self._mark:
            self._heard.set()

    async def close(self) -> None:
        """Finish what was handed in, then disconnect."""
        self._closed = True
        if self._running:
            await asyncio.wait(self._running)
        with suppress(*_ERRORS):
            if self._listener is not None:
                await self._listener.close(timeout=CONNECT_TIMEOUT)
        with suppress(*_ERRORS):
            await self._pool.close()


async def _roll_back(connection: Any) -> None:
    if connection.is_closed() or not connection.is_in_transaction():
        return
    with suppress(*_ERRORS):
        await connection.execute("ROLLBACK")
