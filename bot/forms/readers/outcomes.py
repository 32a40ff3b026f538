"""What reading a typed answer gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.forms.model import Value


@dataclass(frozen=True, slots=True)
class Understood:
    """The text is an answer to the question (its constraint is not asked here)."""

    value: Value


@dataclass(frozen=True, slots=True)
class Guessed:
    """The text is probably this answer (a typo in a label, a number in words): the person is asked whether it is."""

    value: Value


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The text is no answer. expected: a key for the catalogue; parameters: what its text may name.

    fitting: numbers of the choices of a long list that the text, or the unclear piece of it, is a part of.

    integer, decimal, numbers, date, month, year, time, datetime, geopoint -> example; decimal_ambiguous -> first,
    second; range -> minimum, maximum, example; range_step -> these and step; choice -> count; choices -> count,
    unclear; rank -> count, unclear, example; rank_twice -> twice, example; rank_missing -> missing, example;
    acknowledge; text; too_long -> limit; out_of_range -> minimum, maximum; file (it is answered by
    one); nothing (it takes no answer).
    """

    expected: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    fitting: tuple[int, ...] = ()


Reading = Understood | Guessed | NotUnderstood
