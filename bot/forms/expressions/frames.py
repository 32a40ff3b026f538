"""What one evaluation can see: the answers, the moment, the language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from bot.forms.model import Value


class Frame:
    """The surroundings of an evaluation, handed to every closure; made anew for every settling.

    values: path -> value of what is relevant and has a value; what is missing reads as empty.
    here: the value that `.` and once() mean.
    """

    __slots__ = ("_today", "here", "language", "now", "values", "zone")

    def __init__(self, values: Mapping[str, Value], *, now: datetime, zone: tzinfo, language: str) -> None:
        self.values = values
        self.now = now
        self.zone = zone
        self.language = language
        self.here: Value | None = None
        self._today: datetime | None = None

    @property
    def today(self) -> datetime:
        """Midnight of the present day in the person's zone."""
        if self._today is None:
            local = self.now.astimezone(self.zone)
            self._today = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return self._today
