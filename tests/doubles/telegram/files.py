"""Files that people and the bot have sent.

Limits: https://core.telegram.org/bots/api#sending-files
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.doubles.telegram.facts import Upload
from tests.doubles.telegram.refusals import Refusal, bad_request, violation

UPLOAD_LIMIT = 50 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file on the servers, known by its id and, for downloads, by its path."""

    file_id: str
    path: str
    name: str
    media_type: str
    content: bytes

    @property
    def facts(self) -> dict[str, str | int]:
        """Give the fields that all kinds of files have in messages."""
        unique = hashlib.sha256(self.content).hexdigest()[:16]
        return {"file_id": self.file_id, "file_unique_id": unique, "file_size": len(self.content)}


class Files:
    """All files, by id and by path; counts what was uploaded more than once."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self.uploads: Counter[str] = Counter()

    def store(self, *, folder: str, name: str, media_type: str, content: bytes) -> StoredFile:
        """Keep a file and give it an id and a path."""
        number = len(self._by_id) + 1
        suffix = PurePosixPath(name).suffix or mimetypes.guess_extension(media_type) or ""
        digest = hashlib.sha256(f"{folder}/{number}".encode()).hexdigest()[:24]
        path = f"{folder}/file_{number}{suffix}"
        stored = StoredFile(file_id=f"BQAC{digest}", path=path, name=name, media_type=media_type, content=content)
        self._by_id[stored.file_id] = stored
        self._by_path[path] = stored
        return stored

    def sent(self, value: Upload | str, *, folder: str, limit: int = UPLOAD_LIMIT) -> StoredFile:
        """Return the file that a bot sends: one it uploads now or one that it names by its id."""
        if isinstance(value, str):
            return self._known(value, folder=folder)
        if not value.content:
            raise violation("file must be non-empty")
        if len(value.content) > limit:
            raise Refusal(413, "Request Entity Too Large", violation=True)
        self.uploads[hashlib.sha256(value.content).hexdigest()] += 1
        return self.store(folder=folder, name=value.name, media_type=value.media_type, content=value.content)

    def downloadable(self, file_id: str) -> StoredFile:
        """Return a file for `getFile`."""
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(stored.content) > DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        return stored

    def at(self, path: str) -> StoredFile | None:
        """Return the file that is downloaded from a path."""
        return self._by_path.get(path)

    def content(self, file_id: str) -> bytes:
        """Return a file's bytes."""
        return self._by_id[file_id].content

    def _known(self, file_id: str, *, folder: str) -> StoredFile:
        if "://" in file_id:
            raise violation("this double fetches no files from URLs")
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not stored.path.startswith(f"{folder}/"):
            raise violation(f"the file is no {folder.removesuffix('s')}: a file keeps its type when it is sent again")
        return stored
