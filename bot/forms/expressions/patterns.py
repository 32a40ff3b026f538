"""Regular expressions that cannot hang: a pattern becomes a set of states walked once over the text, no backtracking.

Python's own `re` backtracks, so `(a+)+$` on thirty letters takes minutes. Here `re` only judges single characters;
the walk costs at most characters x states. What needs backtracking (back references, look-around) is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from bot.forms.expressions.pattern_syntax import (
    MAX_PATTERN,
    Anchor,
    Character,
    Choice,
    Piece,
    Repeat,
    Sequence,
    read_pattern,
)
from bot.forms.expressions.syntax import ExpressionError

MAX_STATES = 2_000
"""States after counted repetition is written out (`[0-9]{1,500}` is about 1,000 of them)."""
MAX_SUBJECT = 2_000
"""Characters of a text that is matched; a longer one does not match. With MAX_STATES it bounds the time."""
MAX_CACHE = 2_000
"""Steps a pattern remembers; past that it forgets them all and goes on."""

_Edge = tuple[Callable[[str], bool] | None, int, tuple[int, ...], str]
"""(what a character must be, the state after it, states reached for free, what must hold at this place)."""


class Pattern:
    """A compiled pattern; `found_in` searches as the ODK engine does (anchor with ^ and $ for the whole text)."""

    __slots__ = ("_accept", "_borders", "_edges", "_start", "_steps")

    def __init__(self, edges: list[_Edge], *, start: int, accept: int) -> None:
        self._edges = edges
        self._start = start
        self._accept = accept
        self._borders = any(edge[3] in ("b", "B") for edge in edges)
        self._steps: dict[tuple[frozenset[int], str, bool], frozenset[int]] = {}

    def found_in(self, text: str) -> bool:
        """Whether some part of the text matches."""
        size = len(text)
        if size > MAX_SUBJECT:
            return False
        if self._borders:  # what holds at a place then depends on both its neighbours: nothing to remember
            return self._found_at_borders(text)
        steps, accept, states = self._steps, self._accept, self._begin(at_end=not text)
        for index, character in enumerate(text, start=1):
            if accept in states:
                return True
            key = (states, character, index == size)
            known = steps.get(key)
            states = self._step(key) if known is None else known
        return accept in states

    def _begin(self, *, at_end: bool) -> frozenset[int]:
        key = (frozenset[int](), "", at_end)
        if key not in self._steps:
            self._steps[key] = self._closure({self._start}, text="" if at_end else "-", index=0)
        return self._steps[key]

    def _step(self, key: tuple[frozenset[int], str, bool]) -> frozenset[int]:
        """Work out one step and remember it."""
        states, character, at_end = key
        if len(self._steps) >= MAX_CACHE:
            self._steps.clear()
        following = self._after(states, character)
        following.add(self._start)
        found = self._steps[key] = self._closure(following, text="-" if at_end else "--", index=1)
        return found

    def _found_at_borders(self, text: str) -> bool:
        following: set[int] = set()
        for index in range(len(text) + 1):
            following.add(self._start)
            states = self._closure(following, text=text, index=index)
            if self._accept in states:
                return True
            following = self._after(states, text[index]) if index < len(text) else set()
        return False

    def _after(self, states: frozenset[int], character: str) -> set[int]:
        edges = self._edges
        return {edges[state][1] for state in states if (judge := edges[state][0]) is not None and judge(character)}

    def _closure(self, seen: set[int], *, text: str, index: int) -> frozenset[int]:
        """Add all states that are reached for free at this place; outside of borders only its ends matter."""
        stack = list(seen)
        while stack:
            _, _, free, anchor = self._edges[stack.pop()]
            if anchor and not _holds(anchor, text=text, index=index):
                continue
            for state in free:
                if state not in seen:
                    seen.add(state)
                    stack.append(state)
        return frozenset(seen)


def _holds(anchor: str, *, text: str, index: int) -> bool:
    if anchor == "^":
        return index == 0
    if anchor == "$":
        return index == len(text)
    before = index > 0 and _is_word(text[index - 1])
    after = index < len(text) and _is_word(text[index])
    return (before != after) == (anchor == "b")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Pattern:
    """Compile a pattern.

    Raises:
        ExpressionError: it is broken, too large, or needs backtracking.
    """
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError(f"the pattern has {len(pattern)} characters, at most {MAX_PATTERN} are allowed")
    layer = _Layer(pattern)
    start, accept = layer.lay(read_pattern(pattern))
    return Pattern(layer.edges, start=start, accept=accept)


class _Layer:
    """Lays the states of a pattern's pieces; a laid piece is (first state, last state)."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.edges: list[_Edge] = []

    def _state(self, edge: _Edge = (None, 0, (), "")) -> int:
        if len(self.edges) >= MAX_STATES:
            raise ExpressionError(
                f"the pattern {self._pattern!r} repeats too much (more than {MAX_STATES} states)",
                mend="Allow fewer repetitions.",
            )
        self.edges.append(edge)
        return len(self.edges) - 1

    def _free(self, state: int, *targets: int) -> None:
        judge, on_match, free, anchor = self.edges[state]
        self.edges[state] = (judge, on_match, (*free, *targets), anchor)

    def lay(self, piece: Piece) -> tuple[int, int]:
        """Lay one piece and all inside it."""
        match piece:
            case Character(judge=judge):
                last = self._state()
                return self._state((judge, last, (), "")), last
            case Anchor(kind=kind):
                last = self._state()
                return self._state((None, 0, (last,), kind)), last
            case Sequence(pieces=pieces):
                first = last = self._state()
                for part in pieces:
                    begin, end = self.lay(part)
                    self._free(last, begin)
                    last = end
                return first, last
            case Choice(pieces=pieces):
                first, last = self._state(), self._state()
                for part in pieces:
                    begin, end = self.lay(part)
                    self._free(first, begin)
                    self._free(end, last)
                return first, last
            case Repeat():
                return self._lay_repeat(piece)

    def _lay_repeat(self, piece: Repeat) -> tuple[int, int]:
        first = here = self._state()
        last = self._state()
        for _ in range(piece.least):
            begin, end = self.lay(piece.piece)
            self._free(here, begin)
            here = end
        if piece.most is None:
            begin, end = self.lay(piece.piece)
            self._free(here, begin, last)
            self._free(end, begin, last)
            return first, last
        for _ in range(piece.most - piece.least):
            begin, end = self.lay(piece.piece)
            self._free(here, begin, last)
            here = end
        self._free(here, last)
        return first, last
