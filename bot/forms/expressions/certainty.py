"""What an expression says for certain where answers are missing: a question that nobody has answered is unknown.

XPath takes a missing answer as the empty text, so that `${size} != 'small'` and `not(selected(${topics}, 'a'))` are
true of whoever has not come to them. Who asks a form whom to write to means those who have answered otherwise. What
asks for emptiness itself (`${size} = ''`, `coalesce`, `count` …) is taken as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bot.forms.expressions.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Junction,
    Negation,
    Node,
    Number,
    Path,
    Reference,
    Text,
    Union,
)

_AS_WRITTEN = frozenset({
    "boolean", "coalesce", "count", "count-non-empty", "if", "indexed-repeat", "name", "once", "position",
    "string-length",
})  # fmt: skip
"""Functions that say something about an answer that is missing, or take groups."""


def certainly(tree: Node, *, truth: bool = True) -> Node:
    """Return an expression that is true where this one is surely true (or false), whatever the missing answers are."""
    match tree:
        case Junction():
            operands = tuple(certainly(operand, truth=truth) for operand in tree.operands)
            return Junction(operator=tree.operator if truth else _other(tree.operator), operands=operands, at=tree.at)
        case Call(name="not", arguments=(operand,)):
            return certainly(operand, truth=not truth)
        case _:
            said = tree if truth else Call(name="not", arguments=(tree,), at=tree.at)
            asked = () if _is_as_written(tree) else tuple(dict.fromkeys(_answers_in(tree)))
            if not asked:
                return said
            return Junction(operator="and", operands=(*(_given(each) for each in asked), said), at=tree.at)


def _given(answer: Reference | Path) -> Comparison:
    return Comparison(operator="!=", left=answer, right=Text(value="", at=answer.at), at=answer.at)


def _other(operator: Literal["and", "or"]) -> Literal["and", "or"]:
    return "or" if operator == "and" else "and"


def _is_as_written(tree: Node) -> bool:
    match tree:
        case Comparison() if any(isinstance(side, Text) and not side.value for side in (tree.left, tree.right)):
            return True
        case Call() if tree.name in _AS_WRITTEN:
            return True
        case _:
            return any(_is_as_written(part) for part in _parts(tree))


def _answers_in(tree: Node) -> Iterator[Reference | Path]:
    """Give the answers that an expression reads; paths with conditions have a say of their own on what is missing."""
    match tree:
        case Reference():
            yield tree
        case Path(absolute=True, predicates=()) if not any(stride.predicates for stride in tree.strides):
            yield tree
        case _:
            for part in _parts(tree):
                yield from _answers_in(part)


def _parts(tree: Node) -> tuple[Node, ...]:
    match tree:
        case Number() | Text() | Reference() | Path():
            return ()
        case Call():
            return tree.arguments
        case Negation():
            return (tree.operand,)
        case Arithmetic():
            return (tree.first, *(operand for _, operand in tree.rest))
        case Comparison():
            return (tree.left, tree.right)
        case Junction() | Union():
            return tree.operands
