"""What comes in and what goes out, in words that no platform owns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType, Protocol

PromptId = NewType("PromptId", int)
DeliveryId = NewType("DeliveryId", int)


@dataclass(frozen=True, slots=True)
class Address:
    """One place where a person can be reached. `str()` gives `telegram:4711`, the form that `roles grant` takes."""

    channel: str
    chat: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.chat}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `channel:chat`; only the first colon divides, since Matrix ids hold colons.

        Raises:
            ValueError: there is no colon, or nothing on one side of it.
        """
        channel, colon, chat = text.strip().partition(":")
        if not (colon and channel and chat):
            raise ValueError(f"an address looks like telegram:4711, not {text!r}")
        return cls(channel.lower(), chat)


class ChatKind(StrEnum):
    """Who can read along."""

    PRIVATE = "private"
    GROUP = "group"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Said:
    """A person wrote text (commands included). `reply_to`: native id of our message they replied to."""

    text: str
    reply_to: str | None = None
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A person changed a message they had sent earlier; `message_id` of the envelope is the old message's id."""

    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed. `on` is the state a toggle sets, None for a plain button; `message_id` the pressed message.

    `prompt` is None when the button's data is not ours (or from before a reset).
    """

    prompt: PromptId | None
    choice: str
    on: bool | None
    message_id: str | None


@dataclass(frozen=True, slots=True)
class SentMedia:
    """Something that is no text: `kind` is photo, voice, video, document, sticker, contact, other.

    `location` is a place that could not be read; one that could is `Located`.

    Two kinds are a channel's own and no word of the person's: `unreadable` (it could not be decrypted) and
    `verification` (also `verification_decimal`, `verification_impossible`): a person's app checks whether it is us;
    `caption` has the numbers to compare. `media_type`: what the platform says of it; `reply_to`: as in `Said`.
    """

    kind: str
    file_id: str | None = None
    name: str | None = None
    size: int | None = None
    caption: str | None = None
    forwarded: bool = False
    media_type: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A person sent a place (WGS 84, degrees). accuracy: metres, if the platform says it; reply_to: as in `Said`."""

    latitude: float
    longitude: float
    accuracy: float | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """The person blocked us or let us back in (private chats), or we were added to or removed from a group."""

    present: bool


@dataclass(frozen=True, slots=True)
class GroupMoved:
    """A group goes on under another id of its platform; `to` is that chat."""

    to: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Several things that a person wrote while nobody read them: too long ago to be answered one by one."""


FileTrouble = Literal["too_large", "wrong_type", "nothing", "gone", "full"]
"""`nothing`: no file that could be fetched; `gone`: the platform does not give it; `full`: no room left for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLost:
    """A word of our own: a file that a person gave as an answer could not be kept.

    attachment: its row; response, path, instance, value: the answer that it was.
    """

    attachment: int
    response: int
    path: str
    instance: int
    value: str
    why: FileTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfInquiry:
    """A word of our own: a file that was sent with an inquiry is here, or could not be had (`why`)."""

    attachment: int
    why: FileTrouble | None = None


Content = (
    Said | Edited | Pressed | SentMedia | Located | MembershipChanged | GroupMoved | Missed | FileLost | FileOfInquiry
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One thing that reached us, already stripped of everything its platform alone understands.

    account: which of our identities read it, e.g. `telegram:123` (the bot's own id); with `native_id` it is the
        key by which repeated deliveries are recognised.
    message_id: the platform's id of the person's message, if it has one (edits refer to it).
    sender: the platform's id of the person (equals `address.chat` in private Telegram chats).
    language: the platform's hint, a BCP 47 tag such as `de` or `en-GB`.
    ack: what the channel needs to acknowledge this (a callback query's id), None where nothing is due.
    """

    account: str
    native_id: str
    address: Address
    sender: str
    content: Content
    received_at: datetime
    chat_kind: ChatKind = ChatKind.PRIVATE
    message_id: str | None = None
    language: str | None = None
    ack: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person can pick. `key` comes back in `Pressed.choice`; `selected` None: not a toggle.

    Where choices are numbered, a key that is a number is the number shown, else the place in the list.
    """

    key: str
    label: str
    selected: bool | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One way on that is no answer: back, skip, pause, done … `command` is what people type for it (`/zurueck`)."""

    key: str
    label: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes out with a message: small ones with their bytes, which lie in the delivery's row.

    source: a reference in place of the bytes, `form:<version id>:<name>`, `broadcast:<number>:<digest>:<name>` or
        `file:<SHA-256>`; they are fetched when it is sent.
    caption: what it shows, where it stands beside others.
    """

    name: str
    media_type: str
    content: bytes = b""
    source: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a part of a text looks, `text[start:end]`; a channel that cannot show it leaves it out.

    link: where it leads (http or https); a channel without links writes that behind it, in brackets.
    """

    start: int
    end: int
    bold: bool = False
    italic: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A web page that a message offers; a button where the channel has them, else a line. url: http or https."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One message, as meaning; the channel decides how it looks within its limits.

    where: the small first line that says where one is ("Technologietransfer · Frage 9 von etwa 18").
    text: the body, plain text; lines are kept. hint: small print below. marks: what is bold or italic in the text.
    choices: with buttons if the channel has them, else numbered from 1 in this order.
    numbered: the choices are numbered in the text in any case (long labels); a channel may also decide so by itself.
    compact: a row of a series on one scale: where choices are written into the text they stand in one line.
    vote: one of the choices is the answer, and another one picked later corrects it; a channel may show it as a poll.
    ways: navigation; buttons in a last row, or a line that names the commands.
    links: web pages to go on to.
    chosen: the answered form of a question: the labels picked; shown as "✓ …" (choices and ways are then empty).
    prompt: what presses, replies and edits of this message refer to; goes into the buttons' data.
    language: of the text, for a screen reader (and for the few words a channel adds by itself).
    """

    text: str
    where: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    ways: tuple[Way, ...] = ()
    numbered: bool = False
    compact: bool = False
    vote: bool = False
    chosen: tuple[str, ...] = ()
    prompt: PromptId | None = None
    attachments: tuple[Attachment, ...] = ()
    language: str = "de"
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()


Priority = Literal["reply", "push"]


class Departure(Protocol):
    """The place that a message or an edit has in its bot's pace. A channel that can tells when each request leaves, so
    that the pace is kept to the millisecond; for one that does not, all are taken to have left when it is done.
    """

    async def opens(self) -> None:
        """Wait until the next request may leave; the first one need not wait any more."""
        ...

    def written(self) -> None:
        """Hear that this request has been written to the network just now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A best-effort change to a message that was sent before. It is derivable and so no row (invariant 2)."""

    address: Address
    message_id: str
    message: OutboundMessage
    departure: Departure | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Taking back what was sent: the native ids of all that a delivery became; `delivery` is its row's id."""

    address: Address
    delivery: DeliveryId
    message_ids: tuple[str, ...]
    departure: Departure | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The answer to a press; `text` is a short line some clients show as a toast (200 characters at most)."""

    address: Address
    ack: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A delivery on its way to a channel: the row's id (an idempotency key where the platform has one), where, what."""

    delivery: DeliveryId
    address: Address
    message: OutboundMessage
    priority: Priority = "reply"
    departure: Departure | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on a channel, as seen at the last connect. `link` is a template with `{code}` for deep links.

    device: by which the platform recognises a delivery that is sent twice, "" where it does not.
    """

    account: str
    name: str
    link: str | None = None
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing about a connected channel that `hubtalk doctor` tells. `ok` None: neither good nor bad."""

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a channel can do. Limits are counted in the channel's own unit, the `measure`.

    text_limit: the longest message; a longer one is divided (0: none is too long).
    turns: one speaks after the other, so the next thing is read when all replies are out (a terminal, a pipe).
    only_chat: the one chat that is reachable through this very channel object, "" for all of the channel's.
    cursor_lifetime: how long a stored cursor means anything, None for ever.
    rate, chat_rate, chat_burst: messages a second for all, for one chat, and how many at once there; 0: not known.
    usual_rate, usual_burst: what to expect of a platform that does not say.
    idempotent: a delivery that is sent again within minutes by its id is recognised, and so arrives once.
    measure: how long a text is in that unit; file_limit: bytes of a file that goes out, 0 where nothing limits it.
    group_rate: requests a minute of a chat whose id begins with `group_prefix`; 0: as any other.
    """

    buttons: bool = False
    edits: bool = False
    files: bool = False
    turns: bool = False
    only_chat: str = ""
    cursor_lifetime: timedelta | None = None
    idempotent: bool = False
    text_limit: int = 4096
    measure: Callable[[str], int] = len
    file_limit: int = 0
    choice_limit: int = 100
    label_limit: int = 24
    rate: float = 0.0
    chat_rate: float = 0.0
    chat_burst: int = 4
    usual_rate: float = 0.0
    usual_burst: int = 0
    group_rate: float = 0.0
    group_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one read of a channel brought, with the cursor that confirms it once its work is committed."""

    account: str
    messages: tuple[InboundMessage, ...] = ()
    cursor: str | None = None
    at_end: bool = field(default=False)
