"""The syntax tree of an expression, and the error that says where a text is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from bot.errors import FormError


class ExpressionError(FormError):
    """A text is no expression we can run; `at` is the character (from 0) where that shows, `mend` what to do."""

    def __init__(self, what: str, *, mend: str = "", at: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as written."""

    value: float
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A quoted text."""

    value: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`${name}`, XLSForm's way to say a question by its name alone."""

    name: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stride:
    """One step of a path: a name, `.`, `..`, `*` or a node test such as `text()`, with its predicates."""

    axis: str
    test: str
    predicates: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A location path: absolute, relative to the current question, or after another expression (`start`)."""

    absolute: bool
    strides: tuple[Stride, ...]
    at: int
    start: Node | None = None
    predicates: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """Unary minus."""

    operand: Node
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """A chain of one precedence, kept flat so that a long sum is not a deep tree."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides and `= != < <= > >=`."""

    operator: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """A flat chain of `and` or of `or`."""

    operator: OneOf["and", "or"]
    operands: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """Node-sets joined by `|`."""

    operands: tuple[Node, ...]
    at: int


Node = Number | Text | Reference | Path | Call | Negation | Arithmetic | Comparison | Junction | Union
