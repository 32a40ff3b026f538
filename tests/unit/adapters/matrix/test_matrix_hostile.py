"""Broken proxies, broken homeservers and a month of absence: nothing spins, nothing is lost, nobody is told a lie."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Address, DeliveryId, MembershipChanged, OutboundMessage, Outgoing, Said
from bot.errors import (
    ChannelRefused,
    ChannelUnavailable,
    DeliveryError,
    NotSent,
    RateLimited,
    Refused,
    Unavailable,
    Unreachable,
)
from tests.unit.adapters.matrix.conftest import ADA, LOGIN, PAGE, ROOM, USER, Build, FakeHomeserver, event, text

HTML = (502, PAGE)
TROUBLE: tuple[tuple[int, Any], ...] = (
    (502, PAGE),
    (503, PAGE),
    (500, {"errcode": "M_UNKNOWN", "error": "Internal server error"}),
    (404, PAGE),
    (200, PAGE),
    (200, "[]"),
    (200, '{"next_batch": "s'),
    (302, PAGE),
)


def _message(words: str = "Guten Tag", *, delivery: int = 7, priority: Any = "reply") -> Outgoing:
    return Outgoing(
        delivery=DeliveryId(delivery),
        address=Address("matrix", ROOM),
        message=OutboundMessage(text=words),
        priority=priority,
    )


@pytest.mark.parametrize(("status", "body"), TROUBLE)
async def test_a_sync_that_is_none_is_said_and_read_again(
    channel: MatrixChannel, homeserver: FakeHomeserver, status: int, body: Any
) -> None:
    homeserver.answer("sync", status, body, **({"Location": "/elsewhere"} if status == 302 else {}))
    with pytest.raises(ChannelUnavailable):
        await channel.read("s0")
    homeserver.sync(text("da"))
    reading = await channel.read("s0")
    assert [message.content for message in reading.messages] == [Said("da")]


@pytest.mark.parametrize("how", ["hang_up", "half"])
async def test_a_sync_that_breaks_off(channel: MatrixChannel, homeserver: FakeHomeserver, how: str) -> None:
    # The client itself asks once more when a kept connection turns out to be closed.
    getattr(homeserver, how)("sync")
    getattr(homeserver, how)("sync")
    with pytest.raises(ChannelUnavailable):
        await channel.read("s0")


async def test_a_sync_that_never_answers(
    channel: MatrixChannel, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.api.SLOW_SECONDS", 0.1)
    homeserver.hang("sync")
    with pytest.raises(ChannelUnavailable):
        await channel.read("s0")


@pytest.mark.parametrize("how", ["hang_up", "half"])
async def test_a_send_that_breaks_off_is_sent_again_under_the_same_name(
    channel: MatrixChannel, homeserver: FakeHomeserver, how: str
) -> None:
    homeserver.sync()
    await channel.read("s0")
    getattr(homeserver, how)("send")
    getattr(homeserver, how)("send")
    with pytest.raises(Unavailable):
        await channel.send(_message())
    homeserver.queued["send"].clear()
    await channel.send(_message())
    assert len(homeserver.paths("send")) > 1
    assert len(set(homeserver.paths("send"))) == 1


@pytest.mark.parametrize("body", [{}, {"next_batch": 7}, {"next_batch": "s1", "rooms": []}])
async def test_a_sync_without_what_it_must_have(channel: MatrixChannel, homeserver: FakeHomeserver, body: Any) -> None:
    homeserver.answer("sync", 200, body)
    with pytest.raises(ChannelUnavailable):
        await channel.read("s0")


async def test_a_sync_that_is_put_off_says_how_long(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    homeserver.refuse("sync", 429, "M_LIMIT_EXCEEDED", retry_after_ms=1500)
    with pytest.raises(ChannelUnavailable) as put_off:
        await channel.read("s0")
    assert put_off.value.retry_after is not None
    assert put_off.value.retry_after.total_seconds() == 1.5


async def test_a_gap_that_cannot_be_read_leaves_the_cursor_where_it_is(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    homeserver.sync(text("neu", event_id="$2"), timeline={"limited": True})
    homeserver.answer("messages", *HTML)
    with pytest.raises(ChannelUnavailable):
        await channel.read("s0")
    homeserver.sync(text("neu", event_id="$2"), timeline={"limited": True})
    homeserver.answer("messages", 200, {"chunk": [text("alt", event_id="$1")], "start": "p1"})
    reading = await channel.read("s0")
    assert reading.messages[-1].native_id == "$2"
    assert "to=s0" in homeserver.paths("messages")[-1]


async def test_events_of_any_shape_never_stop_the_reading(
    channel: MatrixChannel, homeserver: FakeHomeserver, rng: random.Random
) -> None:
    kinds = "message member encrypted create tombstone encryption power_levels name redaction".split()
    values: tuple[Any, ...] = (None, 7, "x", [], {}, [1], {"a": 1}, True, -1, 1.5, "join", "m.text", "$e", "\ud800")
    keys = (
        "msgtype body m.relates_to m.new_content membership algorithm ciphertext sender_key session_id device_id url "
        "file info predecessor replacement_room users rel_type event_id key"
    ).split()

    def odd(number: int) -> dict[str, Any]:
        content = {key: rng.choice(values) for key in rng.sample(keys, rng.randrange(8))}
        kind = rng.choice([*(f"m.room.{kind}" for kind in kinds), "m.reaction", "m.sticker", "m.direct"])
        if kind == "m.room.encrypted" and rng.random() < 0.7:
            content |= {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": rng.choice(["AAAA", "§", "AwgAEpABm6"])}
            content |= {"session_id": "x" * 43, "sender_key": "y" * 43, "device_id": "PHONE"}
        more: dict[str, Any] = {"state_key": rng.choice(["", ADA, USER, 7])} if rng.random() < 0.4 else {}
        if rng.random() < 0.3:
            more["unsigned"] = rng.choice([{}, {"prev_content": 7}, {"redacted_because": 7}, {"age": "x"}])
        stamp = rng.choice([0, -1, 2**60, "x", None, 1_711_270_800_000])
        event_id: Any = rng.choice([f"$e{number}", "e", 7, ""])
        return event(kind, content, event_id=event_id, **more) | {"origin_server_ts": stamp}

    for batch in range(20):
        to_device = [
            {"type": rng.choice(["m.room.encrypted", "m.room_key_request", "m.key.verification.start"]), "sender": ADA,
             "content": {key: rng.choice(values) for key in rng.sample(keys, 5)}}
            for _ in range(10)
        ]  # fmt: skip
        invited = {"!other:test.invalid": {"invite_state": {"events": [odd(0) | {"unsigned": 7}]}}}
        body = homeserver.sync_body(
            *(odd(100 * batch + number) for number in range(30)), text("da", event_id=f"$da{batch}")
        )
        body["rooms"]["invite"] = invited
        body["to_device"] = {"events": to_device}
        homeserver.answer("sync", 200, body)
        reading = await channel.read(f"s{batch}")
        assert reading.messages[-1].native_id == f"$da{batch}" or reading.messages[-1].content == Said("/start")


@pytest.mark.parametrize("event_id", ["", "e", "$\ud800", "$" + 255 * "x"])
async def test_a_step_of_ours_into_a_room_may_have_any_name(
    channel: MatrixChannel, homeserver: FakeHomeserver, event_id: str
) -> None:
    homeserver.sync(event("m.room.member", {"membership": "join"}, event_id=event_id, state_key=USER), text("da"))
    assert [message.content for message in (await channel.read("s0")).messages] == [Said("da")]


async def test_who_lets_us_in_again_shows_what_was_heard_long_ago(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    def ours(membership: str, event_id: str) -> dict[str, Any]:
        return event("m.room.member", {"membership": membership}, event_id=event_id, state_key=USER)

    now = int(time.time() * 1000)
    long_ago = text("Testwerk GmbH", event_id="$old") | {"origin_server_ts": now - 40 * 86_400_000}
    lately = text("ja", event_id="$late") | {"origin_server_ts": now - 3_600_000}
    homeserver.sync(ours("join", "$first"), long_ago, lately, ours("leave", "$out"), ours("join", "$again"))
    told = [(message.native_id, message.content) for message in (await channel.read("s0")).messages]
    # What nobody may have heard is told apart by its id; that is not kept for ever.
    assert told == [
        ("$again", MembershipChanged(present=True)), ("$again/start", Said("/start")), ("$late", Said("ja")),
    ]  # fmt: skip


@pytest.mark.parametrize(("status", "body"), TROUBLE)
async def test_a_message_that_may_have_arrived_is_sent_again_under_the_same_name(
    channel: MatrixChannel, homeserver: FakeHomeserver, status: int, body: Any
) -> None:
    homeserver.sync()
    await channel.read("s0")
    homeserver.answer("send", status, body)
    with pytest.raises(Unavailable):
        await channel.send(_message())
    await channel.send(_message())
    first, second = homeserver.paths("send")
    assert first == second


@pytest.mark.parametrize(
    ("status", "code", "error", "expected", "reason"),
    [
        (403, "M_FORBIDDEN", "User @hub:x not in room !r:x (None)", Unreachable, "not_in_room"),
        (403, "M_FORBIDDEN", "You don't have permission to post that to the room.", Refused, "no_rights"),
        (403, "M_USER_DEACTIVATED", "", Unavailable, "unavailable"),
        (403, "M_RESOURCE_LIMIT_EXCEEDED", "", Unavailable, "unavailable"),
        (404, "M_NOT_FOUND", "Unknown room", Unreachable, "unknown_room"),
        (413, "M_TOO_LARGE", "", Refused, "too_large"),
        (400, "M_BAD_JSON", "", Refused, "refused"),
        (401, "M_UNKNOWN_TOKEN", "", Unavailable, "unavailable"),
    ],
)
async def test_what_a_refusal_means(
    channel: MatrixChannel,
    homeserver: FakeHomeserver,
    status: int,
    code: str,
    error: str,
    expected: type[DeliveryError],
    reason: str,
) -> None:
    homeserver.sync()
    await channel.read("s0")
    homeserver.refuse("send", status, code, error)
    with pytest.raises(expected) as raised:
        await channel.send(_message())
    assert raised.value.reason == reason
    for word in (LOGIN["access_token"], ROOM, "@hub", "!r:x"):
        assert word not in str(raised.value)


@pytest.mark.parametrize("header", [True, False])
async def test_a_limit_concerns_the_whole_bot(channel: MatrixChannel, homeserver: FakeHomeserver, header: bool) -> None:
    homeserver.sync()
    await channel.read("s0")
    if header:
        homeserver.answer("send", 429, {"errcode": "M_LIMIT_EXCEEDED"}, **{"Retry-After": "3"})
    else:
        homeserver.refuse("send", 429, "M_LIMIT_EXCEEDED", retry_after_ms=3000)
    with pytest.raises(RateLimited) as raised:
        await channel.send(_message())
    assert (raised.value.retry_after.total_seconds(), raised.value.whole_bot) == (3, True)


# --- keys that could not be shared -----------------------------------------------------------------------------------


KEY_TROUBLE = [
    ("keys/query", 502, PAGE),
    ("keys/claim", 502, PAGE),
    ("keys/claim", 200, {}),
    ("sendToDevice", 502, PAGE),
    ("sendToDevice", 200, PAGE),
    ("sendToDevice", 500, {"errcode": "M_UNKNOWN", "error": "x"}),
    ("sendToDevice", 429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10}),
]


@pytest.mark.parametrize(("call", "status", "body"), KEY_TROUBLE)
async def test_a_message_whose_key_was_not_shared_does_not_leave(
    channel: MatrixChannel, homeserver: FakeHomeserver, call: str, status: int, body: Any
) -> None:
    homeserver.encrypted = True
    homeserver.sync()
    if call == "keys/query":
        homeserver.answer(call, status, body)
    await channel.read("s0")
    homeserver.answer(call, status, body)
    with pytest.raises((NotSent, RateLimited)):
        await channel.send(_message(priority="push"))
    assert homeserver.calls("send") == []
    shared = len(homeserver.calls("sendToDevice"))
    await channel.send(_message(priority="push"))
    assert len(homeserver.calls("sendToDevice")) == shared + 1
    [sent] = homeserver.calls("send")
    assert sent["algorithm"] == "m.megolm.v1.aes-sha2"


@pytest.mark.parametrize("call", ["keys/claim", "sendToDevice", "send"])
async def test_a_send_that_is_given_up_in_the_middle_blocks_nothing_after_it(
    channel: MatrixChannel, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.channel.SEND_SECONDS", 0.3)
    homeserver.encrypted = True
    homeserver.sync()
    await channel.read("s0")
    homeserver.hang(call)
    with pytest.raises(Unavailable):
        await channel.send(_message())
    monkeypatch.setattr("bot.adapters.matrix.channel.SEND_SECONDS", 20)
    await channel.send(_message())
    assert len(homeserver.calls("send")) == (2 if call == "send" else 1)
    assert len(set(homeserver.paths("send"))) == 1


async def test_upkeep_that_fails_does_not_stop_the_reading(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    homeserver.encrypted = True
    homeserver.sync(text("da"), device_one_time_keys_count={})
    homeserver.answer("keys/upload", *HTML)
    homeserver.answer("keys/query", *HTML)
    uploads = len(homeserver.calls("keys/upload"))
    assert [message.content for message in (await channel.read("s0")).messages] == [Said("da")]
    await channel.read("s1")
    assert len(homeserver.calls("keys/upload")) == uploads + 1
    homeserver.answer("sync", 200, {"next_batch": "s3", "rooms": {}})
    await channel.read("s2")
    assert len(homeserver.calls("keys/upload")) == uploads + 2


async def test_one_time_keys_that_the_server_has_already_do_not_block_new_ones(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    empty: dict[str, Any] = {"device_one_time_keys_count": {"signed_curve25519": 0}}
    homeserver.sync(**empty)
    homeserver.refuse("keys/upload", 400, "M_UNKNOWN", "One time key signed_curve25519:AAAAAA already exists.")
    await channel.read("s0")
    homeserver.sync(**empty)
    await channel.read("s1")
    refused, new = (set(body["one_time_keys"]) for body in homeserver.calls("keys/upload")[-2:])
    assert new
    assert not new & refused


async def test_a_hint_is_given_again_until_it_is_committed(
    build: Build, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.crypto.PATIENCE", timedelta(0))
    channel = build()
    await channel.connect()
    homeserver.encrypted = True
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEpABm6", "session_id": "x" * 43}
    unreadable = event("m.room.encrypted", content | {"sender_key": "y" * 43, "device_id": "PHONE"})
    homeserver.sync(unreadable)
    homeserver.sync(unreadable)
    first = await channel.read("s0")
    assert [message.native_id for message in first.messages] == ["$e/unreadable"]
    assert (await channel.read("s0")).messages[0].native_id == "$e/unreadable"
    # Killed before the commit, and what the next run is told by the homeserver holds it no more.
    again = build()
    await again.connect()
    assert [message.native_id for message in (await again.read("s1")).messages] == ["$e/unreadable"]
    assert (await again.read("s2")).messages == ()
    last = build()
    await last.connect()
    assert (await last.read("s3")).messages == ()


# --- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "body"), TROUBLE)
@pytest.mark.parametrize("call", ["login", "keys/upload"])
async def test_a_sign_in_without_an_answer_is_tried_again(
    build: Build, homeserver: FakeHomeserver, status: int, body: Any, call: str
) -> None:
    channel = build()
    homeserver.answer(call, status, body)
    with pytest.raises(ChannelUnavailable):
        await channel.connect()
    await channel.connect()
    # The token that a login brought is kept, so a second try needs none.
    assert len(homeserver.calls("login")) == (2 if call == "login" else 1)


async def test_too_many_sign_ins_are_put_off(build: Build, homeserver: FakeHomeserver) -> None:
    homeserver.refuse("login", 429, "M_LIMIT_EXCEEDED", retry_after_ms=333_000)
    with pytest.raises(ChannelUnavailable) as put_off:
        await build().connect()
    assert put_off.value.retry_after is not None
    assert put_off.value.retry_after.total_seconds() == 333


@pytest.mark.parametrize("code", ["M_FORBIDDEN", "M_USER_DEACTIVATED"])
async def test_credentials_that_are_not_accepted(build: Build, homeserver: FakeHomeserver, code: str) -> None:
    homeserver.refuse("login", 403, code)
    with pytest.raises(ChannelRefused):
        await build().connect()


async def test_after_a_soft_logout_it_is_the_same_device(build: Build, homeserver: FakeHomeserver) -> None:
    await build().connect()
    homeserver.refuse("account/whoami", 401, "M_UNKNOWN_TOKEN", soft_logout=True)
    await build().connect()
    first, second = homeserver.calls("login")
    assert "device_id" not in first
    assert second["device_id"] == LOGIN["device_id"]


async def test_a_device_that_cannot_be_signed_works_all_the_same(
    build: Build, homeserver: FakeHomeserver, caplog: pytest.LogCaptureFixture
) -> None:
    homeserver.answer("keys/device_signing/upload", *HTML)
    await build().connect()
    assert "could not be signed" in caplog.text


async def test_the_first_signing_keys_may_need_the_password(build: Build, homeserver: FakeHomeserver) -> None:
    homeserver.answer(
        "keys/device_signing/upload", 401, {"session": "abc", "flows": [{"stages": ["m.login.password"]}]}
    )
    await build().connect()
    first, second = homeserver.calls("keys/device_signing/upload")
    assert "auth" not in first
    assert (second["auth"]["session"], second["auth"]["password"]) == ("abc", "secret")


async def test_no_room_and_no_name_are_logged(
    channel: MatrixChannel, homeserver: FakeHomeserver, caplog: pytest.LogCaptureFixture
) -> None:
    homeserver.sync(event("m.room.message", {"msgtype": "m.text", "body": ["Geheimnis"]}, event_id="$x"))
    await channel.read("s0")
    assert "set aside" in caplog.text
    for word in ("Geheimnis", ROOM, ADA, USER):
        assert word not in caplog.text


@pytest.mark.parametrize("unsigned", [{"prev_content": 7}, {"prev_content": [1]}, {"redacted_because": 7}])
async def test_an_event_on_which_the_parser_ends_costs_itself_alone(
    channel: MatrixChannel, homeserver: FakeHomeserver, unsigned: dict[str, Any]
) -> None:
    member = event("m.room.member", {"membership": "join"}, event_id="$odd", state_key=ADA, unsigned=unsigned)
    for _ in range(2):
        homeserver.sync(member, text("da"), member)
        assert [message.content for message in (await channel.read("s0")).messages] == [Said("da")]
