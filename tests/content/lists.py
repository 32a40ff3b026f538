"""A form with lists that no screen holds: 412 places to choose one of, 100 trades to choose several of."""

from __future__ import annotations

from collections.abc import Iterator

_FIRST = (
    "Ahl", "Berg", "Birken", "Bock", "Drens", "Eichen", "Erlen", "Feld", "Fin", "Gron",
    "Heid", "Hol", "Kirch", "Lin", "Mühlen", "Neu", "Ober", "Quell", "Stein", "Unter", "Wald",
)  # fmt: skip
_LAST = (
    "ach", "au", "bach", "beck", "berg", "brück", "burg", "dorf", "feld", "furt",
    "hagen", "hausen", "heim", "hof", "kamen", "loh", "rode", "stedt", "tal", "wick",
)  # fmt: skip
_WORK = ("Bau", "Druck", "Energie", "Glas", "Holz", "Kunststoff", "Leder", "Metall", "Papier", "Textil")
_TRADE = ("berater", "forscher", "händler", "hersteller", "planer", "prüfer", "reiniger", "techniker", "verleiher")


def places() -> list[str]:
    """Return 412 names of places; each is there once."""
    return [f"{first}{last}" for first in _FIRST for last in _LAST][:412]


def trades() -> list[tuple[str, str]]:
    """Return 99 trades and "none of these", German and English."""
    made = [f"{work}{trade}" for work in _WORK for trade in _TRADE]
    more = [f"Sonstiges {number}" for number in range(91, 100)]
    return [*((name, f"Trade of {name}") for name in [*made, *more]), ("Nichts davon", "None of these")]


def sheet() -> str:
    """Return the form as tables of text."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "| survey |"
    yield "| | type | name | label::Deutsch (de) | label::English (en) | constraint |"
    yield "| | select_one place | place | Welcher Ort? | Which place? | |"
    alone = "not(selected(., 't100')) or count-selected(.) = 1"
    yield f"| | select_multiple trade | trades | Welche Branchen? | Which trades? | {alone} |"
    yield "| | text | end | Noch ein Wort? | One more word? | |"
    yield ""
    yield "| choices |"
    yield "| | list_name | name | label::Deutsch (de) | label::English (en) |"
    for number, name in enumerate(places(), start=1):
        yield f"| | place | p{number} | {name} | Town of {name} |"
    for number, (german, english) in enumerate(trades(), start=1):
        yield f"| | trade | t{number} | {german} | {english} |"
    yield ""
    yield "| settings |"
    yield "| | form_title | form_id | version | default_language |"
    yield "| | Listen | lists | 1 | Deutsch (de) |"
