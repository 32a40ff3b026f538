"""Signing in: once, kept with care, and said aloud when something is lost; the device is signed as clients demand."""

from __future__ import annotations

import stat
from typing import Any

import pytest

from bot.adapters.matrix.signing import is_signed
from bot.domain.messages import Fact, OutboundMessage
from bot.errors import ChannelRefused, ChannelUnavailable, Unavailable
from tests.acceptance.matrix.conftest import Bot, OpenContact
from tests.doubles.vault import MemoryVault
from tests.fixtures_synapse import PASSWORD, Synapse, aside


async def _facts(bot: Bot) -> dict[str, Fact]:
    return {fact.name: fact for fact in await bot.channel.check()}


async def _devices(bot: Bot) -> list[str]:
    assert bot.channel._session is not None
    told = await bot.channel._session.client.call("GET", "/devices")
    return [device["device_id"] for device in told["devices"]]


async def test_a_restart_uses_the_kept_token_and_no_password(bot: Bot) -> None:
    before = await _devices(bot)
    await bot.restart(password="changed since")
    await bot.restart(password=None)
    assert await _devices(bot) == before


async def test_what_is_kept_is_readable_by_its_owner_alone(bot: Bot) -> None:
    folder = bot.data_dir / "matrix"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_a_wrong_password_is_refused(bot: Bot) -> None:
    bot.data_dir = bot.data_dir / "other"
    with pytest.raises(ChannelRefused, match="user id and password"):
        await bot.restart(password="wrong")


async def test_an_access_token_is_enough(bot: Bot, contact: OpenContact) -> None:
    token, device = await aside(bot.synapse.log_in, bot.user_id)
    await bot.channel.close()
    bot.data_dir = bot.data_dir / "other"
    await bot.build(password=None, access_token=token).connect()
    assert (await _facts(bot))["device"].detail == device
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "Guten Tag")
    assert (await ada.hears(room, "Guten Tag")).encrypted


async def test_a_token_of_somebody_else_is_refused(bot: Bot) -> None:
    token, _ = await aside(bot.synapse.log_in, await aside(bot.synapse.new_user))
    bot.data_dir = bot.data_dir / "other"
    with pytest.raises(ChannelRefused, match="another user"):
        await bot.restart(password=None, access_token=token)


async def test_a_dead_token_is_said_and_the_password_used_again(
    bot: Bot, contact: OpenContact, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    assert bot.channel._session is not None
    await bot.channel._session.client.call("POST", "/logout")
    with pytest.raises(ChannelUnavailable, match="access token"):
        await bot.channel.read(bot.cursor)
    await bot.channel.read(bot.cursor)
    assert "access token for Matrix is dead" in caplog.text
    assert (await _facts(bot))["signed"].ok
    await ada.sync()
    await ada.says(room, "weiter")
    await bot.reads_text("weiter")
    await bot.says(room, "Ja, weiter")
    assert (await ada.hears(room, "Ja, weiter")).encrypted


async def test_a_dead_token_without_password_is_refused(bot: Bot) -> None:
    await bot.restart(password=None)
    assert bot.channel._session is not None
    await bot.channel._session.client.call("POST", "/logout")
    with pytest.raises(ChannelRefused, match="access token"):
        await bot.channel.read(bot.cursor)


async def test_a_lost_key_store_leads_to_a_new_signed_device(
    bot: Bot, contact: OpenContact, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    await bot.says(room, "vorher")
    await ada.hears(room, "vorher")
    [old] = await _devices(bot)
    await bot.channel.close()
    for file in (bot.data_dir / "matrix").glob("keys-*"):
        file.unlink()
    await bot.build().connect()
    [new] = await _devices(bot)
    assert new != old
    assert "key store" in caplog.text
    assert (await _facts(bot))["signed"] == Fact(name="signed", ok=True, detail="verified")
    await bot.channel.read(bot.cursor)
    await ada.sync()
    await ada.says(room, "nachher")
    await bot.reads_text("nachher")
    await bot.says(room, "wieder da")
    assert (await ada.hears(room, "wieder da")).encrypted


async def test_a_lost_key_store_without_password_is_refused(bot: Bot) -> None:
    await bot.channel.close()
    for file in (bot.data_dir / "matrix").glob("keys-*"):
        file.unlink()
    with pytest.raises(ChannelRefused, match="key store is lost"):
        await bot.build(password=None).connect()


async def test_another_secret_does_not_open_the_key_store(bot: Bot) -> None:
    await bot.channel.close()
    with pytest.raises(ChannelRefused, match="HUBTALK_SECRET"):
        await bot.build(pickle_key="another").connect()


async def test_the_device_is_signed_as_others_see_it(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    told = await ada.call("POST", "/keys/query", {"device_keys": {bot.user_id: []}})
    facts = await _facts(bot)
    device = facts["device"].detail
    master, self_signing = (told[kind][bot.user_id] for kind in ("master_keys", "self_signing_keys"))
    [master_id], [signing_id] = master["keys"], self_signing["keys"]
    assert "=" not in master_id + signing_id
    assert is_signed(self_signing, signer=master["keys"][master_id])
    seen = told["device_keys"][bot.user_id][device]
    assert is_signed(seen, signer=self_signing["keys"][signing_id])
    assert seen["keys"][f"ed25519:{device}"] == facts["fingerprint"].detail.replace(" ", "")
    assert facts["signed"] == Fact(name="signed", ok=True, detail="verified")
    # Only the account itself sees that the device vouches for the master key in turn.
    assert bot.channel._session is not None
    own = await bot.channel._session.client.call("POST", "/keys/query", {"device_keys": {bot.user_id: []}})
    master = own["master_keys"][bot.user_id]
    signature = master["signatures"][bot.user_id][f"ed25519:{device}"]
    fingerprint = seen["keys"][f"ed25519:{device}"]
    assert is_signed({**master, "signatures": {bot.user_id: {f"ed25519:{fingerprint}": signature}}}, signer=fingerprint)


async def test_a_second_start_and_a_second_device_use_the_same_signing_keys(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    query: Any = {"device_keys": {bot.user_id: []}}
    before = (await ada.call("POST", "/keys/query", query))["master_keys"][bot.user_id]["keys"]
    await bot.restart()
    bot.data_dir = bot.data_dir / "other"
    await bot.restart()
    assert (await _facts(bot))["signed"].ok
    assert (await ada.call("POST", "/keys/query", query))["master_keys"][bot.user_id]["keys"] == before


async def test_foreign_signing_keys_are_reported_and_left_alone(
    bot: Bot, contact: OpenContact, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await contact()
    query: Any = {"device_keys": {bot.user_id: []}}
    before = (await ada.call("POST", "/keys/query", query))["master_keys"]
    bot.vault, bot.data_dir = MemoryVault(), bot.data_dir / "other"
    await bot.restart()
    signed = (await _facts(bot))["signed"]
    assert signed.ok is False
    assert "not ours" in signed.detail
    assert "no seeds" in caplog.text
    assert not [name for name in bot.vault.kept if "cross-signing" in name]
    assert (await ada.call("POST", "/keys/query", query))["master_keys"] == before


async def test_a_homeserver_that_is_killed_and_comes_back_still_knows_what_was_sent(
    bot: Bot, contact: OpenContact, own_synapse: Synapse
) -> None:
    bot.user_id = await aside(own_synapse.new_user, "bot")
    bot.synapse, bot.data_dir = own_synapse, bot.data_dir / "own"
    await bot.restart(homeserver=own_synapse.url, password=PASSWORD)
    ada = await contact(homeserver=own_synapse)
    rooms = [await ada.opens_room(bot.user_id), await ada.opens_room(bot.user_id, encrypted=True)]
    await bot.reads_text("/start")
    await bot.reads_text("/start")
    messages = [bot.outgoing(room, OutboundMessage(text="Frage"), delivery=n) for n, room in enumerate(rooms)]
    first = [await bot.channel.send(message) for message in messages]
    await aside(own_synapse.kill)
    with pytest.raises(ChannelUnavailable):
        await bot.channel.read(bot.cursor)
    with pytest.raises(Unavailable):
        await bot.channel.send(messages[0])
    await aside(own_synapse.start)
    assert [await bot.channel.send(message) for message in messages] == first
    await ada.says(rooms[1], "da")
    await bot.reads_text("da")
    await ada.hears(rooms[1], "Frage")
    assert [await ada.history(room) for room in rooms] == [["Frage"], ["Frage"]]
