"""Finds the label that a misspelt text means: letters left out, doubled, mistaken or swapped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

MIN_LETTERS = 4
"""Letters of a text and of a label; between shorter ones every slip makes another word."""
LETTERS_A_SLIP = 4
"""Letters that one slip needs: a word of eight may hold two."""
MOST_SLIPS = 3
MAX_LENGTH = 80
"""Characters of a text that is compared at all."""

_NO_DIGITS = re.compile(r"[^0-9]+")
_NO_LETTERS = re.compile(r"[\W\d_]+")


@lru_cache(maxsize=8192)
def beginnings(label: str) -> tuple[str, ...]:
    """Return a label and its first words alone (`Weiterbildung` of `Weiterbildung und Qualifizierung`)."""
    words = label.split()
    return tuple(" ".join(words[:count]) for count in range(len(words), 0, -1)) or (label,)


def slips(one: str, two: str, *, most: int) -> int | None:
    """Return how many letters must be added, dropped, changed or swapped with the next one; None beyond `most`.

    That is the optimal string alignment of Damerau and Levenshtein, given up as soon as it leads nowhere.
    """
    if abs(len(one) - len(two)) > most:
        return None
    one, two = _differing(one, two)
    far = most + 1
    past: list[int] = []
    before = [*range(min(far, len(two)) + 1), *[far] * (len(two) - far)]
    for at, letter in enumerate(one, start=1):
        row = [at, *[far] * len(two)]
        # Farther from the diagonal there are more slips than counted.
        for to in range(max(1, at - most), min(len(two), at + most) + 1):
            other = two[to - 1]
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != other))
            if at > 1 and to > 1 and letter == two[to - 2] and one[at - 2] == other:
                cost = min(cost, past[to - 2] + 1)
            row[to] = cost
        if min(row) > most and min(before) > most:
            return None
        past, before = before, row
    return before[-1] if before[-1] <= most else None


def _differing(one: str, two: str) -> tuple[str, str]:
    """Return both without what they begin and end with alike."""
    shorter = min(len(one), len(two))
    start = next((at for at in range(shorter) if one[at] != two[at]), shorter)
    one, two = one[start:], two[start:]
    shorter = min(len(one), len(two))
    end = next((at for at in range(shorter) if one[-1 - at] != two[-1 - at]), shorter)
    return one[: len(one) - end], two[: len(two) - end]


class Spellings:
    """Texts that may be misspelt, each with a number; several texts may have one number."""

    __slots__ = ("_by_digits",)

    def __init__(self, texts: Iterable[tuple[str, int]]) -> None:
        # A slip never changes a digit: only texts with the same ones are compared.
        self._by_digits: dict[str, list[tuple[str, int, int]]] = {}
        for text, number in texts:
            digits, signs, letters = _looks(text)
            if letters >= MIN_LETTERS:
                self._by_digits.setdefault(digits, []).append((text, signs, number))

    def nearest(self, texts: Sequence[str]) -> int | None:
        """Return the number of the one that is nearer to a text than all others, within the cut-off."""
        least, found = MOST_SLIPS + 1, set[int]()
        for text in texts:
            if len(text) > MAX_LENGTH:
                continue
            most = min(MOST_SLIPS, _looks(text)[2] // LETTERS_A_SLIP)
            for known, number in self._within(text, most=most) if most else ():
                count = slips(text, known, most=min(most, least))
                if count is not None and count <= least:
                    found = {number} if count < least else found | {number}
                    least = count
        return found.pop() if len(found) == 1 else None

    def _within(self, text: str, *, most: int) -> Iterable[tuple[str, int]]:
        """Return those that can be so near by length and letters: a slip changes two letters of the set at most."""
        digits, signs, _ = _looks(text)
        low, high = len(text) - most, len(text) + most
        return (
            (known, number)
            for known, its, number in self._by_digits.get(digits, ())
            if low <= len(known) <= high and (its ^ signs).bit_count() <= 2 * most
        )


@lru_cache(maxsize=8192)  # the labels of a short list are met at each answer
def _looks(text: str) -> tuple[str, int, int]:
    """Return the digits of a text, the set of its characters as bits, and how many letters it has."""
    signs = 0
    for character in set(text):
        signs |= 1 << (ord(character) & 63)
    return _NO_DIGITS.sub(" ", text).strip(), signs, len(_NO_LETTERS.sub("", text))
