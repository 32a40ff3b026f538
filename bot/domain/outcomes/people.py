"""Facts about who somebody is: visitors, contacts, addresses, companies, roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.domain.guessing import Guesses
from bot.domain.people import CompanyId, ContactId, Role, VisitorStep

ConsentPurpose = Literal["study", "staff"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorSeen:
    """Somebody without consent is here; the one row about them is made or moved on."""

    language: str
    code_hash: str
    step: VisitorStep


@dataclass(frozen=True, slots=True)
class VisitorLeft:
    """The visitor refused: their row and their deliveries go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactJoined:
    """The visitor consented and becomes a contact with this address; `version` and `hash` name the wording read.

    admitted: False where the team has to let them in.
    entered: an organiser had entered this contact, and they come by an invitation of their own.
    """

    contact: ContactId
    consent: int
    language: str
    staff: bool
    admitted: bool = True
    purpose: ConsentPurpose
    version: str
    hash: str
    entered: bool = False


@dataclass(frozen=True, slots=True)
class AddressAdded:
    """The contact writes from one more address of theirs, which is private too."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class InvitationOpened:
    """Somebody came with an invitation's code for the first time; whoever they are is not kept."""

    invitation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationUsed:
    """One use of an invitation; storage refuses (Conflict) when somebody else took the last one."""

    invitation: int
    contact: ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGuessed:
    """A person tried a code that is none; `key` is a keyed hash of who, `guesses` their wrong ones with this one."""

    key: str
    guesses: Guesses


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
class PersonErased:
    """The contact asked to be forgotten; a bare proof remains: `person_hash` is a keyed hash against re-import."""

    contact: ContactId
    erasure: int
    person_hash: str


PeopleOutcome = (
    VisitorSeen
    | VisitorLeft
    | ContactJoined
    | AddressAdded
    | InvitationOpened
    | InvitationUsed
    | CodeGuessed
    | RoleGranted
    | CompanyClaimed
    | CompanyJoined
    | ContactNamed
    | LanguageChosen
    | PushesSet
    | ReachabilitySeen
    | PersonErased
)
