"""Keys: they are shared with everybody who may read, never run dry, and no stranger's key ends anything."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.messages import Said, SentMedia
from storage.archives import RESTORED
from tests.acceptance.matrix.conftest import Bot, OpenContact


async def test_a_second_device_reads_on(bot: Bot, contact: OpenContact) -> None:
    phone = await contact()
    room = await phone.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "auf dem Telefon")
    await phone.hears(room, "auf dem Telefon")
    tablet = await contact(user_id=phone.user_id)
    await bot.channel.read(bot.cursor)
    await bot.says(room, "auf beiden")
    assert (await phone.hears(room, "auf beiden")).encrypted
    assert (await tablet.hears(room, "auf beiden")).encrypted
    await tablet.says(room, "vom Tablet")
    await bot.reads_text("vom Tablet")


async def test_a_device_that_is_gone_gets_no_key(bot: Bot, contact: OpenContact) -> None:
    phone = await contact()
    room = await phone.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    tablet = await contact(user_id=phone.user_id)
    await bot.channel.read(bot.cursor)
    await bot.says(room, "auf beiden")
    await tablet.hears(room, "auf beiden")
    await tablet.call("POST", "/logout", {})
    await bot.channel.read(bot.cursor)
    await bot.says(room, "nur auf einem")
    assert (await phone.hears(room, "nur auf einem")).encrypted


async def test_after_a_restart_with_its_key_store_old_rooms_go_on(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "vorher")
    await ada.hears(room, "vorher")
    await bot.channel.close()
    await ada.says(room, "während er aus war")
    await bot.build().connect()
    await bot.reads_text("während er aus war")
    await bot.says(room, "nachher")
    assert (await ada.hears(room, "nachher")).encrypted


async def test_a_key_store_that_was_restored_is_read_and_readable(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "vor der Sicherung")
    await ada.hears(room, "vor der Sicherung")
    # The key of what she writes is in the backup; one that she makes later is lost with what came after it.
    await ada.says(room, "auch davor")
    await bot.reads_text("auch davor")
    await bot.channel.close()
    [store] = (bot.data_dir / "matrix").glob("keys-*")
    backup = store.read_bytes()
    for number in range(3):
        # Each run shares a new key, and so steps on in the talk with her device.
        await bot.build().connect()
        await bot.channel.read(bot.cursor)
        await bot.says(room, f"danach {number}")
        await ada.hears(room, f"danach {number}")
        await ada.says(room, f"Antwort {number}")
        await bot.reads_text(f"Antwort {number}")
        await bot.channel.close()
    store.write_bytes(backup)
    (bot.data_dir / RESTORED).touch()  # as `hubtalk db restore` does
    await bot.build().connect()
    await bot.channel.read(bot.cursor)
    await bot.says(room, "nach dem Einspielen")
    assert (await ada.hears(room, "nach dem Einspielen")).encrypted
    assert ada.unreadable == 0
    await ada.says(room, "gelesen")
    await bot.reads_text("gelesen")


async def test_a_stranger_cannot_stop_the_reading_by_a_poisoned_event(
    bot: Bot, contact: OpenContact, caplog: pytest.LogCaptureFixture
) -> None:
    ada, eve = await contact(), await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    device = await _device(bot)
    for body in ("no base64 §", "AAAA", "", "A" * 500):
        for kind in (0, 1):
            content = {
                "algorithm": "m.olm.v1.curve25519-aes-sha2",
                "sender_key": "x" * 43,
                "ciphertext": {device["curve25519"]: {"type": kind, "body": body}},
            }
            await _to_device(eve, bot, "m.room.encrypted", content)
    await _to_device(eve, bot, "m.room_key_request", {"action": "request", "body": {}, "request_id": 1})
    await _to_device(eve, bot, "m.key.verification.start", {"method": "m.sas.v1"})
    await ada.says(room, "trotzdem")
    await bot.reads_text("trotzdem")
    await bot.says(room, "gelesen")
    assert (await ada.hears(room, "gelesen")).encrypted
    await bot.restart()
    await ada.says(room, "noch immer")
    await bot.reads_text("noch immer")
    assert eve.user_id not in caplog.text


async def test_one_time_keys_are_refilled_when_all_are_taken(bot: Bot, contact: OpenContact) -> None:
    await bot.channel.read(bot.cursor)
    eve = await contact()
    device = bot.channel._session.account.device_id  # type: ignore[union-attr]
    wanted = {"one_time_keys": {bot.user_id: {device: "signed_curve25519"}}}
    for _ in range(60):
        await eve.call("POST", "/keys/claim", wanted)
    assert not (await eve.call("POST", "/keys/claim", wanted))["one_time_keys"].get(bot.user_id)
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.channel.read(bot.cursor)
    await bot.says(room, "Guten Tag")
    await ada.hears(room, "Guten Tag")
    await ada.says(room, "lesbar")
    await bot.reads_text("lesbar")


async def test_what_cannot_be_decrypted_gets_one_hint_and_is_never_an_answer(
    bot: Bot, contact: OpenContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.matrix.crypto.PATIENCE", timedelta(0))
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    for _ in range(3):
        await _unreadable(ada, room)
    hint = await bot.reads(lambda message: isinstance(message.content, SentMedia))
    assert (hint.content, hint.address.chat, hint.message_id) == (SentMedia("unreadable"), room, None)
    await ada.says(room, "lesbar")
    await bot.reads_text("lesbar")
    assert not [message for message in bot.read if isinstance(message.content, SentMedia)]
    assert not bot.channel._session.crypto.is_waiting  # type: ignore[union-attr]


async def test_a_key_that_comes_late_opens_its_message(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "Frage")
    await ada.hears(room, "Frage")
    keys = await _holding_keys_back(ada, room, "spät, aber da")
    await bot.channel.read(bot.cursor)
    reading = await bot.channel.read(bot.cursor)
    bot.cursor = reading.cursor
    assert not [message for message in reading.messages if message.content == Said("spät, aber da")]
    # What waits survives a restart, since the cursor has moved beyond it.
    await bot.restart()
    for path, body in keys:
        await ada.call("PUT", path, body)
    late = await bot.reads_text("spät, aber da")
    assert late.address.chat == room


async def test_no_message_or_name_is_logged(bot: Bot, contact: OpenContact, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bot")
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await ada.says(room, "Geheimnis")
    await bot.reads_text("Geheimnis")
    await bot.says(room, "Antwortgeheimnis")
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bot"))
    for word in ("Geheimnis", "Antwortgeheimnis", ada.user_id, room, bot.channel._session.account.access_token):  # type: ignore[union-attr]
        assert word not in ours


async def _device(bot: Bot) -> dict[str, str]:
    assert bot.channel._session is not None
    keys: dict[str, str] = bot.channel._session.client.olm.account.identity_keys
    return keys


async def _to_device(person: Any, bot: Bot, kind: str, content: Any) -> None:
    device = bot.channel._session.account.device_id  # type: ignore[union-attr]
    path = f"/sendToDevice/{kind}/{abs(hash(json.dumps([kind, content])))}"
    await person.call("PUT", path, {"messages": {bot.user_id: {device: content}}})


async def _unreadable(person: Any, room: str) -> None:
    """Send what nobody has a key for."""
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "sender_key": "x" * 43,
        "ciphertext": "AwgAEpABm6",
        "session_id": "y" * 43,
        "device_id": person.client.device_id,
    }
    path = f"/rooms/{room}/send/m.room.encrypted/{abs(hash(asyncio.get_running_loop().time()))}"
    await person.call("PUT", path, content)


async def _holding_keys_back(person: Any, room: str, text: str) -> list[tuple[str, Any]]:
    """Write in a new session whose keys have not left yet; return the calls that hand them out."""
    client = person.client
    client.invalidate_outbound_session(room)
    missing = client.get_missing_sessions(room)
    if missing:
        await client.keys_claim(missing)
    keys = [
        (f"/sendToDevice/m.room.encrypted/{abs(hash(text))}{place}", messages)
        for place, (_, messages) in enumerate(
            client.olm.share_group_session_parallel(
                room, list(client.rooms[room].users), ignore_unverified_devices=True
            )
        )
    ]
    client.olm.outbound_group_sessions[room].shared = True
    await person.says(room, text)
    return keys
