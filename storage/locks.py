"""The lock that keeps `hubtalk run` single; the kernel or the server holds it, so it ends however its holder ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, Self

from bot.errors import AlreadyRunning, StorageUnavailable
from storage.driver import kind_of


class _Lock(Protocol):
    def held(self) -> bool: ...

    async def take(self) -> bool: ...

    async def let_go(self) -> None: ...


class RunLock:
    """Held as an async context manager: `async with RunLock(url): …`.

    On SQLite one process runs on one file. On PostgreSQL several may share the work: there the lock is held for
    `key`, for instance a channel's account, of which one process at a time is the reader. Another `key` is another
    lock on both: whoever talks at a terminal holds one of their own beside a running bot.
    """

    def __init__(self, url: str, *, key: str = "run") -> None:
        self._key = key
        self._lock: _Lock = _FileLock(url, key=key) if kind_of(url) == "sqlite" else _ServerLock(url, key=key)

    async def __aenter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunning: another process holds it.
            StorageUnavailable: the lock file or the server cannot be reached.
        """
        if not await self._lock.take():
            raise AlreadyRunning(
                f"Another hubtalk already runs on this database ({self._key}). "
                "Stop it first (systemctl stop, docker stop, Ctrl-C); all other commands work beside it."
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._lock.let_go()

    def held(self) -> bool:
        """Say whether the lock is still ours; a server that went away took it along."""
        return self._lock.held()


class _FileLock:
    """`flock` on a file beside the database: the kernel lets go of it when the process ends."""

    def __init__(self, url: str, *, key: str) -> None:
        from storage.sqlite import database_path  # noqa: PLC0415 - only the driver in use is loaded

        path = database_path(url)
        # A key may hold any sign, a file's name may not.
        part = key if key.isascii() and key.isalnum() else hashlib.sha256(key.encode()).hexdigest()[:16]
        # The real file, so that a link to a database does not open it a second time.
        self._path = Path(f"{path.resolve()}.{part}.lock")
        self._file: int | None = None

    def held(self) -> bool:
        return self._file is not None

    async def take(self) -> bool:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageUnavailable(f"The lock file {self._path} cannot be made: {error.strerror}.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await self.let_go()
            return False
        return True

    async def let_go(self) -> None:
        # The file stays: deleting it would let a third process lock a file that nobody else sees.
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _ServerLock:
    """An advisory lock of a session: the server lets go of it when the connection ends."""

    def __init__(self, url: str, *, key: str) -> None:
        self._url = url
        # The server's locks have 64-bit numbers.
        digest = hashlib.sha256(f"hubtalk run lock {key}".encode()).digest()
        self._number = int.from_bytes(digest[:8], "big", signed=True)
        self._connection: Any = None

    def held(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    async def take(self) -> bool:
        from storage.postgresql import connect  # noqa: PLC0415 - only the driver in use is loaded

        self._connection = await connect(self._url, name="hubtalk lock")
        taken: bool = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", self._number)
        if not taken:
            await self.let_go()
        return taken

    async def let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, TimeoutError):
                await connection.close(timeout=5)
