from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forms.model import Choice, Question, Value
from bot.forms.readers import NotUnderstood, Understood, read
from tests.unit.forms.making import question

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

FIELDS = question(
    "fields",
    "select_multiple",
    options=(
        Choice(name="training", label={"de": "Weiterbildung und Qualifizierung", "en": "Training and qualification"}),
        Choice(name="advice", label={"de": "Beratung, Best Practices", "en": "Advice, best practices"}),
        Choice(name="transfer", label={"de": "Technologietransfer", "en": "Technology transfer"}),
        Choice(name="infra", label={"de": "Infrastruktur", "en": "Infrastructure"}),
        Choice(name="none", label={"de": "Nichts davon", "en": "None of these"}),
        Choice(name="street", label={"de": "Straße & Größe", "en": "Street"}),
    ),
)
SIZE = question(
    "size",
    "select_one",
    options=(
        Choice(name="s", label={"": "Unter 10"}),
        Choice(name="m", label={"": "10 bis 49"}),
        Choice(name="l", label={"": "50 bis 249"}),
        Choice(name="xl", label={"": "250 und mehr"}),
    ),
)
YES = question(
    "yes",
    "select_one",
    options=(Choice(name="yes", label={"de": "Gern", "en": "Sure"}), Choice(name="no", label={"de": "Lieber nicht"})),
)


def value(asked: Question, text: str, *, language: str = "de") -> Value | None:
    reading = read(asked, text, language=language, now=NOW)
    return reading.value if isinstance(reading, Understood) else None


def refusal(asked: Question, text: str, *, language: str = "de") -> NotUnderstood:
    reading = read(asked, text, language=language, now=NOW)
    assert isinstance(reading, NotUnderstood), reading
    return reading


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25), (" 25 ", 25), ("+5", 5), ("-3", -3), ("−3", -3), ("1.000", 1000), ("1,000", 1000),
        ("1.234.567", 1_234_567), ("1 000", 1000), ("1'000", 1000), ("5,0", 5), ("5.", 5), ("1.234,0", 1234),
        ("٢٥", 25), ("２５", 25), ("1\u00a0000", 1000), ("1\u202f000", 1000), ("007", 7), ("2147483647", 2**31 - 1),
    ],
)  # fmt: skip
def test_whole_numbers(text: str, number: int) -> None:
    assert value(question("n", "integer"), text) == number


@pytest.mark.parametrize("text", ["", "viele", "3,5", "1.2.3", "1,00,000", "12.34", "1e3", "--3", "2-3", "1" * 60, "½"])
def test_what_is_no_whole_number(text: str) -> None:
    assert refusal(question("n", "integer"), text).expected == "integer"


@pytest.mark.parametrize("text", ["2147483648", "-2147483649", "99999999999999"])
def test_whole_numbers_beyond_32_bits(text: str) -> None:
    assert refusal(question("n", "integer"), text).expected == "out_of_range"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3,5", 3.5), ("3.5", 3.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1 234,5", 1234.5), (",5", 0.5),
        ("-0,25", -0.25), ("12", 12.0), ("1.234.567", 1_234_567.0), ("0,125", 0.125), ("0.125", 0.125),
        ("12,3456", 12.3456), ("1,234", 1.234), ("-0", 0.0),
    ],
)  # fmt: skip
def test_decimal_numbers(text: str, number: float) -> None:
    found = value(question("n", "decimal"), text)
    assert isinstance(found, float)
    assert found == number


def test_a_mark_that_may_group_or_divide_is_asked_about() -> None:
    assert refusal(question("n", "decimal"), "1.234") == NotUnderstood(
        "decimal_ambiguous", {"first": "1,234", "second": "1234"}
    )
    assert refusal(question("n", "decimal"), "1,234", language="en").expected == "decimal_ambiguous"
    assert value(question("n", "decimal"), "1.234", language="en") == 1.234


@pytest.mark.parametrize("text", ["", "a", "1,2,3", "1.2,3.4", ".", ",", "inf", "nan", "1e5"])
def test_what_is_no_decimal_number(text: str) -> None:
    assert refusal(question("n", "decimal"), text).expected == "decimal"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-31", "2026-01-31"), ("31.01.2026", "2026-01-31"), ("31.1.26", "2026-01-31"),
        ("1. 2. 2026", "2026-02-01"), ("31.1.85", "1985-01-31"), ("heute", "2026-01-31"),
        ("Morgen", "2026-02-01"), ("gestern", "2026-01-30"),
        ("today", "2026-01-31"), ("tomorrow!", "2026-02-01"), ("yesterday", "2026-01-30"), ("übermorgen", "2026-02-02"),
        ("31. Januar 2026", "2026-01-31"), ("3 März 2026", "2026-03-03"), ("January 31, 2026", "2026-01-31"),
        ("31 Dez. 2026", "2026-12-31"), ("29.2.2024", "2024-02-29"),
    ],
)  # fmt: skip
def test_dates(text: str, day: str) -> None:
    assert value(question("d", "date"), text) == day


@pytest.mark.parametrize(
    "text", ["", "1/2/2026", "1/31", "31.02.2026", "29.2.2025", "2026", "bald", "0.1.2026", "3. Ma 2026"]
)
def test_what_is_no_date(text: str) -> None:
    assert refusal(question("d", "date"), text) == NotUnderstood("date", {"example": "31.01.2026"})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2", "m"), ("2.", "m"), ("(2)", "m"), ("10 bis 49", "m"), ("  10  BIS 49. ", "m"), ("xl", "xl"), ("XL", "xl"),
        ("unter", "s"), ("250", "xl"),
    ],
)  # fmt: skip
def test_one_choice(text: str, name: str) -> None:
    if text == "250":  # three letters are too few for the beginning of a label, and there is no number 250
        assert value(SIZE, text) is None
    else:
        assert value(SIZE, text) == name


@pytest.mark.parametrize("text", ["5", "0", "", "zehn", "bis", "unterhalb von allem"])
def test_what_is_no_choice(text: str) -> None:
    assert refusal(SIZE, text) == NotUnderstood("choice", {"count": "4"})


@pytest.mark.parametrize(("text", "name"), [("ja", "yes"), ("Y", "yes"), ("nein", "no"), ("N", "no"), ("sure", "yes")])
def test_yes_and_no_in_every_language(text: str, name: str) -> None:
    assert value(YES, text) == name


def test_a_beginning_that_fits_two_labels_is_none() -> None:
    asked = question(
        "q", "select_one", options=(Choice(name="a", label={"": "Beratung"}), Choice(name="b", label={"": "Berater"}))
    )
    assert value(asked, "bera") is None
    assert value(asked, "beratu") == "a"


def test_a_label_beats_the_number_as_shown() -> None:
    asked = question("q", "select_one", options=(Choice(name="a", label={"": "2"}), Choice(name="b", label={"": "5"})))
    assert value(asked, "2") == "a"
    assert value(asked, "1") == "a"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1", ("training",)),
        ("1,3", ("training", "transfer")),
        ("3, 1", ("training", "transfer")),
        ("1 und 3", ("training", "transfer")),
        ("1 and 3", ("training", "transfer")),
        ("1, 2 und 4", ("training", "advice", "infra")),
        ("1-3", ("training", "advice", "transfer")),
        ("1 bis 3, 6", ("training", "advice", "transfer", "street")),
        ("1 3", ("training", "transfer")),
        ("1. 3.", ("training", "transfer")),
        ("3;3;1", ("training", "transfer")),
        ("Weiterbildung und Qualifizierung", ("training",)),
        ("weiterbildung und qualifizierung und infrastruktur", ("training", "infra")),
        ("Beratung, Best Practices, Technologietransfer", ("advice", "transfer")),
        ("Technologietransfer und Beratung, Best Practices und 1", ("training", "advice", "transfer")),
        ("Training and qualification\nInfrastructure", ("training", "infra")),
        ("techno, infra", ("transfer", "infra")),
        ("strasse & grosse", ("street",)),
        ("Strasse und Groesse", ()),
        ("None of these", ("none",)),
    ],
)
def test_several_choices(text: str, names: tuple[str, ...]) -> None:
    assert (value(FIELDS, text) or ()) == names


@pytest.mark.parametrize(
    ("text", "unclear"),
    [("1, Pferde", "Pferde"), ("1 und 9", "9"), ("2-9", "2-9"), ("3-1", "3-1"), (",,", ""), ("", "")],
)
def test_what_is_unclear_is_named(text: str, unclear: str) -> None:
    assert refusal(FIELDS, text) == NotUnderstood("choices", {"count": "6", "unclear": unclear})


PLACES = ["Bergkamen", "Heinsberg", "Unna", "Kamen", "Käsdorf", *(f"Weiler {number}" for number in range(6, 41))]
PLACE = question(
    "place",
    "select_one",
    options=tuple(Choice(name=f"p{number}", label={"": label}) for number, label in enumerate(PLACES, start=1)),
)
LINES = question(
    "lines",
    "select_multiple",
    options=tuple(Choice(name=f"p{number}", label={"": label}) for number, label in enumerate(PLACES, start=1)),
)


@pytest.mark.parametrize(
    ("text", "name"),
    [("insber", "p2"), ("UNNA", "p3"), ("kamen", "p4"), ("äsdorf", "p5"), ("aesdor", "p5"), ("ler 33", "p33")],
)
def test_in_a_long_list_any_part_of_a_label_will_do(text: str, name: str) -> None:
    assert value(PLACE, text) == name
    assert value(LINES, f"1 und {text}") == (("p1", name) if name != "p1" else (name,))


@pytest.mark.parametrize(
    ("text", "numbers"), [("ame", (1, 4)), ("nsb", (2,)), ("k", (4, 5)), ("ler 3", (30, *range(31, 40))), ("xyz", ())]
)
def test_a_part_that_may_mean_several_is_named_with_them(text: str, numbers: tuple[int, ...]) -> None:
    assert refusal(PLACE, text).fitting == numbers
    assert refusal(LINES, f"1, {text}").fitting == numbers


@pytest.mark.parametrize("text", ["", " ", "›", "…", "41", "99"])
def test_signs_and_numbers_that_are_not_there_fit_nothing(text: str) -> None:
    assert refusal(PLACE, text).fitting == ()


def test_all_municipalities_of_a_country_are_within_reach_of_a_number() -> None:
    """Two lists may be alike and yet mean different things."""
    first, second = (
        question(
            "q",
            "select_multiple",
            options=tuple(Choice(name=f"{mark}{number}", label={"": f"Ort {number}"}) for number in range(1, 11_001)),
        )
        for mark in "ab"
    )
    for asked, mark in ((first, "a"), (second, "b"), (first, "a")):
        assert value(asked, "10500") == (f"{mark}10500",)
        assert value(asked, "10998-11000, 7") == (f"{mark}7", f"{mark}10998", f"{mark}10999", f"{mark}11000")
        assert value(asked, "ort 10777") == (f"{mark}10777",)
        assert value(asked, "11001") is None


def test_in_a_short_list_a_part_of_a_label_is_no_answer() -> None:
    assert refusal(SIZE, "mehr").fitting == () and value(FIELDS, "qualifizierung") is None


@pytest.mark.parametrize("text", ["OK", "ok!", "ja", "Yes", "gelesen", "Verstanden.", "👍", "✓"])
def test_acknowledging(text: str) -> None:
    assert value(question("a", "acknowledge"), text) == "OK"


def test_other_words_do_not_acknowledge() -> None:
    assert refusal(question("a", "acknowledge"), "nein").expected == "acknowledge"


def test_text_is_kept_without_control_characters() -> None:
    assert value(question("t"), " a\0b\x07\tc\r\nd\u200fא ") == "ab\tc\nd\u200fא"
    assert refusal(question("t"), " \0\n ").expected == "text"
    assert value(question("t"), "x" * 10_000) == "x" * 10_000
    assert refusal(question("t"), "x" * 10_001) == NotUnderstood("too_long", {"limit": "10000"})


@pytest.mark.parametrize("asked", [SIZE, FIELDS, question("n", "integer"), question("d", "date")])
def test_very_long_texts_are_refused_at_once(asked: Question) -> None:
    assert refusal(asked, "1, " * 20_000).expected == "too_long"


def test_pieces_beyond_a_list_are_unclear() -> None:
    assert refusal(FIELDS, ",".join(["1"] * 100)).expected == "choices"


@pytest.mark.parametrize("text", ["99999999999999999", "-99999999999999999"])
def test_decimals_out_of_range(text: str) -> None:
    assert refusal(question("n", "decimal"), text).expected == "out_of_range"


def test_the_end_of_the_calendar_is_no_date() -> None:
    last = read(question("d", "date"), "tomorrow", language="en", now=datetime.max.replace(tzinfo=UTC))
    assert last == NotUnderstood("date", {"example": "2026-01-31"})


def test_two_choices_with_one_label_are_told_apart_by_number() -> None:
    twins = (Choice(name="a", label={"": "Gleich"}), Choice(name="b", label={"": "gleich!"}))
    asked = question("q", "select_one", options=twins)
    assert value(asked, "gleich") is None
    assert value(asked, "2") == "b"


def test_notes_take_no_answer() -> None:
    assert refusal(question("n", "note"), "x").expected == "nothing"


@given(
    st.sampled_from([SIZE, FIELDS, YES, *(question("q", kind) for kind in ("integer", "decimal", "date", "text"))]),
    st.text(max_size=60) | st.text("0123456789.,;-+/ undbis\n", max_size=40),
)
def test_reading_never_fails_and_gives_what_the_question_takes(asked: Question, text: str) -> None:
    found = value(asked, text)
    if found is None:
        return
    match asked.type:
        case "integer":
            assert type(found) is int
        case "decimal":
            assert type(found) is float
        case "date":
            assert datetime.fromisoformat(str(found)).date().isoformat() == found
        case "select_one":
            assert asked.choice(str(found))
        case "select_multiple":
            names = [choice.name for choice in asked.choices]
            assert isinstance(found, tuple) and found
            assert list(found) == sorted(set(found), key=names.index)
        case _:
            assert isinstance(found, str) and found
