"""The shelf: each content once, readable by its owner alone, within the quota, and never half there."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from bot.errors import StorageUnavailable
from storage.shelf import Shelf, ShelfFull


async def put(shelf: Shelf, content: bytes) -> str:
    async with shelf.locked():
        return await shelf.put(content)


async def test_a_file_lies_under_its_hash_for_its_owner_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, quota=100)
    sha256 = await put(shelf, b"picture")
    path = shelf.path(sha256)
    assert path == tmp_path / "attachments" / sha256[:2] / sha256
    assert path.read_bytes() == b"picture"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_the_same_content_takes_room_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, quota=10)
    assert await put(shelf, b"12345678") == await put(shelf, b"12345678")
    assert shelf.used() == 8


async def test_what_exceeds_the_quota_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, quota=10)
    await put(shelf, b"12345678")
    with pytest.raises(ShelfFull):
        await put(shelf, b"abc")
    assert shelf.used() == 8
    await put(shelf, b"ab")


async def test_a_sweep_takes_what_nobody_refers_to_and_what_a_kill_left_half_written(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, quota=100)
    kept, gone = await put(shelf, b"kept"), await put(shelf, b"gone")
    (tmp_path / "attachments" / ".new-half").write_bytes(b"ha")
    async with shelf.locked():
        assert await shelf.sweep([kept]) == 1
    assert shelf.path(kept).is_file()
    assert not shelf.path(gone).exists()
    assert sorted(path.name for path in (tmp_path / "attachments").iterdir()) == sorted([".lock", kept[:2], gone[:2]])


async def test_putting_and_sweeping_keep_out_of_each_others_way(tmp_path: Path) -> None:
    first, second = Shelf(tmp_path, quota=100), Shelf(tmp_path, quota=100)
    order: list[str] = []

    async def sweep() -> None:
        async with second.locked():
            order.append("sweep")

    async with first.locked():
        waiting = asyncio.create_task(sweep())
        await asyncio.sleep(0)
        order.append("put")
    await waiting
    assert order == ["put", "sweep"]


async def test_a_folder_that_cannot_be_made_is_a_storage_out_of_order(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("in the way")
    with pytest.raises(StorageUnavailable):
        await put(Shelf(tmp_path, quota=100), b"x")


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "g" * 64])
def test_only_a_hash_names_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Shelf(tmp_path, quota=1).path(name)
