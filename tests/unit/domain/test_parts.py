"""What is longer than a platform takes is divided where a reader would pause."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import Abilities, Attachment, Choice, Mark, OutboundMessage, PromptId, Way
from bot.domain.parts import split, utf16_units

SMALL = Abilities(text_limit=60)
PICTURE = Attachment("halle.png", "image/png", source="form:12:halle.png")
COPY = Attachment("copy.txt", "text/plain", content=b"all")


def test_what_fits_stays_one_message() -> None:
    message = OutboundMessage(text="Wie groß?", choices=(Choice("1", "klein"),), prompt=PromptId(7))
    assert split(message, SMALL) == (message,)
    long = OutboundMessage(text="x" * 10_000)
    assert split(long, Abilities(text_limit=0)) == split(long, None) == (long,)


def test_it_is_cut_at_a_paragraph_else_at_a_line_else_at_a_word() -> None:
    paragraphs = "Der erste Absatz ist ziemlich lang hier.\n\nDer zweite Absatz auch, er ist lang."
    lines = paragraphs.replace("\n\n", "\n")
    words = paragraphs.replace("\n\n", " ")
    for text in (paragraphs, lines):
        assert [part.text for part in split(OutboundMessage(text=text), SMALL)] == [
            "Der erste Absatz ist ziemlich lang hier.",
            "Der zweite Absatz auch, er ist lang.",
        ]
    assert split(OutboundMessage(text=words), SMALL)[0].text.endswith(" Absatz")


def test_the_first_part_says_where_one_is_and_the_last_has_what_can_be_picked() -> None:
    message = OutboundMessage(
        text="Erster Satz, recht lang. " * 6,
        where="Frage 3",
        hint="Bitte wählen.",
        choices=(Choice("1", "ja"), Choice("2", "nein")),
        ways=(Way("back", "Zurück", "/zurueck"),),
        prompt=PromptId(7),
        attachments=(PICTURE, COPY),
        marks=(Mark(0, 140, bold=True),),
        language="de",
    )
    parts = split(message, Abilities(text_limit=120))
    assert len(parts) > 1
    assert [part.where for part in parts] == ["Frage 3"] + [""] * (len(parts) - 1)
    for part in parts[:-1]:
        assert (part.choices, part.ways, part.prompt, part.hint) == ((), (), None, "")
    last = parts[-1]
    assert (last.choices, last.ways, last.prompt, last.hint) == (message.choices, message.ways, 7, "Bitte wählen.")
    assert (parts[0].attachments, last.attachments) == ((PICTURE,), (COPY,))
    bold = "".join(part.text[mark.start : mark.end] for part in parts for mark in part.marks)
    assert "".join(bold.split()) == "".join(message.text[:140].split())


TEXTS = st.text(st.sampled_from("ab. \n🌱ß"), min_size=30, max_size=400)


@pytest.mark.parametrize("measure", [len, utf16_units])
@given(text=TEXTS, limit=st.integers(20, 80), hint=st.sampled_from(["", "Bitte."]))
def test_every_part_fits_and_no_word_is_lost(measure: Callable[[str], int], text: str, limit: int, hint: str) -> None:
    size = measure
    parts = split(OutboundMessage(text=text, hint=hint), Abilities(text_limit=limit, measure=measure))
    assert all(size(part.text) + size(part.hint) <= limit for part in parts)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(text.split())
