"""How the domain asks for words: by key, in one language; the catalogue itself is handed in."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Speaker(Protocol):
    """Texts in one language."""

    @property
    def language(self) -> str:
        """The language's code, `de` or `en`."""
        ...

    def __call__(self, key: str, **parameters: object) -> str:
        """Return the text of `key` with its fields filled.

        Raises:
            KeyError: the catalogue has no such text (a test holds that this never ships).
        """
        ...

    def count(self, key: str, number: int, **parameters: object) -> str:
        """Return the text of `key` in the plural form that fits `number` (available as `{number}`)."""
        ...

    def day(self, moment: datetime) -> str:
        """Return the day as people write it: 24. März 2026."""
        ...

    def clock(self, moment: datetime) -> str:
        """Return the local time of day as people write it: 10:12."""
        ...


class Catalogue(Protocol):
    """Speakers by language."""

    def speaker(self, language: str) -> Speaker:
        """Return the speaker of `language`, or of the hub's first language if there is none."""
        ...
