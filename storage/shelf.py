"""The files of answers in the data directory, by the hash of their content: each once, however often it was sent."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.errors import StorageError, StorageUnavailable

FOLDER = "attachments"
LOCK = ".lock"
LOCK_PAUSE = 0.05  # seconds between looks; tried without waiting in a thread, which nobody could cancel
_DIGITS = frozenset("0123456789abcdef")


class ShelfFull(StorageError):
    """There is no room for a file within the quota; whoever raises the quota, or erases, makes some."""


class Shelf:
    """Files below `data_dir/attachments`, as `ab/abcd…`. `quota`: bytes of all of them together."""

    def __init__(self, data_dir: Path, *, quota: int) -> None:
        self._folder = data_dir / FOLDER
        self._quota = quota

    def path(self, sha256: str) -> Path:
        """Return where the file of that hash lies."""
        if len(sha256) != 64 or not _DIGITS.issuperset(sha256):
            raise ValueError("a SHA-256 has 64 digits of a-f and 0-9")
        return self._folder / sha256[:2] / sha256

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Keep others from putting and sweeping, in whatever process: a file and its row appear or go together.

        Raises:
            StorageUnavailable: the data directory cannot be written.
        """
        try:
            lock = self._open_lock()
        except OSError as error:
            raise StorageUnavailable(f"the attachments' folder cannot be used: {error.strerror}") from error
        try:
            while not _took(lock):  # noqa: ASYNC110 -- a lock of another process tells nobody when it is let go
                await asyncio.sleep(LOCK_PAUSE)
            yield
        finally:
            os.close(lock)

    async def put(self, content: bytes) -> str:
        """Store a file and return its hash; call only while `locked`, and note it in a row before letting go.

        Raises:
            ShelfFull: there is no room for it.
            StorageUnavailable: the disk does not take it now.
        """
        try:
            return await asyncio.to_thread(self._put, content)
        except OSError as error:
            raise StorageUnavailable(f"a file could not be stored: {error.strerror}") from error

    async def sweep(self, keep: Collection[str]) -> int:
        """Remove every file but those; return how many. Call only while `locked`, with what rows refer to by then."""
        return await asyncio.to_thread(self._sweep, frozenset(keep))

    def used(self) -> int:
        """Return the bytes of all files together."""
        return sum(path.stat().st_size for path in self._files())

    def _open_lock(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(self._folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        if target.is_file() and target.stat().st_size == len(content):
            return sha256
        if self.used() + len(content) > self._quota:
            raise ShelfFull(f"the quota of {self._quota} bytes for attachments is used up")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made readable for its owner alone by mkstemp; under its name only when it is whole and on the disk.
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in (target.parent, self._folder):
            _fsync_folder(folder)
        return sha256

    def _sweep(self, keep: frozenset[str]) -> int:
        removed = 0
        for path in self._files():
            if path.name not in keep:
                path.unlink(missing_ok=True)
                removed += 1
        for rest in self._folder.glob(".new-*"):  # of a process that was killed while it wrote
            rest.unlink(missing_ok=True)
        return removed

    def _files(self) -> list[Path]:
        return [path for path in self._folder.glob("[0-9a-f][0-9a-f]/*") if path.is_file()]


def _took(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fsync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems know no fsync of a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
