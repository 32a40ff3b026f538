"""What staff order about companies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.desk.command import Command
from bot.domain.people import CompanyId
from bot.forms.model import Texts

UNDO_WITHIN = timedelta(hours=24)
"""How long a merge can be undone."""

Side = Literal["from", "into"]
"""The company that goes, and the one that stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCompany(Command[str]):
    """Say that a company which a contact typed is a real one; gives its name."""

    company: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCompany(Command[Mapping[str, str]]):
    """Set tags of a company and take others away; gives all that it has then."""

    company: int
    tags: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCompany(Command[str]):
    """Keep a note about a company, "" for none; gives its name."""

    company: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedResponse:
    """A company's own response to a form: how many questions have an answer, and when that last changed."""

    id: int
    status: str
    answers: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """Two companies that have a response of their own to the same form, of which one can count."""

    form: str
    title: Texts
    source: SharedResponse
    target: SharedResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge moved; `superseded`: responses that another one replaced."""

    source: str
    target: str
    contacts: int
    responses: int
    superseded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCompanies(Command[Merged]):
    """Move everything of one company to another, and delete the first; for a day it can be undone.

    keep: whose response counts, by form, where both companies have one of their own.
    """

    source: int
    target: int
    keep: Mapping[str, Side] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmerged:
    """Two companies that are two again."""

    source: str
    source_id: CompanyId
    target: str
    contacts: int
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeCompanies(Command[Unmerged]):
    """Undo the last merge of a company, the one that stayed or the one that went."""

    company: int
