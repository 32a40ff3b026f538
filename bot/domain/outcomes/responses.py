"""Facts about what somebody answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.messages import FileTrouble
from bot.domain.people import CompanyId, ContactId
from bot.forms.model import Value

AnswerState = Literal["given", "skipped", "unknown", "default", "calculated"]
InterviewState = Literal["open", "paused", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBegun:
    """A contact starts a form: a response on this version, and an interview that walks through it.

    shared: the response is the company's, and the contact is who began it.
    """

    response: int
    interview: int
    form: int
    version: int
    contact: ContactId
    company: CompanyId | None
    language: str
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewBegun:
    """A contact goes on with a response that a colleague began, or looks at it once it is `finished`."""

    response: int
    interview: int
    contact: ContactId
    finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStored:
    """One question's row from now on. `by_person`: it enters the history; else it follows from another answer.

    instance: of the repeat in which it stands, 0 where it stands in none.
    contact: whose answer it is, None of somebody who was erased; answered_at: None is now.
    """

    response: int
    path: str
    state: AnswerState
    value: Value | None
    relevant: bool
    by_person: bool
    contact: ContactId | None
    instance: int = 0
    answered_at: datetime | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSubmitted:
    """A company's response was sent in by this contact: the interviews of all colleagues in it are finished."""

    response: int
    interview: int
    contact: ContactId


@dataclass(frozen=True, slots=True)
class SharedChanged:
    """Something in a company's response, which still runs, is not as it was: who has read it before reads it again."""

    response: int


@dataclass(frozen=True, slots=True)
class ResponseRevised:
    """An answer of a submitted response was changed."""

    response: int


ResponseOutcome = (
    ResponseBegun
    | InterviewBegun
    | AnswerStored
    | InstanceAdded
    | InstanceRemoved
    | AnswerTakenBack
    | FileReceived
    | FileGivenUp
    | InterviewMoved
    | ResponseSubmitted
    | SharedSubmitted
    | SharedChanged
    | ResponseRevised
)
