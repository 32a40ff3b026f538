"""Verifications as a contact's client begins them, in a room and between devices: what is answered, and what is not."""

from __future__ import annotations

import asyncio
import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.courier import Destination
from bot.adapters.matrix.verification import Kind, Step
from bot.domain.messages import InboundMessage, SentMedia
from tests.doubles.matrix.asking import Asking
from tests.unit.adapters.matrix.conftest import ADA, LOGIN, PAGE, ROOM, USER, Build, FakeHomeserver, event

PATIENCE = 10.0
EVE = "@eve:test.invalid"
_numbers = count(1)


def stamp(**ago: float) -> int:
    return int((datetime.now(UTC) - timedelta(**ago)).timestamp() * 1000)


class Phone:
    """Ada's client, which verifies the bot in their room, or from device to device."""

    def __init__(self, channel: MatrixChannel, homeserver: FakeHomeserver, *, in_room: bool, sender: str = ADA) -> None:
        self.channel = channel
        self.homeserver = homeserver
        self.in_room = in_room
        self.sender = sender
        self.name = f"$r{next(_numbers)}" if in_room else f"t{next(_numbers)}"
        relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": self.name}}
        self.tie: dict[str, Any] = relation if in_room else {"transaction_id": self.name}
        self.said: list[InboundMessage] = []
        self._place = len(homeserver.asked)
        self.asking = Asking(
            user_id=sender,
            device_id="PHONE",
            bot_id=USER,
            bot_device=LOGIN["device_id"],
            transaction=self.name,
            tie=self.tie,
            keys={"ed25519:PHONE": homeserver.peer.identity_keys["ed25519"]},
        )

    def request(self, **changes: Any) -> Any:
        methods = {"from_device": "PHONE", "methods": ["m.qr_code.show.v1", "m.sas.v1"]}
        if self.in_room:
            content = {"msgtype": "m.key.verification.request", "body": "…", "to": USER, **methods, **changes}
            return event("m.room.message", content, sender=self.sender, event_id=self.name, origin_server_ts=stamp())
        return self.event("request", {**methods, **self.tie, "timestamp": stamp(), **changes})

    def event(self, kind: str, content: Any, **more: Any) -> Any:
        if not self.in_room:
            return {"type": f"m.key.verification.{kind}", "sender": self.sender, "content": content, **more}
        more = {"sender": self.sender, "event_id": f"$v{next(_numbers)}", "origin_server_ts": stamp(), **more}
        return event(f"m.key.verification.{kind}", content, **more)

    async def says(self, *events: Any, cursor: str = "s0") -> None:
        if self.in_room:
            self.homeserver.sync(*events)
        else:
            self.homeserver.sync(to_device={"events": list(events)})
        self.said += (await self.channel.read(cursor)).messages

    async def hears(self, kind: str) -> Any:
        """Wait for a step of the bot's, after the one heard last."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for place, (call, path, body) in enumerate(self.homeserver.asked):
                    if place >= self._place and (found := self._step(call, path, body, kind)) is not None:
                        self._place = place + 1
                        return found
                await self.channel.read("s0")

    async def hears_nothing(self) -> None:
        """Read on for long enough that an answer would have been there, after what was heard last."""
        for _ in range(5):
            await self.channel.read("s0")
        asked = self.homeserver.asked[self._place :]
        assert [path for call, path, body in asked if self._step(call, path, body, "") is not None] == []

    def _step(self, call: str, path: str, body: Any, kind: str) -> Any:
        if f"/m.key.verification.{kind}" not in path or call != ("send" if self.in_room else "sendToDevice"):
            return None
        if self.in_room:
            return body if body["m.relates_to"]["event_id"] == self.name else None
        for content in body["messages"].get(self.sender, {}).values():
            return content if content["transaction_id"] == self.name else None
        return None

    async def goes_as_far_as_the_emojis(self) -> None:
        ada = self.asking
        await self.says(self.event("start", ada.start()))
        ada.takes_accept(await self.hears("accept"))
        await self.says(self.event("key", ada.key()))
        ada.takes_key(await self.hears("key"))


@pytest.fixture(params=[True, False], ids=["in the room", "between devices"])
async def phone(request: pytest.FixtureRequest, channel: MatrixChannel, homeserver: FakeHomeserver) -> Phone:
    homeserver.sync()
    await channel.read("s0")
    return Phone(channel, homeserver, in_room=request.param)


async def test_a_contact_verifies_the_bot(phone: Phone) -> None:
    await phone.says(phone.request())
    assert (await phone.hears("ready"))["methods"] == ["m.sas.v1"]
    await phone.goes_as_far_as_the_emojis()
    await phone.says(phone.event("mac", phone.asking.mac()))
    mac = await phone.hears("mac")
    fingerprint = phone.channel._session.account.fingerprint  # type: ignore[union-attr]
    assert phone.asking.takes_mac(mac, known={"ed25519:BOTDEVICE": fingerprint}) == {"ed25519:BOTDEVICE"}
    await phone.hears("done")
    [told] = phone.said
    assert told.content == SentMedia("verification", caption=" ".join(map(str, phone.asking.emojis())))
    assert (told.address.chat, told.sender, told.message_id) == (ROOM, ADA, None)


async def test_the_deprecated_way_without_a_request(phone: Phone) -> None:
    if phone.in_room:
        await phone.says(phone.event("start", phone.asking.start()))
        assert (await phone.hears("cancel"))["code"] == "m.unknown_transaction"
    else:
        await phone.goes_as_far_as_the_emojis()
        assert phone.said[0].address.chat == ROOM


async def test_a_reading_that_comes_again_says_the_same_and_answers_nothing_twice(phone: Phone) -> None:
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.goes_as_far_as_the_emojis()
    await phone.says(phone.event("start", phone.asking.started), phone.event("key", phone.asking.key()))
    first, again = phone.said
    assert (first.native_id, first.content) == (again.native_id, again.content)
    await phone.says(phone.request())
    await phone.hears_nothing()


async def test_many_codes_make_the_homeserver_look_up_keys_once(phone: Phone) -> None:
    await phone.says(phone.request())
    await phone.goes_as_far_as_the_emojis()
    before = len(phone.homeserver.calls("keys/query"))
    events = [phone.event("mac", phone.asking.mac() | {"number": number}) for number in range(5)]
    await phone.says(*events, *events)
    await phone.hears("mac")
    await phone.hears("done")
    await phone.hears_nothing()
    assert len(phone.homeserver.calls("keys/query")) == before + 2


async def test_a_client_that_shows_numbers(phone: Phone) -> None:
    await phone.says(phone.request())
    await phone.says(phone.event("start", phone.asking.start(short_authentication_string=["decimal"])))
    phone.asking.takes_accept(await phone.hears("accept"))
    await phone.says(phone.event("key", phone.asking.key()))
    phone.asking.takes_key(await phone.hears("key"))
    numbers = " ".join(map(str, phone.asking.decimals()))
    assert phone.said[0].content == SentMedia("verification_decimal", caption=numbers)


@pytest.mark.parametrize("methods", [["m.qr_code.scan.v1"], [], "m.sas.v1", None, [None]])
async def test_a_way_that_a_bot_cannot_go_is_left_to_others_with_a_word(phone: Phone, methods: Any) -> None:
    await phone.says(phone.request(methods=methods))
    assert [message.content for message in phone.said] == [SentMedia("verification_impossible")]
    await phone.hears_nothing()


@pytest.mark.parametrize("ago", [{"minutes": 11}, {"days": 30}, {"minutes": -6}])
async def test_what_was_asked_at_another_time_is_left_alone(phone: Phone, ago: dict[str, float]) -> None:
    asked = phone.request() | {"origin_server_ts": stamp(**ago)}
    asked["content"] = asked["content"] | {"timestamp": stamp(**ago)}
    await phone.says(asked)
    await phone.hears_nothing()
    assert phone.said == []


async def test_a_request_to_somebody_else_is_none_of_ours(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    phone = Phone(channel, homeserver, in_room=True)
    await phone.says(phone.request(to="@bob:test.invalid"))
    await phone.hears_nothing()


async def test_in_a_group_it_is_not_answered(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    homeserver.members.append("@bob:test.invalid")
    phone = Phone(channel, homeserver, in_room=True)
    await phone.says(phone.request())
    await phone.hears_nothing()


async def test_between_devices_a_group_hears_nothing_of_it(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    homeserver.members.append("@bob:test.invalid")
    homeserver.sync()
    await channel.read("s0")
    phone = Phone(channel, homeserver, in_room=False)
    await phone.goes_as_far_as_the_emojis()
    assert phone.said == []


async def test_nobody_else_can_go_on_with_it(phone: Phone, homeserver: FakeHomeserver) -> None:
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.says(phone.event("start", phone.asking.start(), sender=EVE))
    await phone.says(phone.event("cancel", {"code": "m.user", **phone.tie}, sender=EVE))
    await phone.goes_as_far_as_the_emojis()
    assert phone.said[0].sender == ADA


@pytest.mark.parametrize("kind", ["key", "mac", "accept", "ready"])
async def test_after_a_restart_the_rest_is_unknown_and_that_is_said_once(phone: Phone, build: Build, kind: str) -> None:
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.channel.close()
    phone.channel = build()
    await phone.channel.connect()
    phone.homeserver.sync()
    await phone.channel.read("s0")
    await phone.says(phone.event(kind, {"number": 1, **phone.tie}))
    assert (await phone.hears("cancel"))["code"] == "m.unknown_transaction"
    await phone.says(phone.event(kind, {"number": 2, **phone.tie}))
    await phone.hears_nothing()


@pytest.mark.parametrize("kind", ["done", "cancel"])
async def test_an_end_of_what_is_not_known_is_not_answered(phone: Phone, kind: str) -> None:
    await phone.says(phone.event(kind, phone.tie))
    await phone.hears_nothing()


async def test_what_nobody_goes_on_with_ends_after_ten_minutes(phone: Phone) -> None:
    await phone.says(phone.request())
    await phone.hears("ready")
    verifier = phone.channel._session.verifier  # type: ignore[union-attr]
    verifier.end_old(now=datetime.now(UTC) + timedelta(minutes=9))
    await phone.hears_nothing()
    verifier.end_old(now=datetime.now(UTC) + timedelta(minutes=10))
    assert (await phone.hears("cancel"))["code"] == "m.timeout"


async def test_a_second_one_of_the_same_device_ends_both(phone: Phone) -> None:
    second = Phone(phone.channel, phone.homeserver, in_room=phone.in_room)
    await phone.says(phone.request())
    await phone.hears("ready")
    await second.says(second.request())
    assert (await phone.hears("cancel"))["code"] == "m.unexpected_message"
    assert (await second.hears("cancel"))["code"] == "m.unexpected_message"
    third = Phone(phone.channel, phone.homeserver, in_room=phone.in_room)
    await third.says(third.request())
    await third.hears("ready")


async def test_nobody_begins_without_end(phone: Phone) -> None:
    for _ in range(6):
        again = Phone(phone.channel, phone.homeserver, in_room=phone.in_room)
        await again.says(again.request())
        await again.hears("ready")
        await again.says(again.event("cancel", {"code": "m.user", "reason": "", **again.tie}))
    await phone.says(phone.request())
    await phone.says(phone.event("key", phone.tie))
    late = Phone(phone.channel, phone.homeserver, in_room=phone.in_room)
    await late.says(late.request(methods=["m.qr_code.scan.v1"]))
    await phone.hears_nothing()
    await late.hears_nothing()
    assert late.said == []


async def test_strangers_by_the_hundred_are_forgotten_in_turn(phone: Phone) -> None:
    verifier = phone.channel._session.verifier  # type: ignore[union-attr]
    await phone.says(phone.request())
    await phone.hears("ready")
    for number in range(1200):
        stranger = Phone(phone.channel, phone.homeserver, in_room=False, sender=f"@s{number}:test.invalid")
        asked = stranger.request(methods=["m.sas.v1"] if number % 2 else [])
        told = verifier._of_device(asked, now=datetime.now(UTC))
        assert told is None
    assert len(verifier._transactions._known) == 200
    assert len(verifier._transactions._begun) == 1000
    await phone.says(phone.event("start", phone.asking.start()))
    if phone.in_room:
        assert (await phone.hears("cancel"))["code"] == "m.unknown_transaction"
    else:
        await phone.hears("accept")


async def test_another_client_of_the_bots_account_may_take_it_up(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    phone = Phone(channel, homeserver, in_room=True)
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.says(phone.event("ready", {"from_device": "OPERATOR", **phone.tie}, sender=USER))
    await phone.says(phone.event("start", phone.asking.start()))
    await phone.hears_nothing()


async def test_what_another_client_of_the_bots_account_began_is_left_to_it(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    phone = Phone(channel, homeserver, in_room=True)
    await phone.says(phone.request(to=ADA, from_device="OPERATOR") | {"sender": USER})
    await phone.says(phone.event("ready", {"from_device": "PHONE", **phone.tie}))
    await phone.hears_nothing()
    other = Phone(channel, homeserver, in_room=False, sender=USER)
    await other.says(other.request())
    await other.hears_nothing()


@pytest.mark.parametrize(
    "change", [{"from_device": "\ud800"}, {"transaction_id": "\ud800"}, {"from_device": "x" * 256}]
)
async def test_a_name_that_cannot_be_sent_back_is_none(phone: Phone, change: Any) -> None:
    await phone.says(phone.request(**change))
    transactions = phone.channel._session.verifier._transactions  # type: ignore[union-attr]
    is_begun = "transaction_id" in change and phone.in_room
    assert len(transactions._known) == is_begun


async def test_what_the_contact_gave_up_is_not_answered_late(phone: Phone) -> None:
    phone.homeserver.refuse("send" if phone.in_room else "sendToDevice", 429, "M_LIMIT_EXCEEDED", retry_after_ms=50)
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.says(phone.event("start", phone.asking.start()))
    await phone.says(phone.event("cancel", {"code": "m.user", "reason": "", **phone.tie}))
    await phone.hears("ready")
    await phone.hears_nothing()


async def test_what_is_refused_is_not_tried_again_and_what_got_no_answer_is(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.courier.FIRST_PAUSE", 0.01)
    courier = phone.channel._session.verifier._courier  # type: ignore[union-attr]
    room = ROOM if phone.in_room else None
    to = Destination(room=room, user_id=ADA, device_id="PHONE", transaction=phone.name)
    call, step = "send" if phone.in_room else "sendToDevice", Step(kind=Kind.DONE, content={})
    for status in (400, 403, 404):
        phone.homeserver.answer(call, status, {"errcode": "M_UNKNOWN"})
        assert not await courier.bring(step, to=to, within=60)
    for status, body in ((502, PAGE), (200, PAGE), (500, {})):
        phone.homeserver.answer(call, status, body)
    before = len(phone.homeserver.paths(call))
    assert await courier.bring(step, to=to, within=60)
    assert len(phone.homeserver.paths(call)) == before + 4
    assert len(set(phone.homeserver.paths(call)[before:])) == 1
    phone.homeserver.answer(call, 502, PAGE)
    assert not await courier.bring(step, to=to, within=0)
    assert not await courier.bring(step, to=replace(to, room="!left:test.invalid"), within=60)


async def test_a_homeserver_that_hangs_holds_no_room_for_ever(
    channel: MatrixChannel, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.courier.PUT_SECONDS", 0.1)
    monkeypatch.setattr("bot.adapters.matrix.courier.FIRST_PAUSE", 0.01)
    phone = Phone(channel, homeserver, in_room=True)
    homeserver.hang("send")
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.hears("ready")


async def test_a_rate_limit_puts_it_off_and_a_refusal_ends_it(phone: Phone) -> None:
    call = "send" if phone.in_room else "sendToDevice"
    phone.homeserver.refuse(call, 429, "M_LIMIT_EXCEEDED", retry_after_ms=10)
    await phone.says(phone.request())
    await phone.hears("ready")
    await phone.hears("ready")
    first, second = [path for path in phone.homeserver.paths(call) if "verification.ready" in path]
    assert first == second
    phone.homeserver.refuse(call, 403, "M_FORBIDDEN")
    await phone.says(phone.event("start", phone.asking.start()))
    await phone.hears("accept")
    await phone.says(phone.event("key", phone.asking.key()))
    await phone.hears_nothing()


@pytest.mark.parametrize(
    "answer", [{}, {"device_keys": []}, {"device_keys": {ADA: {"PHONE": 7}}, "master_keys": 7}, PAGE]
)
async def test_without_the_contacts_keys_it_does_not_vouch(phone: Phone, answer: Any) -> None:
    await phone.says(phone.request())
    await phone.goes_as_far_as_the_emojis()
    phone.homeserver.queued.pop("keys/query", None)
    phone.homeserver.answer("keys/query", 200, answer)
    await phone.says(phone.event("mac", phone.asking.mac()))
    assert (await phone.hears("cancel"))["code"] == "m.key_mismatch"


async def test_what_strangers_make_up_never_stops_the_reading(
    channel: MatrixChannel, homeserver: FakeHomeserver, rng: random.Random
) -> None:
    values: tuple[Any, ...] = (
        None,
        7,
        "x",
        [],
        {},
        [1],
        {"a": 1},
        True,
        -1,
        1.5,
        "$e",
        "\ud800",
        "m.sas.v1",
        USER,
        ADA,
    )
    names = "from_device to methods timestamp transaction_id m.relates_to rel_type event_id key mac keys code".split()
    kinds = "request ready start accept key mac done cancel x".split()
    relation = {"rel_type": "m.reference", "event_id": "$r"}

    def odd(number: int) -> Any:
        content: dict[str, Any] = {name: rng.choice(values) for name in rng.sample(names, rng.randrange(8))}
        content |= rng.choice(
            [{}, {"m.relates_to": relation}, {"transaction_id": "t"}, {"msgtype": "m.key.verification.request"}]
        )
        kind = rng.choice(["m.room.message", *(f"m.key.verification.{kind}" for kind in kinds)])
        when = rng.choice([stamp(), stamp(), 0, -1, 2**62])
        return event(kind, content, event_id=f"$o{number}", sender=rng.choice([ADA, EVE, USER]), origin_server_ts=when)

    for turn in range(20):
        events = [odd(50 * turn + place) for place in range(50)]
        homeserver.sync(*events[:25], to_device={"events": events[25:]})
        reading = await channel.read(f"s{turn}")
        assert reading.cursor == f"s{turn + 1}"
        assert not [each for each in reading.messages if getattr(each.content, "kind", "") == "verification"]
    phone = Phone(channel, homeserver, in_room=False, sender="@bob:test.invalid")
    await phone.says(phone.request())
    await phone.hears("ready")


async def test_no_name_is_logged(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bot")
    await phone.says(phone.request())
    await phone.goes_as_far_as_the_emojis()
    await phone.says(phone.event("mac", {"mac": 7, **phone.tie}))
    await phone.hears("cancel")
    await phone.hears_nothing()
    assert "m.invalid_message" in caplog.text
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bot"))
    for word in (ADA, ROOM, phone.name, "PHONE", phone.asking.public):
        assert not re.search(re.escape(word), ours), json.dumps(word)
