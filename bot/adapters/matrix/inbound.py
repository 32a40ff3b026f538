"""One event of a room -> one InboundMessage, or None where there is nothing for us in it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bot.adapters.matrix import polls
from bot.domain.commands import command_in
from bot.domain.messages import (
    Address,
    ChatKind,
    Content,
    Edited,
    InboundMessage,
    Located,
    MembershipChanged,
    Missed,
    Pressed,
    Said,
    SentMedia,
)

Object = Mapping[str, Any]
"""An event as it came, decrypted if it was encrypted."""

GREETING = "/start"
"""What opening a room counts as; the core then says hello, or where one stands."""

UNREADABLE = "unreadable"
"""A kind of `SentMedia`: something that could not be decrypted."""

OLD = timedelta(days=1)
"""Several messages of one room older than this are no talk any more: they are answered once, together."""

_WISHES = frozenset({"stop", "forget"})

_LONGEST_ID = 255
"""https://spec.matrix.org/latest/appendices/#event-ids"""

_MEDIA = {
    "m.image": "photo",
    "m.audio": "voice",
    "m.video": "video",
    "m.file": "document",
}
_TEXTS = frozenset({"m.text", "m.emote"})
# Other bots speak in notices, so that bots do not answer each other; the rest is a client's own business.
_SILENT = frozenset({"m.notice", "m.server_notice", "m.key.verification.request"})
_KEYCAP = re.compile(r"([0-9]{1,3})\ufe0f?\u20e3?", re.ASCII)
# RFC 5870: latitude, longitude, perhaps altitude, then parameters such as `u=35`, the uncertainty in metres.
_GEO = re.compile(
    r"geo:(-?[0-9]{1,3}(?:\.[0-9]{1,20})?),(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)(?:,-?[0-9.]{1,20})?((?:;[^;]{1,100}){0,9})",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,20})?", re.ASCII)
_TEN = "\N{KEYCAP TEN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: `account` as in Identity, our user id."""

    account: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a room is to the core: its address there, and who can read along."""

    chat: str
    kind: ChatKind = ChatKind.PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Where somebody writes beside the main line: the thread's first event and the one they wrote last."""

    root: str
    last: str


def read_event(event: Object, *, room: Room, reader: Reader, now: datetime) -> InboundMessage | None:
    """Return what an event of a joined room means, None if nothing is to be done about it.

    Args:
        event: with `type`, `content`, `sender`, `event_id`, `origin_server_ts`
            (https://spec.matrix.org/latest/client-server-api/#room-event-format).
        room: where.
        reader: which bot read it.
        now: what no event can be later than, whatever its server's clock says.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: the event is not what the specification says.
    """
    content, kind = event["content"], event["type"]
    said: Content | None
    if "redacted_because" in (event.get("unsigned") or {}):
        return None
    if kind == "m.room.member":
        found = _membership(event, reader=reader)
        return None if found is None else _envelope(event, found, room=room, reader=reader, now=now)
    if event["sender"] == reader.user_id or "state_key" in event:
        return None
    match kind:
        case "m.room.message":
            return _message(event, room=room, reader=reader, now=now)
        case "m.reaction":
            said = _reaction(content)
        case "m.sticker":
            said = SentMedia("sticker")
        case _ if kind in polls.STARTS:
            said = SentMedia("other")
        case _ if kind in polls.RESPONSES:
            said = _vote(event)
        case _:
            return None
    return None if said is None else _envelope(event, said, room=room, reader=reader, now=now)


def greeting(join: Object, *, room: Room, sender: str, reader: Reader, now: datetime) -> Sequence[InboundMessage]:
    """Return what our own joining of a room counts as: somebody is there (again), and opens the talk."""
    present = _envelope(join, MembershipChanged(present=True), room=room, reader=reader, now=now)
    present = replace(present, sender=sender)
    if room.kind is not ChatKind.PRIVATE:
        return (present,)
    return (
        present,
        replace(present, content=Said(GREETING), native_id=f"{present.native_id}{GREETING}", message_id=None),
    )


def unreadable(event: Object, *, room: Room, reader: Reader, now: datetime) -> InboundMessage:
    """Return what stands for an event that could not be decrypted."""
    message = _envelope(event, SentMedia(UNREADABLE), room=room, reader=reader, now=now)
    return replace(message, native_id=f"{message.native_id}/{UNREADABLE}", message_id=None)


def thread_of(event: Object) -> Thread | None:
    """Return the thread in which an event was written."""
    relation = _relation(event["content"])
    if relation.get("rel_type") != "m.thread":
        return None
    return Thread(root=_event_id(relation["event_id"]), last=_event_id(event["event_id"]))


def is_own_join(event: Object, *, reader: Reader) -> bool:
    """Whether this is our own step into a room, and no change of our name in it."""
    if event.get("type") != "m.room.member" or event.get("state_key") != reader.user_id:
        return False
    is_join = _standing(event.get("content")) == "join" and _standing(_before(event)) != "join"
    return is_join and _is_event_id(event.get("event_id"))


def of_earlier_stay(events: Sequence[Object], *, reader: Reader) -> frozenset[str]:
    """Return the ids of what was said before we were out of a room the last time: it is shown again to who comes back.

    Mostly it was heard then. What a restart kept from being heard is told from that by its id, as long as ids are kept.
    """
    gone = [place for place, event in enumerate(events) if _is_own_leave(event, reader=reader)]
    return frozenset(event["event_id"] for event in events[: gone[-1]]) if gone else frozenset()


def is_old(message: InboundMessage, *, now: datetime) -> bool:
    """Whether a message is older than what one still answers by itself."""
    return now - message.received_at > OLD


def without_old_talk(messages: Sequence[InboundMessage], *, now: datetime) -> list[InboundMessage]:
    """Answer what waited for days once a room: `Missed` stands for several old messages, at the place of the last.

    A single old message is still taken for what it is; comings and goings, and the wish to hear nothing more or to be
    forgotten, always are.
    """
    old: dict[Address, list[str]] = {}
    for message in messages:
        if _is_old_talk(message, now=now):
            old.setdefault(message.address, []).append(message.native_id)
    kept = []
    for message in messages:
        ids = old.get(message.address, [])
        if len(ids) < 2 or message.native_id not in ids:
            kept.append(message)
        elif message.native_id == ids[-1]:
            kept.append(replace(message, content=Missed(), message_id=None))
    return kept


def _is_old_talk(message: InboundMessage, *, now: datetime) -> bool:
    if not is_old(message, now=now) or isinstance(message.content, MembershipChanged):
        return False
    command = command_in(message.content.text) if isinstance(message.content, Said) else None
    return command is None or command.name not in _WISHES


def _is_own_leave(event: Object, *, reader: Reader) -> bool:
    if event.get("type") != "m.room.member" or event.get("state_key") != reader.user_id:
        return False
    return _standing(event.get("content")) in ("leave", "ban")


def _message(event: Object, *, room: Room, reader: Reader, now: datetime) -> InboundMessage | None:
    content = event["content"]
    relation = _relation(content)
    if relation.get("rel_type") == "m.replace":
        new = content["m.new_content"]
        if new.get("msgtype") not in _TEXTS:
            return None
        edited = Edited(_text(new["body"]))
        return _envelope(event, edited, room=room, reader=reader, now=now, message_id=_event_id(relation["event_id"]))
    kind = content["msgtype"]
    if not isinstance(kind, str) or kind in _SILENT:
        return None
    said: Content
    if kind in _TEXTS:
        replied = _replied(relation)
        text = _text(content["body"])
        said = Said(_without_fallback(text) if "m.in_reply_to" in relation else text, reply_to=replied)
    elif kind == "m.location":
        said = _located(content, reply_to=_replied(relation))
    else:
        said = _media(content, kind=_MEDIA.get(kind, "other"), reply_to=_replied(relation))
    return _envelope(event, said, room=room, reader=reader, now=now)


def _replied(relation: Object) -> str | None:
    """Return the event that a message answers.

    In a thread, clients name the last event there for the sake of older clients; that is no reply, unless it is the
    thread's first event: then somebody opened a thread on our question to answer it.
    https://spec.matrix.org/latest/client-server-api/#fallback-for-unthreaded-clients
    """
    replied = relation.get("m.in_reply_to")
    if not isinstance(replied, Mapping):
        return None
    event_id = _event_id(replied["event_id"])
    is_fallback = relation.get("rel_type") == "m.thread" and relation.get("is_falling_back") is True
    return None if is_fallback and event_id != relation.get("event_id") else event_id


def _without_fallback(text: str) -> str:
    """Return a reply without the quoted lines that clients put before it until Matrix 1.13."""
    lines = text.split("\n")
    place = 0
    while place < len(lines) and lines[place].startswith("> "):
        place += 1
    if place == 0:
        return text
    return "\n".join(lines[place + 1 :] if place < len(lines) and not lines[place] else lines[place:])


def _reaction(content: Object) -> Said | None:
    relation = _relation(content)
    if relation.get("rel_type") != "m.annotation":
        return None
    key = str(relation["key"]).strip()
    match = _KEYCAP.fullmatch(unicodedata.normalize("NFKC", key))
    number = "10" if key.startswith(_TEN) else match[1] if match else None
    return None if number is None else Said(number, reply_to=_event_id(relation["event_id"]))


def _vote(event: Object) -> Pressed | None:
    relation = _relation(event["content"])
    if relation.get("rel_type") != "m.reference":
        return None
    return polls.read_vote(event, poll=_event_id(relation["event_id"]))


def _located(content: Object, *, reply_to: str | None) -> Located | SentMedia:
    """Return the place of a `geo:` URI (RFC 5870); one that cannot be read, or of another planet's grid, is no place.

    https://spec.matrix.org/latest/client-server-api/#mlocation
    """
    match = _GEO.fullmatch(str(content.get("geo_uri", "")).strip())
    if match is None:
        return SentMedia("location", reply_to=reply_to)
    latitude, longitude, parameters = float(match[1]), float(match[2]), _parameters(match[3])
    if parameters.get("crs", "wgs84") != "wgs84" or abs(latitude) > 90 or abs(longitude) > 180:
        return SentMedia("location", reply_to=reply_to)
    accuracy = parameters.get("u", "")
    return Located(
        latitude, longitude, accuracy=float(accuracy) if _NUMBER.fullmatch(accuracy) else None, reply_to=reply_to
    )


def _parameters(text: str) -> dict[str, str]:
    """Return the parameters of a `geo:` URI; names and values are the same in any case (RFC 5870, 3.4.4)."""
    pairs = (part.partition("=") for part in text.lower().split(";") if part)
    return {name: value for name, _, value in pairs}


def _media(content: Object, *, kind: str, reply_to: str | None) -> SentMedia:
    source = content.get("file") or ({"url": content["url"]} if "url" in content else None)
    info, name = content.get("info"), content.get("filename", content.get("body"))
    told = info if isinstance(info, Mapping) else {}
    size, media_type = told.get("size"), told.get("mimetype")
    is_captioned = "filename" in content and content.get("body") != content["filename"]
    return SentMedia(
        kind,
        file_id=None if source is None else orjson.dumps(source).decode(),
        name=_text(name) if isinstance(name, str) else None,
        size=size if type(size) is int and size >= 0 else None,
        caption=_text(content["body"]) if is_captioned else None,
        media_type=_text(media_type) if isinstance(media_type, str) else None,
        reply_to=reply_to,
    )


def _membership(event: Object, *, reader: Reader) -> MembershipChanged | None:
    """Return a coming or going of somebody; our own coming is a greeting and no business of this."""
    is_ours = event["state_key"] == reader.user_id
    now, before = _standing(event["content"]), _standing(_before(event))
    if before == now:
        return None
    if now in ("leave", "ban"):
        # Who declines an invitation was never here.
        return MembershipChanged(present=False) if before in (None, "join") and not _is_own(event, is_ours) else None
    return MembershipChanged(present=True) if now == "join" and not is_ours else None


def _is_own(event: Object, is_ours: bool) -> bool:  # noqa: FBT001
    return is_ours and event["sender"] == event["state_key"]


def _envelope(
    event: Object, content: Content, *, room: Room, reader: Reader, now: datetime, message_id: str | None = None
) -> InboundMessage:
    sender, event_id = event["sender"], _event_id(event["event_id"])
    if isinstance(content, MembershipChanged) and event["state_key"] != reader.user_id:
        sender = event["state_key"]
    if not isinstance(sender, str):
        raise TypeError("an event's sender is a text")
    sender.encode()
    return InboundMessage(
        account=reader.account,
        native_id=event_id,
        address=Address("matrix", room.chat),
        sender=sender,
        content=content,
        received_at=_time(event.get("origin_server_ts"), now=now),
        chat_kind=room.kind,
        message_id=message_id or event_id,
    )


def _time(stamp: Any, *, now: datetime) -> datetime:
    """Return a server's time stamp; one that cannot be, or lies in the future, is now."""
    if not isinstance(stamp, int) or not 0 < stamp < 2**47:
        return now
    return min(now, datetime.fromtimestamp(stamp / 1000, UTC))


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("a body is a text")
    # JSON may carry halves of surrogate pairs, which no database takes.
    return text.encode("utf-8", "replace").decode()


def _event_id(event_id: Any) -> str:
    if not _is_event_id(event_id):
        raise ValueError("an event's id begins with $")
    found: str = event_id
    return found


def _is_event_id(event_id: Any) -> bool:
    # A half of a surrogate pair is no text that a database takes.
    return (
        isinstance(event_id, str) and event_id.startswith("$") and len(event_id) <= _LONGEST_ID and _is_whole(event_id)
    )


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _relation(content: Object) -> Object:
    relation = content.get("m.relates_to")
    return relation if isinstance(relation, Mapping) else {}


def _before(event: Object) -> Any:
    return event.get("prev_content") or (event.get("unsigned") or {}).get("prev_content")


def _standing(content: Any) -> Any:
    return content.get("membership") if isinstance(content, Mapping) else None
