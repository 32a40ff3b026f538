"""Raw updates, a file each, and what they mean."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.telegram.inbound import Reader, read_button, read_update
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

PAYLOADS = Path(__file__).parents[3] / "payloads" / "telegram"
READER = Reader(account="telegram:123", username="hub_test_bot")
NOW = datetime(2024, 3, 24, 10, 0, tzinfo=UTC)
WRITTEN = datetime(2024, 3, 24, 9, 0, tzinfo=UTC)
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROMPT = PromptId(int("2n9c", 36))

GROUP = {"chat": "-987", "chat_kind": ChatKind.GROUP}
SUPERGROUP = {"chat": "-1001234567890", "chat_kind": ChatKind.GROUP}
PUBLIC = {"chat": "-1001234567890", "chat_kind": ChatKind.PUBLIC}

SAID: dict[str, tuple[Content, dict[str, Any]]] = {
    "text": (Said("Ada Muster"), {}),
    "text_british": (Said("hello"), {"chat": "4712", "sender": "4712", "language": "en-GB"}),
    "text_without_language": (Said("hallo"), {"language": None}),
    "text_with_control_and_rtl": (Said("\u202eabc\u0007 שלום 👩‍🔬"), {}),
    "text_with_address_in_it": (Said("Schreiben Sie an ada@hub_test_bot"), {}),
    "command": (Said("/umfrage"), {}),
    "command_start_with_code": (Said("/start K7QX-93MD"), {}),
    "service_migrated": (GroupMoved("-1001234567890"), GROUP),
    "command_for_us_by_name": (Said("/start K7QX"), SUPERGROUP),
    "command_for_another_bot": (Said("/start@other_bot"), SUPERGROUP),
    "reply": (Said("20", reply_to="41"), {}),
    "reply_in_another_chat": (Said("20"), {}),
    "forwarded_text": (Said("weitergeleitet", forwarded=True), {}),
    "forwarded_by_older_server": (Said("weitergeleitet", forwarded=True), {}),
    "text_in_group": (Said("hallo"), GROUP),
    "text_in_public_group": (Said("hallo"), PUBLIC),
    "anonymous_administrator": (Said("/start"), {**SUPERGROUP, "sender": "-1001234567890", "language": None}),
    "text_without_sender": (Said("hallo"), {**SUPERGROUP, "sender": "-1001234567890", "language": None}),
}

EDITED: dict[str, tuple[Content, dict[str, Any]]] = {
    "edited_text": (Edited("21"), {"message_id": "44"}),
    "edited_caption": (Edited("neu"), {"message_id": "45"}),
}

SENT: dict[str, tuple[Content, dict[str, Any]]] = {
    "photo": (
        SentMedia("photo", file_id="large", size=90000, caption="unser Lager", media_type="image/jpeg"),
        {},
    ),
    "photo_in_reply": (
        SentMedia("photo", file_id="large", size=1200, media_type="image/jpeg", reply_to="41"),
        {},
    ),
    "voice": (SentMedia("voice", file_id="AwAC", size=5000, media_type="audio/ogg"), {}),
    "audio": (SentMedia("voice", file_id="CQAC", name="lied.mp3"), {}),
    "sticker": (SentMedia("sticker", file_id="CAAC"), {}),
    "document": (SentMedia("document", file_id="BQAC", name="bedarf.xlsx", size=20480, media_type=SHEET), {}),
    "forwarded_document": (SentMedia("document", file_id="BQAC2", size=8, forwarded=True), {}),
    "video": (SentMedia("video", file_id="BAAC"), {}),
    "video_note": (SentMedia("video", file_id="DQAC"), {}),
    "animation": (SentMedia("video", file_id="CgAC", name="a.mp4"), {}),
    "location": (Located(51.6, 7.6), {}),
    "location_in_reply": (Located(51.6, 7.6, accuracy=12.5, reply_to="41"), {}),
    "live_location": (Located(-51.0, 7.6), {}),
    "venue": (Located(51.6, 7.6), {}),
    "venue_alone": (Located(51.6, 7.6), {}),
    "contact": (SentMedia("contact"), {}),
    "poll": (SentMedia("other"), {}),
    "dice": (SentMedia("other"), {}),
    "story": (SentMedia("other"), {}),
    "content_of_a_later_api": (SentMedia("other"), {}),
}

PRESSED: dict[str, tuple[Content, dict[str, Any]]] = {
    "press": (Pressed(PROMPT, "1", None, "60"), {}),
    "press_toggle_on": (Pressed(PROMPT, "energy", True, "60"), {}),
    "press_toggle_off": (Pressed(PROMPT, "energy", False, "60"), {}),
    "press_of_foreign_data": (Pressed(None, "", None, "60"), {}),
    "press_of_empty_data": (Pressed(None, "", None, "60"), {}),
    "press_of_prompt_beyond_the_database": (Pressed(None, "", None, "60"), {}),
    "press_of_game": (Pressed(None, "", None, "60"), {}),
    "press_on_inaccessible_message": (Pressed(PROMPT, "1", None, "60"), {}),
    "press_without_message": (Pressed(PROMPT, "1", None, None), {}),
    "press_in_group": (Pressed(PROMPT, "1", None, "61"), SUPERGROUP),
}

MEMBERSHIP: dict[str, tuple[Content, dict[str, Any]]] = {
    "blocked": (MembershipChanged(present=False), {}),
    "unblocked": (MembershipChanged(present=True), {}),
    "added_to_group": (MembershipChanged(present=True), GROUP),
    "left_group": (MembershipChanged(present=False), GROUP),
    "removed_from_group": (MembershipChanged(present=False), SUPERGROUP),
    "made_administrator": (MembershipChanged(present=True), SUPERGROUP),
    "restricted_outside": (MembershipChanged(present=False), SUPERGROUP),
    "added_to_channel": (MembershipChanged(present=True), {"chat": "-1009", "chat_kind": ChatKind.PUBLIC}),
}

NOTHING = (
    "channel_post",
    "edited_live_location",
    "service_left_member",
    "service_new_members",
    "service_pinned",
    "service_title",
    "text_of_another_bot",
    "update_of_a_later_api",
)


def payload(name: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return update


def understood(name: str, content: Content, *, chat: str = "4711", **others: Any) -> InboundMessage:
    """Give the expected envelope: Ada's private chat, but for what `others` say."""
    expected = InboundMessage(
        account="telegram:123",
        native_id=str(payload(name)["update_id"]),
        address=Address("telegram", chat),
        sender="4711",
        content=content,
        received_at=WRITTEN,
        message_id="50",
        language="de",
    )
    return replace(expected, **others)


@pytest.mark.parametrize("name", [*SAID, *SENT])
def test_a_message_is_understood(name: str) -> None:
    content, others = {**SAID, **SENT}[name]
    assert read_update(payload(name), reader=READER, now=NOW) == understood(name, content, **others)


@pytest.mark.parametrize("name", EDITED)
def test_an_edit_names_the_message_it_changes(name: str) -> None:
    content, others = EDITED[name]
    expected = understood(name, content, received_at=datetime(2024, 3, 24, 9, 1, tzinfo=UTC), **others)
    assert read_update(payload(name), reader=READER, now=NOW) == expected


@pytest.mark.parametrize("name", PRESSED)
def test_a_press_is_understood_and_can_be_acknowledged(name: str) -> None:
    content, others = PRESSED[name]
    expected = understood(name, content, received_at=NOW, message_id=None, ack="20239", **others)
    assert read_update(payload(name), reader=READER, now=NOW) == expected


@pytest.mark.parametrize("name", MEMBERSHIP)
def test_coming_and_going_is_noticed(name: str) -> None:
    content, others = MEMBERSHIP[name]
    assert read_update(payload(name), reader=READER, now=NOW) == understood(name, content, message_id=None, **others)


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_not_for_us_is_passed_over(name: str) -> None:
    assert read_update(payload(name), reader=READER, now=NOW) is None


def test_every_payload_has_its_meaning_here() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {*SAID, *SENT, *EDITED, *PRESSED, *MEMBERSHIP, *NOTHING}


def test_a_contact_card_keeps_its_phone_number_to_itself() -> None:
    assert "1511234567" not in repr(read_update(payload("contact"), reader=READER, now=NOW))


@pytest.mark.parametrize("data", ["2N9C.1", "2n9c", "2n9c.", ".1", "2n9c.ä", "2n9c.1*", "2n9c.1+-", "٣.1", "2n9c.1\n"])
def test_data_that_only_resembles_ours_is_foreign(data: str) -> None:
    assert read_button(data) == Pressed(None, "", None, None)
