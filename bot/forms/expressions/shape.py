"""The shape of a form: its groups, repeats and questions as the tree in which paths are looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

Sort = Literal["document", "group", "repeat", "question"]


class Spec:
    """One place of the form, whatever number of times it stands in the answers.

    path: without the root, `rep/name`; home: the repeat that it stands in (itself if it is one), else the root;
    depth: how many repeats enclose it, itself included.
    """

    __slots__ = ("by_name", "children", "depth", "home", "name", "order", "parent", "path", "sort", "type")

    def __init__(self, name: str, *, sort: Sort, path: str, parent: Spec | None, type: str = "") -> None:  # noqa: A002
        self.name = name
        self.sort = sort
        self.path = path
        self.parent = parent
        self.type = type
        self.children: list[Spec] = []
        self.by_name: dict[str, Spec] = {}
        self.order = 0
        inside = parent is None or parent.parent is None
        self.home: Spec = self if inside or sort == "repeat" else parent.home  # type: ignore[union-attr]  # told by `inside`
        self.depth: int = (parent.depth if parent is not None else 0) + (sort == "repeat")
        if parent is not None:
            self.order = len(parent.children)
            parent.children.append(self)
            parent.by_name.setdefault(name, self)

    @property
    def is_question(self) -> bool:
        """Whether a value stands here."""
        return self.sort == "question"

    def everything(self) -> Iterator[Spec]:
        """Yield this place and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.everything()


def homes(spec: Spec | None) -> list[Spec]:
    """Return the repeats around a place, innermost first, and the root."""
    found: list[Spec] = []
    while spec is not None:
        found.append(spec.home)
        spec = spec.parent
    return found


class Shape:
    """All places of a form; `document` is above its root."""

    __slots__ = ("by_path", "document", "root")

    def __init__(self, places: Iterable[tuple[str, Sort, str]], *, root: str) -> None:
        self.document = Spec("", sort="document", path="", parent=None)
        self.root = Spec(root, sort="group", path="", parent=self.document)
        self.root.home = self.root
        self.by_path: dict[str, Spec] = {"": self.root}
        for path, sort, kind in places:
            self.add(path, sort=sort, type=kind)

    def add(self, path: str, *, sort: Sort, type: str = "") -> Spec:  # noqa: A002
        """Add a place after those that are there; enclosing groups that are not known yet come with it."""
        known = self.by_path.get(path)
        if known is not None:
            return known
        above, _, name = path.rpartition("/")
        parent = self.by_path.get(above) or self.add(above, sort="group")
        spec = self.by_path[path] = Spec(name, sort=sort, path=path, parent=parent, type=type)
        return spec
