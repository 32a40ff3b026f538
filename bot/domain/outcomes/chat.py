"""Facts about a chat: its dialogue, what it shows, and the work that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.messages import PromptId


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueMoved:
    """The chat is in this step of a dialogue."""

    name: str
    step: str
    data: Mapping[str, Any]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DialogueEnded:
    """The chat is in no dialogue any more."""


@dataclass(frozen=True, slots=True)
class SelectionChanged:
    """Toggles of a shown multiple choice, not yet an answer."""

    prompt: PromptId
    selected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageTurned:
    """A shown question shows another page of its choices; `data` is what its prompt remembers of that."""

    prompt: PromptId
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswered:
    """Which message of the person answered a prompt: an edit of that message corrects the answer."""

    prompt: PromptId
    message_id: str


@dataclass(frozen=True, slots=True)
class PromptsClosed:
    """Whatever was shown in this chat is no longer what typed text answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlanned:
    """Heavy work for after the commit."""

    job: int
    kind: str
    data: Mapping[str, Any]


ChatOutcome = (
    DialogueMoved | DialogueEnded | SelectionChanged | PageTurned | PromptAnswered | PromptsClosed | JobPlanned
)
