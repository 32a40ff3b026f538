"""Rooms: invitations, groups, leaving, upgrades."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.messages import ChatKind, MembershipChanged, Said
from bot.errors import Unreachable
from tests.acceptance.matrix.conftest import Bot, OpenContact
from tests.people_matrix import Contact


def _came(message: object) -> bool:
    return getattr(message, "content", None) == MembershipChanged(present=True)


def _went(message: object) -> bool:
    return getattr(message, "content", None) == MembershipChanged(present=False)


async def test_an_invitation_leads_to_a_greeting_and_a_talk(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    start = await bot.reads_text("/start")
    assert (start.address.chat, start.sender, start.chat_kind) == (room, ada.user_id, ChatKind.PRIVATE)
    await bot.says(room, "Guten Tag", "Deutsch", "English")
    heard = await ada.hears(room, "Guten Tag")
    assert heard.encrypted is encrypted
    assert "1  Deutsch" in heard.text
    event_id = await ada.says(room, "1")
    answer = await bot.reads_text("1")
    assert (answer.native_id, answer.message_id) == (event_id, event_id)
    assert answer.account == f"matrix:{bot.user_id}"


async def test_what_is_said_first_says_hello_itself(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id)
    await ada.says(room, "7KQ2-9F0D-XW3T")
    code = await bot.reads_text("7KQ2-9F0D-XW3T")
    assert code.address.chat == room
    await ada.says(room, "und weiter")
    await bot.reads_text("und weiter")
    assert not [message for message in bot.read if message.content == Said("/start")]


async def test_one_person_with_several_rooms_has_several_addresses(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    first, second = await ada.opens_room(bot.user_id), await ada.opens_room(bot.user_id, encrypted=True)
    starts = [await bot.reads_text("/start"), await bot.reads_text("/start")]
    assert {start.address.chat for start in starts} == {first, second}
    assert {start.sender for start in starts} == {ada.user_id}


async def test_a_group_gets_one_polite_word_and_is_left(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada, bob = await contact(), await contact()
    room = await ada.opens_room(bob.user_id, bot.user_id, encrypted=encrypted, direct=False)
    added = await bot.reads(_came)
    assert added.chat_kind is ChatKind.GROUP
    await bot.says(room, "Nur im direkten Gespräch")
    await ada.hears(room, "Nur im direkten Gespräch")
    await _until_out(bot, room)
    assert not [message for message in bot.read if message.content == Said("/start")]
    with pytest.raises(Unreachable):
        await bot.says(room, "noch ein Wort")


async def test_a_group_is_kept_where_that_is_configured(bot: Bot, contact: OpenContact) -> None:
    await bot.restart(groups=True)
    ada, bob = await contact(), await contact()
    room = await ada.opens_room(bob.user_id, bot.user_id, direct=False)
    await bot.reads(_came)
    await bot.says(room, "Guten Tag")
    await bot.says(room, "Noch da")
    assert (await ada.members(room))[bot.user_id] == "join"


async def test_a_third_person_makes_a_talk_a_group_but_does_not_end_it(bot: Bot, contact: OpenContact) -> None:
    ada, bob = await contact(), await contact()
    room = await ada.opens_room(bot.user_id)
    await bot.reads_text("/start")
    await ada.call("POST", f"/rooms/{room}/invite", {"user_id": bob.user_id})
    await bob.call("POST", f"/join/{room}")
    await ada.says(room, "Bob liest mit")
    assert (await bot.reads_text("Bob liest mit")).chat_kind is ChatKind.GROUP
    await bot.says(room, "Nur im direkten Gespräch")
    await bob.call("POST", f"/rooms/{room}/leave")
    await ada.says(room, "wieder allein")
    assert (await bot.reads_text("wieder allein")).chat_kind is ChatKind.PRIVATE
    # It is remembered with the account, so a restart in between makes no difference.
    assert room in (await _direct(bot))[ada.user_id]


async def test_who_leaves_is_gone_and_the_room_is_tidied_up(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id)
    await bot.reads_text("/start")
    await ada.call("POST", f"/rooms/{room}/leave")
    gone = await bot.reads(_went)
    assert (gone.address.chat, gone.sender) == (room, ada.user_id)
    assert room in await _joined(bot)
    # Only the next reading confirms this one; until then the same must be told again.
    reading = asyncio.create_task(bot.channel.read(bot.cursor))
    await _until_out(bot, room)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def test_who_puts_the_bot_out_is_gone(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, preset="private_chat")
    await bot.reads_text("/start")
    await ada.call("POST", f"/rooms/{room}/kick", {"user_id": bot.user_id})
    gone = await bot.reads(_went)
    assert gone.address.chat == room
    with pytest.raises(Unreachable):
        await bot.says(room, "Hallo?")


async def test_who_invites_again_is_back(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, preset="private_chat")
    first = await bot.reads_text("/start")
    await ada.says(room, "was ich damals sagte")
    await bot.reads_text("was ich damals sagte")
    await ada.call("POST", f"/rooms/{room}/kick", {"user_id": bot.user_id})
    await bot.reads(_went)
    await ada.call("POST", f"/rooms/{room}/invite", {"user_id": bot.user_id})
    assert (await bot.reads(_came)).address.chat == room
    # Though the sync shows again what was said then; and it is another start, which the core has not seen.
    assert (await bot.reads_text("/start")).native_id != first.native_id
    await bot.says(room, "Da sind Sie ja")
    await ada.hears(room, "Da sind Sie ja")


async def test_an_invitation_that_cannot_be_taken_up_is_survived(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    gone = await ada.opens_room(bot.user_id, preset="private_chat")
    await ada.call("POST", f"/rooms/{gone}/ban", {"user_id": bot.user_id})
    room = await ada.opens_room(bot.user_id)
    assert (await bot.reads_text("/start")).address.chat == room


async def test_an_invitation_of_a_killed_run_is_taken_up_by_the_next(bot: Bot, contact: OpenContact) -> None:
    bot.cursor = (await bot.channel.read(None)).cursor
    ada = await contact()
    room = await ada.opens_room(bot.user_id)
    # As if a reading had taken note of it, and the run had ended before it joined.
    bot.cursor = await asyncio.to_thread(_token_of, bot)
    await bot.restart()
    assert (await bot.reads_text("/start")).address.chat == room


async def test_a_room_goes_on_in_its_successor(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted, room_version="11")
    await bot.reads_text("/start")
    bot.read.clear()
    await bot.says(room, "vorher")
    successor = (await ada.call("POST", f"/rooms/{room}/upgrade", {"new_version": "12"}))["replacement_room"]
    await ada.call("POST", f"/rooms/{successor}/invite", {"user_id": bot.user_id})
    await bot.reads(_came)
    await ada.sync()
    await ada.says(successor, "hier geht es weiter")
    assert (await bot.reads_text("hier geht es weiter")).address.chat == room
    await bot.says(room, "nachher")
    await ada.hears(successor, "nachher")
    await bot.restart()
    await ada.says(successor, "und immer weiter")
    assert (await bot.reads_text("und immer weiter")).address.chat == room
    assert not [message for message in bot.read if message.content == Said("/start")]


async def _upgrade(ada: Contact, room: str) -> str:
    """Upgrade a room; inviting people to the new one is left to clients."""
    found: str = (await ada.call("POST", f"/rooms/{room}/upgrade", {"new_version": "10"}))["replacement_room"]
    return found


async def test_who_moves_out_of_a_room_with_a_successor_has_not_gone(
    bot: Bot, contact: OpenContact, encrypted: bool
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    bot.read.clear()
    successor = await _upgrade(ada, room)
    await ada.call("POST", f"/rooms/{successor}/invite", {"user_id": bot.user_id})
    await bot.reads(_came)
    await ada.call("POST", f"/rooms/{room}/leave")
    await ada.sync()
    for number in range(3):
        await ada.says(successor, f"Nachricht {number}")
        assert (await bot.reads_text(f"Nachricht {number}")).address.chat == room
        # The empty room is tidied up meanwhile, so the homeserver tells its successor to no later run.
        reading = asyncio.create_task(bot.channel.read(bot.cursor))
        await _until_out(bot, room)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await bot.restart()
    assert not [message for message in bot.read if _went(message)]
    assert not [message for message in bot.read if message.content == Said("/start")]
    await bot.channel.read(bot.cursor)
    await bot.says(room, "nachher")
    await ada.hears(successor, "nachher")


@pytest.mark.parametrize("restarts", [False, True], ids=["steady", "restarting"])
@pytest.mark.parametrize("apart", [False, True], ids=["in one sync", "in two"])
async def test_a_bot_put_out_of_a_room_before_it_could_move_goes_on_in_the_successor(
    bot: Bot, contact: OpenContact, restarts: bool, apart: bool
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, preset="private_chat")
    await bot.reads_text("/start")
    bot.read.clear()
    successor = await _upgrade(ada, room)
    if apart:
        bot.cursor = (await bot.channel.read(bot.cursor)).cursor
    await ada.call("POST", f"/rooms/{room}/kick", {"user_id": bot.user_id})
    gone = await bot.reads(_went)
    assert gone.address.chat == room
    if restarts:
        await bot.restart()
    await ada.call("POST", f"/rooms/{successor}/invite", {"user_id": bot.user_id})
    assert (await bot.reads(_came)).address.chat == room
    await ada.sync()
    await ada.says(successor, "hier geht es weiter")
    assert (await bot.reads_text("hier geht es weiter")).address.chat == room
    await bot.says(room, "nachher")
    await ada.hears(successor, "nachher")
    assert not [message for message in bot.read if message.content == Said("/start")]


async def test_a_room_upgraded_when_the_bot_was_out_already_begins_a_new_talk(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, preset="private_chat")
    await bot.reads_text("/start")
    await ada.call("POST", f"/rooms/{room}/kick", {"user_id": bot.user_id})
    await bot.reads(_went)
    # Nobody tells us of the old room any more, and that the new one names it is no proof.
    successor = await _upgrade(ada, room)
    await ada.call("POST", f"/rooms/{successor}/invite", {"user_id": bot.user_id})
    assert (await bot.reads_text("/start")).address.chat == successor


async def test_nobody_takes_over_anothers_talk_by_a_forged_successor(bot: Bot, contact: OpenContact) -> None:
    ada, eve = await contact(), await contact()
    room, forged = await ada.opens_room(bot.user_id), await eve.opens_room(bot.user_id)
    await bot.reads_text("/start")
    await bot.reads_text("/start")
    await eve.call("PUT", f"/rooms/{forged}/state/m.room.tombstone/", {"body": "", "replacement_room": room})
    await eve.says(forged, "ja")
    await bot.reads_text("ja")
    await ada.says(room, "nein")
    assert (await bot.reads_text("nein")).address.chat == room
    await bot.says(forged, "nur für Eve")
    await eve.hears(forged, "nur für Eve")


async def _until_out(bot: Bot, room: str) -> None:
    async with asyncio.timeout(20):
        while room in await _joined(bot):  # noqa: ASYNC110 -- the homeserver tells nobody who is not in it
            await asyncio.sleep(0.05)


def _token_of(bot: Bot) -> str:
    token = bot.channel._session.client.access_token  # type: ignore[union-attr]
    answer = bot.synapse.call("GET", "/sync?timeout=0", token=token)
    found: str = answer["next_batch"]
    return found


async def _joined(bot: Bot) -> list[str]:
    assert bot.channel._session is not None
    rooms: list[str] = (await bot.channel._session.client.call("GET", "/joined_rooms"))["joined_rooms"]
    return rooms


async def _direct(bot: Bot) -> dict[str, list[str]]:
    assert bot.channel._session is not None
    found: dict[str, list[str]] = await bot.channel._session.client.call(
        "GET", f"/user/{bot.user_id}/account_data/m.direct"
    )
    return found
