"""Keys are on the disk before anybody relies on them, whenever the process ends and whatever the disk says."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from nio.crypto import OlmAccount
from nio.store import SqliteStore
from peewee import OperationalError

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Address, DeliveryId, InboundMessage, OutboundMessage, Outgoing, Said
from bot.errors import ChannelUnavailable, NotSent
from tests.unit.adapters.matrix.conftest import ADA, ROOM, USER, Build, FakeHomeserver, event
from tests.unit.adapters.matrix.peer import Peer

QUESTION = Outgoing(delivery=DeliveryId(7), address=Address("matrix", ROOM), message=OutboundMessage(text="?"))


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, and what is on the disk is all that remains."""


def _texts(messages: tuple[InboundMessage, ...]) -> list[str]:
    return [message.content.text for message in messages if isinstance(message.content, Said)]


@pytest.mark.parametrize("write", ["save_session", "save_inbound_group_session"])
@pytest.mark.parametrize("error", [Killed(), OperationalError("database or disk is full")], ids=["killed", "disk full"])
async def test_a_key_that_was_taken_in_by_half_is_taken_in_again(
    build: Build, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch, write: str, error: BaseException
) -> None:
    channel = build()
    await channel.connect()
    homeserver.encrypted = True
    peer = Peer(homeserver)
    told: dict[str, Any] = {"to_device": {"events": [peer.room_key()]}}
    said = peer.says("20")
    homeserver.sync(said, **told)
    homeserver.sync(said, **told)

    def ends(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, write, ends)
        with pytest.raises(Killed if isinstance(error, Killed) else ChannelUnavailable):
            await channel.read("s0")
    if isinstance(error, Killed):
        await channel.close()
        channel = build()
    assert _texts((await channel.read("s0")).messages) == ["20"]


async def test_what_others_encrypt_to_can_be_opened_after_a_kill_in_the_middle_of_its_upload(
    build: Build, homeserver: FakeHomeserver
) -> None:
    # It arrived, and the answer did not.
    homeserver.answer("keys/upload", 502, "")
    first = build()
    with pytest.raises(ChannelUnavailable):
        await first.connect()
    peer = Peer(homeserver)
    await first.close()
    again = build()
    await again.connect()
    homeserver.encrypted = True
    key = peer.room_key()
    homeserver.sync(peer.says("20"), to_device={"events": [key]})
    assert _texts((await again.read("s0")).messages) == ["20"]


async def test_an_upload_that_fails_again_and_again_makes_no_more_keys(
    build: Build, homeserver: FakeHomeserver
) -> None:
    for _ in range(3):
        homeserver.answer("keys/upload", 502, "")
        channel = build()
        with pytest.raises(ChannelUnavailable):
            await channel.connect()
        await channel.close()
    channel = build()
    await channel.connect()
    homeserver.answer("keys/upload", 502, "")
    for _ in range(2):
        homeserver.sync(device_one_time_keys_count={})
        await channel.read("s0")
    sent = [set(body["one_time_keys"]) for body in homeserver.calls("keys/upload")]
    assert [len(keys) for keys in sent] == [50] * 6
    assert sent[0] == sent[3]
    assert sent[4] == sent[5] != sent[0]


async def test_a_message_whose_key_cannot_be_kept_is_sent_later(
    channel: MatrixChannel, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    homeserver.encrypted = True
    homeserver.sync()
    await channel.read("s0")

    def is_full(*_: Any) -> None:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "save_session", is_full)
        with pytest.raises(NotSent):
            await channel.send(QUESTION)
    assert homeserver.calls("send") == []
    await channel.send(QUESTION)
    assert len(homeserver.calls("send")) == 1


async def test_a_new_device_that_could_not_be_asked_about_is_asked_about_after_a_kill(
    build: Build, homeserver: FakeHomeserver
) -> None:
    first = build()
    await first.connect()
    homeserver.encrypted = True
    homeserver.sync()
    first_reading = await first.read("s0")
    homeserver.sync(state=[], device_lists={"changed": [ADA], "left": []})
    homeserver.answer("keys/query", 502, "")
    cursor = (await first.read(first_reading.cursor)).cursor
    await first.close()
    again = build()
    await again.connect()
    homeserver.sync()
    asked = len(_asked_about(homeserver, ADA))
    await again.read(cursor)
    assert len(_asked_about(homeserver, ADA)) == asked + 1


async def test_a_poisoned_key_costs_no_other_key_of_its_batch(
    channel: MatrixChannel, homeserver: FakeHomeserver, caplog: pytest.LogCaptureFixture
) -> None:
    homeserver.encrypted = True
    stranger, ada = Peer(homeserver, one_time_key=_nobodys_key()), Peer(homeserver)
    poisoned = stranger.room_key()
    half = copy.deepcopy(poisoned)
    next(iter(half["content"]["ciphertext"].values()))["body"] = "AwogAAAA"
    keys = [poisoned, half, ada.room_key(), poisoned]
    homeserver.sync(ada.says("20"), to_device={"events": keys})
    assert _texts((await channel.read("s0")).messages) == ["20"]
    assert ADA not in caplog.text


async def test_what_is_said_is_taken_once_and_in_its_own_room(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    homeserver.encrypted = True
    peer = Peer(homeserver)
    key, said = peer.room_key(), peer.says("20", event_id="$first")
    replayed = copy.deepcopy(said) | {"event_id": "$second"}
    homeserver.sync(said, replayed, to_device={"events": [key]})
    assert _texts((await channel.read("s0")).messages) == ["20"]
    elsewhere = event("m.room.member", {"membership": "join"}, sender=USER, event_id="$j", state_key=USER)
    body = homeserver.sync_body(state=[])
    timeline = {"events": [copy.deepcopy(said) | {"event_id": "$third"}], "limited": False, "prev_batch": "p1"}
    body["rooms"]["join"] = {"!other:test.invalid": {"timeline": timeline, "state": {"events": [elsewhere]}}}
    homeserver.answer("sync", 200, body)
    assert _texts((await channel.read("s1")).messages) == []


EVE = "@eve:test.invalid"
SLIPPED_IN: dict[str, Callable[[Peer], dict[str, Any]]] = {
    "another's name": lambda peer: peer.room_key(sender=EVE),
    "for somebody else": lambda peer: peer.room_key(recipient=EVE),
    "forwarded unasked": lambda peer: peer.room_key(kind="m.forwarded_room_key"),
    "in the clear": lambda peer: peer.bare_room_key(),
}


@pytest.mark.parametrize("way", SLIPPED_IN)
async def test_a_key_that_is_slipped_in_opens_nothing(
    channel: MatrixChannel, homeserver: FakeHomeserver, way: str
) -> None:
    homeserver.encrypted = True
    peer = Peer(homeserver)
    key = SLIPPED_IN[way](peer)
    homeserver.sync(peer.says("20", event_id="$shut"), to_device={"events": [key]})
    assert (await channel.read("s0")).messages == ()
    good = peer.room_key()
    homeserver.sync(peer.says("21", event_id="$open"), to_device={"events": [good]})
    assert _texts((await channel.read("s1")).messages) == ["21"]


async def test_a_relation_outside_of_what_is_encrypted_counts(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    homeserver.encrypted = True
    peer = Peer(homeserver)
    key = peer.room_key()
    thread = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$question"}}
    homeserver.sync(peer.says("20", relation=thread), to_device={"events": [key]})
    [message] = (await channel.read("s0")).messages
    assert message.content == Said("20", reply_to="$question")
    await channel.send(QUESTION)
    [sealed] = homeserver.calls("send")
    assert "body" not in sealed
    assert sealed["m.relates_to"]["event_id"] == "$root"


async def test_keys_that_a_client_withholds_are_said_in_the_log(
    channel: MatrixChannel, homeserver: FakeHomeserver, caplog: pytest.LogCaptureFixture
) -> None:
    contents: list[Any] = [{"code": "m.unverified"}, {"code": "Geheimnis"}, {"code": 7}, {}]
    events = [{"type": "m.room_key.withheld", "sender": ADA, "content": content} for content in contents]
    homeserver.sync(to_device={"events": events})
    await channel.read("s0")
    assert "withholds its keys from the bot (m.unverified)" in caplog.text
    assert "Geheimnis" not in caplog.text
    assert ADA not in caplog.text


def _asked_about(homeserver: FakeHomeserver, user_id: str) -> list[Any]:
    return [body for body in homeserver.calls("keys/query") if user_id in body["device_keys"]]


def _nobodys_key() -> str:
    account = OlmAccount()
    account.generate_one_time_keys(1)
    [key] = account.one_time_keys["curve25519"].values()
    return str(key)
