"""The facts that a turn may hold. Storage applies each of them; nothing else changes the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.domain.messages import FileTrouble, PromptId
from bot.domain.people import CompanyId, ContactId, Role, VisitorStep
from bot.forms.model import Value

AnswerState = Literal["given", "skipped", "unknown", "default", "calculated"]
ConsentPurpose = Literal["study", "staff"]
InterviewState = Literal["open", "paused", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorSeen:
    """Somebody without consent is here; the one row about them is made or moved on."""

    language: str
    code: str
    step: VisitorStep


@dataclass(frozen=True, slots=True)
class VisitorLeft:
    """The visitor refused: their row and their deliveries go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactJoined:
    """The visitor consented and becomes a contact with this address; `version` and `hash` name the wording read."""

    contact: ContactId
    consent: int
    language: str
    staff: bool
    purpose: ConsentPurpose
    version: str
    hash: str


@dataclass(frozen=True, slots=True)
class AddressAdded:
    """The contact writes from one more address of theirs, which is private too."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class InvitationUsed:
    """One use of an invitation; storage refuses (Conflict) when somebody else took the last one."""

    invitation: int


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """The person who writes got a role by an invitation."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyClaimed:
    """A contact typed a company's name: a new company, never an existing one."""

    company: CompanyId
    name: str
    contact: ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyJoined:
    """An invitation's company was confirmed by the contact."""

    company: CompanyId
    contact: ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactNamed:
    """The contact said how they are called."""

    contact: ContactId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """The contact's language from now on."""

    contact: ContactId
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushesSet:
    """Pushes are wanted, or not any more (/stop)."""

    contact: ContactId
    wanted: bool


@dataclass(frozen=True, slots=True)
class ReachabilitySeen:
    """The person blocked us, or let us back in."""

    reachable: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBegun:
    """A contact starts a form: a response on this version, and an interview that walks through it."""

    response: int
    interview: int
    form: int
    version: int
    contact: ContactId
    company: CompanyId | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStored:
    """One question's row from now on. `by_person`: it enters the history; else it follows from another answer.

    instance: of the repeat in which it stands, 0 where it stands in none.
    """

    response: int
    path: str
    state: AnswerState
    value: Value | None
    relevant: bool
    by_person: bool
    contact: ContactId
    instance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAdded:
    """A repeat has one more instance; `parent` is the instance around it, 0 for none."""

    response: int
    instance: int
    path: str
    parent: int
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRemoved:
    """An instance of a repeat is gone; what was answered in it stays in the history alone."""

    response: int
    instance: int


@dataclass(frozen=True, slots=True)
class AnswerTakenBack:
    """A question is open again, as if it had not been answered; what was said stays in the history."""

    response: int
    path: str
    instance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReceived:
    """A sent file is an answer: `value` is the name that the answer holds, `name` the sender's own; it waits for a job.

    size: bytes, if the platform said it.
    """

    attachment: int
    response: int
    path: str
    instance: int
    value: str
    file_id: str
    name: str
    size: int | None
    media_type: str


@dataclass(frozen=True, slots=True)
class FileGivenUp:
    """A file that was an answer is not kept."""

    attachment: int
    why: FileTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewMoved:
    """Where the contact stands in the response; `tries` counts unreadable answers to the current question."""

    interview: int
    state: InterviewState
    position: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class ResponseSubmitted:
    """The contact sent the response in."""

    response: int


@dataclass(frozen=True, slots=True)
class ResponseRevised:
    """An answer of a submitted response was changed."""

    response: int


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
class PersonErased:
    """The contact asked to be forgotten; a bare proof remains: `person_hash` is a keyed hash against re-import."""

    contact: ContactId
    erasure: int
    person_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlanned:
    """Heavy work for after the commit."""

    job: int
    kind: str
    data: Mapping[str, Any]


Outcome = (
    VisitorSeen
    | VisitorLeft
    | ContactJoined
    | InvitationUsed
    | RoleGranted
    | CompanyClaimed
    | CompanyJoined
    | ContactNamed
    | LanguageChosen
    | PushesSet
    | AddressAdded
    | ReachabilitySeen
    | DialogueMoved
    | DialogueEnded
    | ResponseBegun
    | AnswerStored
    | InstanceAdded
    | InstanceRemoved
    | AnswerTakenBack
    | FileReceived
    | FileGivenUp
    | InterviewMoved
    | ResponseSubmitted
    | ResponseRevised
    | SelectionChanged
    | PageTurned
    | PromptAnswered
    | PromptsClosed
    | PersonErased
    | JobPlanned
)
