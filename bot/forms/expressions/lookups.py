"""Finds a list's items by a column without looking at each of them: cascades over thousands of choices stay quick."""

from __future__ import annotations

from bot.forms.expressions.closures import Closure, as_text
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.nodes import ListNode, Node
from bot.forms.expressions.paths import Keep
from bot.forms.expressions.syntax import Call, Comparison, Junction, Path, Text
from bot.forms.expressions.syntax import Node as Tree

FEWEST = 30
"""Items from which on a lookup is worth its index."""


def column_and_value(tree: Tree) -> tuple[str, Tree] | None:
    """Return the column that a predicate compares, and with what, if that is the same for all items.

    Such are `column = /data/question`, `column = current()/../question` and `column = 'text'`, alone or as the first of
    several such comparisons joined by `and`.
    """
    if isinstance(tree, Junction):
        plain = tree.operator == "and" and all(column_and_value(operand) for operand in tree.operands)
        return column_and_value(tree.operands[0]) if plain else None
    if not isinstance(tree, Comparison) or tree.operator != "=" or not isinstance(tree.left, Path):
        return None
    strides = tree.left.strides
    if tree.left.absolute or tree.left.start is not None or len(strides) != 1 or strides[0].predicates:
        return None
    is_name = strides[0].axis == "child" and not strides[0].test.endswith(("()", "*"))
    return (strides[0].test, tree.right) if is_name and _is_fixed(tree.right) else None


def _is_fixed(tree: Tree) -> bool:
    if isinstance(tree, Text):
        return True
    if not isinstance(tree, Path):
        return False
    current = isinstance(tree.start, Call) and tree.start.name == "current"
    return (tree.absolute or current) and not any(stride.predicates for stride in tree.strides)


def quick(keep: Keep, *, column: str, value: Closure) -> Keep:
    """Return a keeper that asks `keep` only about the items whose column has that value."""
    text = as_text(value)

    def kept(frame: Frame, nodes: list[Node]) -> list[Node]:
        above = nodes[0].parent if len(nodes) >= FEWEST else None
        if not isinstance(above, ListNode) or len(nodes) != len(above.children()):
            return keep(frame, nodes)
        return keep(frame, above.with_text(column, text(frame)))

    return kept
