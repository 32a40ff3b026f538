"""Turns a syntax tree into closures, each with the set of questions it reads."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable

from bot.forms.expressions.closures import (
    Closure,
    Run,
    as_number,
    as_text,
    as_truth,
    depends_of,
    here,
    literal,
    node,
)
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions import FUNCTIONS, NOT_YET
from bot.forms.expressions.parser import parse
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import (
    Arithmetic,
    Call,
    Comparison,
    ExpressionError,
    Junction,
    Negation,
    Node,
    Number,
    Path,
    Reference,
    Text,
    Union,
)
from bot.forms.expressions.values import equal

MAX_TREE = 150
"""Levels of the syntax tree: at two Python frames a level, evaluation stays far below the interpreter's 1,000."""

_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def compile_expression(text: str, *, scope: Scope) -> Closure:
    """Compile the text of an expression.

    Raises:
        ExpressionError: a mistake in syntax, name, function or number of arguments.
    """
    return _Compiler(scope).compile(parse(text))


class _Compiler:
    __slots__ = ("_depth", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._depth = 0

    def compile(self, tree: Node) -> Closure:
        self._depth += 1
        if self._depth > MAX_TREE:
            raise ExpressionError("the expression is too deep", mend="Divide it over calculate rows.", at=tree.at)
        closure = self._compile(tree)
        self._depth -= 1
        return closure

    def _compile(self, tree: Node) -> Closure:
        match tree:
            case Number() | Text():
                return literal(tree.value)
            case Reference():
                return node(self._scope.reference(tree))
            case Path():
                return self._path(tree)
            case Call():
                return self._call(tree)
            case Negation():
                return _negation(self.compile(tree.operand))
            case Arithmetic():
                first = self.compile(tree.first)
                return _arithmetic(first, [(sign, self.compile(operand)) for sign, operand in tree.rest])
            case Comparison():
                left, right = self.compile(tree.left), self.compile(tree.right)
                if "truth" in (left.kind, right.kind) and tree.operator in ("=", "!="):
                    self._warn_of_nodes(left, right)
                return _comparison(tree.operator, left=left, right=right)
            case Junction():
                operands = [self.compile(operand) for operand in tree.operands]
                self._warn_of_nodes(*operands)
                return _junction(tree.operator, operands)
            case Union():
                raise ExpressionError("| (joining node-sets) is not supported yet", at=tree.at)

    def _path(self, tree: Path) -> Closure:
        if tree.start is not None:
            current = isinstance(tree.start, Call) and tree.start.name == "current" and not tree.start.arguments
            if not current or tree.predicates:
                raise ExpressionError("a path after an expression is not supported yet", at=tree.at)
        if all(stride.axis == "self" and not stride.predicates for stride in tree.strides) and not tree.absolute:
            if not self._scope.here:
                raise ExpressionError(
                    "only a constraint knows `.`, the answer just given", mend="Use ${name}.", at=tree.at
                )
            return here()
        return node(self._scope.path(tree))

    def _call(self, tree: Call) -> Closure:
        function = FUNCTIONS.get(tree.name)
        if function is None:
            raise _unknown_function(tree)
        given = len(tree.arguments)
        if not function.accepts(given):
            raise ExpressionError(
                f"{tree.name}() takes {function.arity_words}, not {given}",
                mend="Check commas and brackets.",
                at=tree.at,
            )
        arguments = [self.compile(argument) for argument in tree.arguments]
        if function.truths:
            self._warn_of_nodes(*arguments[: function.truths])
        try:
            return function.build(arguments, scope=self._scope)
        except ExpressionError as error:
            error.at = error.at or tree.at
            raise

    def _warn_of_nodes(self, *closures: Closure) -> None:
        for closure in closures:
            if closure.kind == "node":
                name = f"${{{closure.path.rpartition('/')[2]}}}" if closure.path else "."
                self._scope.warnings.append(f"{name} alone is always true here; write {name} != '' or compare it")


def _unknown_function(tree: Call) -> ExpressionError:
    if tree.name in NOT_YET:
        return ExpressionError(f"the function {tree.name}() is not supported yet", mend="Do without it.", at=tree.at)
    near = difflib.get_close_matches(tree.name, [*FUNCTIONS], n=1)
    return ExpressionError(
        f"there is no function {tree.name}()", mend=f"Did you mean {near[0]}()?" if near else "", at=tree.at
    )


def _negation(operand: Closure) -> Closure:
    number = as_number(operand)
    return Closure(kind="number", run=lambda frame: -number(frame), depends=operand.depends)


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if math.isnan(left) or math.isnan(right) or left == 0:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _remainder(left: float, right: float) -> float:
    if not right or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "div": _divide, "mod": _remainder,
}  # fmt: skip


def _arithmetic(first: Closure, rest: list[tuple[str, Closure]]) -> Closure:
    depends = depends_of(first, *(closure for _, closure in rest))
    start = as_number(first)
    steps = [(_ARITHMETIC[sign], as_number(closure)) for sign, closure in rest]
    if len(steps) == 1:
        compute, second = steps[0]
        return Closure(kind="number", run=lambda frame: compute(start(frame), second(frame)), depends=depends)

    def run(frame: Frame) -> float:
        total = start(frame)
        for compute, number in steps:
            total = compute(total, number(frame))
        return total

    return Closure(kind="number", run=run, depends=depends)


def _comparison(sign: str, *, left: Closure, right: Closure) -> Closure:
    depends = depends_of(left, right)
    if sign in _ORDER:
        order, lower, upper = _ORDER[sign], as_number(left), as_number(right)
        return Closure(kind="truth", run=lambda frame: order(lower(frame), upper(frame)), depends=depends)
    run = _equality(left, right)
    if sign == "!=":
        return Closure(kind="truth", run=lambda frame: not run(frame), depends=depends)
    return Closure(kind="truth", run=run, depends=depends)


def _equality(left: Closure, right: Closure) -> Run:
    kinds = (left.kind, right.kind)
    if "truth" in kinds:
        one, two = as_truth(left), as_truth(right)
        return lambda frame: one(frame) is two(frame)
    if "any" in kinds:
        first, second = left.run, right.run
        return lambda frame: equal(first(frame), second(frame), zone=frame.zone)
    if "number" in kinds:
        lower, upper = as_number(left), as_number(right)
        return lambda frame: lower(frame) == upper(frame)
    if isinstance(left.constant, str):
        left, right = right, left
    text = as_text(left)
    if isinstance(right.constant, str):
        wanted = right.constant
        return lambda frame: text(frame) == wanted
    other = as_text(right)
    return lambda frame: text(frame) == other(frame)


def _junction(sign: str, operands: list[Closure]) -> Closure:
    truths = tuple(as_truth(operand) for operand in operands)
    depends = depends_of(*operands)
    if len(truths) == 2:
        one, two = truths
        if sign == "and":
            return Closure(kind="truth", run=lambda frame: one(frame) and two(frame), depends=depends)
        return Closure(kind="truth", run=lambda frame: one(frame) or two(frame), depends=depends)
    if sign == "and":
        return Closure(kind="truth", run=lambda frame: all(truth(frame) for truth in truths), depends=depends)
    return Closure(kind="truth", run=lambda frame: any(truth(frame) for truth in truths), depends=depends)
