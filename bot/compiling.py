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
    """The files in the folder of a form, by name; each is read when it is asked for."""

    form: Path

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names():
            raise KeyError(name)
        try:
            return (self.form.parent / name).read_bytes()
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}") from error

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[str]:
        try:
            found = sorted(path.name for path in self.form.parent.iterdir() if path.is_file() and path != self.form)
        except OSError:
            return []
        return found[:MAX_BESIDE]
