"""Sets of values that simple comparisons allow: never smaller than the truth, so that an empty one is surely empty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers from `low` to `high`, without the ends that are open and without those that are left out."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    without: frozenset[float] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether no number is left."""
        low, high = self.low, self.high
        if self.whole and math.isfinite(low):
            low = math.floor(low) + 1 if self.low_open else math.ceil(low)
        if self.whole and math.isfinite(high):
            high = math.ceil(high) - 1 if self.high_open else math.floor(high)
        if low != high:
            return low > high
        ended = not self.whole and (self.low_open or self.high_open)
        return ended or low in self.without

    def both(self, other: Numbers) -> Numbers:
        """Return the numbers that are in both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Numbers(
            low=low, high=high, whole=self.whole or other.whole, without=self.without | other.without,
            low_open=any(one.low_open and one.low == low for one in (self, other)),
            high_open=any(one.high_open and one.high == high for one in (self, other)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts: those named (None: any), without those that are left out."""

    named: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether no text is left."""
        return self.named is not None and not self.named - self.without

    def both(self, other: Words) -> Words:
        """Return the texts that are in both."""
        named = self.named if other.named is None else other.named
        if self.named is not None and other.named is not None:
            named = self.named & other.named
        return Words(named=named, without=self.without | other.without)


Aspect = tuple[str, str]
"""What is compared, of which question (path): its `number`, `text`, `length`, `count`, or `has NAME`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way in which a condition may hold: what it asks of numbers and of texts; all of it at once."""

    numbers: Mapping[Aspect, Numbers] = field(default_factory=dict)
    words: Mapping[Aspect, Words] = field(default_factory=dict)

    def both(self, other: Case) -> Case | None:
        """Return the case in which both hold, None if that cannot be."""
        numbers, words = dict(self.numbers), dict(self.words)
        for aspect, range_ in other.numbers.items():
            numbers[aspect] = found = numbers.get(aspect, Numbers()).both(range_)
            if found.is_empty:
                return None
        for aspect, texts in other.words.items():
            words[aspect] = kept = words.get(aspect, Words()).both(texts)
            if kept.is_empty:
                return None
        return replace(self, numbers=numbers, words=words)
