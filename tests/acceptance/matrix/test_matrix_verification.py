"""A contact's client verifies the bot by emoji, on a real homeserver: in the room, and between devices."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from nio import ToDeviceMessage
from nio.api import Api
from nio.crypto import Sas

from bot.domain.messages import InboundMessage, Said, SentMedia
from tests.acceptance.matrix.conftest import Bot, OpenContact
from tests.acceptance.matrix.verifying import InRoom, with_identity
from tests.people_matrix import Contact


class MendedSas(Sas):  # type: ignore[misc]  # nio brings no types
    """nio's own client side, which is not written by us, but for three slips of nio 0.26 against the specification.

    Its commitment is hexadecimal instead of unpadded base64; what it calls `hkdf-hmac-sha256` is that method's second
    version; it takes the emojis' numbers for bytes (we ask its secret instead).
    """

    def _check_commitment(self, key: str) -> bool:
        start = Api.to_canonical_json(self.start_verification().content)
        digest = hashlib.sha256(key.encode() + start.encode()).digest()
        return bool(self.commitment == base64.b64encode(digest).decode().rstrip("="))

    def numbers(self) -> list[int]:
        return list(self.established_sas.bytes(self._extra_info).emoji_indices)


async def test_in_a_room_a_contact_gets_valid_codes_for_device_and_identity(
    bot: Bot, contact: OpenContact, encrypted: bool
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    async with _reading(bot):
        client = InRoom(ada, room, bot_id=bot.user_id, bot_device=_bot_device(bot))
        asking = await client.begins(keys=await with_identity(ada))
        assert (await client.hears("ready"))["methods"] == ["m.sas.v1"]
        await client.says("start", asking.start())
        asking.takes_accept(await client.hears("accept"))
        await client.says("key", asking.key())
        asking.takes_key(await client.hears("key"))
        shown = _shown(bot)
        assert shown.content == SentMedia("verification", caption=" ".join(map(str, asking.emojis())))
        assert (shown.address.chat, shown.sender) == (room, ada.user_id)
        await client.says("mac", asking.mac())
        known = await _keys_as_told(bot, ada)
        assert asking.takes_mac(await client.hears("mac"), known=known) == set(known)
        assert len(known) == 2
        await client.hears("done")
        assert client.came == []


async def test_a_code_for_another_key_is_refused(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    async with _reading(bot):
        client = InRoom(ada, room, bot_id=bot.user_id, bot_device=_bot_device(bot))
        keys = await with_identity(ada)
        asking = await client.begins(keys=keys)
        await client.says("start", asking.start())
        asking.takes_accept(await client.hears("accept"))
        await client.says("key", asking.key())
        asking.takes_key(await client.hears("key"))
        await client.says("mac", asking.mac(**dict.fromkeys(keys, "A" * 43)))
        assert (await client.hears("cancel"))["code"] == "m.key_mismatch"


async def test_a_restart_in_the_middle_ends_it_and_the_next_one_works(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    async with _reading(bot):
        client = InRoom(ada, room, bot_id=bot.user_id, bot_device=_bot_device(bot))
        asking = await client.begins(keys=await with_identity(ada))
        await client.hears("ready")
        await ada.says(room, "weiter")
        await ada.until(lambda: any(message.content == Said("weiter") for message in bot.read), "nothing was read")
    await bot.restart()
    async with _reading(bot):
        await client.says("start", asking.start())
        assert (await client.hears("cancel"))["code"] == "m.unknown_transaction"
        await client.begins(keys={})
        await client.hears("ready")


async def test_another_client_library_verifies_the_device_the_old_way(
    bot: Bot, contact: OpenContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sas, "_mac_v1", ["hkdf-hmac-sha256.v2"])
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "Guten Tag")
    await ada.hears(room, "Guten Tag")
    async with _reading(bot):
        olm = ada.client.olm
        device = ada.client.device_store[bot.user_id][_bot_device(bot)]
        sas = MendedSas(ada.user_id, ada.client.device_id, olm.account.identity_keys["ed25519"], device)
        olm.key_verifications[sas.transaction_id] = sas
        await ada.client.to_device(sas.start_verification())
        await ada.until(lambda: sas.canceled or sas.established_sas, "no key came")
        assert not sas.canceled, sas.cancel_code
        shown = _shown(bot)
        assert shown.content == SentMedia("verification", caption=" ".join(map(str, sas.numbers())))
        assert shown.address.chat == room
        mac: ToDeviceMessage = ada.client.confirm_key_verification(sas.transaction_id)
        await ada.client.to_device(mac)
        await ada.until(lambda: sas.canceled or sas.verified, "no mac came")
        assert not sas.canceled, sas.cancel_code
        assert sas.verified_devices == [_bot_device(bot)]
        assert ada.client.device_store[bot.user_id][_bot_device(bot)].verified


@asynccontextmanager
async def _reading(bot: Bot) -> AsyncIterator[None]:
    """Let the bot read on, as it does when it runs."""

    async def read_on() -> None:
        while True:
            reading = await bot.channel.read(bot.cursor)
            bot.cursor = reading.cursor
            bot.read += reading.messages

    task = asyncio.create_task(read_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _shown(bot: Bot) -> InboundMessage:
    [shown] = [message for message in bot.read if isinstance(message.content, SentMedia)]
    return shown


def _bot_device(bot: Bot) -> str:
    assert bot.channel._session is not None
    return bot.channel._session.account.device_id


async def _keys_as_told(bot: Bot, person: Contact) -> dict[str, str]:
    """Return what the homeserver tells a contact of the bot: its device's key and its identity."""
    told = await person.call("POST", "/keys/query", {"device_keys": {bot.user_id: []}})
    name = f"ed25519:{_bot_device(bot)}"
    device = told["device_keys"][bot.user_id][_bot_device(bot)]["keys"][name]
    return {name: device, **told["master_keys"][bot.user_id]["keys"]}
