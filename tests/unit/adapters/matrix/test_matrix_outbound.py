"""Messages as the events they become."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.matrix.inbound import Thread
from bot.adapters.matrix.outbound import (
    CONTENT_LIMIT,
    bang,
    edit_content,
    edit_transaction,
    file_content,
    poll_content,
    text_contents,
)
from bot.adapters.matrix.pictures import Picture, Thumbnail
from bot.domain.messages import Attachment, Choice, Link, Mark, OutboundMessage, PromptId, Way


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/umfrage", "!umfrage"),
        ("Weiter geht es, wann Sie wollen: /umfrage", "Weiter geht es, wann Sie wollen: !umfrage"),
        ("(/hilfe)", "(!hilfe)"),
        ("/zurueck, /weiter.", "!zurueck, !weiter."),
        ("und/oder 1/2 km/h", "und/oder 1/2 km/h"),
        ("https://example.org/hilfe", "https://example.org/hilfe"),
        ("/home/pause /etc", "/home/pause /etc"),
        ("/nichtsdergleichen", "/nichtsdergleichen"),
    ],
)
def test_commands_are_shown_as_they_can_be_typed(text: str, shown: str) -> None:
    assert bang(text) == shown


def test_a_choice_whose_key_is_a_number_shows_it() -> None:
    [content] = text_contents(OutboundMessage(text="?", choices=(Choice("7", "sieben"), Choice("x", "anders"))))
    assert content["body"] == "?\n  7  sieben\n  2  anders"
    assert content["formatted_body"] == "?<br><strong>7</strong> sieben<br><strong>2</strong> anders"


def test_marks_of_a_text_are_shown_in_the_html_alone() -> None:
    marks = (Mark(6, 11, bold=True), Mark(14, 18, bold=True, italic=True))
    [content] = text_contents(OutboundMessage(text="Bitte genau & gern lesen", marks=marks))
    assert content["body"] == "Bitte genau & gern lesen"
    assert content["formatted_body"] == "Bitte <strong>genau</strong> &amp; <strong><em>gern</em></strong> lesen"


def test_links_are_links_in_the_html_and_written_out_in_the_plain_text() -> None:
    message = OutboundMessage(
        text="Mehr hier.",
        marks=(Mark(5, 9, link="https://hub.example/?a=1&b=2"),),
        links=(Link("Zum Programm", "https://hub.example/p"),),
    )
    [content] = text_contents(message)
    assert content["body"] == "Mehr hier (https://hub.example/?a=1&b=2).\nZum Programm: https://hub.example/p"
    assert content["formatted_body"] == (
        'Mehr <a href="https://hub.example/?a=1&amp;b=2">hier</a>.<br><a href="https://hub.example/p">Zum Programm</a>'
    )


def test_nothing_that_people_wrote_becomes_html() -> None:
    [content] = text_contents(
        OutboundMessage(text="<b>&\n", where="<i>", hint="<u>", choices=(Choice("1", "<s>"),), chosen=("<a>",))
    )
    assert content["formatted_body"] == (
        "<strong>&lt;i&gt;</strong><br>&lt;b&gt;&amp;<br><br><em>&lt;u&gt;</em><br>"
        "<strong>1</strong> &lt;s&gt;<br>✓ &lt;a&gt;"
    )


def test_a_thread_is_kept_in_every_part() -> None:
    contents = text_contents(OutboundMessage(text="Wort " * 20_000), thread=Thread(root="$root", last="$last"))
    assert len(contents) > 1
    for content in contents:
        assert content["m.relates_to"] == {
            "rel_type": "m.thread",
            "event_id": "$root",
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": "$last"},
        }


@pytest.mark.parametrize("signs", ["a", "ä", "слово ", "&", "👩‍🔬", "wort ", "zeile\n"])
def test_every_part_of_a_long_text_fits_and_nothing_is_lost(signs: str, rng: random.Random) -> None:
    text = (signs * rng.randrange(20_000, 60_000)).strip()
    message = OutboundMessage(
        text=text, where="Wo", choices=(Choice("1", "eins"),), ways=(Way("back", "Zurück", "/zurueck"),)
    )
    contents = text_contents(message)
    assert all(len(json.dumps(content)) <= CONTENT_LIMIT for content in contents)
    assert contents[0]["body"].startswith("Wo\n")
    assert contents[-1]["body"].endswith("  1  eins\nZurück: !zurueck")
    told = "".join(content["body"] for content in contents)
    assert "".join(told.split()) == "".join(f"Wo{text}1einsZurück:!zurueck".split())


@pytest.mark.parametrize("key", ["{}", "k{}"], ids=["numbers as keys", "other keys"])
@pytest.mark.parametrize("long", ["nothing", "text", "where", "hint"])
def test_every_part_of_a_long_list_of_choices_fits_and_keeps_its_numbers(
    key: str, long: str, rng: random.Random
) -> None:
    labels = [rng.choice("aä&<👩") * rng.randrange(1, 900) for _ in range(rng.randrange(100, 500))]
    text, where, hint = ("Wort " * (20_000 if name == long else 3) for name in ("text", "where", "hint"))
    message = OutboundMessage(
        text=text,
        where=where,
        hint=hint,
        choices=tuple(Choice(key.format(place), label) for place, label in enumerate(labels, 1)),
        ways=(Way("back", "Zurück", "/zurueck"),),
    )
    contents = text_contents(message)
    assert all(len(json.dumps(content)) <= CONTENT_LIMIT for content in contents)
    told = "\n".join(content["body"] for content in contents)
    rows = [f"  {place}  {label}" for place, label in enumerate(labels, 1)]
    assert [line for line in told.split("\n") if line.startswith("  ")] == rows
    assert told.split().count("Wort") == f"{text}{where}{hint}".count("Wort")
    assert told.endswith("\nZurück: !zurueck")


def test_a_label_that_fills_an_event_by_itself_is_cut() -> None:
    contents = text_contents(OutboundMessage(text="?", choices=(Choice("1", "👩" * 32_000), Choice("2", "b"))))
    assert all(len(json.dumps(content)) <= CONTENT_LIMIT for content in contents)
    told = "\n".join(content["body"] for content in contents)
    assert "👩…\n" in told
    assert told.endswith("\n  2  b")


def test_an_edit_shows_the_new_text_to_older_clients_too() -> None:
    content = edit_content(OutboundMessage(text="Wie viele?", chosen=("zwei",)), message_id="$question")
    assert content["body"] == "* Wie viele?\n✓ zwei"
    assert content["m.new_content"]["body"] == "Wie viele?\n✓ zwei"
    assert content["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$question"}
    same = edit_content(OutboundMessage(text="Wie viele?", chosen=("zwei",)), message_id="$question")
    other = edit_content(OutboundMessage(text="Wie viele?", chosen=("eins",)), message_id="$question")
    assert edit_transaction(content) == edit_transaction(same) != edit_transaction(other)


QUESTION = OutboundMessage(
    where="Größe · Frage 1",
    text="Wie viele?",
    hint="Ungefähr genügt.",
    choices=(Choice("1", "unter <10>"), Choice("2", "mehr")),
    ways=(Way("back", "Zurück", "/zurueck"),),
    vote=True,
    prompt=PromptId(4711),
)


def test_a_question_to_be_voted_on_is_a_poll_as_clients_send_it() -> None:
    question = "Größe · Frage 1\nWie viele?\nUngefähr genügt.\nZurück: !zurueck"
    fallback = text_contents(QUESTION)[-1]["body"]
    assert poll_content(QUESTION) == {
        "org.matrix.msc3381.poll.start": {
            "kind": "org.matrix.msc3381.poll.undisclosed",
            "max_selections": 1,
            "question": {"msgtype": "m.text", "body": question, "org.matrix.msc1767.text": question},
            "answers": [
                {"id": "hubtalk.4711.1", "org.matrix.msc1767.text": "1  unter <10>"},
                {"id": "hubtalk.4711.2", "org.matrix.msc1767.text": "2  mehr"},
            ],
        },
        "body": fallback,
        "org.matrix.msc1767.text": fallback,
    }
    assert "1  unter <10>" in fallback


def test_a_poll_stays_in_the_thread() -> None:
    content = poll_content(QUESTION, thread=Thread(root="$root", last="$last"))
    assert content is not None
    assert content["m.relates_to"]["event_id"] == "$root"


def _choices(*labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(str(place), label) for place, label in enumerate(labels, 1))


@pytest.mark.parametrize(
    ("change", "is_poll"),
    [
        ({}, True),
        ({"vote": False}, False),
        ({"prompt": None}, False),
        ({"choices": _choices("allein")}, False),
        ({"choices": _choices(*"abcdefghijklmnopqrst")}, True),
        ({"choices": _choices(*"abcdefghijklmnopqrstu")}, False),
        ({"choices": _choices("x" * 340, "y")}, True),
        ({"choices": _choices("x" * 341, "y")}, False),
        ({"text": "x" * 341}, False),
    ],
)
def test_only_what_fits_a_poll_is_one(change: dict[str, Any], is_poll: bool) -> None:
    assert (poll_content(replace(QUESTION, **change)) is not None) is is_poll


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("text/csv", "m.file"), ("audio/ogg", "m.audio"), ("video/mp4", "m.video"), ("image/svg+xml", "m.file")],
)
def test_a_file_is_shown_as_what_it_is(media_type: str, kind: str) -> None:
    attachment = Attachment(name="x", media_type=media_type, content=b"abc")
    assert file_content(attachment, source={"url": "mxc://a/b"}) == {
        "msgtype": kind,
        "body": "x",
        "filename": "x",
        "info": {"mimetype": media_type, "size": 3},
        "url": "mxc://a/b",
    }


@pytest.mark.parametrize("place", ["url", "file"])
def test_a_picture_is_shown_with_its_size_and_its_small_version(place: str) -> None:
    attachment = Attachment(name="x.png", media_type="image/png", content=b"abc")
    small = Thumbnail(content=b"ab", media_type="image/jpeg", width=800, height=400)
    picture = Picture(width=1600, height=800, thumbnail=small)
    content = file_content(attachment, source={place: "large"}, picture=picture, thumbnail={place: "small"})
    assert (content["msgtype"], content[place]) == ("m.image", "large")
    assert content["info"] == {
        "mimetype": "image/png",
        "size": 3,
        "w": 1600,
        "h": 800,
        f"thumbnail_{place}": "small",
        "thumbnail_info": {"mimetype": "image/jpeg", "size": 2, "w": 800, "h": 400},
    }


def test_a_file_of_a_choice_says_which_one_it_shows() -> None:
    hall = Attachment("halle.mp3", "audio/mpeg", b"ID3", source="form:12:halle.mp3", caption="1 · Groß")
    content = file_content(hall, source={"url": "mxc://example.org/a"})
    assert (content["msgtype"], content["body"], content["filename"]) == ("m.audio", "1 · Groß", "halle.mp3")
