"""What staff order from outside a form: typed commands with what they give back, the same for chat and command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

from bot.domain.codes import ALPHABET
from bot.domain.messages import Address
from bot.domain.people import Role
from bot.forms.differences import Differences, Why
from bot.forms.model import Form, Texts, Value

R_co = TypeVar("R_co", covariant=True)

FormState = Literal["draft", "open", "closed"]
FORM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""A form's name is part of commands and file names."""

COMPANY_USES = 10  # contacts of one company who may use the same code, unless --uses says otherwise
ROLE_USES = 1  # whoever finds a used code of an organiser has nothing
INVITATION_LIFETIME = timedelta(days=30)


class Command(Generic[R_co]):
    """Something to be done, once; `R_co` is what the one who ordered it gets."""

    __slots__ = ()


# --- forms -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Running responses that stay on their version, by the first answer that would lose its meaning, and why."""

    version: int
    path: str
    why: Why
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a new version means for the responses to those before it.

    differences: to the version just before; None when nothing was changed. running, submitted: how many responses are
    on earlier versions. moves: how many of the running ones can move over, and did if `moved`.
    """

    differences: Differences | None
    running: int
    submitted: int
    moves: int
    stays: tuple[Stay, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A form's newest version; `new` is False when the same bytes were published before.

    outlook: None where there is no earlier version.
    """

    name: str
    number: int
    new: bool
    state: FormState
    outlook: Outlook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishForm(Command[Published]):
    """Make a form's sheet its newest version. `title`: by language; without one the title known so far stays.

    files: what its questions show, by name; None: those of the version before, as far as the form still names them;
    migrate: running responses move to it, each one whose answers all keep their meaning.
    """

    form: Form
    name: str
    file_name: str
    source: bytes
    title: Texts = field(default_factory=dict)
    draft: bool = False
    migrate: bool = False
    files: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFormState(Command[FormState]):
    """Open or close a form; gives the state it had."""

    name: str
    state: FormState


# --- people ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation that was made. `company`: its name as stored; `known`: it was there before.

    claimed: companies of the same name that contacts typed and nobody has confirmed or merged yet.
    """

    company: str | None = None
    company_id: int | None = None
    known: bool = False
    claimed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite(Command[Invited]):
    """Let people of a company, or staff, in. `uses` None: any number; of the code only its keyed hash is stored."""

    code_hash: str
    company: str | None = None
    role: Role | None = None
    uses: int | None = 1
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole(Command[bool]):
    """Give a person a role, also before they have written; False: they had it."""

    person: Address
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A right that is gone; `admins_left` counts those who remain, by settings too."""

    admins_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole(Command[Revoked]):
    """Take a role from a person."""

    person: Address
    role: Role


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


# --- content and data ------------------------------------------------------------------------------------------------


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


# --- the data of an export -------------------------------------------------------------------------------------------


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


# --- words -----------------------------------------------------------------------------------------------------------

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DIGITS = 13  # 13 signs of 5 bits hold an id of 63 bits
LONGEST = timedelta(days=3660)


def read_duration(text: str) -> timedelta:
    """Read `30d`, `12h`, `2w` or `90m`.

    Raises:
        ValueError: it is none, is nothing, or is longer than ten years.
    """
    match = re.fullmatch(r"\s*([0-9]{1,6})\s*([mhdw])\s*", text.lower(), re.ASCII)
    if match is None:
        raise ValueError("write a duration such as 30d, 12h or 2w")
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not timedelta() < duration <= LONGEST:
        raise ValueError("write a duration between a minute and ten years, such as 30d")
    return duration


def public_id(kind: Literal["R", "C", "P"], number: int) -> str:
    """Return an id as people and spreadsheets meet it: `R0B5…` for a response, C a company, P a person.

    Our numbers have 63 bits; as digits, spreadsheets and JavaScript would round them.
    """
    signs = [ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_DIGITS))]
    return kind + "".join(signs)


def read_id(kind: Literal["R", "C", "P"], text: str) -> int:
    """Read what `public_id` wrote, in any letter case.

    Raises:
        ValueError: it is no such id.
    """
    plain = text.strip().upper()
    if len(plain) != _DIGITS + 1 or plain[0] != kind or any(sign not in ALPHABET for sign in plain[1:]):
        raise ValueError(f"{text!r} is no id; one looks like {public_id(kind, 0x5A5A5A5A5A5A5A)}")
    number = 0
    for sign in plain[1:]:
        number = number << 5 | ALPHABET.index(sign)
    return number
