"""Nothing that people say is lost, doubled or taken for what it is not, whenever the bot stops."""

from __future__ import annotations

import io

import pytest

from bot.domain.messages import Edited, InboundMessage, Said, SentMedia
from bot.errors import Refused
from tests.acceptance.matrix.conftest import Bot, OpenContact


def _texts(messages: list[InboundMessage]) -> list[str]:
    return [message.content.text for message in messages if isinstance(message.content, Said)]


async def test_the_same_cursor_read_twice_gives_the_same(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    for number in range(3):
        await ada.says(room, f"Antwort {number}")
    first = await bot.channel.read(bot.cursor)
    assert _texts(list(first.messages)) == ["Antwort 0", "Antwort 1", "Antwort 2"]
    assert (await bot.channel.read(bot.cursor)).messages == first.messages


async def test_a_run_that_was_killed_before_its_commit_reads_all_of_it_again(
    bot: Bot, contact: OpenContact, encrypted: bool
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    for number in range(5):
        await ada.says(room, f"Antwort {number}")
    first = await bot.channel.read(bot.cursor)
    # Its cursor is never stored; keys of encrypted messages were taken in already.
    await bot.restart()
    assert (await bot.channel.read(bot.cursor)).messages == first.messages
    await bot.says(room, "nach dem Neustart")
    assert (await ada.hears(room, "nach dem Neustart")).encrypted is encrypted


async def test_a_gap_is_filled_in_order(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    bot.synapse.unlimited(ada.user_id)
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    await bot.channel.close()
    said = [f"Zeile {number}" for number in range(230)]
    for text in said:
        await ada.says(room, text)
    await bot.build().connect()
    reading = await bot.channel.read(bot.cursor)
    assert _texts(list(reading.messages)) == said
    assert (await bot.channel.read(bot.cursor)).messages == reading.messages


async def test_what_people_can_do_with_a_message(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    [question] = await bot.says(room, "Wie viele?", "eins", "zwei")
    await ada.hears(room, "Wie viele?")
    answer = await ada.says(room, "2")
    assert (await bot.reads_text("2")).content == Said("2")
    new = {"msgtype": "m.text", "body": "1"}
    relation = {"rel_type": "m.replace", "event_id": answer}
    await ada.sends(room, {"msgtype": "m.text", "body": "* 1", "m.new_content": new, "m.relates_to": relation})
    edited = await bot.reads(lambda message: isinstance(message.content, Edited))
    assert (edited.content, edited.message_id) == (Edited("1"), answer)
    assert edited.native_id != answer
    await ada.says(room, "> <@bot> Wie viele?\n\nzwei", **{"m.relates_to": {"m.in_reply_to": {"event_id": question}}})
    assert (await bot.reads_text("zwei")).content == Said("zwei", reply_to=question)
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": question, "key": "1️⃣"}}
    await ada.sends(room, reaction, kind="m.reaction")
    assert (await bot.reads_text("1")).content == Said("1", reply_to=question)


async def test_the_bot_stays_in_the_thread_and_comes_out_again(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    [question] = await bot.says(room, "Wie viele?")
    await ada.hears(room, "Wie viele?")
    fallback = {"rel_type": "m.thread", "event_id": question, "is_falling_back": True}
    said = await ada.says(room, "20", **{"m.relates_to": {**fallback, "m.in_reply_to": {"event_id": question}}})
    assert (await bot.reads_text("20")).content == Said("20", reply_to=question)
    [following] = await bot.says(room, "Und wie alt?")
    heard = await ada.hears(room, "Und wie alt?")
    assert heard.content["m.relates_to"] == {**fallback, "m.in_reply_to": {"event_id": said}}
    await ada.says(room, "30", **{"m.relates_to": {**fallback, "m.in_reply_to": {"event_id": following}}})
    assert (await bot.reads_text("30")).content == Said("30")
    await ada.says(room, "wieder hier")
    await bot.reads_text("wieder hier")
    await bot.says(room, "Danke")
    assert "m.relates_to" not in (await ada.hears(room, "Danke")).content


@pytest.mark.parametrize("killed", ["before", "after"], ids=lambda when: f"killed {when} the commit")
async def test_the_bot_stays_in_the_thread_over_a_kill(
    bot: Bot, contact: OpenContact, encrypted: bool, killed: str
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    [question] = await bot.says(room, "Wie viele?")
    await ada.hears(room, "Wie viele?")
    thread = {"rel_type": "m.thread", "event_id": question}
    await ada.says(room, "20", **{"m.relates_to": thread})
    before = bot.cursor
    await bot.reads_text("20")
    if killed == "before":
        bot.cursor = before
    await bot.restart()
    bot.cursor = (await bot.channel.read(bot.cursor)).cursor
    await bot.says(room, "Und wie alt?")
    relation = (await ada.hears(room, "Und wie alt?")).content["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", question)
    await ada.says(room, "wieder hier")
    await bot.reads_text("wieder hier")
    await bot.restart()
    await bot.channel.read(bot.cursor)
    await bot.says(room, "Danke")
    assert "m.relates_to" not in (await ada.hears(room, "Danke")).content


async def test_what_is_no_answer_never_stops_the_reading(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    bot.synapse.unlimited(ada.user_id)
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    for content in (
        {},
        {"msgtype": "m.text"},
        {"msgtype": 7, "body": ["x"]},
        {"msgtype": "m.text", "body": {"a": 1}},
        # An event has 65,536 bytes, and encryption takes a third of them.
        {"msgtype": "m.text", "body": "x" * (40_000 if encrypted else 60_000)},
        {"msgtype": "m.text", "body": "x", "m.relates_to": "nothing"},
        {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace"}},
        {"msgtype": "m.notice", "body": "I am a bot"},
        {"msgtype": "m.image", "body": 3, "url": 4, "info": 5},
        {"msgtype": "m.unheard.of", "body": "?"},
    ):
        await ada.sends(room, content)
    await ada.sends(room, {"key": "?"}, kind="m.reaction")
    await ada.sends(room, {"anything": ["else"]}, kind="org.example.thing")
    redacted = await ada.says(room, "vertippt")
    await ada.client.room_redact(room, redacted)
    await ada.says(room, "gültig")
    await bot.reads_text("gültig")
    assert max(map(len, _texts(bot.read))) == (40_000 if encrypted else 60_000)
    assert "vertippt" not in _texts(bot.read)
    assert "I am a bot" not in _texts(bot.read)
    assert [message.content for message in bot.read if message.content == SentMedia("other", name="?")]


async def test_a_file_that_somebody_sends_can_be_fetched(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    uploaded, keys = await ada.client.upload(
        lambda *_: io.BytesIO(b"a,b\n1,2\n"), content_type="text/csv", filename="x.csv", encrypt=encrypted, filesize=8
    )
    place = {"file": {**keys, "url": uploaded.content_uri}} if encrypted else {"url": uploaded.content_uri}
    await ada.sends(room, {"msgtype": "m.file", "body": "x.csv", "info": {"size": 8}, **place})
    sent = await bot.reads(lambda message: isinstance(message.content, SentMedia))
    assert isinstance(sent.content, SentMedia)
    assert (sent.content.kind, sent.content.name, sent.content.size) == ("document", "x.csv", 8)
    assert sent.content.file_id is not None
    assert await bot.channel.fetch(sent.content.file_id, limit=8) == b"a,b\n1,2\n"
    with pytest.raises(Refused) as refused:
        await bot.channel.fetch(sent.content.file_id, limit=7)
    assert refused.value.reason == "too_large"
    with pytest.raises(Refused) as refused:
        await bot.channel.fetch('{"url":"mxc://test.invalid/gone"}', limit=7)
    assert refused.value.reason == "gone"
