"""A broadcast, its content and its figures, as all rooms know them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.domain.messages import Address, OutboundMessage, PromptId
from bot.domain.people import ContactId

BroadcastState = Literal["draft", "scheduled", "planning", "running", "paused", "done", "cancelled"]
"""draft: nobody has confirmed it; scheduled: it waits for its time; planning: its deliveries are being made."""

ALIVE: frozenset[BroadcastState] = frozenset({"scheduled", "planning", "running", "paused"})

DeliveryStates = Literal["planned", "claimed", "sending", "sent", "failed", "unknown", "skipped", "cancelled"]
STATES: tuple[DeliveryStates, ...] = (
    "planned",
    "claimed",
    "sending",
    "sent",
    "failed",
    "unknown",
    "skipped",
    "cancelled",
)

Exclusion = Literal["no_consent", "waiting", "opted_out", "blocked", "no_address", "same_person"]
"""Why somebody whom the rules name gets nothing: they have never joined; they wait for the team's nod; they said /stop;
they blocked us everywhere; there is no address of theirs; another contact with the same mail address gets it. The
first two have no delivery, the others one that is skipped.
"""

Delay = Literal["quiet_hours", "frequency_cap"]
"""Why something goes out later."""

TYPED_ABOVE = 20
"""Recipients above which their number has to be typed to confirm."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something a reader can go on with: `link` opens a web page, `form` a form by its name.

    label: by language; "" in a language means that the other one's is used.
    """

    kind: Literal["link", "form"]
    label: Mapping[str, str]
    target: str


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file that goes out with it; its bytes lie beside the broadcast.

    size: in bytes; digest: of the bytes, so that another file of the same name is never taken for it.
    """

    name: str
    media_type: str
    size: int
    digest: str = ""

    @classmethod
    def of(cls, name: str, content: bytes, *, media_type: str) -> FileShown:
        """Return what is written down of a file."""
        return cls(name, media_type, len(content), hashlib.sha256(content).hexdigest()[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a broadcast says. texts: by language, as typed: markdown with placeholders such as `{company}`.

    prompt: to which the button that starts a form refers; one for all readers, made with the draft.
    """

    texts: Mapping[str, str]
    buttons: tuple[Button, ...] = ()
    files: tuple[FileShown, ...] = ()
    prompt: PromptId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A broadcast as its organisers see it. `id` is the number that they call it by.

    audience: rules as they are written; hurry: courtesy hours do not hold it back; corrects: the broadcast whose
    readers it goes to; prompt: of the message in `report_to` that shows how it goes; reason: why it is paused.
    """

    id: int
    state: BroadcastState
    content: Content
    audience: tuple[str, ...]
    created_at: datetime
    reason: str = ""
    hurry: bool = False
    transactional: bool = False
    corrects: int | None = None
    edition: int = 0
    recalled: bool = False
    revision: int = 0
    author: ContactId | None = None
    created_by: str = ""
    report_to: Address | None = None
    language: str = ""
    prompt: PromptId | None = None
    start_at: datetime | None = None
    not_after: datetime | None = None
    confirmed_at: datetime | None = None
    planned_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many deliveries of a broadcast are in which state, and why.

    reasons: of each state, how many for which reason; edited, recalled: how many readers have the newest edition, or
    lost it again; kept: how many keep an older one, since their platform lets nobody change it (any more).
    """

    states: Mapping[DeliveryStates, int]
    reasons: Mapping[tuple[DeliveryStates, str], int] = field(default_factory=dict)
    edited: int = 0
    recalled: int = 0
    kept: int = 0

    @property
    def audience(self) -> int:
        """Return of how many people the states add up."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Return how many are still to be sent."""
        return sum(self.states.get(state, 0) for state in ("planned", "claimed", "sending"))


@dataclass(frozen=True, slots=True)
class TooLong:
    """A text that does not fit: on which channel, in which language, by how many characters (its limit's unit)."""

    channel: str
    language: str
    over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen if a broadcast were confirmed now.

    recipients, companies: how many get it, and of how many companies; excluded, later: how many not, or not yet, and
    from when; languages: how many read it in which language; instead: how many of a language read it in another one,
    by (theirs, the other); channels, seconds: how many by which channel, and how long that takes; samples: the first
    message of each language; too_long, too_large: what does not fit where, (channel, file, bytes over) of files;
    nameless: how many have no company, where the text names it.
    """

    recipients: int
    companies: int
    excluded: Mapping[Exclusion, int]
    later: Mapping[Delay, tuple[int, datetime]]
    languages: Mapping[str, int]
    instead: Mapping[tuple[str, str], int]
    channels: Mapping[str, int]
    seconds: Mapping[str, float]
    samples: Mapping[str, OutboundMessage]
    too_long: tuple[TooLong, ...] = ()
    too_large: tuple[tuple[str, str, int], ...] = ()
    nameless: int = 0

    @property
    def sendable(self) -> bool:
        """Whether it may be confirmed as it is."""
        return self.recipients > 0 and not self.too_long and not self.too_large
