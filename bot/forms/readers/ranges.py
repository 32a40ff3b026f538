"""Reads the answer to a range question: a number between two bounds, on a step."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.forms.model import Question
from bot.forms.readers.numbers import read_decimal, read_integer
from bot.forms.readers.outcomes import NotUnderstood, Reading
from bot.forms.readers.written import written_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a range takes: from low to high, in steps from `start` on (0: no steps); whole: only whole numbers."""

    low: Decimal
    high: Decimal
    start: Decimal
    step: Decimal
    whole: bool

    def takes(self, number: float) -> bool:
        """Whether a number lies between the bounds and on the step."""
        exact = Decimal(repr(number))
        return self.low <= exact <= self.high and not (self.step and (exact - self.start) % self.step)

    def example(self, *, language: str) -> str:
        """Return the number on the step that is next to the middle, as people write it."""
        number = (self.low + self.high) / 2
        if self.step:
            number = self.start + Decimal(int((number - self.start) / self.step)) * self.step
        elif self.whole:
            number = Decimal(int(number))
        return written_value(float(number), type="decimal", language=language)


def bounds_of(question: Question) -> Bounds:
    """Return the bounds by the parameters start, end and step (XLSForm, "Range": 1 to 10 in steps of 1)."""
    texts = [question.parameters.get(name, default) for name, default in (("start", "1"), ("end", "10"), ("step", "1"))]
    start, end, step = (_number(text, default) for text, default in zip(texts, ("1", "10", "1"), strict=True))
    # pyxform makes it a decimal as soon as one parameter is written with a point.
    whole = not any("." in text for text in texts)
    return Bounds(low=min(start, end), high=max(start, end), start=start, step=abs(step), whole=whole)


def read_range(text: str, *, question: Question, language: str) -> Reading:
    """Read a number as its type does; outside the bounds or off the step it is refused, and they are named."""
    bounds = bounds_of(question)
    reading = read_integer(text) if bounds.whole else read_decimal(text, language=language)
    if isinstance(reading, NotUnderstood):
        return reading if reading.expected == "decimal_ambiguous" else _refusal(bounds, language=language)
    assert isinstance(reading.value, int | float)  # by the two readers
    return reading if bounds.takes(reading.value) else _refusal(bounds, language=language)


def _refusal(bounds: Bounds, *, language: str) -> NotUnderstood:
    texts = _limits(bounds, language=language)
    expected = "range_step" if "step" in texts else "range"
    return NotUnderstood(expected, texts | {"example": bounds.example(language=language)})


def limits_of(question: Question, *, language: str) -> dict[str, str]:
    """Return minimum, maximum and, where it is no matter of course, step of a range as people write them."""
    return _limits(bounds_of(question), language=language)


def _limits(bounds: Bounds, *, language: str) -> dict[str, str]:
    numbers = {"minimum": bounds.low, "maximum": bounds.high}
    if bounds.step and not (bounds.step == 1 and bounds.whole):
        numbers["step"] = bounds.step
    return {name: written_value(float(number), type="decimal", language=language) for name, number in numbers.items()}


def _number(text: str, default: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(default)
    return number if number.is_finite() and abs(number) < Decimal(10) ** 15 else Decimal(default)
