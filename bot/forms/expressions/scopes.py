"""What names mean in a form: `${name}` and paths to the questions they read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.forms.expressions.syntax import ExpressionError, Path, Reference, Stride

ROOT = "data"
"""The root of absolute paths where the settings sheet names none (pyxform's default)."""

Labels = Callable[[str, str, str], str]
"""(path, name of the choice, language) -> its label, "" if there is none."""


class Names:
    """All questions and groups of a form by name and by path."""

    __slots__ = ("by_name", "groups", "labels", "questions", "root")

    def __init__(
        self, questions: Iterable[str], *, groups: Iterable[str] = (), root: str = ROOT, labels: Labels | None = None
    ) -> None:
        self.questions = frozenset(questions)
        self.groups = frozenset(groups)
        self.root = root
        self.labels: Labels = labels or (lambda _path, name, _language: name)
        self.by_name: dict[str, list[str]] = {}
        for path in sorted(self.questions | self.groups):
            self.by_name.setdefault(path.rpartition("/")[2], []).append(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where an expression stands. at: path of its question or group; here: whether `.` may be used.

    ignored: names that the form has but that carry no value (metadata), with the reason; an empty reason means that
        it was said elsewhere, and makes an error without words.
    warnings: filled while compiling with what is legal but surely not meant.
    """

    names: Names
    at: str = ""
    here: bool = False
    ignored: Mapping[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def reference(self, node: Reference) -> str:
        """Return the path of the question that `${name}` means.

        Raises:
            ExpressionError: nobody, several, or a group has that name.
        """
        if node.name.startswith("last-saved#"):
            raise ExpressionError("last-saved answers are not supported yet", at=node.at)
        paths = self.names.by_name.get(node.name, ())
        if len(paths) > 1:
            raise ExpressionError(
                f"${{{node.name}}} is the name of several questions: {', '.join(paths)}",
                mend="Give each its own name.",
                at=node.at,
            )
        if not paths:
            raise self._unknown(node.name, shown=f"${{{node.name}}}", at=node.at)
        return self._question(paths[0], shown=f"${{{node.name}}}", at=node.at)

    def path(self, node: Path) -> str:
        """Return the path of the question that a location path means.

        Raises:
            ExpressionError: it leads nowhere, or uses what is not supported yet.
        """
        shown = "/" * node.absolute + "/".join(_shown(stride) for stride in node.strides)
        parts = [] if node.absolute else [part for part in self.at.split("/") if part]
        strides = list(node.strides)
        if node.absolute:
            root = strides.pop(0)
            if (root.axis, root.test) != ("child", self.names.root) or root.predicates:
                raise ExpressionError(
                    f"{shown} leads nowhere", mend=f"Absolute paths begin with /{self.names.root}/.", at=node.at
                )
        for stride in strides:
            if stride.predicates or stride.axis not in ("self", "parent", "child") or not _plain(stride.test):
                raise ExpressionError(f"{shown}: this kind of path is not supported yet", at=node.at)
            if stride.axis == "parent":
                if not parts:
                    raise ExpressionError(f"{shown} leads out of the form", at=node.at)
                parts.pop()
            elif stride.axis == "child":
                parts.append(stride.test)
        return self._question("/".join(parts), shown=shown, at=node.at)

    def _question(self, path: str, *, shown: str, at: int) -> str:
        if path in self.names.groups:
            raise ExpressionError(f"{shown} is a group, it has no value", mend="Name a question of it.", at=at)
        if path not in self.names.questions:
            raise self._unknown(path.rpartition("/")[2], shown=shown, at=at)
        return path

    def _unknown(self, name: str, *, shown: str, at: int) -> ExpressionError:
        if name in self.ignored:
            if not self.ignored[name]:
                return ExpressionError("", at=at)
            return ExpressionError(f"{shown} {self.ignored[name]}", mend="Do without it.", at=at)
        near = difflib.get_close_matches(name, [*self.names.by_name], n=1)
        return ExpressionError(
            f"there is no question {shown}",
            mend=f"Did you mean ${{{near[0]}}}?" if near else "Use a name from the survey sheet.",
            at=at,
        )


def _plain(test: str) -> bool:
    return test == "node()" or not (test == "*" or test.endswith("()") or ":" in test)


def _shown(stride: Stride) -> str:
    return {"self": ".", "parent": ".."}.get(stride.axis, stride.test)
