"""What leaves: once a delivery, in order, within the homeserver's limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.memory import MemoryChannel
from bot.domain.messages import (
    Address,
    Attachment,
    Choice,
    DeliveryId,
    Edit,
    OutboundMessage,
    Outgoing,
    Priority,
    Recall,
    Way,
)
from bot.errors import NotSent, RateLimited, Refused, Unreachable
from bot.ports import Mark
from bot.runtime.clock import SystemClock
from bot.runtime.sender import Sender
from tests.acceptance.matrix.conftest import Bot, OpenContact


class Counting(MemoryChannel):
    """The real channel behind a counter of refusals."""

    def __init__(self, channel: MatrixChannel) -> None:
        super().__init__(abilities=channel.abilities)
        self._channel = channel
        self.refusals: list[RateLimited] = []
        self.refused = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        try:
            return await self._channel.send(outgoing)
        except RateLimited as error:
            self.refusals.append(error)
            self.refused.set()
            raise


async def test_the_same_delivery_sent_twice_is_one_message(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    outgoing = bot.outgoing(room, OutboundMessage(text="Frage 1"), delivery=4711)
    first = await bot.channel.send(outgoing)
    await bot.channel.read(bot.cursor)
    await bot.restart()
    await bot.channel.read(bot.cursor)
    assert await bot.channel.send(outgoing) == first
    await bot.says(room, "Ende")
    await ada.hears(room, "Ende")
    assert [heard.text for heard in ada.heard[room]] == ["Frage 1", "Ende"]


async def test_many_at_once_keep_their_order(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    messages = [bot.outgoing(room, OutboundMessage(text=f"Nummer {n}"), delivery=n) for n in range(1, 121)]
    await asyncio.gather(*(bot.channel.send(message) for message in messages))
    await ada.hears(room, "Nummer 120")
    assert await ada.history(room) == [f"Nummer {n}" for n in range(1, 121)]


async def test_a_message_has_plain_text_and_html(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id)
    await bot.reads_text("/start")
    message = OutboundMessage(
        where="Größe · Frage 1",
        text="Wie viele < 20?",
        hint="Ungefähr genügt.",
        choices=(Choice("3", "unter 10"), Choice("4", "mehr", selected=True)),
        ways=(Way("back", "Zurück", "/zurueck"),),
    )
    await bot.channel.send(bot.outgoing(room, message))
    content = (await ada.hears(room, "Wie viele")).content
    assert content["body"] == (
        "Größe · Frage 1\nWie viele < 20?\nUngefähr genügt.\n  3  unter 10\n  4  ✓ mehr\nZurück: !zurueck"
    )
    assert content["formatted_body"] == (
        "<strong>Größe · Frage 1</strong><br>Wie viele &lt; 20?<br><em>Ungefähr genügt.</em><br>"
        "<strong>3</strong> unter 10<br><strong>4</strong> ✓ mehr<br>Zurück: !zurueck"
    )


async def test_a_message_can_be_changed(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    [question] = await bot.says(room, "Wie viele?", "eins", "zwei")
    change = Edit(
        address=Address("matrix", room),
        message_id=question,
        message=OutboundMessage(text="Wie viele?", chosen=("zwei",)),
    )
    await bot.channel.edit(change)
    await bot.channel.edit(change)
    await bot.says(room, "Ende")
    heard = await ada.hears(room, "* Wie viele?")
    assert heard.content["m.new_content"]["body"] == "Wie viele?\n✓ zwei"
    assert heard.content["m.relates_to"] == {"rel_type": "m.replace", "event_id": question}
    await ada.hears(room, "Ende")
    assert len(ada.heard[room]) == 3


async def test_what_is_taken_back_is_gone_with_its_file_and_its_edits(
    bot: Bot, contact: OpenContact, encrypted: bool
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    table = Attachment(name="preise.csv", media_type="text/csv", content=b"a;b\n")
    ids = await bot.says(room, "Am Montag", attachments=(table,))
    address = Address("matrix", room)
    message = OutboundMessage(text="Am Dienstag")
    await bot.channel.edit(Edit(address=address, message_id=ids[-1], message=message))
    recall = Recall(address=address, delivery=DeliveryId(17), message_ids=tuple(ids))
    await bot.channel.recall(recall)
    await bot.channel.recall(recall)
    await bot.says(room, "Ende")
    await ada.hears(room, "Ende")
    told = await ada.client.room_messages(room, limit=100)
    ours = [event.source for event in told.chunk if event.sender == bot.user_id]
    kept = [each["content"] for each in ours if each["type"] in ("m.room.message", "m.room.encrypted")]
    assert sum(content != {} for content in kept) == 1  # the end
    assert len(kept) == 4


async def test_a_long_text_becomes_several_messages(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    text = "\n".join(f"Zeile {n}: " + "ä<&" * 30 for n in range(900))
    ids = await bot.says(room, text, "weiter")
    assert len(ids) > 2
    await ada.hears(room, "1  weiter")
    assert "\n".join(await ada.history(room)) == f"{text}\n  1  weiter"
    assert ada.heard[room][-1].event_id == ids[-1]


async def test_a_long_list_of_choices_becomes_several_messages(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    towns = [f"Ort {number} " + "ä<&" * 60 for number in range(1, 397)]
    ids = await bot.says(room, "In welchem Ort?", *towns, ways=(Way("pause", "Pause", "/pause"),))
    assert len(ids) > 2
    await ada.hears(room, "Pause: !pause")
    rows = [f"  {number}  {town}" for number, town in enumerate(towns, 1)]
    told = "\n".join(await ada.history(room))
    assert told == "\n".join(["In welchem Ort?", *rows, "Pause: !pause"])


async def test_a_file_goes_out_as_the_room_is(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    table = Attachment(name="antworten.csv", media_type="text/csv", content=b"a;b\n")
    ids = await bot.says(room, "Ihre Kopie", "gut", attachments=(table,))
    text, file = await ada.hears(room, "Ihre Kopie"), await ada.hears(room, "antworten.csv")
    assert list(ids) == [file.event_id, text.event_id]
    assert ("file" in file.content, "url" in file.content) == (encrypted, not encrypted)
    source = file.content["file"] if encrypted else file.content
    downloaded = await ada.client.download(source["url"])
    content = downloaded.body
    if encrypted:
        from nio.crypto import decrypt_attachment

        assert content != b"a;b\n"
        content = decrypt_attachment(content, source["key"]["k"], source["hashes"]["sha256"], source["iv"])
    assert content == b"a;b\n"


async def test_the_default_limits_of_synapse_are_learned_and_replies_go_first(bot: Bot, contact: OpenContact) -> None:
    slow = bot.synapse.new_user("slow")
    bot.data_dir, bot.user_id, bot.cursor = bot.data_dir / "slow", slow, None
    await bot.restart()
    people = [await contact(), await contact()]
    rooms = [await person.opens_room(slow) for person in people]
    for _ in rooms:
        await bot.reads_text("/start")
    channel, other = Counting(bot.channel), MemoryChannel()
    marks: list[Mark] = []
    sender = Sender({"matrix": channel, "memory": other}, mark=marks.append, clock=SystemClock())

    def send(number: int, address: Address, priority: Priority) -> None:
        message = OutboundMessage(text=f"{priority} {number}")
        outgoing = Outgoing(delivery=DeliveryId(number), address=address, message=message, priority=priority)
        sender.send(outgoing, known=True)

    # Ten are granted at once (joining counts, too); what waits then is at least one more push, and two replies.
    for number in range(1, 12):
        send(number, Address("matrix", rooms[0]), "push")
    await asyncio.wait_for(channel.refused.wait(), 10)
    send(20, Address("matrix", rooms[1]), "reply")
    send(21, Address("matrix", rooms[1]), "reply")
    send(22, Address("memory", "bob"), "reply")
    await sender.idle()
    assert [mark.delivery for mark in marks if mark.address.chat == rooms[0]] == list(range(1, 12))
    order = [mark.delivery for mark in marks]
    assert order.index(DeliveryId(22)) < order.index(DeliveryId(20)), "another channel had to wait"
    assert order.index(DeliveryId(21)) < order.index(DeliveryId(11)), "replies waited behind pushes"
    assert {mark.state for mark in marks} == {"sent"}
    assert len(channel.refusals) <= 3 and all(error.whole_bot for error in channel.refusals)
    assert await people[0].history(rooms[0]) == [f"push {number}" for number in range(1, 12)]
    assert any("override_ratelimit" in fact.detail for fact in await bot.channel.check())


async def test_a_room_that_refuses_the_bots_messages_until_it_does_not(
    bot: Bot, contact: OpenContact, encrypted: bool
) -> None:
    ada = await contact()
    refusing: dict[str, Any] = {"preset": "private_chat", "power_level_content_override": {"events_default": 50}}
    room = await ada.opens_room(bot.user_id, encrypted=encrypted, **refusing)
    await bot.reads_text("/start")
    with pytest.raises(Refused) as refused:
        await bot.says(room, "darf ich?")
    assert refused.value.reason == "no_rights"
    power = await ada.call("GET", f"/rooms/{room}/state/m.room.power_levels/")
    await ada.call("PUT", f"/rooms/{room}/state/m.room.power_levels/", power | {"events_default": 0})
    await bot.says(room, "danke")
    await ada.hears(room, "danke")


async def test_a_room_that_nobody_knows(bot: Bot) -> None:
    await bot.channel.read(None)
    with pytest.raises(Unreachable):
        await bot.says("!nowhere:test.invalid", "Hallo?")


async def test_before_the_first_sync_a_push_is_put_off_and_not_lost(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.matrix.channel.READY_WITHIN", 0.01)
    push = replace(bot.outgoing("!any:test.invalid", OutboundMessage(text="Hallo")), priority="push")
    with pytest.raises(NotSent):
        await bot.channel.send(push)
