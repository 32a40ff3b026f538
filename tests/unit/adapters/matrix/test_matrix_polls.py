"""Polls in what is read after a lost cursor."""

from __future__ import annotations

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.domain.messages import Said
from tests.unit.adapters.matrix.conftest import USER, FakeHomeserver, event, text


@pytest.mark.parametrize("kind", ["org.matrix.msc3381.poll.start", "m.room.message"])
async def test_without_a_cursor_what_was_said_before_our_last_question_is_not_read_again(
    channel: MatrixChannel, homeserver: FakeHomeserver, kind: str
) -> None:
    question = event(kind, {"body": "Wie viele?"}, sender=USER, event_id="$question")
    homeserver.sync(text("alt", event_id="$old"), question, text("neu", event_id="$new"))
    reading = await channel.read(None)
    assert [message.content for message in reading.messages] == [Said("neu")]
