"""What the team orders about inquiries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.desk.command import Command
from bot.domain.messages import Address, PromptId
from bot.domain.people import ContactId

if TYPE_CHECKING:
    from bot.domain.scene import Tell


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToInquiry(Command[None]):
    """Answer an inquiry; nobody waits any more, and it stays open. `author`: None from the command line.

    prompt: of the message that carries it, by which a failure is found; tells: that message, unless a turn sends it.
    """

    inquiry: int
    message: int
    author: ContactId | None
    body: str
    prompt: PromptId | None = None
    tells: tuple[Tell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignInquiry(Command[None]):
    """Say who of the team looks after an inquiry."""

    inquiry: int
    to: ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseInquiry(Command[None]):
    """Say that an inquiry is settled."""

    inquiry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenInquiry(Command[None]):
    """Say that an inquiry is not settled after all."""

    inquiry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseInbox(Command[None]):
    """Let a group or room be the team's inbox; None: each organiser's own chat."""

    address: Address | None
