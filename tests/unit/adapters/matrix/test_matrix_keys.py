"""Keys are on the disk before anybody relies on them, whenever the process ends and whatever the disk says."""

from __future__ import annotations

from typing import Any

import pytest
from nio.store import SqliteStore
from peewee import OperationalError

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Address, DeliveryId, InboundMessage, OutboundMessage, Outgoing, Said
from bot.errors import ChannelUnavailable, NotSent
from tests.unit.adapters.matrix.conftest import ROOM, Build, FakeHomeserver
from tests.unit.adapters.matrix.peer import Peer


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


async def test_a_message_whose_key_cannot_be_kept_is_sent_later(
    channel: MatrixChannel, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    homeserver.encrypted = True
    homeserver.sync()
    await channel.read("s0")
    question = Outgoing(delivery=DeliveryId(7), address=Address("matrix", ROOM), message=OutboundMessage(text="?"))

    def is_full(*_: Any) -> None:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "save_session", is_full)
        with pytest.raises(NotSent):
            await channel.send(question)
    assert homeserver.calls("send") == []
    await channel.send(question)
    assert len(homeserver.calls("send")) == 1
