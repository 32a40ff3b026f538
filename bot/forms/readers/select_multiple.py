"""Reads the answer to a select_multiple question: numbers, ranges, labels, in any mixture and order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.forms.casting import in_order
from bot.forms.model import Question
from bot.forms.readers.choices import Catalogue, catalogue_of
from bot.forms.readers.folding import plain_digits
from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood

MAX_PIECES = 60
"""Pieces between commas and such; more is no list of choices, and trying all groupings grows with their square."""

_HARD = re.compile(r"[;\n\r]+")
_SOFT = re.compile(r"\s*,\s*(?:und|and|sowie)\s+|\s*[,+&/]\s*|\s+(?:und|and|sowie|u\.)\s+", re.IGNORECASE)
_RANGE = re.compile(r"([0-9]{1,5})\s*(?:-|bis|to|\.\.)\s*([0-9]{1,5})", re.IGNORECASE | re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,5}[.)]?(?:\s+[0-9]{1,5}[.)]?)+", re.ASCII)


class _Unclear(Exception):
    """A piece that means no choice."""


def read_select_multiple(text: str, *, question: Question) -> Reading:
    """Read `1,3`, `1 und 3`, `1-3`, `1 3` and labels; one that holds commas or `und` itself is tried whole first."""
    catalogue = catalogue_of(question.choices)
    count = str(len(question.choices))
    names: list[str] = []
    try:
        for part in _HARD.split(text):
            if part.strip():
                names += _part(part.strip(), catalogue=catalogue)
    except _Unclear as unclear:
        return NotUnderstood("choices", {"count": count, "unclear": str(unclear)[:80]}, catalogue.fitting(str(unclear)))
    found = in_order(names, question=question)
    return Understood(found) if found else NotUnderstood("choices", {"count": count, "unclear": ""})


def _part(text: str, *, catalogue: Catalogue) -> Iterator[str]:
    """Yield the names in one part: at each place the longest run of pieces that means something."""
    borders = [(0, 0), *((match.start(), match.end()) for match in _SOFT.finditer(text)), (len(text), len(text))]
    pieces = len(borders) - 1
    if pieces > MAX_PIECES:
        raise _Unclear(text)
    at = 0
    while at < pieces:
        begin = borders[at][1]
        for end in range(pieces, at, -1):
            meant = _names(text[begin : borders[end][0]], catalogue=catalogue, alone=end == at + 1)
            if meant:
                yield from meant
                at = end
                break
        else:
            piece = text[begin : borders[at + 1][0]].strip()
            if piece:
                raise _Unclear(piece)
            at += 1


def _names(text: str, *, catalogue: Catalogue, alone: bool) -> list[str]:
    """Return what a run of pieces means; beginnings of labels, numbers and ranges are read in a single piece only."""
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
            raise _Unclear(text.strip())
        return [choice.name for choice in catalogue.choices[first - 1 : last]]
    if _DIGITS.fullmatch(digits):
        numbers = [catalogue.by_number(word) for word in digits.split()]
        if None in numbers:
            raise _Unclear(text.strip())
        return [name for name in numbers if name is not None]
    return []
