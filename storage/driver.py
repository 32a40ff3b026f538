"""A database as the rest of storage sees it: carries units of work (`Steps`) out, each in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, ClassVar, Literal, Self, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigurationError
from storage.statements import Row, Statement, Steps

T = TypeVar("T")


class Snapshot(ABC):
    """The database as it was at one moment; reads through it agree with each other."""

    @abstractmethod
    async def read(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work that only reads."""

    @abstractmethod
    def stream(self, statement: Statement, *, size: int = 500, **parameters: Any) -> AsyncGenerator[list[Row], None]:
        """Give the rows in lists of at most `size`, in constant memory."""


class Database(ABC):
    """An open database.

    Errors are `StorageUnavailable` (nothing was changed, try again later), `Conflict` (nothing was changed, do the
    work anew) or another `StorageError`; what a unit of work raises itself undoes the unit and passes through.
    Rows are tuples of plain values; SQLite gives 0 and 1 where PostgreSQL gives False and True.
    """

    kind: ClassVar[Literal["sqlite", "postgresql"]]
    url: str
    statements: int
    """How many statements were carried out so far (`many` counts once)."""

    @abstractmethod
    async def write(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work in one transaction, commit it and return its result.

        Once called, the unit is carried out as a whole or not at all: cancelling the caller only ends the waiting.
        """

    @abstractmethod
    async def read(self, steps: Callable[[], Steps[T]]) -> T:
        """Carry out a unit of work that only reads, in one snapshot, beside the writer."""

    @abstractmethod
    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Hold one moment for several reads and streams, on a connection of its own."""

    async def stream(
        self, statement: Statement, *, size: int = 500, **parameters: Any
    ) -> AsyncGenerator[list[Row], None]:
        """Give the rows in lists of at most `size`, in constant memory, all of one moment.

        Who stops early should do so inside `contextlib.aclosing`, so that the connection is let go at once.
        """
        async with self.snapshot() as snapshot:
            batches = snapshot.stream(statement, size=size, **parameters)
            async with aclosing(batches):
                async for batch in batches:
                    yield batch

    @abstractmethod
    async def changed(self, *, timeout: float) -> bool:
        """Wait until another process (or another `Database`) has committed; False when `timeout` seconds passed.

        What was committed since the last call (or since opening) counts, so that nothing is missed between two calls.
        """

    @abstractmethod
    async def close(self) -> None:
        """Finish what was handed in, then let go of all connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def kind_of(url: str) -> Literal["sqlite", "postgresql"]:
    """Say which database a URL means.

    Raises:
        ConfigurationError: neither of the two.
    """
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError:
        backend = ""
    match backend:
        case "sqlite":
            return "sqlite"
        case "postgresql" | "postgres":
            return "postgresql"
        case _:
            # The URL itself stays out of the message: it may hold a password.
            raise ConfigurationError("The database URL must begin with sqlite:/// or postgresql://.")


async def open_database(url: str, *, read_only: bool = False) -> Database:
    """Connect to `sqlite:///path` (made if it is not there, unless `read_only`) or `postgresql://…`.

    Raises:
        ConfigurationError: the URL is wrong.
        StorageUnavailable: the database cannot be reached or opened.
    """
    if kind_of(url) == "sqlite":
        from storage.sqlite import SqliteDatabase  # noqa: PLC0415 - only the driver in use is loaded

        return await SqliteDatabase.open(url, read_only=read_only)
    from storage.postgresql import PostgresqlDatabase  # noqa: PLC0415 - only the driver in use is loaded

    return await PostgresqlDatabase.open(url, read_only=read_only)
