"""How a message looks on Telegram, and that no message ever exceeds what Telegram takes."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.telegram.inbound import LARGEST_PROMPT, read_button
from bot.adapters.telegram.outbound import button_data, edit_call, send_calls, toast
from bot.domain.messages import Attachment, Choice, Link, Mark, OutboundMessage, Pressed, PromptId, Way

PROMPT = PromptId(4711)
WAYS = (Way("back", "‹ Zurück", "/zurueck"), Way("skip", "Überspringen", "/weiter"), Way("pause", "Pause", "/pause"))
NEEDS = ("Prototypen testen", "Maschinen mitnutzen", "Abschlussarbeiten", "Fördermittel finden")
TOKEN = re.compile(r"<(/?)([a-z]+)>|&(?:amp|lt|gt);|[^<>&]")


def choices(*labels: str, selected: bool | None = None) -> tuple[Choice, ...]:
    return tuple(Choice(str(n), label, selected) for n, label in enumerate(labels, 1))


def shown(message: OutboundMessage) -> str:
    """Give the one text that `message` becomes, with its markup."""
    calls = send_calls(message, chat="4711")
    assert len(calls) == 1
    text = calls[0][1]["text"]
    assert isinstance(text, str)
    return text


def rows(message: OutboundMessage) -> list[list[str]]:
    return [[button["text"] for button in row] for row in keyboard(send_calls(message, chat="4711")[-1][1])]


def keyboard(params: dict[str, Any]) -> list[list[dict[str, str]]]:
    markup: dict[str, Any] = params.get("reply_markup", {"inline_keyboard": []})
    found: list[list[dict[str, str]]] = markup["inline_keyboard"]
    return found


def plain(markup: str) -> str:
    """Read Telegram's HTML as strictly as Telegram does, and give what the person sees."""
    tags: list[str] = []
    end = 0
    for token in TOKEN.finditer(markup):
        assert token.start() == end, f"unparseable at {end}: {markup[end : end + 20]!r}"
        end = token.end()
        if token[2] and not token[1]:
            assert not tags, "no tag inside another"
            tags.append(token[2])
        elif token[2]:
            assert tags.pop() == token[2]
    assert end == len(markup)
    assert not tags, "a tag is left open"
    return html.unescape(re.sub(r"</?[bi]>", "", markup))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def squeezed(text: str) -> str:
    return "".join(text.split())


# ------------------------------------------------------------------------------------------------- how it looks


def test_a_question_says_where_one_is_then_asks_then_explains() -> None:
    message = OutboundMessage(
        where="Technologietransfer · Frage 9 von etwa 18",
        text="Was würde Ihnen helfen?",
        hint="Mehrere Antworten möglich.",
        choices=choices(*NEEDS),
        ways=WAYS,
        prompt=PROMPT,
    )
    assert shown(message) == (
        "<b>Technologietransfer · Frage 9 von etwa 18</b>\n\nWas würde Ihnen helfen?\n<i>Mehrere Antworten möglich.</i>"
    )


def test_marks_of_a_text_are_shown_and_survive_a_cut() -> None:
    text = "\nBitte genau & gern lesen. " + "Wort " * 900
    marks = (Mark(7, 12, bold=True), Mark(15, 19, bold=True, italic=True), Mark(4000, 4200, italic=True))
    first, second = (call[1]["text"] for call in send_calls(OutboundMessage(text=text, marks=marks), chat="4711"))
    assert first.startswith("Bitte <b>genau</b> &amp; <b><i>gern</i></b> lesen. Wort")
    assert first.endswith("</i>") and second.startswith("<i>Wort") and second.count("</i>") == 1


def test_a_link_is_drawn_as_one_and_a_page_to_go_on_to_is_a_button_of_its_own() -> None:
    url = 'https://hub.example/?a=1&b="2"'
    message = OutboundMessage(
        text="Mehr dazu hier",
        marks=(Mark(10, 14, bold=True, link=url),),
        links=(Link("Zum Programm", url),),
        ways=(Way("form", "Fragebogen"),),
    )
    assert shown(message).startswith('Mehr dazu <b><a href="https://hub.example/?a=1&amp;b=&quot;2&quot;">hier</a></b>')
    assert rows(message) == [["Zum Programm"]]
    assert keyboard(send_calls(replace(message, prompt=PROMPT), chat="4711")[0][1])[0] == [
        {"text": "Zum Programm", "url": url}
    ]


def test_each_choice_is_a_button_with_its_label_and_the_ways_are_below() -> None:
    message = OutboundMessage(text="?", choices=choices(*NEEDS), ways=WAYS, prompt=PROMPT)
    assert rows(message) == [
        ["Prototypen testen"],
        ["Maschinen mitnutzen"],
        ["Abschlussarbeiten"],
        ["Fördermittel finden"],
        ["‹ Zurück", "Überspringen", "Pause"],
    ]


def test_short_labels_stand_in_pairs_and_a_long_one_alone_in_their_order() -> None:
    message = OutboundMessage(
        text="?", choices=choices("Ja", "Nein", "Weiß ich noch nicht", "Später", "Nie"), prompt=PROMPT
    )
    assert rows(message) == [["Ja", "Nein"], ["Weiß ich noch nicht"], ["Später", "Nie"]]


def test_a_scale_stands_in_one_row() -> None:
    assert rows(OutboundMessage(text="?", choices=choices(*"12345"), prompt=PROMPT)) == [list("12345")]


def test_done_stands_above_the_other_ways_on() -> None:
    message = OutboundMessage(text="?", ways=(Way("done", "Fertig"), *WAYS), prompt=PROMPT)
    assert rows(message) == [["Fertig"], ["‹ Zurück", "Überspringen", "Pause"]]


def test_long_ways_stand_one_a_row() -> None:
    ways = (Way("a", "Alle Antworten noch einmal ansehen"), Way("b", "Zurück"))
    assert rows(OutboundMessage(text="?", ways=ways, prompt=PROMPT)) == [[ways[0].label], [ways[1].label]]


def test_a_toggle_shows_its_state_and_carries_the_one_it_sets() -> None:
    message = OutboundMessage(text="?", choices=(Choice("a", "Ja", True), Choice("b", "Nein", False)), prompt=PROMPT)
    (pair,) = keyboard(send_calls(message, chat="4711")[0][1])
    assert [(button["text"], read_button(button["callback_data"])) for button in pair] == [
        ("☑ Ja", Pressed(PROMPT, "a", False, None)),
        ("☐ Nein", Pressed(PROMPT, "b", True, None)),
    ]


def test_one_long_label_moves_all_of_them_into_the_text() -> None:
    message = OutboundMessage(text="Welche?", choices=choices("Ja", "x" * 25, selected=False), ways=WAYS, prompt=PROMPT)
    assert shown(message) == f"Welche?\n\n1  Ja\n2  {'x' * 25}"
    assert rows(message)[:-1] == [["☐ 1", "☐ 2"]]


def test_label_length_is_counted_as_the_platform_does() -> None:
    assert rows(OutboundMessage(text="?", choices=choices("👩‍🔬" * 4), prompt=PROMPT)) == [["👩‍🔬" * 4]]
    assert rows(OutboundMessage(text="?", choices=choices("👩‍🔬" * 5), prompt=PROMPT)) == [["1"]]


def test_choices_are_numbered_when_asked_for() -> None:
    message = OutboundMessage(text="?", choices=choices("Ja", "Nein"), numbered=True, prompt=PROMPT)
    assert shown(message) == "?\n\n1  Ja\n2  Nein"
    assert rows(message) == [["1", "2"]]


def test_many_choices_are_numbered_and_those_beyond_the_keyboard_can_be_typed() -> None:
    message = OutboundMessage(
        text="?", choices=choices(*(f"Stadt {n}" for n in range(1, 121))), ways=WAYS, prompt=PROMPT
    )
    assert "\n120  Stadt 120" in shown(message)
    numbers = rows(message)[:-1]
    assert [label for row in numbers for label in row] == [str(n) for n in range(1, 91)]
    assert {len(row) for row in numbers} == {5}


def test_many_ways_leave_less_room_for_choices() -> None:
    ways = tuple(Way(f"w{n}", f"Weg {n}") for n in range(20))
    message = OutboundMessage(text="?", choices=choices(*(str(n) for n in range(95))), ways=ways, prompt=PROMPT)
    assert len([label for row in rows(message) for label in row]) == 100


def test_the_answered_question_shows_what_was_chosen_and_has_no_buttons() -> None:
    message = OutboundMessage(where="Frage 9", text="Was?", chosen=("Prototypen <testen>", "Anderes"), prompt=PROMPT)
    method, params = edit_call(message, chat="4711", message_id="60")
    assert (method, params["message_id"], params["chat_id"]) == ("editMessageText", 60, 4711)
    assert params["text"] == "<b>Frage 9</b>\n\nWas?\n\n✓ Prototypen &lt;testen&gt;, Anderes"
    assert "reply_markup" not in params


def test_without_a_prompt_the_ways_name_their_commands_and_the_choices_their_numbers() -> None:
    message = OutboundMessage(text="Weiter?", choices=choices("Ja"), ways=(*WAYS[:1], Way("x", "Nichts")))
    assert shown(message) == "Weiter?\n\n1  Ja\n\n‹ Zurück: /zurueck\nNichts"
    assert rows(message) == []


def test_no_preview_is_made_of_links() -> None:
    _, params = send_calls(OutboundMessage(text="https://example.org"), chat="4711")[0]
    assert params["link_preview_options"] == {"is_disabled": True}


def test_lines_of_a_label_become_one() -> None:
    assert rows(OutboundMessage(text="?", choices=choices("Ja\n gern"), prompt=PROMPT)) == [["Ja gern"]]


def test_a_choice_without_a_label_still_has_a_button() -> None:
    assert rows(OutboundMessage(text="?", choices=(Choice("other", " "),), prompt=PROMPT)) == [["other"]]


def test_a_public_name_stays_a_name_and_an_id_becomes_a_number() -> None:
    message = OutboundMessage(text="x")
    assert [send_calls(message, chat=chat)[0][1]["chat_id"] for chat in ("@hub", "-100123")] == ["@hub", -100123]


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b", "\u0007"])
def test_a_message_never_looks_empty_to_the_platform(text: str) -> None:
    assert shown(OutboundMessage(text=text, ways=WAYS, prompt=PROMPT)) == "…"


def test_a_mere_file_needs_no_text() -> None:
    file = Attachment("a.ics", "text/calendar", b"x")
    assert send_calls(OutboundMessage(text="", attachments=(file,)), chat="4711") == []


def test_a_lone_surrogate_does_not_stop_a_message() -> None:
    message = OutboundMessage(text="a\ud800b", choices=choices("c\udfffd"), prompt=PROMPT)
    assert (shown(message), rows(message)) == ("a?b", [["c?d"]])


# ------------------------------------------------------------------------------------------------- long messages


def test_a_long_text_is_cut_between_paragraphs_and_the_buttons_come_last() -> None:
    paragraphs = ["a" * 3000, "b" * 3000, "c" * 900]
    calls = send_calls(OutboundMessage(text="\n\n".join(paragraphs), ways=WAYS, prompt=PROMPT), chat="4711")
    assert [params["text"] for _, params in calls] == [paragraphs[0], "\n\n".join(paragraphs[1:])]
    assert ["reply_markup" in params for _, params in calls] == [False, True]


def test_a_long_paragraph_is_cut_between_lines_and_a_long_line_between_words() -> None:
    lines, words = "\n".join(["x" * 100] * 60), " ".join(["y" * 99] * 60)
    for text, size in ((lines, 100), (words, 99)):
        for _, params in send_calls(OutboundMessage(text=text), chat="4711"):
            assert {len(piece) for piece in params["text"].split()} == {size}


def test_a_text_of_exactly_the_limit_is_one_message() -> None:
    assert len(send_calls(OutboundMessage(text="😀" * 2048), chat="4711")) == 1
    assert len(send_calls(OutboundMessage(text="😀" * 2048 + "a"), chat="4711")) == 2


def test_escaping_does_not_count_against_the_limit() -> None:
    assert len(send_calls(OutboundMessage(text="&" * 4096), chat="4711")) == 1


def test_small_print_that_is_cut_stays_small_print_on_both_sides() -> None:
    calls = send_calls(OutboundMessage(text="?", hint="wort " * 1000), chat="4711")
    assert len(calls) == 2
    assert calls[0][1]["text"].endswith("</i>")
    assert calls[1][1]["text"].startswith("<i>")


def test_an_edit_of_a_long_message_changes_its_last_part() -> None:
    message = OutboundMessage(text="a" * 4096 + "\n\nEnde?", chosen=("Ja",), prompt=PROMPT)
    assert edit_call(message, chat="4711", message_id="60")[1]["text"] == "Ende?\n\n✓ Ja"


def test_a_toast_is_cut_to_its_limit() -> None:
    assert toast("kurz") == "kurz"
    assert units(toast("😀" * 150)) <= 200
    assert toast("a" * 201) == "a" * 199 + "…"


# ------------------------------------------------------------------------------------------------- button data


@pytest.mark.parametrize("key", ["", "a" * 17, "a-b", "ä", "a.b"])
def test_a_key_that_could_not_be_read_back_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="button's data"):
        send_calls(OutboundMessage(text="?", choices=(Choice(key, "x"),), prompt=PROMPT), chat="4711")


@pytest.mark.parametrize("prompt", [-1, LARGEST_PROMPT + 1, 36**60])
def test_a_prompt_that_could_not_be_read_back_is_refused(prompt: int) -> None:
    with pytest.raises(ValueError, match="prompt"):
        button_data(PromptId(prompt), key="back")


KEYS = st.from_regex(r"[A-Za-z0-9_]{1,16}", fullmatch=True)
PROMPTS = st.integers(min_value=0, max_value=LARGEST_PROMPT).map(PromptId)


@given(prompt=PROMPTS, key=KEYS, on=st.sampled_from([None, True, False]))
def test_a_buttons_data_comes_back_as_it_was_and_fits(prompt: PromptId, key: str, on: bool | None) -> None:
    data = button_data(prompt, key=key, on=on)
    assert len(data.encode()) <= 64
    assert read_button(data, message_id="7") == Pressed(prompt, key, on, "7")


# ------------------------------------------------------------------------------------------------- any message

# Few kinds of characters, so that the interesting ones meet: markup, blanks, two-unit and combined characters.
TEXT = st.text(alphabet=st.sampled_from("aä<>&\"' \n😀👩\u200d\u0301ש\u202e"), max_size=40)
LONG = st.builds(lambda text, times: text * times, TEXT, st.sampled_from([0, 1, 1, 30, 400]))
LABELS = st.lists(TEXT, max_size=8) | st.integers(0, 130).map(lambda n: [f"Stadt {i}" for i in range(n)])


@st.composite
def messages(draw: st.DrawFn) -> OutboundMessage:
    states = st.sampled_from([None, True, False])
    return OutboundMessage(
        where=draw(TEXT),
        text=draw(LONG),
        hint=draw(LONG),
        choices=tuple(Choice(f"c{n}", label, draw(states)) for n, label in enumerate(draw(LABELS), 1)),
        ways=tuple(Way(f"w{n}", label, f"/w{n}") for n, label in enumerate(draw(st.lists(TEXT, max_size=12)))),
        numbered=draw(st.booleans()),
        chosen=tuple(draw(st.lists(TEXT, max_size=3))),
        prompt=draw(st.none() | PROMPTS),
    )


@given(message=messages())
def test_whatever_is_said_keeps_the_platforms_limits(message: OutboundMessage) -> None:
    calls = send_calls(message, chat="4711")
    for method, params in calls:
        assert method == "sendMessage"
        seen = plain(params["text"])
        assert squeezed(seen), "Telegram refuses an empty message"
        assert units(seen) <= 4096
    assert all("reply_markup" not in params for _, params in calls[:-1])
    buttons = keyboard(calls[-1][1])
    assert sum(len(row) for row in buttons) <= 100
    assert all(1 <= len(row) <= 8 for row in buttons)
    assert all(1 <= len(button["callback_data"].encode()) <= 64 for row in buttons for button in row)
    assert all(button["text"].strip() for row in buttons for button in row)


@given(message=messages())
def test_nothing_that_was_said_is_lost_between_the_parts(message: OutboundMessage) -> None:
    seen = squeezed("".join(plain(params["text"]) for _, params in send_calls(message, chat="4711")))
    expected = squeezed(message.where + message.text + message.hint)
    # A part of nothing but invisible characters is left out.
    invisible = str.maketrans("", "", "\u200d\u202e\u0301")
    assert expected.translate(invisible) in seen.translate(invisible)


@given(message=messages())
def test_every_choice_can_be_reached(message: OutboundMessage) -> None:
    calls = send_calls(message, chat="4711")
    seen = "\n" + "\n".join(plain(params["text"]) for _, params in calls)
    pressed = {read_button(b["callback_data"]).choice for row in keyboard(calls[-1][1]) for b in row}
    for n, choice in enumerate(message.choices, 1):
        assert choice.key in pressed or re.search(rf"\s{n}\s", seen + " "), f"choice {n} is out of reach"
    for way in message.ways:
        assert way.key in pressed or message.prompt is None


@given(message=messages())
def test_an_edit_keeps_the_same_limits(message: OutboundMessage) -> None:
    _, params = edit_call(message, chat="4711", message_id="60")
    assert 1 <= units(plain(params["text"])) <= 4096
    assert params.get("reply_markup") == send_calls(message, chat="4711")[-1][1].get("reply_markup")
