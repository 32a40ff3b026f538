"""The files that forms show, kept a version; they and those of broadcasts and inquiries are handed to the sender when a
message that refers to them leaves.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import bindparam, select

from bot.domain.filing import media_type_of
from bot.domain.messages import Attachment, OutboundMessage
from bot.errors import UsageError
from storage.driver import Database
from storage.shelf import Shelf
from storage.statements import Statement, Steps, insert, many, one, rows
from storage.tables import broadcast_files, form_files

FILE_LIMIT = 5 * 1024 * 1024
VERSION_LIMIT = 50 * 1024 * 1024
"""Bytes of one file, and of all of a version: every respondent is sent them, and the database holds them."""

CACHED = 64 * 1024 * 1024
"""Bytes in memory; beyond that the file that was sent longest ago is read again."""

FILE = insert(form_files)
ONE = Statement(
    select(form_files.c.content).where(
        form_files.c.version_id == bindparam("version"), form_files.c.name == bindparam("name")
    ),
    name="file of form",
)
OF_BROADCAST = Statement(
    select(broadcast_files.c.content).where(
        broadcast_files.c.broadcast_id == bindparam("broadcast"), broadcast_files.c.name == bindparam("name")
    ),
    name="file of broadcast",
)
OF_VERSION = Statement(
    select(form_files.c.name, form_files.c.content)
    .where(form_files.c.version_id == bindparam("version"))
    .order_by(form_files.c.name),
    name="files of version",
)

log = logging.getLogger(__name__)


def keep(version: int, files: Mapping[str, bytes]) -> Steps[None]:
    """Store the files of a version.

    Raises:
        UsageError: one of them, or all together, are too large.
    """
    for name, content in files.items():
        if len(content) > FILE_LIMIT:
            raise UsageError(f"{name} has more than {FILE_LIMIT // 1024**2} MB, which is too much for a phone")
    if sum(map(len, files.values())) > VERSION_LIMIT:
        raise UsageError(f"the media of a form may have {VERSION_LIMIT // 1024**2} MB in all")
    yield from many(
        FILE,
        [
            {"version_id": version, "name": name, "media_type": media_type_of(name), "content": content}
            for name, content in sorted(files.items())
        ],
    )


def of_version(version: int) -> Steps[dict[str, bytes]]:
    """Return the files of a version by name."""
    return {name: bytes(content) for name, content in (yield from rows(OF_VERSION, version=version))}


class FormFiles:
    """Puts bytes in the place of references. A version's files never change, and the reference to a broadcast's file
    has its digest, so nothing in memory grows stale.
    """

    def __init__(self, database: Database, *, shelf: Shelf | None = None, limit: int = CACHED) -> None:
        self._database = database
        self._shelf = shelf
        self._limit = limit
        self._cached: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    @property
    def held(self) -> int:
        """Return the bytes in memory."""
        return self._size

    async def fill(self, message: OutboundMessage) -> OutboundMessage:
        """Return the message with the bytes of what it refers to; what is not there any more is left out.

        Raises:
            StorageUnavailable: it cannot be read now.
        """
        if not any(attachment.source for attachment in message.attachments):
            return message
        filled = [await self._filled(attachment) for attachment in message.attachments]
        return replace(message, attachments=tuple(each for each in filled if each is not None))

    async def _filled(self, attachment: Attachment) -> Attachment | None:
        source = attachment.source
        if not source:
            return attachment
        content = self._cached.get(source)
        if content is None:
            content = await self._read(source)
            if content is None:
                log.warning("a message goes out without a file that belongs to it: it is not stored")
                return None
            if not source.startswith("file:"):  # what one person sent goes out to few
                self._cache(source, content)
        else:
            self._cached.move_to_end(source)
        return replace(attachment, content=content)

    async def _read(self, source: str) -> bytes | None:
        kind, _, rest = source.partition(":")
        if kind == "file" and self._shelf is not None:
            return await asyncio.to_thread(_bytes_of, self._shelf.path(rest))
        number, _, name = rest.partition(":")
        if kind not in ("form", "broadcast") or not number.isdecimal():
            return None
        found = await self._database.read(
            lambda: (
                one(ONE, version=int(number), name=name)
                if kind == "form"
                else one(OF_BROADCAST, broadcast=int(number), name=name.partition(":")[2])
            )
        )
        return None if found is None else bytes(found[0])

    def _cache(self, source: str, content: bytes) -> None:
        self._cached[source] = content
        self._size += len(content)
        while self._size > self._limit:
            _, dropped = self._cached.popitem(last=False)
            self._size -= len(dropped)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
