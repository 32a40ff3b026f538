from __future__ import annotations

import asyncio
import signal
import stat
import sys
from pathlib import Path

import pytest

from bot.errors import AlreadyRunning, StorageUnavailable
from storage.locks import RunLock

ROOT = Path(__file__).parents[3]

HOLD = """
import asyncio, sys
from storage.locks import RunLock
async def main():
    async with RunLock(sys.argv[1]):
        print("held", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


async def start_holder(url: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    return process


async def test_a_second_one_is_refused_and_told_what_to_do(database_url: str) -> None:
    async with RunLock(database_url) as lock:
        assert lock.held()
        with pytest.raises(AlreadyRunning, match="Stop it first"):
            await RunLock(database_url).__aenter__()
    async with RunLock(database_url):
        pass
    assert not lock.held()


async def test_the_lock_ends_with_a_process_that_is_killed(database_url: str) -> None:
    holder = await start_holder(database_url)
    with pytest.raises(AlreadyRunning):
        await RunLock(database_url).__aenter__()
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    lock = RunLock(database_url)
    async with asyncio.timeout(10):
        while not lock.held():  # a server needs a moment to notice
            try:
                await lock.__aenter__()
            except AlreadyRunning:
                await asyncio.sleep(0.02)
    await lock.__aexit__()


async def test_on_a_server_each_key_has_its_own_lock(postgresql_url: str) -> None:
    async with RunLock(postgresql_url, key="telegram:1"), RunLock(postgresql_url, key="telegram:2"):
        with pytest.raises(AlreadyRunning, match="telegram:1"):
            await RunLock(postgresql_url, key="telegram:1").__aenter__()


async def test_a_link_to_the_database_is_the_same_database(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(sqlite_url.removeprefix("sqlite:///"))
    async with RunLock(sqlite_url):
        with pytest.raises(AlreadyRunning):
            await RunLock(f"sqlite:///{tmp_path}/link.db").__aenter__()


async def test_the_lock_file_belongs_to_its_owner_alone_and_stays(sqlite_url: str) -> None:
    async with RunLock(sqlite_url):
        pass
    path = Path(sqlite_url.removeprefix("sqlite:///") + ".run.lock")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # noqa: ASYNC240


async def test_a_server_out_of_reach_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await RunLock(f"postgresql://somebody@/x?host={tmp_path}").__aenter__()
