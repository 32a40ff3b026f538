"""What staff order about broadcasts. A broadcast is named by its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.broadcasts.model import Content
from bot.domain.desk.command import Command
from bot.domain.messages import Address, PromptId
from bot.domain.people import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBroadcast(Command[int]):
    """Write a broadcast down as a draft; gives its number.

    files: the bytes of the content's files, by name; author, report_to, language: who follows it, and where.
    """

    content: Content
    audience: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    start_at: datetime | None = None
    not_after: datetime | None = None
    hurry: bool = False
    transactional: bool = False
    corrects: int | None = None
    author: ContactId | None = None
    report_to: Address | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDraft(Command[None]):
    """Change a draft; what is None stays. revision: of the draft that was looked at."""

    broadcast: int
    revision: int
    content: Content | None = None
    files: Mapping[str, bytes] | None = None
    audience: tuple[str, ...] | None = None
    start_at: datetime | None = None
    at_once: bool = False  # takes a start time away
    hurry: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBroadcast(Command[None]):
    """Let a draft go out at its time. revision: of the draft whose preview was shown; another one, or a draft that is
    none any more, is refused: of two organisers who confirm the same, one is told so.

    prompt: of the message that will show how it goes.
    """

    broadcast: int
    revision: int
    prompt: PromptId | None = None
    report_to: Address | None = None
    author: ContactId | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryBroadcast(Command[None]):
    """Send a draft to somebody who may send broadcasts themselves, and to nobody else; `person` at their channel."""

    broadcast: int
    person: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseBroadcast(Command[None]):
    """Let nothing more of a broadcast leave for now. reason: `organiser`, or why it paused itself."""

    broadcast: int
    reason: str = "organiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeBroadcast(Command[None]):
    """Let a paused broadcast go on."""

    broadcast: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBroadcast(Command[int]):
    """End a broadcast (or drop a draft); what has not left never will. Gives how many deliveries that ended."""

    broadcast: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryBroadcast(Command[int]):
    """Send again to those for whom it failed and who can be reached; gives how many. It is running again then.

    unknown: also to those of whom nobody knows whether they have got it, who may then get it twice.
    """

    broadcast: int
    unknown: bool = False
    failed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EditBroadcast(Command[int]):
    """Change the text that was sent, where the platform can; gives how many readers that concerns.

    texts: by language, in place of those that were sent; buttons and files stay.
    """

    broadcast: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallBroadcast(Command[int]):
    """Take back what was sent, where the platform can, and let nothing more leave; gives how many readers that
    concerns.
    """

    broadcast: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAudience(Command[None]):
    """Give an audience a name; one of that name is replaced."""

    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAudience(Command[None]):
    """Forget a named audience."""

    name: str
