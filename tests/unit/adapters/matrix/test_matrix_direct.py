"""A talk for two is remembered as one, with the account."""

from __future__ import annotations

from bot.adapters.matrix.channel import MatrixChannel
from tests.unit.adapters.matrix.conftest import ADA, PAGE, ROOM, FakeHomeserver, text


async def test_what_the_homeserver_did_not_take_is_told_it_again(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    homeserver.answer("user", 502, PAGE)
    for number in range(4):
        homeserver.sync(text("ja", event_id=f"$e{number}"))
        await channel.read(f"s{number}")
    assert homeserver.calls("user") == [{ADA: [ROOM]}, {ADA: [ROOM]}]


async def test_a_group_is_no_talk_for_two(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    homeserver.members.append("@bob:test.invalid")
    homeserver.sync(text("ja"))
    await channel.read("s0")
    assert homeserver.calls("user") == []
