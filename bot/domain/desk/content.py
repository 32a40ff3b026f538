"""What staff order about the hub's content, and what they note about its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.desk.command import Command
from bot.domain.desk.forms import Published
from bot.forms.model import Form, Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentForm:
    """A form of a content folder, compiled."""

    form: Form
    name: str
    file_name: str
    source: bytes
    title: Texts
    files: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a content folder changed: texts as name.language, milestones by key, forms with new versions."""

    texts: tuple[str, ...]
    milestones: tuple[str, ...]
    forms: tuple[Published, ...]
    notice_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyContent(Command[Applied]):
    """Enter what differs between a content folder and the database; what the folder does not name stays."""

    texts: Mapping[tuple[str, str], str]
    milestones: tuple[Mapping[str, Any], ...]
    forms: tuple[ContentForm, ...]
    notice_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteExport(Command[None]):
    """Record in the audit log that data left the house."""

    form: str
    detail: str
