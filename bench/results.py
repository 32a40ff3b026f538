"""What contenders did in interleaved rounds: medians, and ratios and differences within a round."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass(slots=True)
class Rounds(Generic[F]):
    """Figures, contender by contender; in every list the same round has the same place."""

    rounds: dict[str, list[F]] = field(default_factory=dict, kw_only=True)

    def median(self, contender: str, figure: str) -> float | None:
        """Return the median of a figure over the rounds, None if it was not measured."""
        values = [getattr(figures, figure) for figures in self.rounds.get(contender, [])]
        return statistics.median(values) if values and None not in values else None

    def ratio(self, contender: str, peer: str, figure: str) -> float | None:
        """Return the median over the rounds of contender against peer in the same round."""
        return self._within(contender, peer, figure, lambda mine, theirs: mine / theirs if theirs else None)

    def difference(self, contender: str, peer: str, figure: str) -> float | None:
        """Return the median over the rounds of what contender has more than peer in the same round."""
        return self._within(contender, peer, figure, lambda mine, theirs: mine - theirs)

    def _within(
        self, contender: str, peer: str, figure: str, compare: Callable[[float, float], float | None]
    ) -> float | None:
        pairs = zip(self.rounds.get(contender, []), self.rounds.get(peer, []), strict=False)
        values = [(getattr(mine, figure), getattr(theirs, figure)) for mine, theirs in pairs]
        found = [compare(mine, theirs) for mine, theirs in values if mine is not None and theirs is not None]
        known = [value for value in found if value is not None]
        return statistics.median(known) if known else None
