from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, func, select, text

from bot.errors import Conflict, SchemaTooNew, StorageError, UsageError
from storage import integrity, schema
from storage.backup import backup, restore
from storage.driver import Database, open_database
from storage.statements import Row, Statement, Steps, change, insert, many, one, rows
from storage.tables import companies, contacts, erasures, metadata
from tests.fixtures_databases import KINDS, start_postgresql

NASTY = 'Grüße "€"\n\t\x07 \u202e \U0001f600 \\ \' NULL'


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for name, content in {
        "attachments/ab/photo.jpg": b"\xff\xd8 a photo",
        "attachments/.lock": b"",
        "secret": b"do not tell",
        "notes.txt": b"not ours",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture(params=KINDS)
def second_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each engine, so that every way from one to the other is gone."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/restored/hubtalk.db"
        return
    url = start_postgresql().new_database()
    yield url
    start_postgresql().drop(url)


def row_for(table: Any, number: int) -> dict[str, Any]:
    """A row in which every column has something, references to the row of the same number included."""
    values: dict[str, Any] = {}
    for column in table.columns:
        match column.type:
            case Boolean():
                values[column.name] = number % 2 == 0
            case Integer():
                values[column.name] = number
            case LargeBinary():
                values[column.name] = bytes(range(256))
            case _:
                values[column.name] = f"{NASTY} {number}"
    return values


def fill(*numbers: int) -> Steps[None]:
    for table in metadata.sorted_tables:
        yield from many(insert(table), [row_for(table, number) for number in numbers])


async def everything(url: str) -> dict[str, list[Row]]:
    async with await open_database(url) as database:
        read = {
            table.name: await database.read(partial(rows, Statement(select(table).order_by(*table.primary_key))))
            for table in metadata.sorted_tables
        }
    return {name: [tuple(row) for row in found] for name, found in read.items()}


async def write(url: str, *steps: Callable[[], Steps[Any]]) -> None:
    async with await open_database(url) as database:
        for each in steps:
            await database.write(each)


async def test_a_backup_of_either_database_is_restored_into_either(
    database_url: str, second_url: str, data_dir: Path, tmp_path: Path
) -> None:
    forget_nobody = Statement(text("DELETE FROM erasures"))
    await write(database_url, lambda: fill(1, 2, 2**31 - 1), lambda: change(forget_nobody))
    archive = tmp_path / "backup.tar.gz"
    made = await backup(database_url, data_dir, archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert sum(table.rows for table in made.tables) == 3 * (len(metadata.tables) - 1)
    assert await restore(archive, second_url) == made
    assert await everything(second_url) == await everything(database_url)
    async with await open_database(second_url) as database:
        assert await schema.check(database) is True
        assert [problem for problem in await integrity.check(database) if "refer" in problem] == []


async def test_files_come_back_private_and_the_secret_only_when_asked_for(
    sqlite_url: str, data_dir: Path, tmp_path: Path
) -> None:
    photo = Path("attachments/ab/photo.jpg")
    for include_secret in (False, True):
        archive = tmp_path / f"backup-{include_secret}.tar.gz"
        await backup(sqlite_url, data_dir, archive, include_secret=include_secret)
        target = tmp_path / f"target-{include_secret}"
        await restore(archive, f"sqlite:///{target}/hubtalk.db", data_dir=target)
        assert (target / photo).read_bytes() == b"\xff\xd8 a photo"
        assert stat.S_IMODE((target / photo).stat().st_mode) == 0o600
        assert (target / "secret").exists() is include_secret
        assert not (target / "notes.txt").exists()
        assert not (target / "attachments/.lock").exists()


async def test_a_key_store_in_use_is_copied_with_what_is_in_its_log(
    sqlite_url: str, data_dir: Path, tmp_path: Path
) -> None:
    (data_dir / "matrix").mkdir()
    with closing(sqlite3.connect(data_dir / "matrix" / "keys.db")) as store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE keys (key)")
        store.execute("INSERT INTO keys VALUES ('k')")
        store.commit()
        await backup(sqlite_url, data_dir, tmp_path / "backup.tar.gz")
    await restore(tmp_path / "backup.tar.gz", f"sqlite:///{tmp_path}/x/h.db", data_dir=tmp_path / "x")
    with closing(sqlite3.connect(tmp_path / "x" / "matrix" / "keys.db")) as store:
        assert store.execute("SELECT key FROM keys").fetchall() == [("k",)]
    # The mark tells the channel that others know more of what it said than it does.
    assert sorted(path.name for path in (tmp_path / "x" / "matrix").iterdir()) == ["keys.db", "restored"]
    assert stat.S_IMODE((tmp_path / "x" / "matrix" / "restored").stat().st_mode) == 0o600


async def test_a_backup_beside_a_writer_holds_one_moment(database: Database, data_dir: Path, tmp_path: Path) -> None:
    """Each unit adds a company and its contact, so a backup has equally many of both."""
    numbers = itertools.count(1)
    pair = (insert(companies), insert(contacts))

    def unit() -> Steps[None]:
        number = next(numbers)
        yield from many(pair[0], [row_for(companies, number)])
        yield from many(pair[1], [row_for(contacts, number) | {"company_id": number}])

    running = True

    async def keep_writing() -> None:
        while running:
            await database.write(unit)

    writing = asyncio.create_task(keep_writing())
    for attempt in range(3):
        made = await backup(database.url, data_dir, tmp_path / f"{attempt}.tar.gz")
        counts = {table.name: table.rows for table in made.tables}
        assert counts["companies"] == counts["contacts"]
    running = False
    await writing
    assert next(numbers) > 1


async def test_a_database_with_rows_is_overwritten_only_by_force(
    database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    await backup(database_url, data_dir, tmp_path / "empty.tar.gz")
    await write(database_url, lambda: many(insert(companies), [row_for(companies, 1)]))
    with pytest.raises(UsageError, match=r"rows in companies.*--force"):
        await restore(tmp_path / "empty.tar.gz", database_url)
    assert len((await everything(database_url))["companies"]) == 1
    await restore(tmp_path / "empty.tar.gz", database_url, force=True)
    assert (await everything(database_url))["companies"] == []


async def test_files_are_overwritten_only_by_force(sqlite_url: str, data_dir: Path, tmp_path: Path) -> None:
    await backup(sqlite_url, data_dir, tmp_path / "backup.tar.gz")
    with pytest.raises(UsageError, match=r"photo\.jpg is there already"):
        await restore(tmp_path / "backup.tar.gz", sqlite_url, data_dir=data_dir)
    (data_dir / "attachments/ab/photo.jpg").write_bytes(b"changed")
    await restore(tmp_path / "backup.tar.gz", sqlite_url, data_dir=data_dir, force=True)
    assert (data_dir / "attachments/ab/photo.jpg").read_bytes() == b"\xff\xd8 a photo"


async def test_who_was_erased_since_the_backup_stays_erased(database_url: str, data_dir: Path, tmp_path: Path) -> None:
    keep = {"contact_id": 77}
    await write(database_url, lambda: fill(1, 2, 3), lambda: change(Statement(text("DELETE FROM erasures"))))
    await backup(database_url, data_dir, tmp_path / "backup.tar.gz")
    await write(
        database_url,
        lambda: change(Statement(text("DELETE FROM contacts WHERE id = 1"))),
        lambda: many(insert(erasures), [row_for(erasures, 50) | {"contact_id": 1}, row_for(erasures, 51) | keep]),
    )
    await restore(tmp_path / "backup.tar.gz", database_url, force=True, tombstones=[3])
    after = await everything(database_url)
    assert [row[0] for row in after["contacts"]] == [2]
    assert [row[0] for row in after["erasures"]] == [50, 51]
    gone = {"addresses", "visitors", "prompts", "dialogues", "deliveries", "responses", "answers", "consents", "rights"}
    for name in gone:
        assert len(after[name]) == 1, name
    async with await open_database(database_url) as database:
        assert [problem for problem in await integrity.check(database) if "refer" in problem] == []


async def test_a_restore_that_fails_leaves_the_database_as_it_was(
    database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    await write(database_url, lambda: many(insert(companies), [row_for(companies, 1)]))
    await backup(database_url, data_dir, tmp_path / "backup.tar.gz")

    def double_a_row(name: str, data: bytes) -> bytes:
        return data * 2 if name == "tables/companies.jsonl" else data

    broken = rewrite(tmp_path / "backup.tar.gz", double_a_row, mend=True)
    await write(database_url, lambda: many(insert(companies), [row_for(companies, 2)]))
    before = await everything(database_url)
    with pytest.raises(Conflict):
        await restore(broken, database_url, force=True)
    assert await everything(database_url) == before


# --- archives that are not to be trusted -------------------------------------------------------------------------


def rewrite(archive: Path, change_content: Callable[[str, bytes], bytes], *, mend: bool = False) -> Path:
    """Write an archive anew with other contents; `mend` makes its sums right again."""
    with tarfile.open(archive) as tar:
        contents = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    contents = {name: change_content(name, data) for name, data in contents.items()}
    if mend:
        manifest = orjson.loads(contents["manifest.json"])
        for table in manifest["tables"]:
            table["sha256"] = hashlib.sha256(contents[f"tables/{table['name']}.jsonl"]).hexdigest()
        contents["manifest.json"] = orjson.dumps(manifest)
    target = archive.with_name(f"rewritten-{archive.name}")
    with tarfile.open(target, "w:gz") as tar:
        for name, data in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return target


def in_manifest(**changes: object) -> Callable[[str, bytes], bytes]:
    return lambda name, data: orjson.dumps(orjson.loads(data) | changes) if name == "manifest.json" else data


@pytest.fixture
async def archive(sqlite_url: str, data_dir: Path, tmp_path: Path) -> Path:
    await backup(sqlite_url, data_dir, tmp_path / "backup.tar.gz")
    return tmp_path / "backup.tar.gz"


async def test_a_backup_of_a_newer_schema_is_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(SchemaTooNew, match="9999"):
        await restore(rewrite(archive, in_manifest(schema="9999")), f"sqlite:///{tmp_path}/n/h.db")
    with pytest.raises(UsageError, match="newer hubtalk"):
        await restore(rewrite(archive, in_manifest(format=2)), f"sqlite:///{tmp_path}/n/h.db")
    assert not (tmp_path / "n").exists()


async def test_a_damaged_backup_is_refused(archive: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/n/h.db"
    changed = rewrite(archive, lambda name, data: b"[1]\n" if name == "tables/companies.jsonl" else data)
    with pytest.raises(UsageError, match="the table companies is not as it was written"):
        await restore(changed, url)
    (tmp_path / "half.tar.gz").write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])  # noqa: ASYNC240
    with pytest.raises(UsageError, match="damaged"):
        await restore(tmp_path / "half.tar.gz", url)
    (tmp_path / "letter.tar.gz").write_text("Dear Sir or Madam")
    with pytest.raises(UsageError, match="cannot be read"):
        await restore(tmp_path / "letter.tar.gz", url)
    with pytest.raises(UsageError, match="manifest"):
        await restore(rewrite(archive, lambda name, data: b"{}" if name == "manifest.json" else data), url)
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "files/attachments/../../evil", "tables/../evil.jsonl", "files/x"]
)
async def test_an_archive_cannot_reach_outside(archive: Path, tmp_path: Path, name: str) -> None:
    with tarfile.open(archive) as tar:
        contents = [(each.name, tar.extractfile(each).read()) for each in tar]  # type: ignore[union-attr]
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        for path, data in [*contents, (name, b"evil")]:
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(UsageError, match="no backup has"):
        await restore(tmp_path / "evil.tar.gz", f"sqlite:///{tmp_path}/n/h.db", data_dir=tmp_path / "n")
    assert not (tmp_path / "n").exists()


async def test_links_in_an_archive_are_refused(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as tar:
        contents = [(each.name, tar.extractfile(each).read()) for each in tar]  # type: ignore[union-attr]
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        for path, data in contents:
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("files/attachments/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(UsageError, match="no backup has"):
        await restore(tmp_path / "evil.tar.gz", f"sqlite:///{tmp_path}/n/h.db")


async def test_an_old_schema_is_upgraded_before_a_backup(empty_url: str, data_dir: Path, tmp_path: Path) -> None:
    async with await open_database(empty_url):
        pass
    with pytest.raises(StorageError, match="hubtalk db upgrade"):
        await backup(empty_url, data_dir, tmp_path / "backup.tar.gz")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".backup", "backup"))]  # noqa: ASYNC240


# --- integrity ---------------------------------------------------------------------------------------------------


async def test_a_sound_database_has_no_problems(database: Database) -> None:
    assert await integrity.check(database) == []


async def test_unknown_delivery_states_and_orphans_are_found(sqlite_url: str) -> None:
    async with await open_database(sqlite_url) as database:
        await database.write(lambda: rows(Statement(text("PRAGMA foreign_keys=OFF"))))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw:
        raw.execute("INSERT INTO deliveries (id, channel, chat, contact_id, priority, state, created_at) "
                    "VALUES (1, 'telegram', '1', 99, 'push', 'lost', 1)")  # fmt: skip
        raw.commit()
    async with await open_database(sqlite_url) as database:
        assert await integrity.check(database) == [
            "deliveries.contact_id: 1 rows refer to a row of contacts that is not there",
            "deliveries.state: 1 rows have the unknown state 'lost'",
        ]


async def test_unknown_delivery_states_are_found_on_both(database: Database) -> None:
    bad = Statement(text(
        "INSERT INTO deliveries (id, channel, chat, priority, state, created_at) "
        "VALUES (1, 'telegram', '1', 'push', 'lost', 1)"
    ))  # fmt: skip
    await database.write(lambda: change(bad))
    assert await integrity.check(database) == ["deliveries.state: 1 rows have the unknown state 'lost'"]
    assert await database.read(lambda: one(Statement(select(func.count()).select_from(companies)))) == (0,)
