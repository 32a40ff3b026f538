"""Finds the one choice that a piece of text means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.forms.model import Choice
from bot.forms.readers.folding import fold, folds, plain_digits

MIN_PREFIX = 4
"""Letters from which the beginning of a label counts as the label."""

_NUMBER = re.compile(r"[#(\[]?\s*([0-9]{1,4})\s*[.)\]:]?", re.ASCII)
_YES = frozenset({"ja", "j", "jo", "yes", "y", "yep"})
_NO = frozenset({"nein", "n", "ne", "nee", "no", "nope"})


class Catalogue:
    """The choices of one question, by all that people may write for them."""

    __slots__ = ("_by_name", "_exact", "choices")

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = tuple(choices)
        self._exact: dict[str, str | None] = {}
        for choice in choices:
            for text in {form for label in choice.label.values() for form in folds(label)}:
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

    def _loosely(self, text: str, *, prefixes: bool) -> str | None:
        word = fold(text)
        if word in _YES or word in _NO:
            meant = ("yes", "ja") if word in _YES else ("no", "nein")
            return next((self._by_name[name] for name in meant if name in self._by_name), None)
        if not prefixes or len(word.replace(" ", "")) < MIN_PREFIX:
            return None
        found = {name for label, name in self._exact.items() if any(label.startswith(form) for form in folds(text))}
        return next(iter(found)) if len(found) == 1 else None
