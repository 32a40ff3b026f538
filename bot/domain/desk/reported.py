"""The data of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.forms.model import Value

Missing = Literal["unknown", "skipped"]
"""Why a question has no value: the contact does not know, or passed it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedInstance:
    """One instance of a repeat, with the answers in it; `parent`: the instance around it."""

    id: int
    path: str
    parent: int | None
    ordinal: int
    answers: Mapping[str, Value]
    missing: Mapping[str, Missing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedResponse:
    """A response as reports see it: `answers` by path, only relevant ones with a value.

    missing: why questions have none; instances: of its repeats, with answers of their own.
    """

    id: int
    version: int
    company_id: int | None
    company: str
    contact_id: int | None
    contact: str
    channel: str
    language: str
    status: str
    started_at: datetime
    submitted_at: datetime | None
    answers: Mapping[str, Value]
    missing: Mapping[str, Missing] = field(default_factory=dict)
    instances: tuple[ReportedInstance, ...] = ()
