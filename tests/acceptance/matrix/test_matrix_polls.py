"""Questions as polls, where that is switched on: a vote is an answer, the last one counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.messages import Choice, OutboundMessage, Pressed, PromptId
from tests.acceptance.matrix.conftest import Bot, OpenContact
from tests.contract.channels.matrix import EncryptedPollMatrixStage, MatrixPerson, MatrixStage, PollMatrixStage
from tests.contract.channels.staging import STAGES, staged
from tests.people_matrix import POLL, VOTE, Contact, Heard

STAGES.update({"matrix-polls": PollMatrixStage, "matrix-encrypted-polls": EncryptedPollMatrixStage})

QUESTION = OutboundMessage(
    text="Wie viele?", choices=(Choice("1", "unter 10"), Choice("2", "mehr")), vote=True, prompt=PromptId(4711)
)


def _voted(message: object) -> bool:
    return isinstance(getattr(message, "content", None), Pressed)


async def _asked(bot: Bot, ada: Contact, *, encrypted: bool) -> tuple[str, Heard]:
    await bot.restart(polls=True)
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    [event_id] = await bot.channel.send(bot.outgoing(room, QUESTION))
    poll = await ada.hears(room, "Wie viele?")
    assert (poll.event_id, poll.encrypted, POLL in poll.content) == (event_id, encrypted, True)
    return room, poll


async def test_a_vote_stands_for_the_button_that_it_looks_like(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room, poll = await _asked(bot, ada, encrypted=encrypted)
    for label, choice in (("2  mehr", "2"), ("1  unter 10", "1")):
        event_id = await ada.votes(room, poll, label)
        vote = await bot.reads(_voted)
        assert vote.content == Pressed(prompt=PromptId(4711), choice=choice, on=None, message_id=poll.event_id)
        assert (vote.native_id, vote.sender, vote.address.chat) == (event_id, ada.user_id, room)


async def test_what_the_homeserver_sees_of_a_poll(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room, poll = await _asked(bot, ada, encrypted=encrypted)
    event_id = await ada.votes(room, poll, "2  mehr")
    shown, voted = [await ada.call("GET", f"/rooms/{room}/event/{seen}") for seen in (poll.event_id, event_id)]
    assert (POLL in shown["content"], VOTE in voted["content"]) == (not encrypted, not encrypted)
    assert [seen["type"] == "m.room.encrypted" for seen in (shown, voted)] == [encrypted, encrypted]
    assert voted["content"]["m.relates_to"] == {"rel_type": "m.reference", "event_id": poll.event_id}


async def test_spoiled_and_foreign_votes_and_the_end_of_a_poll_are_nothing(
    bot: Bot, contact: OpenContact, encrypted: bool
) -> None:
    ada = await contact()
    room, poll = await _asked(bot, ada, encrypted=encrypted)
    own = await ada.sends(room, {POLL: {"answers": [{"id": "2"}]}, "body": "Pizza?"}, kind=POLL)
    await bot.reads(lambda message: message.native_id == own)
    reference = {"rel_type": "m.reference", "event_id": own}
    await ada.sends(room, {"m.relates_to": reference, VOTE: {"answers": ["2"]}}, kind=VOTE)
    await ada.votes(room, poll)
    end = "org.matrix.msc3381.poll.end"
    await ada.sends(room, {"m.relates_to": {**reference, "event_id": poll.event_id}, end: {}}, kind=end)
    await ada.says(room, "weiter")
    await bot.reads_text("weiter")
    assert not [message for message in bot.read if _voted(message)]


async def test_without_the_setting_a_question_is_a_message(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id)
    await bot.reads_text("/start")
    await bot.channel.send(bot.outgoing(room, QUESTION))
    assert (await ada.hears(room, "Wie viele?")).content["msgtype"] == "m.text"


@pytest.fixture
async def stage(encrypted: bool, tmp_path: Path) -> AsyncIterator[MatrixStage]:
    channel = "matrix-encrypted-polls" if encrypted else "matrix-polls"
    async with staged(channel, folder=tmp_path, forms=("types",)) as stage:
        assert isinstance(stage, MatrixStage)
        yield stage


async def test_a_changed_vote_corrects_the_answer_and_a_number_can_still_be_typed(stage: MatrixStage) -> None:
    ada = await stage.joined()
    assert isinstance(ada, MatrixPerson)
    await ada.picks("Fragebogen beginnen")
    for number, text in enumerate(("Wort", "12", "12,5", "31.01.2020"), 1):
        await ada.hears(f"Frage {number}")
        await ada.says(text)
    await ada.hears("Frage 5")
    poll = ada.contact.heard[ada.room][-1]
    await ada.contact.votes(ada.room, poll, "1  Rot")
    await ada.hears("Frage 6")
    assert await _colour(stage) == "red"
    said = len(ada.seen())
    await ada.contact.votes(ada.room, poll, "2  Grün")
    await ada.hears("Geändert")
    assert await _colour(stage) == "green"
    assert len(ada.seen()) == said + 1, "after a correction nothing is asked again"
    # The same vote once more changes nothing, and is not worth a word.
    await ada.contact.votes(ada.room, poll, "2  Grün")
    await ada.says("1 und 2")
    await ada.hears("Frage 7")
    assert len(ada.seen()) == said + 2
    await ada.contact.says(ada.room, "3", **{"m.relates_to": {"m.in_reply_to": {"event_id": poll.event_id}}})
    await ada.hears("Geändert")
    assert await _colour(stage) == "blue"


async def _colour(stage: MatrixStage) -> object:
    return (await stage.answers())["colour"][2]
