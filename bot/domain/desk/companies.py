"""What staff order about companies."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.desk.command import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCompany(Command[str]):
    """Say that a company which a contact typed is a real one; gives its name."""

    company: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge moved."""

    source: str
    target: str
    contacts: int
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCompanies(Command[Merged]):
    """Move everything of one company to another, and delete the first."""

    source: int
    target: int
