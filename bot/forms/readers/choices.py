"""Finds the one choice that a piece of text means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.forms.model import LONG_LIST, Choice
from bot.forms.readers.folding import fold, folds, plain_digits

MIN_PREFIX = 4
"""Letters from which the beginning of a label (in a long list: any part of it) counts as the label."""

_NUMBER = re.compile(r"[#(\[]?\s*([0-9]{1,5})\s*[.)\]:]?", re.ASCII)  # the longest lists have some 11,000 choices
_YES = frozenset({"ja", "j", "jo", "yes", "y", "yep"})
_NO = frozenset({"nein", "n", "ne", "nee", "no", "nope"})


class Catalogue:
    """The choices of one question, by all that people may write for them."""

    __slots__ = ("_by_name", "_exact", "_forms", "choices")

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

    def find(self, text: str, *, prefixes: bool = True) -> str | None:
        """Return the name of the choice: by label, number as shown, name, yes or no, or beginning of a label."""
        for form in folds(text):
            found = self._exact.get(form)
            if found is not None:
                return found
        named = self.by_number(text) or self._by_name.get(text.strip().casefold())
        return named or self._loosely(text, prefixes=prefixes)

    def by_number(self, text: str) -> str | None:
        """Return the name of the choice with that number as shown, counted from 1."""
        match = _NUMBER.fullmatch(plain_digits(text).strip())
        if match is None or not 1 <= int(match[1]) <= len(self.choices):
            return None
        return self.choices[int(match[1]) - 1].name

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

    def _loosely(self, text: str, *, prefixes: bool) -> str | None:
        word = fold(text)
        if word in _YES or word in _NO:
            meant = ("yes", "ja") if word in _YES else ("no", "nein")
            return next((self._by_name[name] for name in meant if name in self._by_name), None)
        if not prefixes or len(word.replace(" ", "")) < MIN_PREFIX:
            return None
        begins = folds(text)
        found = {name for label, name in self._exact.items() if label.startswith(begins)}
        if not found and len(fitting := self.fitting(text)) == 1:
            return self.choices[fitting[0] - 1].name
        return next(iter(found)) if len(found) == 1 else None


_KEPT = 64
_of_long_lists: dict[int, Catalogue] = {}  # by the identity of the choices, which a catalogue keeps alive


def catalogue_of(choices: tuple[Choice, ...]) -> Catalogue:
    """Return the catalogue of a question's choices; that of a long list takes long to make, and is kept."""
    if len(choices) <= LONG_LIST:
        return Catalogue(choices)
    known = _of_long_lists.get(id(choices))
    if known is None:
        while len(_of_long_lists) >= _KEPT:
            _of_long_lists.pop(next(iter(_of_long_lists)), None)
        known = _of_long_lists[id(choices)] = Catalogue(choices)
    return known


def _is_in(part: str, label: str) -> bool:
    return part in label if len(part) > 1 else f" {part}" in f" {label}"
