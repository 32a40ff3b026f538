"""Weeks without the bot, and clocks that are wrong: nobody is answered line by line, and no answer passes for old."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Missed, Said
from tests.unit.adapters.matrix.conftest import FakeHomeserver, text


@pytest.mark.parametrize(("rooms", "each"), [(20, 100), pytest.param(200, 100, marks=pytest.mark.soak)])
async def test_a_month_of_absence_is_answered_once_a_room(
    channel: MatrixChannel, homeserver: FakeHomeserver, rooms: int, each: int
) -> None:
    body = homeserver.sync_body(state=[])
    body["rooms"] = {"join": {f"!r{room}:test.invalid": _talk(homeserver, room, each) for room in range(rooms)}}
    homeserver.answer("sync", 200, body)
    reading = await channel.read("s0")
    assert [(message.address.chat, message.content, message.native_id) for message in reading.messages] == [
        (f"!r{room}:test.invalid", Missed(), f"$r{room}e{each - 1}") for room in range(rooms)
    ]
    assert (await channel.read(reading.cursor)).messages == ()


def _talk(homeserver: FakeHomeserver, room: int, each: int) -> dict[str, Any]:
    events = [text(f"Zeile {number}", event_id=f"$r{room}e{number}") for number in range(each)]
    return {"timeline": {"events": events, "limited": False}, "state": {"events": homeserver.state()}}


async def test_a_homeserver_whose_clock_is_days_behind_makes_no_talk_old(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    homeserver.sync()
    cursor = (await channel.read("s0")).cursor
    answers = [text(f"Zeile {number}", event_id=f"$e{number}") for number in range(3)]
    for _ in range(2):  # Also if it is read a second time, because its commit failed.
        homeserver.sync(*answers)
        assert [message.content for message in (await channel.read(cursor)).messages] == [
            Said(f"Zeile {number}") for number in range(3)
        ]
