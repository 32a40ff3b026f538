from __future__ import annotations

import pytest

from tests.unit.forms.readers.asking import asked, guessed, refused, understood

WHOLE, DECIMAL = asked("integer"), asked("decimal")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("fünf", 5), ("Fuenf", 5), ("zwanzig", 20), ("fünfundzwanzig", 25), ("fünf und zwanzig", 25), ("null", 0),
        ("zwölfhundert", 1200), ("zweitausendfünfhundert", 2500), ("zwei tausend fünf hundert", 2500), ("hundert", 100),
        ("neuntausendneunhundertneunundneunzig", 9999), ("tausendundeins", 1001), ("hunderttausend", 100_000),
        ("eine Million", 1_000_000), ("ein Dutzend", 12), ("drei Dutzend", 36), ("minus fünf", -5), ("eins", 1),
        ("dreißig", 30), ("dreissig", 30), ("hundertzwölf", 112),
        ("twenty five", 25), ("twenty-five", 25), ("a hundred and five", 105), ("twelve hundred", 1200),
        ("one thousand two hundred", 1200), ("a dozen", 12), ("half a dozen", 6), ("a million", 1_000_000),
        ("ninety-nine thousand nine hundred and ninety-nine", 99_999), ("zero", 0), ("SEVENTEEN.", 17), ("25!", 25),
    ],
)  # fmt: skip
def test_a_plain_number_word_is_a_number(text: str, number: int) -> None:
    assert understood(WHOLE, text) == number
    assert understood(DECIMAL, text) == float(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ca. 20", 20), ("ca. zwanzig", 20), ("etwa 30", 30), ("about 30", 30), ("~20", 20), ("≈ 20", 20),
        ("über 100", 100), ("mehr als zehn", 10), ("so um die 20", 20), ("20 oder so", 20), ("100+", 100), ("25?", 25),
        ("mindestens fünf", 5), ("approximately twenty five", 25), ("20 or so", 20), (">100", 100), ("25ish", 25),
        ("ein paar Dutzend", 36), ("ein paar hundert", 300), ("a couple of dozen", 24), ("10 Tausend", 10_000),
        ("10k", 10_000), ("2,5 Mio", 2_500_000),
    ],
)  # fmt: skip
def test_a_hedged_or_rounded_number_is_a_guess(text: str, number: int) -> None:
    assert guessed(WHOLE, text) == number
    assert guessed(DECIMAL, text) == float(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25 Mitarbeiter", 25), ("12 %", 12), ("3 km", 3), ("3km", 3), ("wir haben 25 Leute", 25), ("-5 Grad", -5),
        ("25 m²", 25), ("zwanzig Mitarbeiter", 20), ("5 000 Leute", 5000), ("ca. 1.500 Euro", 1500), ("25 👍", 25),
        ("25 Teilzeit-Kräfte", 25), ("500,- €", 500), ("EUR 500", 500),
        ("rund zwanzig feste Angestellte", 20), ("keine", 0), ("none", 0),
    ],
)  # fmt: skip
def test_exactly_one_number_among_words_is_a_guess(text: str, number: int) -> None:
    assert guessed(WHOLE, text) == number


@pytest.mark.parametrize(
    "text",
    [
        "20-25", "20–25", "20 bis 25", "zwei bis drei", "zwanzig oder dreißig", "10 von 20", "1/2", "½", "2½", "5. Mai",
        "14 Uhr", "Frage 5", "#5", "keine 25", "not 5", "eine gute Frage", "acht zehn", "a", "an", "--3", "3 + 4",
        "20,30,40", "25er 30er", "a@5", "um 14:30", "am 3. Tag", "viele", "ein paar", "und", "tausendtausend",
        "zehnhundert", "nullhundert", "hundert hundert", "komma fünf", "drei komma", "minus minus drei", "2026-01-31",
        "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn",
    ],
)  # fmt: skip
def test_several_numbers_and_other_words_are_no_number(text: str) -> None:
    assert refused(WHOLE, text).expected == "integer"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("anderthalb", 1.5), ("eineinhalb", 1.5), ("dreieinhalb", 3.5), ("drei Komma fünf", 3.5), ("a half", 0.5),
        ("three point one four", 3.14), ("drei Komma fünfundzwanzig", 3.25), ("two and a half", 2.5),
    ],
)  # fmt: skip
def test_halves_and_fractions_in_words_are_decimals_only(text: str, number: float) -> None:
    assert understood(DECIMAL, text) == number
    assert refused(WHOLE, text).expected == "integer"


def test_a_unit_behind_a_decimal_is_a_guess_in_the_persons_own_marks() -> None:
    assert guessed(DECIMAL, "3,5 km") == 3.5
    assert guessed(DECIMAL, "3.5 km", language="en") == 3.5
    assert refused(DECIMAL, "1.234 kg").expected == "decimal_ambiguous"
    assert guessed(DECIMAL, "1.234 kg", language="en") == 1.234


def test_numbers_in_words_have_bounds_as_well() -> None:
    assert refused(WHOLE, "5 Milliarden").expected == "out_of_range"
    assert refused(WHOLE, "ca. 99999999999").expected == "out_of_range"
    assert guessed(DECIMAL, "5 Milliarden") == 5e9
