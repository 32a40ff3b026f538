"""What changed between two versions of a form, and which answers keep their meaning when they move over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bot.forms.model import Expression, Form, Group, Question, QuestionType, Value
from bot.forms.pairing import Pairing, alike, pair, repeats_around

What = Literal["question", "note", "group", "repeat"]
Kind = Literal[
    "added", "removed", "renamed", "moved", "repeated", "widened", "retyped", "reworded", "texts", "rules",
    "choices_added", "choices_removed", "choices_reworded", "choices_relabelled",
]  # fmt: skip
"""`repeated`: into a repeat, out of one, or into another; `widened`: every old answer is one of the new type;
`reworded`: more than a slip was mended; `relabelled`: that alone."""

Why = Literal["removed", "repeated", "retyped", "reworded", "choice_removed", "choice_reworded", "choice_added"]
"""Why an answer cannot move over; `choice_added` is said of rankings, which name all choices."""

MEANING: Mapping[Kind, tuple[str, str]] = MappingProxyType({
    "added": ("who moves over is asked it when it is their turn", "they have no answer to it"),
    "removed": ("who answered it stays on their version", "answers stay; exports show them after the other columns"),
    "renamed": ("the answer goes along under the new name", "exports join both names in the new column"),
    "moved": ("the answer goes along", "exports join them in one column"),
    "repeated": ("who answered it stays on their version", "exports keep them apart"),
    "widened": ("the answer goes along, as one of the new type", "exports join them in one column"),
    "retyped": ("who answered it stays on their version", "answers stay as they are, in the same column"),
    "reworded": ("who answered it stays on their version", "answers stay, in the same column: look at what was asked"),
    "texts": ("the answer goes along", "nothing changes"),
    "rules": ("worked out anew; what does not fit any more is asked again before sending in", "nothing changes"),
    "choices_added": ("the answer goes along (a ranking stays)", "not offered there: their 0/1 columns are empty"),
    "choices_removed": ("who chose one stays on their version", "answers stay; the codes stay in the export"),
    "choices_reworded": ("who chose one stays on their version", "answers stay: one code with two meanings"),
    "choices_relabelled": ("the answer goes along", "nothing changes"),
})  # fmt: skip
"""For running and for submitted responses; submitted ones always stay on their version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `path`: in the new version, in the old one if it is gone; `before`: old path or type.

    names: choices, or the rules that changed (`constraint`, `relevant`, `required` …).
    """

    kind: Kind
    what: What
    path: str
    before: str = ""
    after: str = ""
    names: tuple[str, ...] = ()

    @property
    def running(self) -> str:
        """What it means for a response that is not sent in yet and moves over."""
        return MEANING[self.kind][0]

    @property
    def submitted(self) -> str:
        """What it means for a response that was sent in."""
        return MEANING[self.kind][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that moves over: its place and value in the new version."""

    path: str
    value: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An answer that would lose its meaning."""

    path: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All changes from one version to another, in the new one's order, and what becomes of answers."""

    old: Form
    new: Form
    pairing: Pairing
    changes: tuple[Change, ...]

    def path_of(self, path: str) -> str | None:
        """Return where the question is now; None if it is gone, or is asked another number of times than before."""
        now = self.pairing.questions.get(path)
        if now is None or self._repeated(self.old.by_path[path], self.new.by_path[now]):
            return None
        return now

    def repeat_of(self, path: str) -> str | None:
        """Return where the repeat is now; None if it is gone or no repeat any more."""
        now = self.pairing.groups.get(path)
        group = self.new.group_by_path.get(now or "")
        return now if group is not None and group.repeats else None

    def was_repeat(self, path: str) -> bool:
        """Whether the path is that of a repeat; its answer says whether there is another entry."""
        group = self.old.group_by_path.get(path)
        return group is not None and group.repeats

    def fate(self, path: str, value: Value | None) -> Kept | Lost:
        """Say whether this answer keeps its meaning in the new version; None is a question that was passed over."""
        if self.was_repeat(path):
            repeat = self.repeat_of(path)
            return Lost(path=path, why="removed") if repeat is None else Kept(path=repeat, value=value)
        now = self.pairing.questions.get(path)
        if now is None:
            return Lost(path=path, why="removed")
        old, new = self.old.by_path[path], self.new.by_path[now]
        if self._repeated(old, new):
            return Lost(path=path, why="repeated")
        made = value if old.type == new.type or value is None else _widened(old.type, new.type, value)
        if made is None and value is not None:
            return Lost(path=path, why="retyped")
        why = "reworded" if not alike(old.label, new.label) else _lost_choice(old, new, made)
        return Lost(path=path, why=why) if why is not None else Kept(path=now, value=made)

    def asked_the_same(self, path: str) -> bool:
        """Whether what a person reads at this question is a list with the same numbers, so that `2` means the same."""
        now = self.path_of(path)
        if now is None:
            return False
        old, new = self.old.by_path[path], self.new.by_path[now]
        same_list = [choice.name for choice in old.choices] == [choice.name for choice in new.choices]
        return old.type == new.type and same_list and alike(old.label, new.label)

    def _repeated(self, old: Question, new: Question) -> bool:
        before = tuple(self.pairing.groups.get(path) for path in repeats_around(self.old, old.groups))
        return before != repeats_around(self.new, new.groups)


def differences(old: Form, new: Form) -> Differences:
    """Compare two versions of a form."""
    found = Differences(old=old, new=new, pairing=pair(old, new), changes=())
    return Differences(old=old, new=new, pairing=found.pairing, changes=tuple(_changes(found)))


def _changes(found: Differences) -> Iterator[Change]:
    back = {now: before for before, now in found.pairing.questions.items()}
    for question in found.new.questions:
        before = back.get(question.path)
        if before is None:
            yield Change(kind="added", what=_what(question), path=question.path, after=question.type)
        else:
            yield from _of_question(found, found.old.by_path[before], question)
    for question in found.old.questions:
        if question.path not in found.pairing.questions:
            yield Change(kind="removed", what=_what(question), path=question.path, before=question.type)
    yield from _of_groups(found)


def _of_question(found: Differences, old: Question, new: Question) -> Iterator[Change]:
    what, path = _what(new), new.path
    if found.path_of(old.path) is None:
        yield Change(kind="repeated", what=what, path=path, before=old.path)
    elif old.path != new.path:
        kind: Kind = "moved" if old.name == new.name else "renamed"
        yield Change(kind=kind, what=what, path=path, before=old.path)
    if old.type != new.type:
        kind = "widened" if (old.type, new.type) in _WIDER else "retyped"
        yield Change(kind=kind, what=what, path=path, before=old.type, after=new.type)
    if not alike(old.label, new.label):
        yield Change(kind="reworded", what=what, path=path)
    elif _texts(old) != _texts(new):
        yield Change(kind="texts", what=what, path=path)
    yield from _of_choices(old, new)
    rules = tuple(name for name, rule in _rules(new).items() if rule != _rules(old)[name])
    if rules:
        yield Change(kind="rules", what=what, path=path, names=rules)


def _of_choices(old: Question, new: Question) -> Iterator[Change]:
    before = {choice.name: choice.label for choice in old.choices}
    now = {choice.name: choice.label for choice in new.choices}
    shared = [name for name in before if name in now and dict(before[name]) != dict(now[name])]
    groups: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("choices_added", tuple(name for name in now if name not in before)),
        ("choices_removed", tuple(name for name in before if name not in now)),
        ("choices_reworded", tuple(name for name in shared if not alike(before[name], now[name]))),
        ("choices_relabelled", tuple(name for name in shared if alike(before[name], now[name]))),
    )
    for kind, names in groups:
        if names:
            yield Change(kind=kind, what="question", path=new.path, names=names)


def _of_groups(found: Differences) -> Iterator[Change]:
    back = {now: before for before, now in found.pairing.groups.items()}
    for group in found.new.groups:
        before = back.get(group.path)
        if before is None:
            yield Change(kind="added", what=_sort(group), path=group.path)
            continue
        old = found.old.group_by_path[before]
        if old.repeats != group.repeats:
            yield Change(kind="repeated", what=_sort(group), path=group.path, before=before)
        elif before != group.path:
            yield Change(kind="renamed", what=_sort(group), path=group.path, before=before)
        if dict(old.label) != dict(group.label):
            yield Change(kind="texts", what=_sort(group), path=group.path)
        if _text(old.relevant) != _text(group.relevant):
            yield Change(kind="rules", what=_sort(group), path=group.path, names=("relevant",))
    for group in found.old.groups:
        if group.path not in found.pairing.groups:
            yield Change(kind="removed", what=_sort(group), path=group.path)


def _what(question: Question) -> What:
    return "note" if question.type == "note" else "question"


def _sort(group: Group) -> What:
    return "repeat" if group.repeats else "group"


def _texts(question: Question) -> tuple[dict[str, str], ...]:
    texts = (question.label, question.hint, question.guidance, question.required_message, question.constraint_message)
    return tuple(dict(each) for each in texts)


def _rules(question: Question) -> dict[str, object]:
    return {
        "constraint": _text(question.constraint),
        "relevant": _text(question.relevant),
        "required": _text(question.required),
        "calculation": _text(question.calculation),
        "default": (question.default, _text(question.dynamic_default)),
        "read only": question.read_only,
    }


def _text(expression: Expression | None) -> str:
    return expression.text if expression is not None else ""


# --- answers ---------------------------------------------------------------------------------------------------------


def _decimal(value: Value) -> Value:
    return value if isinstance(value, tuple) else float(value)


def _one_of_many(value: Value) -> Value:
    return (str(value),)


_WIDER: Mapping[tuple[QuestionType, QuestionType], Callable[[Value], Value]] = MappingProxyType({
    ("integer", "decimal"): _decimal,
    ("range", "decimal"): _decimal,
    ("integer", "text"): str,
    ("decimal", "text"): str,
    ("range", "text"): str,
    ("date", "text"): str,
    ("time", "text"): str,
    ("datetime", "text"): str,
    ("barcode", "text"): str,
    ("select_one", "select_multiple"): _one_of_many,
})  # fmt: skip
"""Types of which every answer is also one of the other type; a choice's code is no text that somebody would write."""


def _widened(old: QuestionType, new: QuestionType, value: Value) -> Value | None:
    wider = _WIDER.get((old, new))
    return None if wider is None else wider(value)


def _lost_choice(old: Question, new: Question, value: Value | None) -> Why | None:
    if value is None or not (new.choices or old.choices):
        return None
    chosen = value if isinstance(value, tuple) else (str(value),)
    for name in chosen:
        before, now = old.choice(name), new.choice(name)
        if now is None and not (before is None and new.filtered):
            return "choice_removed"
        if before is not None and now is not None and not alike(before.label, now.label):
            return "choice_reworded"
    if new.type == "rank" and {choice.name for choice in new.choices} - set(chosen):
        return "choice_added"
    return None
