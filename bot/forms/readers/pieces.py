"""Takes a text apart into the choices it names: numbers, ranges, letters, labels, in any mixture."""

from __future__ import annotations

import re

from bot.forms.readers.choices import Catalogue
from bot.forms.readers.folding import plain_digits

MAX_PIECES = 60
"""Pieces between commas and such; more is no list of choices, and trying all groupings grows with their square."""
MAX_GUESSES = 3
"""Misspelt pieces; with more of them the text means something else."""
GUESSED_RUN = 3
"""Pieces that are tried together as one misspelt label (`Beratng, Best Practices`)."""

_HARD = re.compile(r"[;\n\r]+")
_SOFT = re.compile(r"\s*,\s*(?:und|and|sowie)\s+|\s*[,+&/]\s*|\s+(?:und|and|sowie|u\.?)\s+", re.IGNORECASE)
_BULLET = re.compile(r"^[-–—•*·▪◦‣]\s+")
_RANGE = re.compile(r"([0-9]{1,5})\s*(?:-|bis|to|\.\.)\s*([0-9]{1,5})", re.IGNORECASE | re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,5}[.)]?(?:\s+[0-9]{1,5}[.)]?)+", re.ASCII)


class Unclear(Exception):
    """A piece that means no choice."""


class Pieces:
    """What a text names: the names in its order, and whether one of them is a guess.

    Raises:
        Unclear: a piece means nothing.
    """

    __slots__ = ("_catalogue", "guesses", "names")

    def __init__(self, text: str, *, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.names: list[str] = []
        self.guesses = 0
        for part in _HARD.split(text):
            bare = _BULLET.sub("", part.strip())
            if bare:
                self._part(bare)

    def _part(self, text: str) -> None:
        """Take a part: at each place the longest run of pieces that means something."""
        borders = [(0, 0), *((match.start(), match.end()) for match in _SOFT.finditer(text)), (len(text), len(text))]
        pieces = len(borders) - 1
        if pieces > MAX_PIECES:
            raise Unclear(text)
        at = 0
        while at < pieces:
            runs = [text[borders[at][1] : borders[end][0]] for end in range(at + 1, pieces + 1)]
            if not runs[0].strip():
                at += 1
                continue
            at += self._run(runs)

    def _run(self, runs: list[str]) -> int:
        """Take the longest of the runs that begin here; return how many pieces it has."""
        for count in range(len(runs), 0, -1):
            meant = self._meant(runs[count - 1], alone=count == 1)
            if meant:
                self.names += meant
                return count
        for count in range(min(GUESSED_RUN, len(runs)), 0, -1):
            guessed = self._catalogue.guess(runs[count - 1]) if self.guesses < MAX_GUESSES else None
            if guessed is not None:
                self.names.append(guessed)
                self.guesses += 1
                return count
        raise Unclear(runs[0].strip())

    def _meant(self, text: str, *, alone: bool) -> list[str]:
        """Return what a run means; beginnings of labels, numbers and ranges are read in a single piece only."""
        catalogue = self._catalogue
        found = catalogue.find(text, prefixes=alone)
        if found is not None:
            return [found]
        digits = plain_digits(text).strip()
        if not alone:
            return []
        match = _RANGE.fullmatch(digits)
        if match is not None:
            first, last = int(match[1]), int(match[2])
            if not 1 <= first <= last <= len(catalogue.choices):
                raise Unclear(text.strip())
            return [choice.name for choice in catalogue.choices[first - 1 : last]]
        if _DIGITS.fullmatch(digits):
            numbers = [catalogue.by_number(word) for word in digits.split()]
            if None in numbers:
                raise Unclear(text.strip())
            return [name for name in numbers if name is not None]
        return []
