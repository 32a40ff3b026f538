"""What the core asks of the rooms around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from bot.domain.broadcasts.model import Content
from bot.domain.messages import (
    Abilities,
    Acknowledgement,
    Address,
    DeliveryId,
    Edit,
    Fact,
    Identity,
    InboundMessage,
    Outgoing,
    PromptId,
    Reading,
    Recall,
)
from bot.domain.outcomes import Outcome
from bot.domain.rights import Right
from bot.domain.scene import Draft, Need, Reply, Scene, Turn


class Clock(Protocol):
    """The time, handed in so that tests can turn it."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class Channel(Protocol):
    """One platform on which people chat with us.

    The core calls `connect` once, then `read` in a loop with the cursor it stored last, and `send`, `edit` and
    `acknowledge` at any time, several chats side by side but one chat in order. Nothing is retried inside a channel:
    errors of `bot.errors` say whether and when to try again.
    """

    name: str
    abilities: Abilities

    async def connect(self) -> Identity:
        """Sign in and learn who we are.

        Raises:
            ChannelRefused: wrong credentials.
            ChannelUnavailable: not reachable now.
        """
        ...

    async def read(self, cursor: str | None) -> Reading:
        """Wait for what comes next after `cursor`; may return an empty reading when nothing came in time.

        Reading the same cursor twice gives the same messages again: the cursor of a reading confirms it only when
        it is handed to the next `read`.

        Raises:
            ChannelUnavailable, ChannelRefused.
        """
        ...

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        """Send one message; return the native ids of what it became (long texts may become several), the one that
        carries the choices last.

        Raises:
            DeliveryError: one of its family.
        """
        ...

    async def edit(self, edit: Edit) -> None:
        """Change a message sent earlier; a message that already looks so is fine.

        Raises:
            DeliveryError: one of its family.
        """
        ...

    async def recall(self, recall: Recall) -> None:
        """Take back a message sent earlier; one that is gone already is fine.

        Raises:
            DeliveryError: one of its family; `Refused` where the platform does not let us (any more).
        """
        ...

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Tell the platform (and the person) that a press was noticed; one that is too old is fine.

        Raises:
            DeliveryError: one of its family.
        """
        ...

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        """Download a file a person sent, of at most `limit` bytes.

        Raises:
            DeliveryError: gone, too large, or not reachable.
        """
        ...

    async def offer_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]], *, chat: str | None = None) -> None:
        """Show command menus: language -> (command, description)s; with `chat`, for that chat alone (staff).

        Channels without menus do nothing.
        """
        ...

    async def check(self) -> Sequence[Fact]:
        """Look at what can be wrong with a connected channel beyond the connection; most have nothing to tell.

        Raises:
            ChannelUnavailable, ChannelRefused.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A use case: when it applies, what it needs loaded beyond the base, and who handles it.

    command: it applies to that typed command alone ("" for one that does not exist); looked at before `when`.
    """

    name: str
    when: Callable[[Scene], bool]
    handle: Callable[[Draft], None]
    needs: frozenset[Need] = frozenset()
    command: str | None = None


DeliveryState = Literal["planned", "claimed", "sending", "sent", "failed", "unknown", "skipped", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What became of one delivery. `known`: the address is a contact's; `planned` with `not_before`: try later.

    unreachable: nobody is at this address any more, for the `reason`; moved_to: its chat goes on there.
    """

    delivery: DeliveryId
    address: Address
    state: DeliveryState
    known: bool
    reason: str = ""
    message_ids: tuple[str, ...] = ()
    prompt: PromptId | None = None
    tried: bool = True
    unreachable: bool = False
    moved_to: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction takes up: messages, at most one a chat; marks; the cursors that they confirm, by account."""

    messages: tuple[InboundMessage, ...] = ()
    marks: tuple[Mark, ...] = ()
    cursors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A message that no handler could take: what is kept of it is its id and the error's class."""

    reference: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What a batch led to.

    later: messages that must wait for the next batch (their contact was busy in this one); told: deliveries were
    planned, so the ledger has something due.
    """

    sends: tuple[tuple[Outgoing, bool], ...] = ()
    edits: tuple[Edit, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    later: tuple[InboundMessage, ...] = ()
    outcomes: tuple[tuple[Address, Outcome], ...] = ()
    told: bool = False


class Decide(Protocol):
    """The core's part of a transaction: pure, called while it is open."""

    def route(self, scene: Scene) -> Route:
        """Return who handles this scene."""
        ...

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        """Return what the message leads to; never raises (what fails is set aside with an apology)."""
        ...


class Store(Protocol):
    """The one writer of a process."""

    async def process(self, batch: Batch, decide: Decide) -> Handled:
        """Load, decide and write one batch in one transaction.

        Raises:
            StorageUnavailable: nothing was changed; the same batch may be tried again.
            Conflict: nothing was changed; try the messages one at a time.
        """
        ...

    async def claim(self, channels: Sequence[str]) -> Sequence[tuple[Outgoing, bool, int]]:
        """Take due deliveries of these channels: message, whether of a contact, attempts so far."""
        ...

    async def cursor(self, account: str, *, lifetime: timedelta | None = None) -> str | None:
        """Return where the reading of that account stands, None if that is older than `lifetime`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Heavy work that a turn asked for; `attempts` counts this one too."""

    id: int
    kind: str
    address: Address
    data: Mapping[str, Any]
    attempts: int


class JobStore(Protocol):
    """Where jobs wait."""

    async def take_job(self, kinds: Sequence[str], *, channels: Sequence[str]) -> Job | None:
        """Take the oldest job of these kinds that waits, of a chat on one of these channels."""
        ...

    async def put_back_job(self, job: Job, *, until: datetime) -> None:
        """Let a job wait until then: it could not be done now."""
        ...

    async def may(self, address: Address, right: Right) -> bool:
        """Whether the person of a chat has a right now."""
        ...

    async def finish_job(self, job: Job, replies: Sequence[Reply]) -> None:
        """Drop a job and plan what it has to say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A delivery of a broadcast that was claimed. params: the contact's name and the company's, as frozen."""

    delivery: DeliveryId
    address: Address
    broadcast: int
    edition: int
    content: Content
    language: str
    params: tuple[str, str]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A message that was sent and is to be edited or taken back. edition: what its reader has then; params: as of
    `Push`.
    """

    delivery: DeliveryId
    address: Address
    message_ids: tuple[str, ...]
    broadcast: int
    edition: int
    content: Content
    language: str
    params: tuple[str, str]
    recalled: bool


@dataclass(frozen=True, slots=True)
class Amended:
    """What came of an amendment. why: the reason for which its reader keeps what they have, "" if it worked."""

    delivery: DeliveryId
    edition: int
    why: str = ""


class AmendStore(Protocol):
    """Where it stands who has which edition."""

    async def amendments(self, channel: str, *, many: int) -> Sequence[Amendment]:
        """Return messages on a channel that are to be edited or taken back, none if there are no more."""
        ...

    async def amended(self, amended: Sequence[Amended]) -> None:
        """Record what came of them."""
        ...


class PushStore(Protocol):
    """Where pushes wait. Each call is a transaction of its own."""

    async def claim_pushes(self, channel: str, *, most: int) -> Sequence[Push]:
        """Take pushes of a channel whose turn has come."""
        ...

    async def begin_pushes(self, pushes: Sequence[Push], *, via: str) -> Collection[int]:
        """Mark claimed pushes as being sent; return the deliveries that may leave. The others were given back: their
        reader has said /stop meanwhile, or the broadcast is paused, cancelled or edited.

        via: who recognises a second sending of the same delivery, "" for nobody.
        """
        ...

    async def release_pushes(self, pushes: Sequence[Push]) -> None:
        """Give back claimed pushes that have not begun."""
        ...

    async def pause_channel(self, channel: str, *, until: datetime | None, reason: str, tries: int) -> None:
        """Remember that a channel has paused itself, so that a restart does not begin anew; None: it goes on."""
        ...

    async def channel_pause(self, channel: str) -> tuple[datetime, str, int] | None:
        """Return until when a channel has paused itself, why, and how often in a row."""
        ...

    async def stop_broadcast(self, number: int, *, reason: str) -> None:
        """Pause a broadcast that goes wrong, and tell its organiser."""
        ...
