"""Nodes of the answers and of lists, as paths walk over them (XPath 1.0, section 5, as far as forms go)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from bot.forms.expressions.shape import Spec
from bot.forms.expressions.values import Item, decimal_text, to_text
from bot.forms.model import Value

Key = tuple[int, ...]


class Node(ABC):
    """One node: what paths, comparisons and functions may ask of it."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the element, "" for what has none."""

    @property
    @abstractmethod
    def parent(self) -> Node | None:
        """The node above."""

    @abstractmethod
    def children(self) -> Sequence[Node]:
        """Return the elements below, in document order."""

    @abstractmethod
    def item(self) -> Item:
        """Return the value as it is stored."""

    @abstractmethod
    def text(self) -> str:
        """Return the string value."""

    @abstractmethod
    def key(self) -> Key:
        """Return what sorts nodes in document order."""


class ListNode(Node):
    """An element of a list (a secondary instance): made once a form, never changed."""

    __slots__ = ("_by_text", "_children", "_name", "_order", "_parent", "_text")

    def __init__(self, name: str, *, text: str = "", parent: ListNode | None = None, order: int = 0) -> None:
        self._name = name
        self._text = text
        self._parent = parent
        self._order = order
        self._children: list[ListNode] = []
        self._by_text: dict[str, dict[str, list[Node]]] = {}
        if parent is not None:
            self._order = len(parent._children)
            parent._children.append(self)

    @property
    def name(self) -> str:
        """The name of the element."""
        return self._name

    @property
    def parent(self) -> ListNode | None:
        """The element above."""
        return self._parent

    def children(self) -> Sequence[ListNode]:
        """Return the elements below."""
        return self._children

    def with_text(self, column: str, text: str) -> list[Node]:
        """Return the elements below in one of whose elements of that name this text stands."""
        known = self._by_text.get(column)
        if known is None:
            known = self._by_text[column] = {}
            for child in self._children:
                for cell in dict.fromkeys(cell.text() for cell in child._children if cell.name == column):
                    known.setdefault(cell, []).append(child)
        return list(known.get(text, ()))

    def item(self) -> Item:
        """Return the text."""
        return self.text()

    def text(self) -> str:
        """Return the text, its children's included."""
        return self._text + "".join(child.text() for child in self._children) if self._children else self._text

    def key(self) -> Key:
        """Sort after the answers, lists in their order."""
        return (*(self._parent.key() if self._parent is not None else (1,)), self._order)


class Instance:
    """The answers of one repeat instance, or of the form outside of repeats, by path.

    stored: what was answered, also what is irrelevant now; values: what is relevant and has a value;
    relevant: paths of relevant groups, repeats and questions; calculated: what calculations gave last;
    options: choices that a filter left; ranges: path of a repeat -> its instances.
    id: under which it is stored, 0 for the form itself and what is not stored yet; kept: paths a person dealt with,
    whose calculation waits until what it reads changes.
    """

    __slots__ = (
        "calculated", "id", "index", "kept", "nodes", "options", "parent", "ranges", "relevant", "spec", "stored",
        "values",
    )  # fmt: skip

    def __init__(self, spec: Spec | None, *, parent: Instance | None = None, index: int = 0) -> None:
        self.spec = spec
        self.parent = parent
        self.index = index
        self.stored: dict[str, Value] = {}
        self.values: dict[str, Value] = {}
        self.relevant: set[str] = set()
        self.calculated: dict[str, str] = {}
        self.options: dict[str, tuple[str, ...]] = {}
        self.ranges: dict[str, list[Instance]] = {}
        self.nodes: dict[Spec, AnswerNode] = {}
        self.id = 0
        self.kept: set[str] = set()

    def node(self, spec: Spec) -> AnswerNode:
        """Return the node of a place that stands directly in this instance: always the same one."""
        known = self.nodes.get(spec)
        if known is None:
            known = self.nodes[spec] = AnswerNode(spec, self)
        return known

    def top(self) -> Instance:
        """Return the instance outside of all repeats."""
        found = self
        while found.parent is not None:
            found = found.parent
        return found

    def below(self, home: Spec) -> Iterable[Instance]:
        """Return the instances of a repeat (or this one) that stand in this instance."""
        if home.depth == (self.spec.depth if self.spec is not None else 0):
            return (self,)
        above = home.parent.home if home.parent is not None else home
        return [made for outer in self.below(above) for made in outer.ranges.get(home.path, ())]


class AnswerNode(Node):
    """A group, a repeat instance or a question with its present value."""

    __slots__ = ("instance", "spec")

    def __init__(self, spec: Spec, instance: Instance) -> None:
        self.spec = spec
        self.instance = instance

    @property
    def name(self) -> str:
        """The name of the element."""
        return self.spec.name

    @property
    def parent(self) -> AnswerNode | None:
        """The node above; the one of a repeat instance stands in the instance around it."""
        above = self.spec.parent
        if above is None:
            return None
        if self.spec.sort == "repeat" and self.instance.parent is not None:
            return self.instance.parent.node(above)
        return self.instance.node(above)

    def children(self) -> Sequence[AnswerNode]:
        """Return what stands directly below, each repeat with all its instances."""
        found: list[AnswerNode] = []
        instance = self.instance
        for child in self.spec.children:
            if child.sort == "repeat":
                found += [made.node(child) for made in instance.ranges.get(child.path, ())]
            else:
                found.append(instance.node(child))
        return found

    def item(self) -> Item:
        """Return the value as it is stored; that of a group is the text of all in it."""
        return self.instance.values.get(self.spec.path) if self.spec.is_question else self.text()

    def text(self) -> str:
        """Return the string value; decimals keep a digit behind the point, as the ODK engine writes them."""
        if not self.spec.is_question:
            return "".join(child.text() for child in self.children())
        value = self.instance.values.get(self.spec.path)
        return decimal_text(value) if self.spec.type == "decimal" and isinstance(value, float) else to_text(value)

    def key(self) -> Key:
        """Sort by place, then by number of the instance."""
        above = self.parent
        if above is None:
            return (0,)
        return (*above.key(), self.spec.order, self.instance.index if self.spec.sort == "repeat" else 0)
