"""Reads a number out of words around it: hedges, units, multiples. What is not said exactly is only a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from bot.forms.readers.calendar_words import MONTH_NAMES, WEEKDAY_NAMES
from bot.forms.readers.folding import fold, plain_digits
from bot.forms.readers.number_words import ARTICLES, number_in_words
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood

MAX_AMOUNT = 120
"""Characters; more is a text with a number somewhere in it."""
MAX_AROUND = 5
"""Words before or behind the digits; more is a story."""
MAX_UNIT = 3
"""Words behind a number in words (`zwanzig feste Mitarbeiter`)."""

_HEDGES = tuple(
    tuple(phrase.split())
    for phrase in (
        "ca|circa|zirka|cirka|etwa|in etwa|ungefahr|ungefaehr|rund|grob|schatzungsweise|"
        "schaetzungsweise|geschatzt|geschaetzt|vielleicht|wohl|so|so um|so um die|um die|etwas uber|"
        "etwas ueber|uber|ueber|mehr als|knapp|gut|fast|beinahe|nahezu|bis zu|mindestens|hochstens|"
        "hoechstens|maximal|max|minimal|min|unter|weniger als|etwas unter|about|around|approximately|"
        "approx|roughly|nearly|almost|over|more than|at least|at most|up to|under|less than|just over|"
        "just under|maybe|perhaps|probably|some|like|estimated|i think|i guess|wahrscheinlich|"
        "ich glaube"
    ).split("|")
)
_TAILS = tuple(
    tuple(phrase.split())
    for phrase in (
        "oder so|ungefahr|ungefaehr|circa|ca|etwa|geschatzt|geschaetzt|schatzungsweise|"
        "schaetzungsweise|vielleicht|or so|ish|approximately|approx|roughly|plus|maybe|i think|"
        "i guess|glaube ich|oder mehr|or more|mindestens"
    ).split("|")
)
_ROUGH: Mapping[tuple[str, ...], int] = {
    ("ein", "paar"): 3, ("einige",): 3, ("mehrere",): 3, ("a", "few"): 3, ("several",): 3,
    ("a", "couple"): 2, ("a", "couple", "of"): 2,
}  # fmt: skip
_MULTIPLES: Mapping[str, int] = {
    "dutzend": 12, "dozen": 12, "hundert": 100, "hundred": 100, "tausend": 1000, "thousand": 1000, "tsd": 1000,
    "k": 1000, "hunderte": 100, "tausende": 1000, "mio": 10**6, "million": 10**6, "millionen": 10**6, "millions": 10**6,
    "mrd": 10**9, "milliarde": 10**9, "milliarden": 10**9, "billion": 10**9,
}  # fmt: skip
_NONE = frozenset({"keine", "keiner", "keinen", "kein", "gar keine", "none", "niemand", "nobody", "no one"})
_CONFUSING = (
    frozenset("uhr am pm oclock h nicht kein keine keinen not no never nie".split())
    | frozenset("bis von of to zu per pro und and oder or komma point".split())
    | frozenset("halb half viertel quarter hoch mal times frage question nr nummer number".split())
    | MONTH_NAMES
    | WEEKDAY_NAMES
)  # fmt: skip
_DIGITS = re.compile(r"(?<![\w.,])[+-]?\s?[0-9](?:[0-9.,'’]|\s(?=[0-9]{3}(?![0-9])))*", re.ASCII)
_SIGNS = re.compile(r"^[~≈≃±<>≤≥∼\s]+")
_FORBIDDEN = frozenset("-+*/:=^#\\|_@")
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?", re.ASCII)

Exact = Callable[[str], Reading]
Made = Callable[[int | float], Reading | None]


def read_amount(text: str, *, exact: Exact, made: Made) -> Reading | None:
    """Read a number in words, or exactly one number among other words; None if there is none, or more than one.

    Args:
        text: what no exact reading fits.
        exact: reads digits and marks as the type does.
        made: makes the type's value of a number; None if it is none of the type.
    """
    text = _without_signs(plain_digits(text[: MAX_AMOUNT + 1])).strip()
    if not 0 < len(text) <= MAX_AMOUNT or any(_is_fraction(character) for character in text):
        return None
    bare = _SIGNS.sub("", text).removesuffix("+")
    hedged = bare != text
    if any(character in "0123456789" for character in bare):
        return _in_digits(bare, exact=exact, made=made, hedged=hedged)
    return _in_words(fold(bare).split(), made=made, hedged=hedged or bare.endswith(("?", "…", "...")))


def _in_words(words: Sequence[str], *, made: Made, hedged: bool) -> Reading | None:
    rest = _unhedged(words)
    number = number_in_words(rest)
    if number is not None:
        reading = made(number)
        sure = len(rest) == len(words) and not hedged
        return reading if sure or reading is None else _guess(reading)
    if " ".join(rest) in _NONE:
        return _guess(made(0))
    rough = _rough(rest)
    if rough is not None:
        return _guess(made(rough))
    for end in range(len(rest) - 1, max(0, len(rest) - 1 - MAX_UNIT), -1):
        number = number_in_words(rest[:end])
        if number is not None:
            lone = end == 1 and rest[0] in ARTICLES
            return None if lone or _is_confusing(rest[end:]) else _guess(made(number))
    return None


def _rough(words: Sequence[str]) -> int | None:
    """Return what `ein paar Dutzend` may be."""
    for phrase, count in _ROUGH.items():
        if tuple(words[:-1]) == phrase and words[-1] in _MULTIPLES:
            return count * _MULTIPLES[words[-1]]
    return None


def _in_digits(text: str, *, exact: Exact, made: Made, hedged: bool) -> Reading | None:
    match = _DIGITS.search(text)
    if match is None:
        return None
    before, after = text[: match.start()], text[match.end() :]
    around = before + after
    if re.search(r"[0-9]", around) or _FORBIDDEN & set(_without_hyphens(around)):
        return None
    front, back = fold(before).split(), _untailed(fold(after).split())
    if max(len(front), len(back)) > MAX_AROUND:
        return None
    digits = match[0].strip().rstrip(".,'’")
    if back and back[0] in _MULTIPLES:
        reading = _multiple(digits, _MULTIPLES[back[0]], made=made)
        back = back[1:]
    else:
        reading = exact(digits)
    if _is_confusing([*_unhedged(front), *back]) or (match[0].endswith(".") and _is_ordinal(back)):
        return None
    return reading if not hedged and not around.strip(" !.\"'„“”»«()") else _guess(reading)


def _multiple(digits: str, factor: int, *, made: Made) -> Reading | None:
    if not _PLAIN.fullmatch(digits):
        return None
    number = float(digits.replace(",", ".")) * factor
    return made(int(number) if number == int(number) else number)


def _guess(reading: Reading | None) -> Reading | None:
    match reading:
        case Understood(value=value):
            return Guessed(value)
        case NotUnderstood(expected="decimal_ambiguous" | "out_of_range"):
            return reading
        case _:
            return None


def _unhedged(words: Sequence[str]) -> Sequence[str]:
    """Return the words without `etwa` before them and `oder so` behind them."""
    while words:
        front = max((len(phrase) for phrase in _HEDGES if tuple(words[: len(phrase)]) == phrase), default=0)
        bare = _untailed(words[front:])
        if len(bare) == len(words):
            break
        words = bare
    return words


def _untailed(words: Sequence[str]) -> Sequence[str]:
    back = max((len(phrase) for phrase in _TAILS if tuple(words[-len(phrase) :]) == phrase), default=0)
    return words[: len(words) - back]


def _is_confusing(words: Sequence[str]) -> bool:
    return any(word in _CONFUSING or (word not in ARTICLES and number_in_words([word]) is not None) for word in words)


def _is_ordinal(words: Sequence[str]) -> bool:
    """Whether `5.` before these words is rather a fifth than five."""
    return bool(words) and words[0] in ("stock", "etage", "klasse", "platz", "mal", "tag", "jahr", "quartal")


def _without_hyphens(text: str) -> str:
    return re.sub(r"(?<=\w)-(?=\w)|^-(?=[^\W\d])", "", text)


def _without_signs(text: str) -> str:
    """Return the text without the powers of units (m²) and the dash for no cents (`500,- €`)."""
    return re.sub(r"(?<=[a-zA-Z])[²³]|(?<=[0-9]),[-–—]{1,2}(?![0-9])", "", text)


def _is_fraction(character: str) -> bool:
    return unicodedata.category(character) in ("No", "Nl")
