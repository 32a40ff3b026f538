"""Compiles what authors write, with what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UsageError

MAX_BESIDE = 1_000
"""Files of a folder that are looked at: a form with more media stands in a folder of its own."""


@dataclass(frozen=True, slots=True)
class Beside(Mapping[str, bytes]):
    """The files beside a form and in its own folder `<stem>-media`, by name; each is read when it is asked for."""

    form: Path

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names():
            raise KeyError(name)
        try:
            return (self._folder_of(name) / name).read_bytes()
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}") from error

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _folder_of(self, name: str) -> Path:
        own = self.form.with_name(f"{self.form.stem}-media")  # where ODK's tools put them
        return own if (own / name).is_file() else self.form.parent

    def _names(self) -> list[str]:
        found: set[str] = set()
        for folder in (self.form.with_name(f"{self.form.stem}-media"), self.form.parent):
            try:
                found |= {path.name for path in folder.iterdir() if path.is_file() and path != self.form}
            except OSError:
                continue
        return sorted(found)[:MAX_BESIDE]
