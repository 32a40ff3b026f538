from __future__ import annotations

import pytest

from bot.forms.model import QuestionType
from bot.forms.readers import says_skip, says_unknown
from tests.unit.forms.readers.asking import asked, refused, understood


@pytest.mark.parametrize(
    "text",
    ["weiß nicht", "Weiss ich nicht.", "Keine Ahnung!", "k.A.", "kA", "k. A.", "don't know", "Don’t know", "dunno",
     "no idea", "n/a", "N.A.", "?", "???", "I don't know", "keine Angabe"],
)  # fmt: skip
def test_words_that_say_one_does_not_know(text: str) -> None:
    assert says_unknown(text) and not says_skip(text)


@pytest.mark.parametrize("text", ["überspringen", "Ueberspringen", "skip", "Weiter", "nächste", "next", "Skip, please"])
def test_words_that_pass_a_question(text: str) -> None:
    assert says_skip(text) and not says_unknown(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "weiß nicht genau, vielleicht 20",
        "Weiterbildung",
        "ich weiß",
        "was?",
        "ka",
        "Na",
        "no",
        "nein",
        "nicht",
        "x" * 10**6,
    ],
)
def test_other_texts_say_neither(text: str) -> None:
    assert not says_unknown(text) and not says_skip(text)


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file"])
def test_text_is_no_file_and_the_refusal_names_the_kind(kind: QuestionType) -> None:
    assert refused(asked(kind), "foto.jpg").expected == kind


@pytest.mark.parametrize("kind", ["note", "calculate", "hidden"])
def test_what_takes_no_answer_says_so(kind: QuestionType) -> None:
    assert refused(asked(kind), "x").expected == "nothing"


def test_a_barcode_is_a_text() -> None:
    assert understood(asked("barcode"), " 4006381333931 ") == "4006381333931"


def test_lines_of_a_text_stay() -> None:
    assert understood(asked("text", appearance="multiline"), "a\r\nb") == "a\nb"


@pytest.mark.parametrize(("text", "kept"), [("0049 2307 / 12-34", "0049 2307 / 12-34"), ("٠٧", "07"), ("007", "007")])
def test_digits_that_are_a_text_keep_their_zeros(text: str, kept: str) -> None:
    assert understood(asked("text", appearance="numbers"), text) == kept


@pytest.mark.parametrize("text", ["fünf", "12a", "--", "1" * 201])
def test_a_text_of_digits_takes_no_letters(text: str) -> None:
    assert refused(asked("text", appearance="numbers"), text).expected == "numbers"
