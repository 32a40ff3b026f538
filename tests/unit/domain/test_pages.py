"""Pages of long lists: every choice is on one page, under its own number, and every way leads to a page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import pages
from bot.forms.model import LONG_LIST, Choice, Question
from bot.texts import load_texts
from tests.unit.forms.making import question

TEXTS = load_texts(("de", "en"), timezone=ZoneInfo("Europe/Berlin"))
SPEAKERS = [TEXTS.speaker("de"), TEXTS.speaker("en")]


def asked(count: int) -> Question:
    options = tuple(Choice(name=f"c{number}", label={"": f"Wahl {number}"}) for number in range(1, count + 1))
    return question("q", "select_one", options=options)


def walked(one: Question, shown: pages.Shown) -> list[int]:
    """Turn all pages by the ways offered, from the first to the last, and return the numbers seen."""
    seen = list(pages.numbers(one, shown))
    while True:
        forward = f"page{shown.page + 1}"
        if forward not in {way.key for way in pages.ways(one, shown, SPEAKERS[0])}:
            return seen
        turned = pages.turned(one, shown, forward)
        assert turned is not None
        shown = turned
        seen += pages.numbers(one, shown)


@given(st.integers(min_value=0, max_value=1000))
def test_every_choice_is_on_one_page(count: int) -> None:
    assert walked(asked(count), pages.WHOLE) == list(range(1, count + 1))


@given(st.integers(min_value=LONG_LIST + 1, max_value=500), st.data())
def test_what_was_found_is_shown_under_its_own_numbers(count: int, data: st.DataObject) -> None:
    found = tuple(sorted(data.draw(st.sets(st.integers(min_value=1, max_value=count), min_size=1, max_size=90))))
    shown = pages.Shown(found=found)
    one = asked(count)
    assert walked(one, shown) == list(found)
    assert pages.shown_of(one, pages.data_of(one, shown)) == shown
    for number in found:
        assert number in pages.numbers(one, pages.holding(one, shown, number))


@pytest.mark.parametrize("count", [1, 5, LONG_LIST])
def test_a_short_list_has_no_pages(count: int) -> None:
    one = asked(count)
    assert pages.numbers(one, pages.WHOLE) == range(1, count + 1)
    assert pages.ways(one, pages.WHOLE, SPEAKERS[0]) == [] and pages.hints(one, pages.WHOLE, SPEAKERS[0]) == []
    assert pages.data_of(one, pages.WHOLE) == {}
    assert pages.turned(one, pages.WHOLE, "page2") is None and pages.turned(one, pages.WHOLE, "all") is None


@pytest.mark.parametrize("key", ["57", "done", "page", "pageX", "page²", "skip", ""])
def test_other_keys_are_no_pages(key: str) -> None:
    assert pages.turned(asked(412), pages.WHOLE, key) is None


@pytest.mark.parametrize(("key", "page"), [("page0", 1), ("page2", 2), ("page21", 21), ("page9999999", 21)])
def test_a_page_that_is_not_there_is_the_nearest(key: str, page: int) -> None:
    assert pages.turned(asked(412), pages.WHOLE, key) == pages.Shown(page=page)


@pytest.mark.parametrize("data", [{}, {"page": 99}, {"page": -1, "found": [0, 413]}, {"page": 1, "found": []}])
def test_what_an_older_prompt_remembers_is_shown_as_far_as_it_is_there(data: dict[str, object]) -> None:
    shown = pages.shown_of(asked(412), data)
    assert pages.numbers(asked(412), shown)
    assert shown.found == ()


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Nächste Seite ›", 3),
        ("nächste", 3),
        ("naechste seite", 3),
        ("next page", 3),
        ("Next", 3),
        ("‹ Vorige Seite", 1),
        ("previous", 1),
        ("seite", None),
        ("weiter", None),
        ("", None),
        ("›", None),
    ],
)
def test_a_page_is_turned_by_the_words_of_its_way(text: str, page: int | None) -> None:
    shown = pages.turned_by_word(asked(412), pages.Shown(page=2), text, SPEAKERS)
    assert (shown and shown.page) == page


def test_the_first_page_has_none_before_it_and_the_last_none_after_it() -> None:
    first = {way.key for way in pages.ways(asked(41), pages.WHOLE, SPEAKERS[0])}
    last = {way.key for way in pages.ways(asked(41), pages.Shown(page=3), SPEAKERS[0])}
    assert (first, last) == ({"page2"}, {"page2"})
    assert pages.turned_by_word(asked(41), pages.Shown(page=3), "nächste", SPEAKERS) is None


@pytest.mark.parametrize(
    ("shown", "german", "english"),
    [
        (pages.WHOLE, "1 bis 20 von 412", "1 to 20 of 412"),
        (pages.Shown(page=21), "401 bis 412 von 412", "401 to 412 of 412"),
        (pages.Shown(found=(7,)), "Dazu passt eine Antwort von 412.", "One answer of 412 fits that."),
        (pages.Shown(found=(7, 9)), "Dazu passen 2 Antworten von 412.", "2 answers of 412 fit that."),
    ],
)
def test_it_is_said_where_in_the_list_one_is(shown: pages.Shown, german: str, english: str) -> None:
    assert pages.hints(asked(412), shown, SPEAKERS[0])[0] == german
    assert pages.hints(asked(412), shown, SPEAKERS[1])[0] == english
