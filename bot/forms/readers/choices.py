"""Finds the one choice that a piece of text means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from bot.forms.model import LONG_LIST, Choice
from bot.forms.readers.folding import fold, folds, plain_digits
from bot.forms.readers.number_words import ARTICLES, number_in_words
from bot.forms.readers.typos import Spellings, beginnings

MIN_PREFIX = 4
"""Letters from which the beginning of a label (in a long list: any part of it) counts as the label."""

MAX_NUMBER = 40
"""Characters of a number with words such as `Antwort 2` around it."""
MAX_LABELLED = 500
"""Characters of a label behind its number."""

_NUMBER = re.compile(
    r"(?:(?:antwort|nummer|nr|nur|die|option|answer|number|no|only|the|choice)\b\.?\s*){0,3}"
    r"[#(\[]?\s*([0-9]{1,5})\s*[.)\]:]?(?:\s+(?:bitte|please))?",
    re.ASCII | re.IGNORECASE,
)  # the longest lists have some 11,000 choices
_NUMBER_AND_LABEL = re.compile(r"[(\[]?(\d{1,5})\s*[.)\]:]?\s*[-–—]?\s+([^\W\d].*)", re.DOTALL)
_LETTER = re.compile(r"[(\[]?\s*([a-z])\s*[.)\]:]?", re.ASCII)
_YES = frozenset(
    "ja j jo jawohl jep jup klar naturlich natuerlich sicher genau stimmt gerne gern yes y yep yeah yup sure".split()
) | {"na klar", "auf jeden fall", "of course"}  # fmt: skip
_NO = frozenset("nein n ne nee no noe nicht no nope nah nay".split()) | {"auf keinen fall", "eher nicht", "not really"}
_NOTHING = frozenset("keine keins keiner keines kein nichts nix none nothing".split()) | {
    "gar nichts", "gar keine", "nichts davon", "keine davon", "keines davon", "keins davon", "none of these",
    "none of them", "nothing of that",
}  # fmt: skip
_MEANINGS = (
    # What people write, the names that mean it, and the first words of labels that do.
    (_YES, ("yes", "ja", "y", "j", "true"), frozenset({"ja", "yes"})),
    (_NO, ("no", "nein", "n", "false"), frozenset({"nein", "no"})),
    (
        _NOTHING,
        ("none", "keine", "nichts", "nothing"),
        frozenset("keine keins keiner keines nichts none nothing".split()),
    ),
)


class Catalogue:
    """The choices of one question, by all that people may write for them."""

    __slots__ = ("_by_name", "_exact", "_forms", "_spellings", "choices")

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = tuple(choices)
        self._exact: dict[str, str | None] = {}
        self._forms = [{form for label in choice.label.values() for form in folds(label)} for choice in choices]
        for choice, forms in zip(choices, self._forms, strict=True):
            for text in forms:
                # Two choices with one label: neither is meant by it.
                known = self._exact.setdefault(text, choice.name)
                if known != choice.name:
                    self._exact[text] = None
        self._by_name: Mapping[str, str] = {choice.name.casefold(): choice.name for choice in reversed(choices)}
        self._spellings: Spellings | None = None

    def find(self, text: str, *, prefixes: bool = True) -> str | None:
        """Return the name of the choice: by label, number as shown, name, yes or no, or beginning of a label."""
        for form in folds(text):
            found = self._exact.get(form)
            if found is not None:
                return found
        named = self.by_number(text) or self._by_name.get(text.strip().casefold()) or self._by_both(text)
        return named or self._loosely(text, prefixes=prefixes)

    def by_number(self, text: str) -> str | None:
        """Return the name of the choice with that number as shown, counted from 1."""
        match = _NUMBER.fullmatch(_unframed(text).strip()) if len(text) <= MAX_NUMBER else None
        if match is None or not 1 <= int(match[1]) <= len(self.choices):
            return None
        return self.choices[int(match[1]) - 1].name

    def _by_both(self, text: str) -> str | None:
        """Return the choice of `2) Label` and `2 - Label`, if number and label are of the same one."""
        match = _NUMBER_AND_LABEL.fullmatch(text.strip()) if len(text) <= MAX_LABELLED else None
        named = self.by_number(match[1]) if match is not None else None
        return named if match is not None and named is not None and named == self.find(match[2]) else None

    def fitting(self, text: str) -> tuple[int, ...]:
        """Return the numbers of the choices with that text in a label; a single letter has to begin a word.

        Only in a long list: a short one is seen at a glance.
        """
        parts = [form for form in folds(text) if fold(form)]
        if len(self.choices) <= LONG_LIST or not parts:
            return ()
        return tuple(
            number
            for number, labels in enumerate(self._forms, start=1)
            if any(_is_in(part, label) for part in parts for label in labels)
        )

    def guess(self, text: str) -> str | None:
        """Return the name of the one choice whose label the text is a misspelling of."""
        if self._spellings is None:
            short = len(self.choices) <= LONG_LIST
            self._spellings = Spellings(
                (form, number)
                for number, labels in enumerate(self._forms)
                for label in labels
                for form in (beginnings(label) if short else (label,))
            )
        nearest = self._spellings.nearest(folds(text))
        return self.choices[nearest].name if nearest is not None else None

    def says_nothing(self, name: str) -> bool:
        """Whether that choice is `none of these`."""
        return name in (self._meant(word) for word in ("none", "keine"))

    def _loosely(self, text: str, *, prefixes: bool) -> str | None:
        word = fold(text)
        meant = self._meant(word) or self._by_letter(text) or self._by_number_word(word)
        if meant is not None:
            return meant
        if not prefixes or len(word.replace(" ", "")) < MIN_PREFIX:
            return None
        begins = folds(text)
        found = {name for label, name in self._exact.items() if label.startswith(begins)}
        if not found and len(fitting := self.fitting(text)) == 1:
            return self.choices[fitting[0] - 1].name
        return next(iter(found)) if len(found) == 1 else None

    def _meant(self, word: str) -> str | None:
        """Return the choice that says yes, no or nothing, if the word does."""
        for words, names, firsts in _MEANINGS:
            if word in words:
                named = next((self._by_name[name] for name in names if name in self._by_name), None)
                return named or self._only(firsts, whole=True) or self._only(firsts, whole=False)
        return None

    def _only(self, words: frozenset[str], *, whole: bool) -> str | None:
        """Return the one choice with a label that is, or begins with, one of the words."""
        found = {name for label, name in self._exact.items() if (label if whole else label.partition(" ")[0]) in words}
        return next(iter(found)) if len(found) == 1 else None

    def _by_number_word(self, word: str) -> str | None:
        number = number_in_words([word]) if word and word not in ARTICLES else None
        return self.choices[number - 1].name if isinstance(number, int) and 1 <= number <= len(self.choices) else None

    def _by_letter(self, text: str) -> str | None:
        """Return the choice of a letter: the one it stands before, else in their order, if no label is one."""
        match = _LETTER.fullmatch(text.strip().casefold())
        if match is None or len(self.choices) > LONG_LIST or any(len(name) == 1 for name in self._by_name):
            return None
        before = {label.partition(" ")[0] for label in self._exact}
        if any(len(first) == 1 and first.isalpha() for first in before):
            return self._only(frozenset({match[1]}), whole=False)
        number = ord(match[1]) - ord("a")
        return self.choices[number].name if number < len(self.choices) else None


_KEPT = 64
_KEPT_SHORT = 512
# By the identity of the choices, which a catalogue keeps alive. Short lists apart, so that many of them (filtered ones
# are new at each question) do not drive a long one out, which takes long to make.
_of_long_lists: dict[int, Catalogue] = {}
_of_short_lists: dict[int, Catalogue] = {}


def catalogue_of(choices: tuple[Choice, ...]) -> Catalogue:
    """Return the catalogue of a question's choices, made once as long as the list is in use."""
    short = len(choices) <= LONG_LIST
    kept, most = (_of_short_lists, _KEPT_SHORT) if short else (_of_long_lists, _KEPT)
    known = kept.get(id(choices))
    if known is None:
        while len(kept) >= most:
            kept.pop(next(iter(kept)), None)
        known = kept[id(choices)] = Catalogue(choices)
    return known


def _unframed(text: str) -> str:
    """Return the text with plain digits instead of ② and of a digit's emoji."""
    if text.isascii():
        return text
    return plain_digits(unicodedata.normalize("NFKC", text)).replace("\ufe0f", "").replace("\u20e3", "")


def _is_in(part: str, label: str) -> bool:
    return part in label if len(part) > 1 else f" {part}" in f" {label}"
