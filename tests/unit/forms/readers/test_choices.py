from __future__ import annotations

import time
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forms.model import Question
from bot.forms.readers.folding import fold, folds
from bot.forms.readers.typos import slips
from tests.unit.forms.readers.asking import FIELDS, asked, guessed, refused, understood

ONE, SEVERAL = asked("select_one", labels=FIELDS), asked("select_multiple", labels=FIELDS)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Technologitransfer", "n3"), ("Tehcnologietransfer", "n3"), ("Infrastrutkur", "n4"), ("infrastukturr", "n4"),
        ("Weiterbldung", "n1"), ("Weiterbildng und Qualifizierung", "n1"), ("Beratung Best Practises", "n2"),
        ("nichst davon", "n5"),
    ],
)  # fmt: skip
def test_a_label_with_a_typo_is_a_guess(text: str, name: str) -> None:
    assert guessed(ONE, text) == name
    assert guessed(SEVERAL, text) == (name,)


@pytest.mark.parametrize("text", ["Pferde", "Struktur", "xyz", "Infr", "techtransfer", "99", "Technologie & Co"])
def test_what_is_too_far_from_a_label_is_no_guess(text: str) -> None:
    assert refused(ONE, text).expected == "choice" if text != "Infr" else understood(ONE, text) == "n4"


def test_two_labels_as_near_as_each_other_are_no_guess() -> None:
    assert refused(asked("select_one", labels=("Hase", "Nase", "Vogel")), "Kase").expected == "choice"
    assert guessed(asked("select_one", labels=("Hasen", "Vogel")), "Nasen") == "n1"


def test_short_words_and_numbers_are_never_guessed() -> None:
    assert refused(asked("select_one", labels=("rot", "blau")), "rto").expected == "choice"
    assert refused(asked("select_one", labels=("Halle 12", "Halle 34")), "Halle 13").expected == "choice"
    assert guessed(asked("select_one", labels=("Halle 12", "Halle 34")), "Hale 34") == "n2"
    assert refused(asked("select_one", labels=("1234", "5678")), "1235").expected == "choice"


def test_one_typo_among_several_makes_the_whole_a_guess() -> None:
    assert guessed(SEVERAL, "1, Infrastrutkur und 3") == ("n1", "n3", "n4")
    assert guessed(SEVERAL, "Beratng, Best Practices und 1") == ("n1", "n2")
    assert refused(SEVERAL, "Infrastrutkur, Pferde").parameters["unclear"] == "Pferde"


@pytest.mark.parametrize("text", ["b", "B", "b)", "(b)", "b."])
def test_a_letter_is_a_choice(text: str) -> None:
    assert understood(ONE, text) == "n2"
    assert understood(SEVERAL, f"{text}, a") == ("n1", "n2")


def test_a_letter_is_that_of_the_label_where_labels_have_letters() -> None:
    assert understood(asked("select_one", labels=("b) Wasser", "a) Erde")), "b") == "n1"
    assert understood(asked("select_one", labels=("B", "A")), "b") == "n1"
    assert refused(asked("select_one", labels=("X", "Y")), "a").expected == "choice"
    assert refused(ONE, "f").expected == "choice"
    assert refused(asked("select_one", labels=("a lot", "a little")), "a").expected == "choice"


@pytest.mark.parametrize(
    ("text", "name"), [("ja", "n1"), ("klar", "n1"), ("yes", "n1"), ("Nö", "n2"), ("no", "n2"), ("n", "n2")]
)
def test_yes_and_no_by_their_labels(text: str, name: str) -> None:
    assert understood(asked("select_one", labels=("Ja", "Nein")), text) == name
    assert understood(asked("select_one", labels=("Ja, gern", "Nein, nie", "Weiß nicht")), text) == name


def test_yes_is_unclear_where_two_labels_say_so() -> None:
    assert refused(asked("select_one", labels=("Ja, sofort", "Ja, später", "Nein")), "ja").expected == "choice"


@pytest.mark.parametrize("text", ["keine", "nichts", "Nichts davon", "none of these", "nix"])
def test_nothing_is_a_choice_only_where_one_says_so(text: str) -> None:
    assert understood(SEVERAL, text) == ("n5",)
    assert refused(asked("select_multiple", labels=FIELDS[:4]), text).expected == "choices"


def test_all_is_every_choice() -> None:
    assert understood(asked("select_multiple", labels=FIELDS[:3]), "alle") == ("n1", "n2", "n3")
    assert guessed(SEVERAL, "alle") == ("n1", "n2", "n3", "n4")
    assert understood(asked("select_multiple", labels=("Alle", "Keine")), "alle") == ("n1",)
    assert refused(asked("select_multiple"), "alle").expected == "choices"


@pytest.mark.parametrize(
    ("one", "two", "count"),
    [("kamen", "kamen", 0), ("kamen", "kmaen", 1), ("kamen", "kamn", 1), ("kamen", "kammen", 1), ("kamen", "komen", 1),
     ("abcd", "badc", 2), ("", "ab", 2), ("kitten", "sitting", None), ("abc", "xyz", None)],
)  # fmt: skip
def test_slips_are_counted_up_to_the_bound(one: str, two: str, count: int | None) -> None:
    assert slips(one, two, most=2) == count
    assert slips(two, one, most=2) == count


def test_a_typo_in_a_list_of_ten_thousand_is_found_quickly() -> None:
    """The promise is 20 ms; the test allows ten times that, of CPU: a machine may be busy with something else."""
    words = ("berg", "kam", "wal", "dorf", "heide", "stein", "bach", "au", "feld", "hausen", "kirch", "rot")
    labels = tuple(f"{one}{two}{three}{four}" for one in words for two in words for three in words for four in words)
    place = asked("select_one", labels=labels[:10_000])
    assert guessed(place, "bergkamwalheidde") == f"n{labels.index('bergkamwalheide') + 1}"
    begin = time.thread_time()
    guessed(place, "steinbachaufedl")
    assert time.thread_time() - begin < 0.2


@given(st.text("abcd", max_size=9), st.text("abcd", max_size=9), st.integers(1, 3))
def test_slips_are_the_same_as_by_the_whole_table(one: str, two: str, most: int) -> None:
    rows = {(at, 0): at for at in range(len(one) + 1)} | {(0, to): to for to in range(len(two) + 1)}
    for at, to in product(range(1, len(one) + 1), range(1, len(two) + 1)):
        same = one[at - 1] == two[to - 1]
        rows[at, to] = min(rows[at - 1, to] + 1, rows[at, to - 1] + 1, rows[at - 1, to - 1] + (not same))
        if at > 1 and to > 1 and one[at - 1] == two[to - 2] and one[at - 2] == two[to - 1]:
            rows[at, to] = min(rows[at, to], rows[at - 2, to - 2] + 1)
    count = rows[len(one), len(two)]
    assert slips(one, two, most=most) == (count if count <= most else None)


@given(
    st.lists(st.text("abcdeä ,und12-", min_size=1, max_size=12).filter(fold), min_size=1, max_size=8, unique_by=fold)
)
def test_where_a_label_is_typed_as_it_is_nothing_is_guessed(labels: list[str]) -> None:
    place = asked("select_one", labels=tuple(labels))
    ways = Counter(way for label in labels for way in folds(label))
    for number, label in enumerate(labels, start=1):
        if all(ways[way] == 1 for way in folds(label)):
            assert understood(place, label) == f"n{number}"


def test_numbers_in_words_are_the_numbers_of_choices() -> None:
    assert understood(ONE, "zwei") == "n2"
    assert understood(SEVERAL, "eins und drei") == ("n1", "n3")
    assert refused(ONE, "sechs").expected == "choice"
    assert refused(ONE, "ein").expected == "choice"


@pytest.mark.parametrize(
    "text",
    [
        "Antwort 2",
        "Nr. 2",
        "nur die 2",
        "2 bitte",
        "2️⃣",
        "②",
        "2) Beratung, Best Practices",
        "2. Beratung",
        "2 - Beratung",
    ],
)
def test_a_number_may_have_words_around_it(text: str) -> None:
    assert understood(ONE, text) == "n2"
    assert understood(SEVERAL, text) == ("n2",)


def test_number_and_label_must_be_of_one_choice() -> None:
    assert refused(ONE, "3. Beratung").expected == "choice"
    assert refused(ONE, "nicht 2").expected == "choice"


def test_lists_with_bullets_and_all_but_some() -> None:
    assert understood(SEVERAL, "- 1\n- Infrastruktur") == ("n1", "n4")
    assert understood(SEVERAL, "1 u. 3") == understood(SEVERAL, "1 u 3") == ("n1", "n3")
    assert understood(SEVERAL, "alle außer 5") == ("n1", "n2", "n3", "n4")
    assert guessed(SEVERAL, "alles ausser 1 und 2") == ("n3", "n4")
    assert guessed(SEVERAL, "all but Infrastrutkur und 5") == ("n1", "n2", "n3")
    assert refused(SEVERAL, "alle außer Pferden").parameters["unclear"] == "Pferden"
    assert refused(SEVERAL, "alle außer 1-5").expected == "choices"


def test_many_misspelt_pieces_are_no_answer() -> None:
    text = "Weiterbldung; Beratng, Best Practices; Technologitransfer; Infrastrutkur"
    assert refused(SEVERAL, text).parameters["unclear"] == "Infrastrutkur"


@pytest.mark.parametrize("asked_of", [ONE, SEVERAL])
def test_a_guess_is_never_made_where_a_label_fits(asked_of: Question) -> None:
    near = asked("select_one", labels=("Berater", "Beraten", "Beratet"))
    assert understood(near, "Beraten") == "n2"
    for number, label in enumerate(FIELDS, start=1):
        assert understood(asked_of, label) in (f"n{number}", (f"n{number}",))
