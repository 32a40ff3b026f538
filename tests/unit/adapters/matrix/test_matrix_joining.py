"""Invitations are taken up however the homeserver puts the bot off, one at a time, beside the reading."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Said
from tests.unit.adapters.matrix.conftest import PAGE, FakeHomeserver, text

PATIENCE = 10.0


def _invites(homeserver: FakeHomeserver, *rooms: str) -> None:
    body: dict[str, Any] = homeserver.sync_body(state=[])
    body["rooms"] = {"invite": {room: {"invite_state": {"events": []}} for room in rooms}}
    homeserver.answer("sync", 200, body)


async def _asked(homeserver: FakeHomeserver, name: str, times: int) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        while len(homeserver.calls(name)) < times:  # noqa: ASYNC110 -- the scripted homeserver tells nobody
            await asyncio.sleep(0.01)
    return [path.split("?")[0].rsplit("/", 1)[-1] for path in homeserver.paths(name)]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10}),
        (500, {"errcode": "M_UNKNOWN"}),
        (502, PAGE),
        (200, PAGE),
    ],
)
async def test_a_join_that_is_put_off_is_tried_again(
    channel: MatrixChannel, homeserver: FakeHomeserver, monkeypatch: pytest.MonkeyPatch, status: int, body: Any
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.rooms.FIRST_PAUSE", 0.01)
    for _ in range(3):
        homeserver.answer("join", status, body)
    _invites(homeserver, "!a:hub", "!b:hub")
    await channel.read("s0")
    # Reading goes on meanwhile.
    homeserver.sync(text("da"))
    assert (await channel.read("s1")).messages[-1].content == Said("da")
    asked = await _asked(homeserver, "join", 5)
    assert (set(asked), len(asked)) == ({"%21a%3Ahub", "%21b%3Ahub"}, 5)


async def test_a_room_that_cannot_be_joined_is_declined_and_the_next_one_joined(
    channel: MatrixChannel, homeserver: FakeHomeserver, caplog: pytest.LogCaptureFixture
) -> None:
    homeserver.refuse("join", 403, "M_FORBIDDEN", "You are not invited to !a:hub")
    homeserver.refuse("leave", 403, "M_FORBIDDEN")
    _invites(homeserver, "!a:hub", "!b:hub")
    await channel.read("s0")
    assert await _asked(homeserver, "join", 2) == ["%21a%3Ahub", "%21b%3Ahub"]
    assert len(homeserver.calls("leave")) == 1
    assert "cannot be joined" in caplog.text
    assert "!a:hub" not in caplog.text


async def test_an_invitation_told_twice_is_followed_once(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    release = asyncio.Event()
    homeserver.hold("join", release)
    _invites(homeserver, "!a:hub")
    _invites(homeserver, "!a:hub")
    await channel.read("s0")
    await channel.read("s0")
    await _asked(homeserver, "join", 1)
    _invites(homeserver, "!b:hub")
    await channel.read("s1")
    release.set()
    assert await _asked(homeserver, "join", 2) == ["%21a%3Ahub", "%21b%3Ahub"]
