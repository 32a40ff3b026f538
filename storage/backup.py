"""Backups while the bot runs, and their way back, from either database into either."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib import metadata as packages
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, bindparam, column, delete, func, insert, literal, null, or_, select, table, update

from bot.errors import StorageError, UsageError
from storage import schema
from storage.archives import (
    FOLDERS,
    FORMAT,
    MANIFEST,
    RESTORED,
    SECRET,
    TYPES,
    Manifest,
    TableEntry,
    digest,
    kind_of_column,
    read_rows,
    unpack,
    write_row,
)
from storage.codec import to_micros
from storage.driver import Snapshot, open_database
from storage.shelf import FOLDER as SHELF
from storage.statements import Row, Statement, Steps, any_of, change, many, one, rows, upsert
from storage.tables import (
    addresses,
    answer_history,
    answers,
    broadcasts,
    contacts,
    deliveries,
    dialogues,
    erasures,
    jobs,
    metadata,
    prompts,
    rights,
    visitors,
)

BATCH = 500
"""Rows in memory at once."""

# --- there -------------------------------------------------------------------------------------------------------


async def backup(url: str, data_dir: Path, target: Path, *, include_secret: bool = False) -> Manifest:
    """Write a consistent backup of one moment to `target` (readable by its owner alone), in constant memory.

    The secret stays out unless asked for: without it the codes and pseudonyms in a stolen backup say nothing.

    Raises:
        StorageError: the schema is not the present one, or the database cannot be read.
    """
    async with await open_database(url, read_only=True) as database:
        if not await schema.check(database):
            raise StorageError("The database has an older schema; run `hubtalk db upgrade` first.")
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            work = Path(folder)
            # One read transaction is one moment on both databases (WAL; REPEATABLE READ), and holds no writer up.
            async with database.snapshot() as snapshot:
                tables = [await _dump(snapshot, table, work) for table in metadata.sorted_tables]
            manifest = Manifest(
                format=FORMAT,
                version=_version(),
                schema=schema.REVISIONS[-1],
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                engine=database.kind,
                tables=tuple(tables),
            )
            packed = work / "backup.tar.gz"
            await asyncio.to_thread(_pack, packed, manifest, work, data_dir, include_secret=include_secret)
            packed.replace(target)
    return manifest


def _version() -> str:
    try:
        return packages.version("hubtalk")
    except packages.PackageNotFoundError:
        return "unknown"


async def _dump(snapshot: Snapshot, table: Table, work: Path) -> TableEntry:
    columns = {str(each.name): kind_of_column(each) for each in table.columns}
    kinds = list(columns.values())
    path, count = work / f"{table.name}.jsonl", 0
    with path.open("wb") as file:
        async for batch in snapshot.stream(Statement(select(table), name=f"read {table.name}"), size=BATCH):
            file.writelines(write_row(row, kinds) for row in batch)
            count += len(batch)
    return TableEntry(name=str(table.name), columns=columns, rows=count, sha256=digest(path))


def _pack(packed: Path, manifest: Manifest, work: Path, data_dir: Path, *, include_secret: bool) -> None:
    with open(packed, "xb", opener=_private) as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        data = manifest.to_json()
        about = tarfile.TarInfo(MANIFEST)
        about.size, about.mode = len(data), 0o600
        tar.addfile(about, io.BytesIO(data))
        for table in manifest.tables:
            tar.add(work / f"{table.name}.jsonl", f"tables/{table.name}.jsonl", filter=_anonymous)
        for path, name in _files(data_dir, work, include_secret=include_secret):
            try:
                tar.add(path, f"files/{name}", recursive=False, filter=_anonymous)
            except FileNotFoundError:
                continue  # deleted while the bot runs; then its row is gone, or marked as such


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Keep the names of this machine's accounts out."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _files(data_dir: Path, work: Path, *, include_secret: bool) -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        for path in sorted((data_dir / folder).rglob("*")):
            name = path.relative_to(data_dir).as_posix()
            if path.is_symlink() or not path.is_file() or name.endswith(("-wal", "-shm", "-journal")):
                continue
            if folder == SHELF and path.name.startswith("."):  # a lock, or what is being written
                continue
            yield (_copy_database(path, work) if _is_sqlite(path) else path), name
    if include_secret and (data_dir / SECRET).is_file():
        yield data_dir / SECRET, SECRET


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _copy_database(path: Path, work: Path) -> Path:
    """Copy a key store that is in use as SQLite does it: what is in its log is part of it."""
    copy = work / "store.db"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


# --- and back ----------------------------------------------------------------------------------------------------


async def restore(
    archive: Path, url: str, *, data_dir: Path | None = None, force: bool = False, tombstones: Iterable[int] = ()
) -> Manifest:
    """Load a backup into an empty database; with `force` over what is there, as a whole or not at all.

    People who were erased since the backup are erased again: those in `tombstones` (contact ids), and those whom the
    database that is overwritten knows as erased. The caller sees to it that no bot runs (`RunLock`).

    Raises:
        UsageError: not a backup, a damaged one, or the database (or a folder) is not empty.
        SchemaTooNew: the backup, or the database, is of a newer hubtalk.
    """
    with tempfile.TemporaryDirectory(prefix="hubtalk-restore-") as folder:
        work = Path(folder)
        manifest = await asyncio.to_thread(unpack, archive, work)
        schema.refuse_newer(manifest.schema)
        if data_dir is not None and not force:
            _refuse_files(work, data_dir)
        await _prepare(url, manifest)
        async with await open_database(url) as database:
            erased = await database.write(_load(manifest, work, force=force, tombstones=tuple(tombstones)))
        await schema.upgrade(url)
        if data_dir is not None:
            await asyncio.to_thread(_put_files, work, data_dir)
    if erased:
        schema.logger.info("%d contacts erased since the backup were erased again", erased)
    return manifest


async def _prepare(url: str, manifest: Manifest) -> None:
    """Give the database the schema that the backup had."""
    async with await open_database(url) as database:
        present = await schema.current(database)
    schema.refuse_newer(present)
    if present is None:
        await schema.upgrade(url, to=manifest.schema)
    elif present != manifest.schema:
        raise UsageError(
            f"The backup has schema {manifest.schema}, the database {present}: "
            "restore it into a new database, which is then upgraded."
        )


def _load(manifest: Manifest, work: Path, *, force: bool, tombstones: tuple[int, ...]) -> Callable[[], Steps[int]]:
    def unit() -> Steps[int]:
        if not force:
            yield from _refuse_rows(manifest)
        known: list[Row] = yield from rows(_ERASURES)
        for entry in reversed(manifest.tables):
            yield from change(Statement(delete(_table(entry)), name=f"empty {entry.name}"))
        for entry in manifest.tables:
            yield from _load_table(entry, work / "tables" / f"{entry.name}.jsonl")
        names = [each.name for each in erasures.columns]
        yield from many(_KEEP_ERASURE, [dict(zip(names, row, strict=True)) for row in known])
        if any(entry.name == broadcasts.name for entry in manifest.tables):
            yield from change(_BEGUN_BEFORE, now=to_micros(datetime.now(UTC)))
        after: list[Row] = yield from rows(_ERASURES)
        return (yield from _erase_again({*tombstones, *(row[names.index("contact_id")] for row in after)}))

    return unit


# Whom the backup knows as waiting may have got it since; nobody gets it twice unasked (invariant 3).
_BEGUN_BEFORE = Statement(
    update(broadcasts)
    .where(
        or_(
            broadcasts.c.state.in_(["planning", "running"]),
            (broadcasts.c.state == "scheduled") & (broadcasts.c.start_at <= bindparam("now")),
        )
    )
    .values(state="paused", reason="restored"),
    name="broadcasts pause after a restore",
)
_ERASURES = Statement(select(erasures), name="read erasures")
_KEEP_ERASURE = upsert(erasures, keys=["id"])


def _table(entry: TableEntry) -> Any:
    # From the backup, not from our tables: those may have changed since.
    return table(entry.name, *[column(name, TYPES[kind]) for name, kind in entry.columns.items()])


def _refuse_rows(manifest: Manifest) -> Steps[None]:
    for entry in manifest.tables:
        found = yield from one(Statement(select(literal(1)).select_from(_table(entry)).limit(1)))
        if found is not None:
            raise UsageError(
                f"The database is not empty (there are rows in {entry.name}). "
                "Restore into a new database, or say --force to overwrite all of it."
            )


def _load_table(entry: TableEntry, path: Path) -> Steps[None]:
    values = {name: bindparam(name, type_=TYPES[kind]) for name, kind in entry.columns.items()}
    statement = Statement(insert(_table(entry)).values(values), name=f"load {entry.name}")
    with path.open("rb") as file:
        found = read_rows(file, entry)
        while batch := list(islice(found, BATCH)):
            yield from many(statement, batch)


_OF_THESE = any_of(contacts.c.id, "ids")
_PLACES = Statement(
    select(addresses.c.channel, addresses.c.chat, addresses.c.person).where(any_of(addresses.c.contact_id, "ids"))
)
_FORGET_PLACES = [
    Statement(delete(each).where(any_of((each.c.channel, each.c.chat), "places")), name=f"forget {each.name}")
    for each in (prompts, dialogues, visitors, jobs, deliveries)
]
_FORGET_FOLLOWERS = Statement(
    update(broadcasts)
    .where(any_of((broadcasts.c.channel, broadcasts.c.chat), "places"))
    .values(channel="", chat="", prompt_id=null()),
    name="forget who follows broadcasts",
)
_FORGET_RIGHTS = Statement(delete(rights).where(any_of((rights.c.channel, rights.c.person), "people")))
_FORGET_AUTHORS = [
    Statement(update(each).where(any_of(each.c.contact_id, "ids")).values(contact_id=None))
    for each in (answers, answer_history)
]
_FORGET_CONTACTS = Statement(delete(contacts).where(_OF_THESE), name="forget contacts")
_COUNT_CONTACTS = Statement(select(func.count()).select_from(contacts).where(_OF_THESE))


def _erase_again(ids: set[int]) -> Steps[int]:
    wanted = sorted(ids)
    counted = yield from one(_COUNT_CONTACTS, ids=wanted)
    places = yield from rows(_PLACES, ids=wanted)
    for statement in _FORGET_PLACES:
        yield from change(statement, places=[(channel, chat) for channel, chat, _ in places])
    yield from change(_FORGET_FOLLOWERS, places=[(channel, chat) for channel, chat, _ in places])
    yield from change(_FORGET_RIGHTS, people=[(channel, person) for channel, _, person in places])
    for statement in _FORGET_AUTHORS:
        yield from change(statement, ids=wanted)
    # What belongs to a contact goes with it (ON DELETE CASCADE).
    yield from change(_FORGET_CONTACTS, ids=wanted)
    return int(counted[0]) if counted else 0


def _refuse_files(work: Path, data_dir: Path) -> None:
    for source in (work / "files").rglob("*"):
        target = data_dir / source.relative_to(work / "files")
        if source.is_file() and target.exists():
            raise UsageError(f"{target} is there already. Restore into a new data directory, or say --force.")


def _put_files(work: Path, data_dir: Path) -> None:
    for source in sorted((work / "files").rglob("*")):
        if source.is_file():
            target = data_dir / source.relative_to(work / "files")
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy(source, target)  # unpacked as 0600, and copied with that
    mark = data_dir / RESTORED
    if mark.parent.is_dir():
        mark.touch(mode=0o600)
