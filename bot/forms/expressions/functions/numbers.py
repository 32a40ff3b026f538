"""Functions that give numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.values import Days, Item, is_set, to_moment, to_number


def _rounded(value: float, digits: float = 0.0) -> float:
    """Round halves away from zero, as the ODK engine does."""
    if math.isnan(value) or math.isnan(digits) or math.isinf(value):
        return math.nan if math.isnan(digits) else value
    factor = 10.0 ** max(-300.0, min(300.0, digits))
    scaled = abs(value) * factor
    if math.isinf(scaled) or scaled >= 2**53:
        return value
    return math.copysign(math.floor(scaled + 0.5) / factor, value)


def _guarded(compute: Callable[..., float]) -> Callable[..., float]:
    """Give NaN where mathematics has no answer, infinity where there is no room."""

    def run(*numbers: float) -> float:
        if any(map(math.isnan, numbers)):
            return math.nan
        try:
            return compute(*numbers)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return run


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        return math.inf
    return math.pow(base, exponent)


def _whole(compute: Callable[[float], int]) -> Callable[[float], float]:
    return lambda number: float(compute(number)) if math.isfinite(number) else number


def _over_all(choose: Callable[[list[float]], float]) -> Callable[..., float]:
    """Compute over the numbers of all arguments, node-sets unfolded; without any, or with one that is none, NaN."""

    def run(frame: Frame, *parts: list[Item]) -> float:
        numbers = [to_number(item, zone=frame.zone) for part in parts for item in part]
        return math.nan if not numbers or any(map(math.isnan, numbers)) else choose(numbers)

    return run


def _number(frame: Frame, item: Item) -> float:
    """Return the number; the text of a date's is whole days, as in the ODK engine."""
    number = to_number(item, zone=frame.zone)
    return Days(number) if isinstance(item, str) and to_moment(item, zone=frame.zone) is not None else number


def _logarithm(number: float) -> float:
    return -math.inf if number == 0 else math.log(number)


def _decimal_logarithm(number: float) -> float:
    return -math.inf if number == 0 else math.log10(number)


def _filled(*parts: list[Item]) -> float:
    return float(sum(is_set(item) for part in parts for item in part))


FUNCTIONS: tuple[Function, ...] = (
    plain("number", "a", "number", _number, framed=True),
    plain("int", "n", "number", _whole(math.trunc)),
    plain("floor", "n", "number", _whole(math.floor)),
    plain("ceiling", "n", "number", _whole(math.ceil)),
    plain("round", "nn", "number", _rounded, optional=1),
    plain("abs", "n", "number", abs),
    plain("pow", "nn", "number", _guarded(_power)),
    plain("sqrt", "n", "number", _guarded(math.sqrt)),
    plain("exp", "n", "number", _guarded(math.exp)),
    plain("exp10", "n", "number", _guarded(lambda number: math.pow(10.0, number))),
    plain("log", "n", "number", _guarded(_logarithm)),
    plain("log10", "n", "number", _guarded(_decimal_logarithm)),
    plain("pi", "", "number", lambda: math.pi),
    plain("sin", "n", "number", _guarded(math.sin)),
    plain("cos", "n", "number", _guarded(math.cos)),
    plain("tan", "n", "number", _guarded(math.tan)),
    plain("asin", "n", "number", _guarded(math.asin)),
    plain("acos", "n", "number", _guarded(math.acos)),
    plain("atan", "n", "number", _guarded(math.atan)),
    plain("atan2", "nn", "number", _guarded(math.atan2)),
    plain("min", "ss*", "number", _over_all(min), framed=True),
    plain("max", "ss*", "number", _over_all(max), framed=True),
    plain("sum", "ss*", "number", _over_all(sum), framed=True),
    plain("count-non-empty", "ss*", "number", _filled),
    plain("random", "", "number", random.random),
)
