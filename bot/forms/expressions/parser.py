"""Reads tokens into a syntax tree (XPath 1.0 grammar, precedence climbing, flat chains)."""

from __future__ import annotations

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
    Stride,
    Text,
    Union,
)
from bot.forms.expressions.tokens import Token, tokenize

MAX_DEPTH = 60
"""Levels of brackets and function arguments: chains of nested if() reach 50 in real forms, and at eleven Python
frames a level this stays below the interpreter's limit of 1,000."""

MAX_CHAIN = 8
"""Comparisons in one chain (`a = b = c`), each of which makes the tree deeper; nobody means more than two."""

_OR, _AND, _EQUAL, _RELATION, _SUM, _PRODUCT = range(6)
_PRECEDENCE = {
    "or": _OR, "and": _AND, "=": _EQUAL, "!=": _EQUAL, "<": _RELATION, "<=": _RELATION, ">": _RELATION,
    ">=": _RELATION, "+": _SUM, "-": _SUM, "*": _PRODUCT, "div": _PRODUCT, "mod": _PRODUCT,
}  # fmt: skip
_NODE_TESTS = frozenset({"text", "node", "comment", "processing-instruction"})


def parse(text: str) -> Node:
    """Return the syntax tree of an expression.

    Raises:
        ExpressionError: the text is no expression.
    """
    return _Parser(tokenize(text)).whole()


class _Parser:
    __slots__ = ("_depth", "_next", "_tokens")

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._token.kind == "end":
            raise ExpressionError("the expression is empty")
        node = self._climb(_OR)
        token = self._token
        if token.kind != "end":
            raise self._unexpected(token)
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _is(self, *values: str) -> bool:
        token = self._token
        return token.kind == "operator" and token.value in values

    def _expect(self, value: str, *, opened: Token) -> None:
        if not self._is(value):
            if self._token.kind == "end":
                raise ExpressionError(f"{opened.value} is not closed", mend=f"Add the missing {value}.", at=opened.at)
            raise self._unexpected(self._token)
        self._next += 1

    @staticmethod
    def _unexpected(token: Token) -> ExpressionError:
        if token.kind == "end":
            return ExpressionError("the expression ends too early", mend="Complete it.", at=token.at)
        shown = f"${{{token.value}}}" if token.kind == "reference" else token.value
        mend = "Put an operator or a comma before it." if token.kind != "operator" else ""
        if token.value in ("==", "=") and token.kind == "operator":
            mend = "XLSForm compares with a single =."
        return ExpressionError(f"{shown!r} is not expected here", mend=mend, at=token.at)

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(
                f"the expression is nested more than {MAX_DEPTH} deep",
                mend="Divide it over several calculate rows.",
                at=token.at,
            )

    def _climb(self, minimum: int) -> Node:
        left = self._unary()
        while True:
            level = self._level()
            if level < minimum:
                return left
            at = self._token.at
            rest: list[tuple[str, Node]] = []
            while self._level() == level:
                rest.append((self._take().value, self._climb(level + 1)))
            left = _combined(level, left=left, rest=rest, at=at)

    def _level(self) -> int:
        token = self._token
        return _PRECEDENCE.get(token.value, -1) if token.kind == "operator" else -1

    def _unary(self) -> Node:
        token = self._token
        if not self._is("-"):
            return self._union()
        signs = 0
        while self._is("-"):
            self._next += 1
            signs += 1
        operand = self._union()
        # Two signs are none, but they still make a number of what follows.
        node: Node = Negation(operand=operand, at=token.at)
        return node if signs % 2 else Negation(operand=node, at=token.at)

    def _union(self) -> Node:
        first = self._path()
        if not self._is("|"):
            return first
        operands, at = [first], self._token.at
        while self._is("|"):
            self._next += 1
            operands.append(self._path())
        return Union(operands=tuple(operands), at=at)

    def _path(self) -> Node:
        token = self._token
        self._deeper(token)
        start = self._primary()
        if start is None:
            node: Node = self._location(token)
        else:
            node = start
            predicates = self._predicates()
            strides = self._strides() if self._is("/", "//") else ()
            if predicates or strides:
                node = Path(absolute=False, strides=strides, at=token.at, start=start, predicates=predicates)
        self._depth -= 1
        return node

    def _primary(self) -> Node | None:
        token = self._token
        if token.kind == "number":
            self._next += 1
            return Number(value=float(token.value), at=token.at)
        if token.kind == "text":
            self._next += 1
            return Text(value=token.value, at=token.at)
        if token.kind == "reference":
            self._next += 1
            return Reference(name=token.value, at=token.at)
        if self._is("("):
            self._next += 1
            inside = self._climb(_OR)
            self._expect(")", opened=token)
            return inside
        if token.kind == "name" and self._opens_call():
            return self._call()
        return None

    def _opens_call(self) -> bool:
        after = self._tokens[self._next + 1]
        return after.kind == "operator" and after.value == "(" and self._token.value not in _NODE_TESTS

    def _call(self) -> Node:
        name = self._take()
        bracket = self._take()
        arguments: list[Node] = []
        if not self._is(")"):
            arguments.append(self._climb(_OR))
            while self._is(","):
                self._next += 1
                arguments.append(self._climb(_OR))
        self._expect(")", opened=bracket)
        return Call(name=name.value, arguments=tuple(arguments), at=name.at)

    def _location(self, token: Token) -> Path:
        if self._is("/", "//"):
            return Path(absolute=True, strides=self._strides(), at=token.at)
        first = self._stride()
        rest = self._strides() if self._is("/", "//") else ()
        return Path(absolute=False, strides=(first, *rest), at=token.at)

    def _strides(self) -> tuple[Stride, ...]:
        strides: list[Stride] = []
        while self._is("/", "//"):
            if self._take().value == "//":
                strides.append(Stride(axis="descendant-or-self", test="node()"))
            strides.append(self._stride())
        return tuple(strides)

    def _stride(self) -> Stride:
        token = self._take()
        if token.kind == "operator" and token.value in (".", ".."):
            return Stride(axis="self" if token.value == "." else "parent", test="node()", predicates=self._predicates())
        axis = "child"
        if token.kind == "operator" and token.value == "@":
            axis, token = "attribute", self._take()
        elif token.kind == "name" and self._is("::"):
            self._next += 1
            axis, token = token.value, self._take()
        if not (token.kind == "name" or (token.kind == "operator" and token.value == "*")):
            raise self._unexpected(token)
        test = token.value
        if token.kind == "name" and self._is("("):
            opened = self._take()
            self._expect(")", opened=opened)
            test += "()"
        return Stride(axis=axis, test=test, predicates=self._predicates())

    def _predicates(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while self._is("["):
            opened = self._take()
            found.append(self._climb(_OR))
            self._expect("]", opened=opened)
        return tuple(found)


def _combined(level: int, *, left: Node, rest: list[tuple[str, Node]], at: int) -> Node:
    match level:
        case 0 | 1:
            operands = (left, *(node for _, node in rest))
            return Junction(operator="or" if level == _OR else "and", operands=operands, at=at)
        case 2 | 3:
            if len(rest) > MAX_CHAIN:
                raise ExpressionError("too many comparisons in one chain", mend="Join them by `and`.", at=at)
            for operator, right in rest:
                left = Comparison(operator=operator, left=left, right=right, at=at)
            return left
        case _:
            return Arithmetic(first=left, rest=tuple(rest), at=at)
