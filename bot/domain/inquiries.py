"""What contacts ask the team: an inquiry is a thread of messages with a number, open until somebody closes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.messages import Address
from bot.domain.people import ContactId

TEXT_LIMIT = 4000
"""Characters of one message to the team or from it: what fits a message of every channel."""

OPEN_AT_ONCE = 10
MESSAGES_AN_HOUR = 30
"""What one person may lay upon the team."""

REOPENS_WITHIN = timedelta(days=14)
"""A word after the end goes on with the closed inquiry; a later one is a new matter."""

REMIND_AFTER = timedelta(hours=48)
REMIND_AGAIN = timedelta(days=1)
REMINDERS = 5
_FROM, _UNTIL = 8, 18  # o'clock in the hub's time zone, when somebody of the team may be at work
_SATURDAY = 5

EXCERPT = 120
"""Characters that recall a question in a line."""

QUOTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One message of an inquiry. `name`: of who of the team wrote it; `arrived`: False if it could not be delivered."""

    id: int
    from_team: bool
    author: ContactId | None
    name: str
    body: str
    sent_at: datetime
    files: int = 0
    arrived: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A contact's question to the team, and all that was said about it, the oldest first.

    quote: the question in a form that it is about; waiting_since: since when the team owes a word.
    address: where an answer goes, None if the contact cannot be reached at present; channel: where they last were.
    """

    id: int
    number: int
    state: Literal["open", "closed"]
    contact: ContactId
    name: str
    company: str
    language: str
    quote: str
    opened_at: datetime
    waiting_since: datetime | None
    closed_at: datetime | None
    assigned_to: ContactId | None
    assigned_name: str
    address: Address | None
    channel: str
    posts: tuple[Post, ...] = ()

    @property
    def question(self) -> str:
        """What the contact asked last, in one line."""
        return excerpt(next((post.body for post in reversed(self.posts) if not post.from_team and post.body), ""))

    def answered_by_another(self, than: ContactId | None, *, since: datetime) -> Post | None:
        """Return the newest answer of somebody else of the team after that moment."""
        found = [post for post in self.posts if post.from_team and post.author != than and post.sent_at > since]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An inquiry in the list of the inbox."""

    id: int
    number: int
    state: Literal["open", "closed"]
    name: str
    company: str
    since: datetime
    waiting: bool
    assigned_name: str
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody of the team, to whom an inquiry may be given."""

    id: ContactId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What somebody of the team looks at: a page of inquiries, and the one that is meant.

    total: inquiries on all pages; waiting: how many of them wait for an answer.
    """

    lines: tuple[Line, ...] = ()
    page: int = 1
    total: int = 0
    waiting: int = 0
    chosen: Inquiry | None = None
    team: tuple[Colleague, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSent:
    """A file that belongs to an inquiry. `author`: who of the team sent it; `sha256`: "" until it is here."""

    attachment: int
    inquiry: Inquiry
    from_team: bool
    author: str
    name: str
    media_type: str
    sha256: str


NO_INBOX = Inbox()


def excerpt(text: str, *, limit: int = EXCERPT) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def first_name(name: str) -> str:
    """Return what the team lets people know of who answered: the first word of the name."""
    return name.split(maxsplit=1)[0] if name.split() else ""


def next_reminder(now: datetime, *, after: timedelta, timezone: ZoneInfo) -> datetime:
    """Return the first moment after that time at which somebody of the team may be at work: weekdays, 8 to 18."""
    local = (now + after).astimezone(timezone)
    if local.hour >= _UNTIL:
        local = (local + timedelta(days=1)).replace(hour=_FROM, minute=0, second=0, microsecond=0)
    elif local.hour < _FROM:
        local = local.replace(hour=_FROM, minute=0, second=0, microsecond=0)
    while local.weekday() >= _SATURDAY:
        local = (local + timedelta(days=1)).replace(hour=_FROM, minute=0, second=0, microsecond=0)
    return local.astimezone(now.tzinfo)


def canned(texts: Mapping[tuple[str, str], str], languages: tuple[str, ...]) -> list[str]:
    """Return the names of the hub's ready answers, in order."""
    return sorted({name for name, language in texts if name.startswith("replies/") and language in languages})


def title_and_body(text: str) -> tuple[str, str]:
    """Return the first line of a ready answer, and the rest of it."""
    title, _, body = text.strip().partition("\n")
    return title.lstrip("# ").strip(), body.strip()
