"""Reads numbers written in words, German and English: `zwölfhundert`, `fünfundzwanzig`, `twenty-five`, `a dozen`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

MAX_WORDS = 12
"""Words of one number: `nine hundred and ninety nine thousand nine hundred and ninety nine` has eleven."""

_UNITS = (
    "eins ein eine einer einen einem eines one a an", "zwei zwo zwoo two", "drei three", "vier four",
    "funf fuenf five", "sechs six", "sieben seven", "acht eight", "neun nine",
)  # fmt: skip
_TEENS = (
    "zehn ten", "elf eleven", "zwolf zwoelf twelve", "dreizehn thirteen", "vierzehn fourteen",
    "funfzehn fuenfzehn fifteen", "sechzehn sixteen", "siebzehn seventeen", "achtzehn eighteen", "neunzehn nineteen",
)  # fmt: skip
_TENS = (
    "zwanzig twenty", "dreissig dreizig thirty", "vierzig forty fourty", "funfzig fuenfzig fifty", "sechzig sixty",
    "siebzig seventy", "achtzig eighty", "neunzig ninety",
)  # fmt: skip
_ENGLISH_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ARTICLES = frozenset({"ein", "eine", "einer", "einen", "einem", "eines", "a", "an"})
"""Words that count only where nothing but the number is written, or before a hundred."""
_SCALES = (("tausend", "hundert", "und"), ("thousand", "hundred", "and"))
_MILLIONS = ("millionen", "million")
_DOZENS = frozenset({"dutzend", "dozen"})
_MARKS = ("komma", "point")


def _below_100() -> Mapping[str, int]:
    found = {"null": 0, "zero": 0, "nought": 0}
    for first, names in ((1, _UNITS), (10, _TEENS)):
        found.update({word: number for number, words in enumerate(names, start=first) for word in words.split()})
    for tens, words in zip(range(20, 100, 10), _TENS, strict=True):
        for word in words.split():
            found[word] = tens
            for unit, units in enumerate(_UNITS, start=1):
                # `einsundzwanzig` is what children say; nothing else is written like it.
                found.update({f"{one}und{word}": tens + unit for one in units.split()})
            found.update({f"{word}{one}": tens + unit for unit, one in enumerate(_ENGLISH_UNITS, start=1)})
    return MappingProxyType(found)


_SMALL = _below_100()
_JOINED = frozenset(word for words in _TEENS for word in words.split())


def number_in_words(words: Sequence[str]) -> int | float | None:
    """Return the number that folded words mean, from zero to a few hundred millions, or None.

    Args:
        words: letters without accents in lower case, as `fold` gives them.
    """
    if not 0 < len(words) <= MAX_WORDS:
        return None
    if len(words) == 1 and words[0] in ("a", "an"):
        return None  # a letter, rather than one
    if words[0] == "minus":
        number = number_in_words(words[1:])
        return None if number is None or words[1] == "minus" else -number
    if words[-1] in _DOZENS:
        return _dozens(words[:-1])
    for mark in _MARKS:
        if mark in words:
            at = list(words).index(mark)
            return _fraction(words[:at], words[at + 1 :])
    if any(one in _SMALL and two in _SMALL and one + two in _JOINED for one, two in pairwise(words)):
        return None  # `acht zehn` may be eighteen, or eight and ten
    return _halves("".join(words))


def _dozens(words: Sequence[str]) -> int | None:
    joined = "".join(words)
    if joined in ("halbes", "einhalbes", "half", "halfa"):
        return 6
    count = 1 if not joined else _SMALL.get(joined)
    return None if count is None else 12 * count


def _fraction(whole: Sequence[str], part: Sequence[str]) -> float | None:
    """Return `drei komma fünf` as 3.5: after the mark a word a digit, or one number such as fünfundzwanzig."""
    number = _whole("".join(whole))
    digits = [_SMALL.get(word) for word in part]
    if number is None or not digits or None in digits:
        return None
    if len(digits) > 1 and max(digit for digit in digits if digit is not None) > 9:
        return None
    return float(f"{number}.{''.join(map(str, digits))}")


def _halves(text: str) -> int | float | None:
    if text in ("einhalb", "einhalbes", "ahalf", "onehalf"):  # "halb" alone may be half of anything
        return 0.5
    if text in ("anderthalb", "eineinhalb"):
        return 1.5
    for ending in ("undeinhalb", "einhalb", "andahalf"):
        if text.endswith(ending):
            number = _whole(text.removesuffix(ending))
            return None if number is None else number + 0.5
    return _whole(text)


def _whole(text: str) -> int | None:
    for million in _MILLIONS:
        count, found, rest = text.partition(million)
        if found:
            factor = _SMALL.get(count)
            return factor * 1_000_000 if factor and not rest else None
    for thousand, hundred, link in _SCALES:
        count, found, rest = text.partition(thousand)
        if found:
            factor = _below_1000(count, hundred=hundred, link=link, most=9) if count else 1
            last = _below_1000(rest.removeprefix(link), hundred=hundred, link=link, most=9) if rest else 0
            return None if not factor or last is None else factor * 1000 + last
    return _SMALL.get(text) if text in _SMALL else _hundreds(text)


def _hundreds(text: str) -> int | None:
    found = (_below_1000(text, hundred=hundred, link=link, most=19) for _, hundred, link in _SCALES)
    return next((number for number in found if number is not None), None)


def _below_1000(text: str, *, hundred: str, link: str, most: int) -> int | None:
    """Read `zweihundertfünf`; most: how many hundreds there may be, as `zwölfhundert` is one number."""
    count, found, rest = text.partition(hundred)
    if not found:
        return _SMALL.get(text)
    factor = _SMALL.get(count) if count else 1
    last = _SMALL.get(rest.removeprefix(link)) if rest else 0
    if not factor or factor > most or factor == 10 or last is None:
        return None
    return factor * 100 + last
