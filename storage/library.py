"""Compiled forms, kept in memory once a version has been met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from bot.forms.model import Form
from bot.forms.store import from_json
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import form_versions

VERSIONS = Statement(
    select(form_versions.c.id, form_versions.c.compiled).where(any_of(form_versions.c.id, "ids")), name="form versions"
)


class Library:
    """Forms by the id of their version. A version never changes, so nothing here grows stale."""

    def __init__(self) -> None:
        self._forms: dict[int, Form] = {}

    def get(self, ids: Iterable[int]) -> Steps[Mapping[int, Form]]:
        """Return the forms, loading those not met before in one statement."""
        wanted = set(ids)
        missing = sorted(wanted - self._forms.keys())
        if missing:
            found: list[tuple[Any, ...]] = yield from rows(VERSIONS, ids=missing)
            for version, compiled in found:
                self._forms[version] = from_json(compiled)
        return {version: self._forms[version] for version in wanted if version in self._forms}
