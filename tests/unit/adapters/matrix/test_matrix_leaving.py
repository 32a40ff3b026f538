"""A room that could not be left is left later, by this run or the next."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Address, DeliveryId, OutboundMessage, Outgoing
from tests.unit.adapters.matrix.conftest import ADA, PAGE, ROOM, USER, Build, FakeHomeserver, event

GROUP = [USER, ADA, "@bob:test.invalid"]


async def _says_last_word(channel: MatrixChannel) -> None:
    message = OutboundMessage(text="Nur im direkten Gespräch")
    await channel.send(Outgoing(delivery=DeliveryId(1), address=Address("matrix", ROOM), message=message))


async def _asked(homeserver: FakeHomeserver, name: str, times: int) -> None:
    """Wait until a call came that often."""
    async with asyncio.timeout(5):
        while len(homeserver.paths(name)) < times:  # noqa: ASYNC110 -- the scripted homeserver rings no bell
            await asyncio.sleep(0.001)


async def _in_group(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    homeserver.members = GROUP
    homeserver.sync()
    await channel.read("s0")


@pytest.mark.parametrize(("status", "body"), [(502, PAGE), (500, {"errcode": "M_UNKNOWN", "error": "no"})])
async def test_a_group_that_could_not_be_left_is_left_after_the_next_sync(
    channel: MatrixChannel, homeserver: FakeHomeserver, status: int, body: object
) -> None:
    await _in_group(channel, homeserver)
    homeserver.answer("leave", status, body)
    await _says_last_word(channel)
    await _asked(homeserver, "leave", 1)
    assert not homeserver.paths("forget")
    await channel.read("s1")
    await _asked(homeserver, "forget", 1)
    assert len(homeserver.paths("leave")) == 2
    await channel.read("s2")
    await channel.read("s3")
    assert len(homeserver.paths("leave")) == 2


async def test_a_group_that_could_not_be_left_is_left_by_the_next_run(
    channel: MatrixChannel, homeserver: FakeHomeserver, build: Build
) -> None:
    await _in_group(channel, homeserver)
    homeserver.hang_up("leave")
    await _says_last_word(channel)
    await _asked(homeserver, "leave", 1)
    await channel.close()
    following = build()
    await following.connect()
    homeserver.sync()
    await following.read("s1")
    await _asked(homeserver, "forget", 1)
    assert len(homeserver.paths("leave")) == 2


async def test_a_run_that_ends_right_after_the_last_word_leaves_the_rest_to_the_next(
    channel: MatrixChannel, homeserver: FakeHomeserver, build: Build
) -> None:
    await _in_group(channel, homeserver)
    await _says_last_word(channel)
    await channel.close()
    following = build()
    await following.connect()
    homeserver.sync()
    await following.read("s1")
    await _asked(homeserver, "forget", 1)


async def test_a_room_that_is_a_talk_for_two_by_then_is_kept(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    await _in_group(channel, homeserver)
    homeserver.answer("leave", 502, PAGE)
    await _says_last_word(channel)
    await _asked(homeserver, "leave", 1)
    gone = event("m.room.member", {"membership": "leave"}, sender=GROUP[2], event_id="$gone", state_key=GROUP[2])
    homeserver.sync(gone, state=[])
    await channel.read("s1")
    await channel.read("s2")
    assert len(homeserver.paths("leave")) == 1


async def test_a_room_that_we_are_not_in_any_more_is_not_left_again(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    await _in_group(channel, homeserver)
    homeserver.refuse("leave", 403, "M_FORBIDDEN", "not in room")
    await _says_last_word(channel)
    await _asked(homeserver, "forget", 1)
    await channel.read("s1")
    await channel.read("s2")
    assert len(homeserver.paths("leave")) == 1


async def test_a_homeserver_that_never_lets_us_leave_is_not_asked_after_every_sync(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    await _in_group(channel, homeserver)
    for _ in range(30):
        homeserver.answer("leave", 502, PAGE)
    await _says_last_word(channel)
    await _asked(homeserver, "leave", 1)
    for number in range(1, 30):
        await channel.read(f"s{number}")
    # A third attempt may fall due within the test on a slow machine, not one a sync.
    assert 2 <= len(homeserver.paths("leave")) <= 6
