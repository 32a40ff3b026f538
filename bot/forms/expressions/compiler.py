"""Turns a syntax tree into closures, each with the set of questions it reads."""

from __future__ import annotations

import difflib
from dataclasses import replace

from bot.forms.expressions.closures import (
    Closure,
    Nodes,
    above,
    here,
    joined,
    literal,
    node,
    node_set,
)
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.functions import FUNCTIONS, NOT_YET
from bot.forms.expressions.functions.signature import Function
from bot.forms.expressions.lookups import column_and_value, quick
from bot.forms.expressions.nodes import Node as AnyNode
from bot.forms.expressions.operators import arithmetic, comparison, junction, negation
from bot.forms.expressions.parser import parse
from bot.forms.expressions.paths import Found, Keep, Leg, foresee, keeper, ordered, walk
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.shape import Spec, homes
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
from bot.forms.expressions.values import Item

MAX_TREE = 150
"""Levels of the syntax tree: at two Python frames a level, evaluation stays far below the interpreter's 1,000."""

_QUOTING = frozenset({"jr:choice-name", "choice-name"})
"""Functions whose second argument is a question in quotation marks."""

_OF_NODES = frozenset({"count", "position", "name", "local-name", "namespace-uri", "indexed-repeat", "randomize"})
"""Functions to which a group is as good as a question."""

_ABOUT_THE_NODE = frozenset({"number", "string", "string-length", "normalize-space"})
"""Functions that without an argument take the node where they stand (XPath 1.0, section 4)."""


def compile_expression(text: str, *, scope: Scope, of_item: bool = False) -> Closure:
    """Compile the text of an expression.

    Args:
        text: what is written.
        scope: where it stands.
        of_item: whether its paths begin at the frame's item, as in a predicate (name and label of a list's items).

    Raises:
        ExpressionError: a mistake in syntax, name, function or number of arguments.
    """
    return _Compiler(scope, inside=of_item).compile(parse(text))


def compile_tree(tree: Node, *, scope: Scope) -> Closure:
    """Compile an expression that is parsed already.

    Raises:
        ExpressionError: a mistake in name, function or number of arguments.
    """
    return _Compiler(scope, inside=False).compile(tree)


class _Compiler:
    __slots__ = ("_depth", "_found", "_predicates", "_scope", "_wants_nodes")

    def __init__(self, scope: Scope, *, inside: bool) -> None:
        self._scope = scope
        self._depth = 0
        self._predicates = int(inside)
        self._wants_nodes = False
        self._found = [Found([], foreign=True)]

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
                return self._reference(tree)
            case Path():
                return self._path(tree)
            case Call():
                return self._call(tree)
            case Negation():
                return negation(self.compile(tree.operand))
            case Arithmetic():
                first = self.compile(tree.first)
                return arithmetic(first, [(sign, self.compile(operand)) for sign, operand in tree.rest])
            case Comparison():
                left, right = self.compile(tree.left), self.compile(tree.right)
                if "truth" in (left.kind, right.kind) and tree.operator in ("=", "!="):
                    self._warn_of_nodes(left, right)
                return comparison(tree.operator, left=left, right=right)
            case Junction():
                operands = [self.compile(operand) for operand in tree.operands]
                self._warn_of_nodes(*operands)
                return junction(tree.operator, operands)
            case Union():
                return self._union([self.compile(operand) for operand in tree.operands], at=tree.at)

    def _reference(self, tree: Reference) -> Closure:
        if tree.name.startswith("last-saved#"):
            self._scope.warnings.append("answers to an earlier response are not read; this is always empty")
            return literal("")
        spec = self._scope.reference(tree, group_too=self._wants_nodes)
        if spec.is_question:
            return self._node(spec)
        return self._walked(self._start_at_root(), Found([self._scope.names.shape.document]), _way_to(spec))

    def _node(self, spec: Spec) -> Closure:
        if not spec.depth or (spec.depth <= self._scope.level and spec.home in homes(self._scope.spec)):
            return node(spec, up=self._scope.level - spec.depth)
        return self._walked(self._start_at_root(), Found([self._scope.names.shape.document]), _way_to(spec))

    def _union(self, operands: list[Closure], *, at: int) -> Closure:
        sets = [operand.nodes for operand in operands]
        if None in sets:
            raise ExpressionError("| joins node-sets only", mend="Use `or`.", at=at)

        def nodes(frame: Frame) -> list[AnyNode]:
            return ordered(found for part in sets if part is not None for found in part(frame))

        return joined(
            *operands, kind="set", run=lambda frame: next((n.text() for n in nodes(frame)), None), nodes=nodes
        )

    def _path(self, tree: Path) -> Closure:
        current = isinstance(tree.start, Call) and tree.start.name == "current" and not tree.start.arguments
        if tree.start is not None and (not current or tree.predicates):
            return self._continued(tree)
        inside = bool(self._predicates) and not current and not tree.absolute
        if not inside:
            if not tree.absolute and all(_is_self(stride) for stride in tree.strides):
                return self._here(tree)
            spec = self._scope.direct(tree)
            if spec is not None:
                if spec.is_question:
                    return self._node(spec)
                if self._scope.strict and not self._wants_nodes:
                    raise ExpressionError(
                        f"{spec.name} is a group, it has no value", mend="Name a question of it.", at=tree.at
                    )
        return self._located(tree, inside=inside)

    def _here(self, tree: Path) -> Closure:
        spec = self._scope.spec
        if spec is not None and not spec.is_question:
            return self._located(tree, inside=False)
        if not self._scope.here:
            raise ExpressionError("`.`, the answer itself, is not known here", mend="Use ${name}.", at=tree.at)
        return here(spec)

    def _located(self, tree: Path, *, inside: bool) -> Closure:
        """Compile a path that begins at the root, where the expression stands, or at a predicate's node."""
        strides = tree.strides
        if tree.absolute:
            return self._walked(self._start_at_root(), Found([self._scope.names.shape.document]), strides, at=tree.at)
        if inside:
            return self._walked(_item, self._found[-1], strides, at=tree.at)
        spec, level = self._scope.spec, self._scope.level
        if spec is None:
            return self._walked(lambda _: [], Found([]), strides, at=tree.at)
        while strides and spec.depth > level and strides[0].axis == "parent" and spec.parent is not None:
            spec, strides = spec.parent, strides[1:]
        if spec.depth > level:  # a repeat as such, not one of its instances: nothing stands below it
            return self._walked(lambda _: [], Found([]), strides, at=tree.at)
        place, up = spec, level - spec.depth
        return self._walked(lambda frame: [above(frame, up).node(place)], Found([spec]), strides, at=tree.at)

    def _start_at_root(self) -> Nodes:
        document = self._scope.names.shape.document
        return lambda frame: [frame.instance.top().node(document)]

    def _continued(self, tree: Path) -> Closure:
        """Compile a path that goes on from another expression."""
        start = self.compile(tree.start)  # type: ignore[arg-type]  # asked by the caller
        if start.nodes is None:
            raise ExpressionError("a path goes on from a node-set only", at=tree.at)
        found = Found(self._specs(start), foreign=True)
        first = Stride(axis="self", test="node()", predicates=tree.predicates)
        strides = (first, *tree.strides) if tree.predicates else tree.strides
        walked = self._walked(start.nodes, found, strides, at=tree.at, apart=False)
        return joined(start, walked, kind="set", run=walked.run, nodes=walked.nodes)

    def _specs(self, start: Closure) -> list[Spec]:
        by_path = self._scope.names.shape.by_path
        return [by_path[path] for path in sorted(start.depends) if path in by_path]

    def _walked(
        self, start: Nodes, found: Found, strides: tuple[Stride, ...], *, at: int = 0, apart: bool = True
    ) -> Closure:
        legs, inner = [], []
        for stride in strides:
            found = foresee(found, axis=stride.axis, test=stride.test)
            self._found.append(found)
            self._predicates += 1
            kept = [self.compile(predicate) for predicate in stride.predicates]
            self._predicates -= 1
            self._found.pop()
            inner += kept
            keeps = [keeper(predicate) for predicate in kept]
            if keeps and found.foreign:
                keeps[0] = self._quick(keeps[0], stride.predicates[0])
            legs.append(Leg(axis=stride.axis, test=stride.test, keeps=tuple(keeps)))
        if self._scope.strict and not found.specs and not found.foreign:
            raise ExpressionError("the path leads nowhere", mend="Use names from the survey sheet.", at=at)
        nodes = walk(start, legs, apart=apart)
        reads = frozenset(found.seen)
        if strides and _goes_down(strides):
            reads = reads.union(*map(_within, found.specs))
        walked = node_set(nodes, depends=reads, far=reads)
        return joined(walked, *inner, kind="set", run=walked.run, nodes=nodes)

    def _quick(self, keep: Keep, tree: Node) -> Keep:
        compared = column_and_value(tree)
        if compared is None:
            return keep
        column, value = compared
        closure = self.compile(value)
        single = closure.kind == "node" or isinstance(closure.constant, str)
        return quick(keep, column=column, value=closure) if single else keep

    def _call(self, tree: Call) -> Closure:
        if tree.name in _ABOUT_THE_NODE and not tree.arguments:
            tree = replace(
                tree, arguments=(Path(absolute=False, strides=(Stride(axis="self", test="node()"),), at=tree.at),)
            )
        try:
            function = _function(tree)
        except ExpressionError as error:
            if self._scope.strict:
                raise
            return _failing(error)
        if tree.name in _QUOTING:
            tree = replace(tree, arguments=(tree.arguments[0], _quoted(tree)))
        arguments = [self._argument(argument, of=tree.name) for argument in tree.arguments]
        if function.truths:
            self._warn_of_nodes(*arguments[: function.truths])
        try:
            return function.build(arguments, scope=self._scope)
        except ExpressionError as error:
            error.at = error.at or tree.at
            raise

    def _argument(self, tree: Node, *, of: str) -> Closure:
        self._wants_nodes = of in _OF_NODES and isinstance(tree, Path | Reference)
        closure = self.compile(tree)
        self._wants_nodes = False
        return closure

    def _warn_of_nodes(self, *closures: Closure) -> None:
        for closure in closures:
            if closure.kind == "node":
                name = f"${{{closure.path.rpartition('/')[2]}}}" if closure.path else "."
                self._scope.warnings.append(f"{name} alone is always true here; write {name} != '' or compare it")


def _function(tree: Call) -> Function:
    function = FUNCTIONS.get(tree.name)
    if function is None:
        raise _unknown_function(tree)
    given = len(tree.arguments)
    if not function.accepts(given):
        raise ExpressionError(
            f"{tree.name}() takes {function.arity_words}, not {given}", mend="Check commas and brackets.", at=tree.at
        )
    return function


def _failing(error: ExpressionError) -> Closure:
    """Return a piece that fails when its turn comes, and not before (as in the ODK engine)."""

    def run(_: Frame) -> Item:
        raise error

    return Closure(kind="any", run=run)


def _unknown_function(tree: Call) -> ExpressionError:
    if tree.name in NOT_YET:
        return ExpressionError(f"the function {tree.name}() is not supported yet", mend="Do without it.", at=tree.at)
    near = difflib.get_close_matches(tree.name, [*FUNCTIONS], n=1)
    return ExpressionError(
        f"there is no function {tree.name}()", mend=f"Did you mean {near[0]}()?" if near else "", at=tree.at
    )


def _quoted(tree: Call) -> Node:
    """Return what the second argument of jr:choice-name() says in quotation marks."""
    text = tree.arguments[1]
    if not isinstance(text, Text):
        raise ExpressionError(
            "the second argument of jr:choice-name() is the question in quotation marks",
            mend="Write jr:choice-name(${q}, '${q}').",
            at=text.at,
        )
    inner = parse(text.value)
    if not isinstance(inner, Reference | Path):
        raise ExpressionError(
            "the second argument of jr:choice-name() names no question", mend="Write '${q}'.", at=text.at
        )
    return inner


def _item(frame: Frame) -> list[AnyNode]:
    return [frame.item] if frame.item is not None else []


def _is_self(stride: Stride) -> bool:
    return stride.axis == "self" and stride.test == "node()" and not stride.predicates


def _goes_down(strides: tuple[Stride, ...]) -> bool:
    return strides[-1].axis in ("child", "descendant", "descendant-or-self")


def _within(spec: Spec) -> set[str]:
    """Return the questions whose texts make that of a group."""
    return {below.path for below in spec.everything() if below.is_question} if spec.sort == "group" else set()


def _way_to(spec: Spec) -> tuple[Stride, ...]:
    strides: list[Stride] = []
    place: Spec | None = spec
    while place is not None and place.parent is not None:
        strides.insert(0, Stride(axis="child", test=place.name))
        place = place.parent
    return tuple(strides)
