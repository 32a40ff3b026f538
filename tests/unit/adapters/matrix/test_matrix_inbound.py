"""Raw events, a file each, and what they mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.matrix.inbound import (
    Reader,
    Room,
    Thread,
    greeting,
    is_own_join,
    read_event,
    thread_of,
    unreadable,
    without_old_talk,
)
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
    PromptId,
    Said,
    SentMedia,
)

PAYLOADS = Path(__file__).parents[3] / "payloads" / "matrix"
BOT, ADA = "@hub:example.org", "@ada:example.org"
READER = Reader(account=f"matrix:{BOT}", user_id=BOT)
ROOM = Room(chat="!room:example.org")
WRITTEN = datetime(2024, 3, 24, 9, 0, tzinfo=UTC)
NOW = WRITTEN + timedelta(minutes=1)

MEANT: dict[str, tuple[Content, dict[str, Any]]] = {
    "text": (Said("Ada Muster"), {}),
    "text_with_html": (Said("20"), {}),
    "text_with_half_a_surrogate": (Said("a?b"), {}),
    "emote": (Said("winkt"), {}),
    "reply": (Said("20", reply_to="$question"), {}),
    "reply_with_fallback": (Said("20\nund mehr", reply_to="$question"), {}),
    "quote_without_reply": (Said("> 20"), {}),
    "edit": (Edited("21"), {"message_id": "$answer"}),
    "thread": (Said("20"), {}),
    "thread_opened_on_our_question": (Said("20", reply_to="$question"), {}),
    "thread_with_reply": (Said("20", reply_to="$other"), {}),
    "reaction_keycap": (Said("2", reply_to="$question"), {}),
    "reaction_digit": (Said("12", reply_to="$question"), {}),
    "reaction_ten": (Said("10", reply_to="$question"), {}),
    "vote": (Pressed(prompt=PromptId(4711), choice="2", on=None, message_id="$poll"), {}),
    "vote_of_a_later_specification": (Pressed(prompt=PromptId(4711), choice="2", on=None, message_id="$poll"), {}),
    "vote_for_two": (Pressed(prompt=PromptId(4711), choice="2", on=None, message_id="$poll"), {}),
    "image": (
        SentMedia("photo", file_id='{"url":"mxc://example.org/a"}', name="a.png", size=7, media_type="image/png"),
        {},
    ),
    "image_with_caption": (
        SentMedia(
            "photo",
            file_id='{"url":"mxc://example.org/a"}',
            name="a.png",
            size=7,
            caption="unser Hof",
            media_type="image/png",
        ),
        {},
    ),
    "voice": (SentMedia("voice", file_id='{"url":"mxc://example.org/v"}', name="Sprachnachricht"), {}),
    "location": (Located(51.6, 7.6), {}),
    "location_with_uncertainty": (Located(51.62, -7.5, accuracy=35.0, reply_to="$question"), {}),
    "location_on_another_grid": (SentMedia("location"), {}),
    "location_beyond_the_pole": (SentMedia("location"), {}),
    "location_without_place": (SentMedia("location"), {}),
    "video": (
        SentMedia("video", file_id='{"url":"mxc://example.org/v"}', name="hof.mp4", size=9, media_type="video/mp4"),
        {},
    ),
    "encrypted_file_in_reply": (
        SentMedia(
            "document",
            file_id='{"url":"mxc://example.org/f","iv":"AA","key":{"k":"BB"},"hashes":{"sha256":"CC"}}',
            name="bedarf.pdf",
            media_type="application/pdf",
            reply_to="$question",
        ),
        {},
    ),
    "sticker": (SentMedia("sticker"), {}),
    "poll": (SentMedia("other"), {}),
    "message_of_a_later_specification": (SentMedia("other", name="?"), {}),
    "left": (MembershipChanged(present=False), {}),
    "came_back": (MembershipChanged(present=True), {}),
    "bot_was_kicked": (MembershipChanged(present=False), {}),
}

NOTHING = [
    "own_text",
    "notice_of_another_bot",
    "redacted",
    "reaction_without_number",
    "edit_to_an_image",
    "declined_invitation",
    "changed_name",
    "bot_joined",
    "bot_left",
    "state_of_the_room",
    "vote_spoiled",
    "vote_in_a_foreign_poll",
    "vote_for_a_number",
    "vote_without_a_poll",
    "poll_end",
    "unknown_type",
    "verification_request",
]

MALFORMED = [
    "text_without_body",
    "body_is_a_list",
    "no_event_id",
    "event_id_is_none",
    "edit_without_new_content",
    "reaction_without_key",
    "sender_is_a_number",
    "event_id_is_too_long",
    "vote_that_is_no_text",
    "vote_without_answers",
]


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return event


def _read(name: str, *, room: Room = ROOM) -> InboundMessage | None:
    return read_event(_event(name), room=room, reader=READER, now=NOW)


@pytest.mark.parametrize("name", MEANT)
def test_what_an_event_means(name: str) -> None:
    content, more = MEANT[name]
    message = _read(name)
    assert message == InboundMessage(
        account=f"matrix:{BOT}",
        native_id="$event",
        address=Address("matrix", "!room:example.org"),
        sender=ADA,
        content=content,
        received_at=WRITTEN,
        message_id=more.get("message_id", "$event"),
    )


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_nothing_for_us(name: str) -> None:
    assert _read(name) is None


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_event(name: str) -> None:
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        _read(name)


def test_every_payload_is_looked_at() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {*MEANT, *NOTHING, *MALFORMED}


@pytest.mark.parametrize("stamp", [None, "x", -1, 0, 2**60, 1.5, True, 1_999_999_999_999])
def test_a_clock_that_is_wrong_is_ours(stamp: Any) -> None:
    message = read_event(_event("text") | {"origin_server_ts": stamp}, room=ROOM, reader=READER, now=NOW)
    assert message is not None
    assert message.received_at in (NOW, datetime.fromtimestamp(0.001, UTC))


def test_a_group_is_known_as_such() -> None:
    message = _read("text", room=Room(chat="!g:example.org", kind=ChatKind.GROUP))
    assert message is not None
    assert (message.address.chat, message.chat_kind) == ("!g:example.org", ChatKind.GROUP)


def test_joining_a_talk_for_two_is_a_greeting() -> None:
    came, start = greeting(_event("bot_joined"), room=ROOM, sender=ADA, reader=READER, now=NOW)
    assert (came.content, came.sender, came.native_id) == (MembershipChanged(present=True), ADA, "$event")
    assert (start.content, start.sender, start.native_id) == (Said("/start"), ADA, "$event/start")


def test_joining_a_group_is_no_greeting() -> None:
    group = Room(chat="!g:example.org", kind=ChatKind.GROUP)
    [came] = greeting(_event("bot_joined"), room=group, sender=ADA, reader=READER, now=NOW)
    assert came.content == MembershipChanged(present=True)


@pytest.mark.parametrize(("name", "ours"), [("bot_joined", True), ("came_back", False), ("bot_was_kicked", False)])
def test_our_own_step_into_a_room(name: str, ours: bool) -> None:
    assert is_own_join(_event(name), reader=READER) is ours


def test_a_change_of_our_name_is_no_step_into_a_room() -> None:
    event = _event("bot_joined") | {"unsigned": {"prev_content": {"membership": "join"}}}
    assert not is_own_join(event, reader=READER)


def test_what_cannot_be_read_has_a_name_of_its_own() -> None:
    message = unreadable(_event("text"), room=ROOM, reader=READER, now=NOW)
    assert (message.native_id, message.message_id) == ("$event/unreadable", None)
    assert message.content == SentMedia("unreadable")


def test_where_somebody_writes() -> None:
    assert thread_of(_event("thread")) == Thread(root="$root", last="$event")
    assert thread_of(_event("reply")) is None


# --- what waited for days ---------------------------------------------------------------------------------------------


def _said(number: int, *, hours: int, room: str = "!a", content: Content | None = None) -> InboundMessage:
    return InboundMessage(
        account="matrix",
        native_id=f"${number}",
        address=Address("matrix", room),
        sender=ADA,
        content=content or Said(f"Zeile {number}"),
        received_at=NOW - timedelta(hours=hours),
        message_id=f"${number}",
    )


def test_several_old_messages_of_a_room_are_one_greeting() -> None:
    messages = [_said(1, hours=72), _said(2, hours=71), _said(3, hours=30), _said(4, hours=2)]
    kept = without_old_talk(messages, now=NOW)
    assert [(message.native_id, message.content) for message in kept] == [
        ("$3", Missed()),
        ("$4", Said("Zeile 4")),
    ]


def test_a_single_old_message_is_taken_for_what_it_is() -> None:
    messages = [_said(1, hours=72), _said(2, hours=72, room="!b"), _said(3, hours=1)]
    assert without_old_talk(messages, now=NOW) == messages


@pytest.mark.parametrize("wish", ["!stopp", "/stop", "!vergessen", "/forget"])
def test_who_wants_no_more_messages_or_to_be_forgotten_is_heard_however_late(wish: str) -> None:
    wished = _said(2, hours=71, content=Said(wish))
    kept = without_old_talk([_said(1, hours=72), wished, _said(3, hours=70), _said(4, hours=69)], now=NOW)
    assert [message.content for message in kept] == [Said(wish), Missed()]
    assert without_old_talk([_said(1, hours=72), wished], now=NOW) == [_said(1, hours=72), wished]


def test_comings_and_goings_are_never_left_out() -> None:
    gone = _said(3, hours=60, content=MembershipChanged(present=False))
    kept = without_old_talk([_said(1, hours=72), _said(2, hours=71), gone], now=NOW)
    assert [message.content for message in kept] == [Missed(), MembershipChanged(present=False)]
