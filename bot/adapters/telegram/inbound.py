"""One update of the Bot API -> one InboundMessage, or None where there is nothing for us in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.messages import (
    Address,
    ChatKind,
    Content,
    Edited,
    GroupMoved,
    InboundMessage,
    Located,
    MembershipChanged,
    Pressed,
    PromptId,
    Said,
    SentMedia,
)

Object = Mapping[str, Any]
"""A JSON object as it came."""

LARGEST_PROMPT = 2**63 - 1
"""What a database can hold. A modified client may send any data, so a larger number is not ours."""

BUTTON_DATA = re.compile(r"([0-9a-z]{1,13})\.([A-Za-z0-9_]{1,16})([+-]?)", re.ASCII)
"""Prompt id in base 36, key of choice or way, the state a toggle sets."""

PIECE = 2000
"""Characters from which on a text may be the first piece of a longer one. Apps cut at 4096 UTF-16 units or a little
before, at the end of a line or word; a sign outside the basic plane takes two units."""

PIECES_WITHIN = timedelta(seconds=3)

# Order matters: for older clients an animation comes with a copy in `document`.
_MEDIA = (
    ("photo", "photo"),
    ("voice", "voice"),
    ("sticker", "sticker"),
    ("animation", "video"),
    ("video", "video"),
    ("video_note", "video"),
    ("audio", "voice"),
    ("document", "document"),
    ("contact", "contact"),
)

# Messages that Telegram writes by itself, so nobody expects a reply (https://core.telegram.org/bots/api#message,
# "Service message: …"); what is in neither table was sent by a person.
_SERVICE = frozenset(
    """
    boost_added channel_chat_created chat_background_set chat_owner_changed chat_owner_left chat_shared
    checklist_tasks_added checklist_tasks_done connected_website delete_chat_photo direct_message_price_changed
    forum_topic_closed forum_topic_created forum_topic_edited forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden gift gift_upgrade_sent giveaway_completed giveaway_created group_chat_created
    left_chat_member managed_bot_created message_auto_delete_timer_changed migrate_from_chat_id
    new_chat_members new_chat_photo new_chat_title paid_message_price_changed passport_data pinned_message
    poll_option_added poll_option_deleted proximity_alert_triggered refunded_payment successful_payment
    suggested_post_approval_failed suggested_post_approved suggested_post_declined suggested_post_paid
    suggested_post_refunded supergroup_chat_created unique_gift users_shared video_chat_ended
    video_chat_participants_invited video_chat_scheduled video_chat_started web_app_data write_access_allowed
    """.split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: `account` as in Identity, `username` without the at sign."""

    account: str
    username: str


def read_update(update: Object, *, reader: Reader, now: datetime) -> InboundMessage | None:
    """Return what `update` means, None if nothing is to be done about it.

    Args:
        update: as getUpdates or a webhook call brought it (https://core.telegram.org/bots/api#update).
        reader: which bot read it.
        now: the time of a press, which Telegram does not tell.

    Raises:
        LookupError, TypeError, ValueError, AttributeError, ArithmeticError: the update is not what the Bot API says.
    """
    if (message := update.get("message")) is not None:
        return _message(message, update_id=update["update_id"], reader=reader)
    if (query := update.get("callback_query")) is not None:
        return _press(query, update_id=update["update_id"], reader=reader, now=now)
    if (message := update.get("edited_message")) is not None:
        return _edited(message, update_id=update["update_id"], reader=reader)
    if (change := update.get("my_chat_member")) is not None:
        return _membership(change, update_id=update["update_id"], reader=reader)
    return None


def read_button(data: str | None, *, message_id: str | None = None) -> Pressed:
    """Return what a button's data says; data that is not ours gives no prompt."""
    match = BUTTON_DATA.fullmatch(data) if data else None
    if match is None or (prompt := int(match[1], 36)) > LARGEST_PROMPT:
        return Pressed(prompt=None, choice="", on=None, message_id=message_id)
    on = None if not match[3] else match[3] == "+"
    return Pressed(prompt=PromptId(prompt), choice=match[2], on=on, message_id=message_id)


def joined(messages: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Put together what an app cut: a text that does not fit into one message is sent in pieces right after each other.

    Read one by one, the second piece would answer the next question.
    """
    result: list[InboundMessage] = []
    newest: dict[Address, int] = {}
    for message in messages:
        place = newest.get(message.address)
        if place is not None and _goes_on(result[place], message):
            before, piece = result[place], message
            assert isinstance(before.content, Said) and isinstance(piece.content, Said)
            whole = replace(before.content, text=before.content.text + piece.content.text)
            result[place] = replace(before, content=whole, received_at=piece.received_at)
            continue
        newest[message.address] = len(result)
        result.append(message)
    return result


def may_go_on(message: InboundMessage) -> bool:
    """Whether this text is so long that the rest of it may follow in a message of its own."""
    content = message.content
    return isinstance(content, Said) and not content.forwarded and len(content.text) >= PIECE


def _goes_on(before: InboundMessage, message: InboundMessage) -> bool:
    return (
        may_go_on(before)
        and isinstance(message.content, Said)
        and not message.content.forwarded
        and not message.content.text.startswith("/")
        and before.sender == message.sender
        and message.received_at - before.received_at <= PIECES_WITHIN
    )


def _message(message: Object, *, update_id: int, reader: Reader) -> InboundMessage | None:
    content = _content(message, reader=reader)
    if content is None:
        return None
    return _envelope(message, update_id=update_id, reader=reader, content=content, date=message["date"])


def _edited(message: Object, *, update_id: int, reader: Reader) -> InboundMessage | None:
    text = message.get("text", message.get("caption"))
    if text is None:  # A live location moves by edits.
        return None
    date = message.get("edit_date") or message["date"]
    return _envelope(message, update_id=update_id, reader=reader, content=Edited(str(text)), date=date)


def _envelope(message: Object, *, update_id: int, reader: Reader, content: Content, date: int) -> InboundMessage | None:
    chat, person = message["chat"], message.get("from")
    if (anonymous := message.get("sender_chat")) is not None:
        # An anonymous group administrator, or a channel; `from` is then a stand-in made up by Telegram.
        sender, language = anonymous["id"], None
    elif person is None:
        sender, language = chat["id"], None
    elif person.get("is_bot"):
        return None
    else:
        sender, language = person["id"], person.get("language_code")
    return InboundMessage(
        account=reader.account,
        native_id=str(update_id),
        address=Address("telegram", str(chat["id"])),
        sender=str(sender),
        content=content,
        received_at=datetime.fromtimestamp(date, UTC),
        chat_kind=_chat_kind(chat),
        message_id=str(message["message_id"]),
        language=language,
    )


def _content(message: Object, *, reader: Reader) -> Said | SentMedia | Located | GroupMoved | None:
    forwarded = "forward_origin" in message or "forward_date" in message
    replied = message.get("reply_to_message")
    reply_to = None if replied is None else str(replied["message_id"])
    if (text := message.get("text")) is not None:
        return Said(_without_our_name(text, username=reader.username), reply_to=reply_to, forwarded=forwarded)
    # A venue comes with a copy of its place in `location` (https://core.telegram.org/bots/api#message).
    if (place := message.get("location") or (message.get("venue") or {}).get("location")) is not None:
        return _located(place, reply_to=reply_to)
    # A group that becomes a supergroup gets another id (https://core.telegram.org/bots/api#message).
    if (moved := message.get("migrate_to_chat_id")) is not None:
        return GroupMoved(str(moved))
    sent = SentMedia("other", caption=message.get("caption"), forwarded=forwarded, reply_to=reply_to)
    for name, kind in _MEDIA:
        if (item := message.get(name)) is not None:
            return _media(item, sent=replace(sent, kind=kind))
    return sent if _SERVICE.isdisjoint(message) else None


def _located(place: Object, *, reply_to: str | None) -> Located:
    """Return a place, of a live location the one at the moment it was sent.

    https://core.telegram.org/bots/api#location: `horizontal_accuracy` is the radius in metres, 0 to 1500.
    """
    accuracy = place.get("horizontal_accuracy")
    return Located(
        latitude=float(place["latitude"]),
        longitude=float(place["longitude"]),
        accuracy=None if accuracy is None else float(accuracy),
        reply_to=reply_to,
    )


def _media(item: Any, *, sent: SentMedia) -> SentMedia:
    if sent.kind == "photo":
        item = max(item, key=lambda size: size["width"] * size["height"])
    media_type = item.get("mime_type")
    return replace(
        sent,
        file_id=item.get("file_id"),
        name=item.get("file_name"),
        size=item.get("file_size"),
        media_type="image/jpeg" if sent.kind == "photo" else media_type,
    )


def _press(query: Object, *, update_id: int, reader: Reader, now: datetime) -> InboundMessage:
    person, message = query["from"], query.get("message")
    if message is None:  # Sent in inline mode, or much too old: the person is all we know.
        chat, kind, message_id = person["id"], ChatKind.PRIVATE, None
    else:
        chat, kind = message["chat"]["id"], _chat_kind(message["chat"])
        message_id = str(message["message_id"])
    return InboundMessage(
        account=reader.account,
        native_id=str(update_id),
        address=Address("telegram", str(chat)),
        sender=str(person["id"]),
        content=read_button(query.get("data"), message_id=message_id),
        received_at=now,
        chat_kind=kind,
        language=person.get("language_code"),
        ack=str(query["id"]),
    )


def _membership(change: Object, *, update_id: int, reader: Reader) -> InboundMessage:
    chat, person, member = change["chat"], change["from"], change["new_chat_member"]
    status = member["status"]
    present = member["is_member"] if status == "restricted" else status not in ("left", "kicked")
    return InboundMessage(
        account=reader.account,
        native_id=str(update_id),
        address=Address("telegram", str(chat["id"])),
        sender=str(person["id"]),
        content=MembershipChanged(present=bool(present)),
        received_at=datetime.fromtimestamp(change["date"], UTC),
        chat_kind=_chat_kind(chat),
        language=person.get("language_code"),
    )


def _chat_kind(chat: Object) -> ChatKind:
    match chat["type"]:
        case "private":
            return ChatKind.PRIVATE
        case "group":
            return ChatKind.GROUP
        case "supergroup" if not chat.get("username"):
            return ChatKind.GROUP
        case _:
            return ChatKind.PUBLIC


def _without_our_name(text: str, *, username: str) -> str:
    """Turn `/cmd@our_bot rest` into `/cmd rest`; clients add the name in groups."""
    if not text.startswith("/"):
        return text
    word, *rest = re.split(r"(\s)", text, maxsplit=1)
    command, at, name = word.partition("@")
    return "".join((command, *rest)) if at and name.lower() == username.lower() else text
