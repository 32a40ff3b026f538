"""No text makes a reader fail or hang, whatever its script, length and signs."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forms.blueprint import Entry
from bot.forms.codecs import decoder
from bot.forms.model import Question, QuestionType
from bot.forms.readers import Guessed, NotUnderstood, Understood
from tests.unit.forms.readers.asking import FIELDS, asked, reading

KINDS: tuple[QuestionType, ...] = (
    "text", "integer", "decimal", "range", "date", "time", "datetime", "geopoint", "barcode", "acknowledge",
    "image", "note",
)  # fmt: skip
QUESTIONS = (
    *(asked(kind) for kind in KINDS),
    *(asked(kind, labels=FIELDS) for kind in ("select_one", "select_multiple", "rank")),
    asked("select_one", labels=tuple(f"Ort {number}" for number in range(50))),
    asked("date", appearance="month-year"),
    asked("text", appearance="numbers"),
)
WORDS = (
    "ca. 20 fünf und zwanzig bis halb drei viertel nach acht morgen um 9 in drei Wochen Ende März 31.01.2026 14:30 "
    "pm Uhr 51.63, 7.63 geo: N E ° ' 1-3 alle keine Ort Infrastrutkur a) ~ > % ½ ² ٣ 👍 \u200f  \n ; , - . / "
    "Freitag nächsten ago Dutzend Mio k tausend hundert komma minus https://x/?q= @ ( ±12 m Januar 2026 29.2. "
    "first 00 9999999"
).split(" ")


@given(
    st.sampled_from(QUESTIONS),
    st.text(max_size=80)
    | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
    | st.lists(st.sampled_from(WORDS), max_size=8).map("".join)
    | st.text("0123456789.,:;-+/ °'\"NSEW()", max_size=40),
    st.sampled_from(("de", "en", "fr", "")),
)
def test_no_text_makes_a_reader_fail(question: Question, text: str, language: str) -> None:
    found = reading(question, text, language=language)
    match found:
        case Understood(value=value) | Guessed(value=value):
            assert type(value) in _KINDS_OF_VALUES[question.type]
            assert value not in ("", ())
        case NotUnderstood():
            assert found.expected


_KINDS_OF_VALUES: dict[QuestionType, tuple[type, ...]] = {
    "integer": (int,), "decimal": (float,), "range": (int,), "select_multiple": (tuple,), "rank": (tuple,),
    **dict.fromkeys(("text", "date", "time", "datetime", "geopoint", "barcode", "acknowledge", "select_one"), (str,)),
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.type)
def test_a_megabyte_is_read_in_no_time(question: Question, rng: random.Random) -> None:
    """Half a second is far more than it takes, and far less than a pattern that tries everything would."""
    floods = [
        "9" * 10_000,
        "1, " * 3333,
        "(" * 9999,
        "fünf" * 2500,
        "- " * 5000,
        "x" * 10**6,
        "\n" * 10**6,
        "1 " * 5000,
    ]
    floods += ["".join(rng.choices("0123456789.,:;-+/ °'NEx\n", k=10_000)) for _ in range(5)]
    floods += ["https://x/?q=" + "1" * 1900, "geo:" + "1," * 900, "Freitag " * 1000, "51°" * 30, "ca. " * 30 + "5"]
    for text in floods:
        begin = time.thread_time()
        reading(question, text)
        assert time.thread_time() - begin < 0.5, text[:20]


_BINDS: dict[QuestionType, str] = {
    "integer": "int", "decimal": "decimal", "date": "date", "time": "time", "datetime": "dateTime",
    "geopoint": "geopoint",
}  # fmt: skip
_DECODERS = {kind: decoder(Entry(path="q", sort="question", type=name)) for kind, name in _BINDS.items()}


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join))
def test_what_is_read_is_a_value_of_the_engine(text: str) -> None:
    for kind, decode in _DECODERS.items():
        found = reading(asked(kind), text)
        if not isinstance(found, NotUnderstood):
            assert decode(str(found.value)) == found.value, (kind, found)
