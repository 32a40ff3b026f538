"""Messages as rows hold them."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.domain.messages import Attachment, Choice, Mark, OutboundMessage, PromptId, Way
from storage.codec import dump, message_of

MESSAGE = OutboundMessage(
    text="Wie viele?",
    where="Frage 1",
    hint="Ungefähr genügt.",
    choices=(Choice("1", "eine"), Choice("2", "zwei", selected=True)),
    ways=(Way("back", "Zurück", "/zurueck"),),
    numbered=True,
    vote=True,
    chosen=("zwei",),
    prompt=PromptId(7),
    attachments=(Attachment(name="a.csv", media_type="text/csv", content=b"\0a"),),
    language="en",
    marks=(Mark(0, 3, bold=True),),
)


def test_a_message_comes_out_of_a_row_as_it_went_in() -> None:
    assert message_of(dump(MESSAGE)) == MESSAGE


def test_a_row_of_before_there_were_polls_is_no_poll() -> None:
    row = json.loads(dump(MESSAGE))
    del row["vote"]
    assert message_of(json.dumps(row)) == replace(MESSAGE, vote=False)
