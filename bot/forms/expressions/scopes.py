"""What names mean in a form: `${name}` and paths to the questions they read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.forms.expressions.shape import Shape, Spec
from bot.forms.expressions.syntax import ExpressionError, Path, Reference, Stride

ROOT = "data"
"""The root of absolute paths where the settings sheet names none (pyxform's default)."""


class Names:
    """All questions and groups of a form by name and by path."""

    __slots__ = ("by_name", "shape")

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.by_name: dict[str, list[Spec]] = {}
        for _, spec in sorted(shape.by_path.items()):
            if spec is not shape.root:
                self.by_name.setdefault(spec.name, []).append(spec)

    @classmethod
    def of(cls, questions: Iterable[str], *, groups: Iterable[str] = (), root: str = ROOT) -> Names:
        """Return the names of a form without repeats, told by their paths."""
        shape = Shape(((path, "group", "") for path in groups), root=root)
        for path in questions:
            shape.add(path, sort="question")
        return cls(shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where an expression stands.

    at: path of its question or group; depth: repeats around the answers that it is given, where that is not said by
    `at` (the number of a repeat's instances is asked outside of it).
    here: whether `.` may be used; strict: whether a name or path that leads nowhere is a mistake (in the ODK engine it
    is an empty node-set).
    warnings: filled while compiling with what is legal but surely not meant.
    """

    names: Names
    at: str = ""
    depth: int | None = None
    here: bool = False
    strict: bool = True
    warnings: list[str] = field(default_factory=list)

    @property
    def spec(self) -> Spec | None:
        """The place where the expression stands."""
        return self.names.shape.by_path.get(self.at)

    @property
    def level(self) -> int:
        """How many repeats enclose the answers that the expression is given."""
        if self.depth is not None:
            return self.depth
        return self.spec.depth if self.spec is not None else 0

    def reference(self, node: Reference, *, group_too: bool = False) -> Spec:
        """Return the question (or also the group) that `${name}` means.

        Raises:
            ExpressionError: nobody, several, or a group has that name.
        """
        found = self.names.by_name.get(node.name, ())
        if len(found) > 1:
            raise ExpressionError(
                f"${{{node.name}}} is the name of several questions: {', '.join(spec.path for spec in found)}",
                mend="Give each its own name.",
                at=node.at,
            )
        if not found:
            raise self._unknown(node.name, shown=f"${{{node.name}}}", at=node.at)
        if not found[0].is_question and not group_too:
            raise ExpressionError(
                f"${{{node.name}}} is a group, it has no value", mend="Name a question of it.", at=node.at
            )
        return found[0]

    def direct(self, node: Path) -> Spec | None:
        """Return the one place that a path leads to in the same repeats or around them; None if it is no such path.

        Raises:
            ExpressionError: it leads nowhere, and that is a mistake here.
        """
        spec = self.names.shape.document if node.absolute else self.spec
        for stride in node.strides:
            if spec is None or stride.predicates or stride.axis not in ("self", "parent", "child"):
                return None
            if stride.axis != "child":
                if stride.test != "node()":
                    return None
                if stride.axis == "parent":
                    above = spec.parent
                    if above is None or above is self.names.shape.document:
                        return self._nowhere(f"{_shown(node)} leads out of the form", node)
                    spec = above
                continue
            if not _plain(stride.test):
                return None
            child = spec.by_name.get(stride.test)
            if child is None or child.sort == "repeat":
                return self._missing(child, node=node, test=stride.test, spec=spec)
            spec = child
        return spec

    def _missing(self, child: Spec | None, *, node: Path, test: str, spec: Spec) -> Spec | None:
        if child is not None or not self.strict:
            return None
        if spec is self.names.shape.document:
            return self._nowhere(
                f"{_shown(node)} leads nowhere", node, mend=f"Absolute paths begin with /{self.names.shape.root.name}/."
            )
        raise self._unknown(test, shown=_shown(node), at=node.at)

    def _nowhere(self, what: str, node: Path, *, mend: str = "") -> Spec | None:
        if self.strict:
            raise ExpressionError(what, mend=mend, at=node.at)
        return None

    def _unknown(self, name: str, *, shown: str, at: int) -> ExpressionError:
        near = difflib.get_close_matches(name, [*self.names.by_name], n=1)
        return ExpressionError(
            f"there is no question {shown}",
            mend=f"Did you mean ${{{near[0]}}}?" if near else "Use a name from the survey sheet.",
            at=at,
        )


def _plain(test: str) -> bool:
    return not (test == "*" or test.endswith("()") or ":" in test)


def _shown(node: Path) -> str:
    return "/" * node.absolute + "/".join(_word(stride) for stride in node.strides)


def _word(stride: Stride) -> str:
    return {"self": ".", "parent": ".."}.get(stride.axis, stride.test)
