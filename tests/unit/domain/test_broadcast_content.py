"""What a broadcast says: filled in for each reader, and what keeps it from being sent."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.domain.broadcasts.content import render
from bot.domain.broadcasts.model import Button, Content, FileShown
from bot.domain.broadcasts.problems import Problem, is_web_address, problems, sentence
from bot.domain.messages import Abilities, Link, Mark, OutboundMessage, PromptId
from bot.texts import load_texts

TEXTS = load_texts(("de", "en"), timezone=ZoneInfo("Europe/Berlin"))
LIMITS = {
    "telegram": Abilities(buttons=True, text_limit=200, measure=lambda text: 2 * len(text), file_limit=1_000_000),
    "terminal": Abilities(text_limit=150),
}


def rendered(
    text: str, *, contact: str = "Ada", company: str = "Testwerk", content: Content | None = None
) -> OutboundMessage:
    content = content or Content(texts={"de": text})
    return render(content, language="de", params=(contact, company), hub="Hub", broadcast=7, say=TEXTS.speaker("de"))


def wrong(content: Content, *, longest: tuple[str, str] = ("", ""), forms: set[str] | None = None) -> list[Problem]:
    return problems(
        content, languages=("de", "en"), catalogue=TEXTS, hub="Hub", limits=LIMITS, longest=longest, forms=forms
    )


def test_a_link_keeps_its_words_and_a_name_in_it_is_filled_in_without_becoming_markup() -> None:
    message = rendered(
        "Für **{company}**: [hier, {contact}](https://hub.example/x) mehr", contact="*A* [b](https://c.d)"
    )
    assert message.text == "Für Testwerk: hier, *A* [b](https://c.d) mehr"
    bold, *linked = message.marks
    assert bold == Mark(4, 12, bold=True)
    assert message.text[linked[0].start : linked[-1].end] == "hier, *A* [b](https://c.d)"
    assert {mark.link for mark in linked} == {"https://hub.example/x"}


def test_pages_files_and_a_form_go_along() -> None:
    buttons = (
        Button("link", {"de": "Programm", "en": "Programme"}, "https://hub.example"),
        Button("form", {"de": "Anfangen"}, "needs"),
    )
    file = FileShown.of("a.pdf", b"1", media_type="application/pdf")
    content = Content(texts={"de": "Text"}, buttons=buttons, files=(file,), prompt=PromptId(9))
    message = rendered("", content=content)
    assert message.links == (Link("Programm", "https://hub.example"),)
    assert [(way.label, way.command) for way in message.ways] == [("Anfangen", "/umfrage needs")]
    [attachment] = message.attachments
    assert attachment.source == f"broadcast:7:{file.digest}:a.pdf"
    assert FileShown.of("a.pdf", b"2", media_type="application/pdf").digest != file.digest


def test_what_is_wrong_is_named_with_what_is_possible() -> None:
    assert wrong(Content(texts={"de": " "})) == [Problem(kind="empty")]
    [unknown] = wrong(Content(texts={"de": "Hallo {name} von {company}"}))
    assert unknown == Problem(kind="field", what="name", language="de")
    assert "{name}" in sentence(unknown, TEXTS.speaker("de")) and "{contact}" in sentence(unknown, TEXTS.speaker("de"))
    buttons = (Button("link", {"de": "x" * 43}, "ftp://hub.example"), Button("form", {}, "gone"))
    found = wrong(Content(texts={"de": "Text"}, buttons=buttons), forms={"needs"})
    assert [(each.kind, each.over) for each in found] == [("label", 3), ("link", 0), ("form", 0)]
    for problem in found:
        assert problem.what in sentence(problem, TEXTS.speaker("en"))


def test_a_text_is_measured_by_each_channel_with_the_longest_names() -> None:
    around = len("\n" + TEXTS.speaker("de")("broadcast.how_to_stop"))
    fits = Content(texts={"de": "x" * (100 - around - 3) + "{contact}"})
    assert wrong(fits, longest=("Ada", "")) == []
    [longer] = wrong(fits, longest=("Ada Muster", ""))
    assert longer == Problem(kind="too_long", language="de", channel="telegram", over=14)
    assert "14" in sentence(longer, TEXTS.speaker("de"))
    large = Content(texts={"de": "x"}, files=(FileShown("film.mp4", "video/mp4", 3_500_000),))
    [problem] = wrong(large)
    assert (problem.kind, problem.channel, problem.over) == ("too_large", "telegram", 2_500_000)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("https://hub.example/a?b=c#d", True),
        ("http://hub.example", True),
        ("HTTPS://hub.example", True),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://localhost", False),
        ("https://hub.example/ a", False),
        ("https://[::1", False),
        ('https://hub.example/"x', False),
        ("https://hub.example/" + "x" * 2000, False),
    ],
)
def test_only_web_addresses_are_offered(text: str, good: bool) -> None:
    assert is_web_address(text) is good
