"""The files of exported responses beside the table: a folder a response, in it the names that its cells hold."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.desk import ReportedResponse, public_id
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.house import House
    from storage.shelf import Shelf


class Attached:
    """Writes files as `FOLDER/<response_id>/<value>`; names are our own, so pseudonyms stay pseudonyms."""

    def __init__(self, house: House, folder: Path) -> None:
        from storage.shelf import Shelf

        self._house = house
        self._folder = folder
        self._shelf: Shelf = Shelf(house.settings.data_dir, quota=house.settings.attachments.quota)
        self.written = 0
        self.missing = 0

    async def write(self, page: Sequence[ReportedResponse]) -> None:
        """Write the files of some responses.

        Raises:
            UsageError: the folder cannot be written.
        """
        from storage import attachments

        ids = [response.id for response in page]
        found = await self._house.database.read(lambda: attachments.of_responses(ids))
        for response, files in found.items():
            for value, sha256 in files.items():
                self._copy(self._shelf.path(sha256), self._folder / public_id("R", response) / value)

    def _copy(self, source: Path, target: Path) -> None:
        if not source.is_file():
            self.missing += 1
            return
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with source.open("rb") as content, open(target, "wb", opener=_private) as file:
                shutil.copyfileobj(content, file)
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}") from error
        self.written += 1


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
