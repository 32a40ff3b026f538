"""The format of a backup: a .tar.gz that knows neither database, so that each can be restored into the other.

`manifest.json` comes first; `tables/NAME.jsonl` holds a JSON list a row, in the order of the manifest's columns;
`files/` holds what belongs to the database in the data directory.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import orjson
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Text
from sqlalchemy.types import TypeEngine

from bot.errors import UsageError

FORMAT = 1
MANIFEST = "manifest.json"
FOLDERS = ("attachments", "matrix")
"""Folders of the data directory without which the rows are of no use."""
RESTORED = "matrix/restored"
"""Tells the Matrix channel when its keys were put back: what it said to others since the backup, they know."""
SECRET = "secret"  # noqa: S105 - the name of a file
MAX_MANIFEST = 1_000_000
"""Bytes; what is larger was not made by us."""

Kind: TypeAlias = Literal["integer", "boolean", "text", "bytes"]
TYPES: dict[Kind, TypeEngine[Any]] = {
    "integer": BigInteger(),
    "boolean": Boolean(),
    "text": Text(),
    "bytes": LargeBinary(),
}

_TABLE = re.compile(r"tables/([a-z_]+)\.jsonl")
_FILE = re.compile(rf"files/(({'|'.join(FOLDERS)})/.+|{SECRET})")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """One table in the archive."""

    name: str
    columns: dict[str, Kind]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive says of itself."""

    format: int
    version: str
    schema: str
    made_at: str
    engine: str
    tables: tuple[TableEntry, ...]
    """Referred to before referring: the order in which they can be loaded."""

    def to_json(self) -> bytes:
        """Write it down."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Read it.

        Raises:
            UsageError: not a manifest, or one of a format to come.
        """
        try:
            fields = orjson.loads(data)
            if fields["format"] > FORMAT:
                raise UsageError("The backup was made by a newer hubtalk: restore it with that version.")
            tables = tuple(TableEntry(**table) for table in fields.pop("tables"))
            return cls(tables=tables, **fields)
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError("This file is not a backup of hubtalk: its manifest cannot be read.") from error


def kind_of_column(column: Column[Any]) -> Kind:
    """Say how a column's values are written."""
    match column.type:
        case Boolean():
            return "boolean"
        case Integer():
            return "integer"
        case LargeBinary():
            return "bytes"
        case Text():
            return "text"
        case _:
            raise TypeError(f"{column}: backups do not know this type")


def write_row(row: Sequence[Any], kinds: Sequence[Kind]) -> bytes:
    """Turn a row into a line."""
    return orjson.dumps([_plain(value, kind) for value, kind in zip(row, kinds, strict=True)]) + b"\n"


def _plain(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "bytes":
        return base64.b64encode(value).decode()
    return bool(value) if kind == "boolean" else value


def read_rows(lines: IO[bytes], table: TableEntry) -> Iterator[dict[str, Any]]:
    """Turn lines back into rows."""
    binary = [name for name, kind in table.columns.items() if kind == "bytes"]
    for line in lines:
        row = dict(zip(table.columns, orjson.loads(line), strict=True))
        for name in binary:
            row[name] = None if row[name] is None else base64.b64decode(row[name])
        yield row


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(archive: Path, into: Path) -> Manifest:
    """Lay an archive out in an empty folder, and check that it is whole.

    Only names that a backup has are written, so no archive can reach outside the folder.

    Raises:
        UsageError: not a backup, or a damaged one.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _read_manifest(tar)
            for member in tar:
                _unpack_member(tar, member, into)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise UsageError(f"The backup {archive} cannot be read; it is damaged or no backup at all.") from error
    for table in manifest.tables:
        path = into / "tables" / f"{table.name}.jsonl"
        if not path.is_file() or digest(path) != table.sha256:
            raise UsageError(f"The backup {archive} is damaged: the table {table.name} is not as it was written.")
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or first.size > MAX_MANIFEST or (file := tar.extractfile(first)) is None:
        raise UsageError("This file is not a backup of hubtalk: it does not begin with a manifest.")
    return Manifest.from_json(file.read())


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    known = member.name == MANIFEST or _TABLE.fullmatch(member.name) or _FILE.fullmatch(member.name)
    source = tar.extractfile(member) if member.isreg() else None
    if not known or ".." in Path(member.name).parts or source is None:
        raise UsageError(f"The backup holds something that no backup has ({member.name!r}); nothing was restored.")
    target = into / member.name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with source, target.open("wb") as file:
        target.chmod(0o600)
        shutil.copyfileobj(source, file)
