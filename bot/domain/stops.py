"""The places at which a walk halts: every question in every instance of a repeat, in document order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.domain.records import key_of
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec
from bot.forms.model import Choice, Expression, Form, Group, Question, Texts
from bot.forms.rules import is_read_only
from bot.forms.state import State

FINISHED = "no"  # the answer to whether a repeat has another instance, by which it is complete
ANOTHER = "yes"

Phrases = Callable[[str], Texts]
"""Our own words by the catalogue's key, in all languages of the hub."""

_ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "repeat.another": "Another one: {label}?",
        "repeat.another_nameless": "Another one?",
        "repeat.entry": "Entry",
        "repeat.first": "Is there one: {label}?",
        "repeat.first_nameless": "Is there one?",
        "repeat.first_yes": "Yes",
        "repeat.first_no": "No",
        "repeat.yes": "Yes",
        "repeat.no": "No",
    }
)


OF_A_LABEL = frozenset({"repeat.another", "repeat.first"})
"""Words that name a repeat by its label."""


def in_english(key: str) -> Texts:
    """Return our own words where no catalogue is at hand."""
    return {"": _ENGLISH[key]}


@dataclass(slots=True, eq=False)  # not frozen: a walk makes one for every question of the form, at every message
class Stop:
    """A place where the walk halts: a question in one instance, or whether a repeat has another one.

    key: what prompts and positions call it; question: with the choices that there are now; repeat: what would grow;
    asked: False for notes and for what is not relevant or not to be answered now.
    """

    key: str
    question: Question
    instance: Instance
    repeat: Spec | None = None
    asked: bool = True


def line_of(form: Form, state: State, phrases: Phrases) -> tuple[Stop, ...]:
    """Return all places of a form as it stands, asked or not; choices are not worked out yet."""
    line = _Line(form, state, phrases)
    line.below(state.program.shape.root, state.top, is_open=True)
    return tuple(line.found)


def stop_at(form: Form, state: State, phrases: Phrases, *, path: str, instance: Instance) -> Stop | None:
    """Return one place as `line_of` would yield it, without a look at all the others; None if there is none."""
    return _Line(form, state, phrases).one(path, instance)


class _Line:
    def __init__(self, form: Form, state: State, phrases: Phrases) -> None:
        self._form = form
        self._state = state
        self._phrases = phrases
        self.found: list[Stop] = []

    def below(self, outer: Spec, instance: Instance, *, is_open: bool) -> None:
        questions, relevant = self._form.by_path, instance.relevant
        for spec in outer.children:
            path = spec.path
            if spec.sort == "repeat":
                self._of_repeat(spec, instance, is_open=is_open and f"{path}#" in relevant)
            elif not spec.is_question:
                self.below(spec, instance, is_open=is_open and path in relevant)
            elif (question := questions.get(path)) is not None:
                asked = is_open and path in relevant and self._is_asked(question, spec, instance)
                self.found.append(Stop(key_of(path, instance.id), question, instance, None, asked))

    def one(self, path: str, instance: Instance) -> Stop | None:
        spec = self._state.program.shape.by_path.get(path)
        if spec is None:
            return None
        if spec.sort == "repeat":
            home = spec.parent.home if spec.parent is not None else None
            is_open = f"{path}#" in instance.relevant
            return self._whole(spec, instance, is_open=is_open) if home is instance.spec else None
        question = self._form.by_path.get(path)
        if question is None or spec.home is not instance.spec:
            return None
        asked = path in instance.relevant and self._is_asked(question, spec, instance)
        return Stop(key_of(path, instance.id), question, instance, None, asked)

    def _of_repeat(self, spec: Spec, outer: Instance, *, is_open: bool) -> None:
        for made in outer.ranges.get(spec.path, ()):
            self.below(spec, made, is_open=is_open and spec.path in made.relevant)
        whole = self._whole(spec, outer, is_open=is_open)
        if whole is not None:
            self.found.append(whole)

    def _whole(self, spec: Spec, outer: Instance, *, is_open: bool) -> Stop | None:
        """Return the place that asks whether a repeat has another instance; where they are counted there is none."""
        group = self._form.group_by_path.get(spec.path)
        if group is None or self._state.program.entries[spec.path].count:
            return None
        return Stop(key_of(spec.path, outer.id), self._whether_another(group, spec, outer), outer, spec, is_open)

    def _is_asked(self, question: Question, spec: Spec, instance: Instance) -> bool:
        if not question.asked:
            return False
        if spec.path in self._state.program.guarded and is_read_only(self._state, spec, instance):
            return False
        return not question.filtered or bool(instance.options.get(spec.path, question.choices))

    def _whether_another(self, group: Group, spec: Spec, outer: Instance) -> Question:
        is_first = not outer.ranges.get(spec.path)
        named, nameless = (
            ("repeat.first", "repeat.first_nameless") if is_first else ("repeat.another", "repeat.another_nameless")
        )
        has_label = any(group.label.values())
        label = {
            language: text.replace("{label}", self._form.say(group.label, language).rstrip(" :"))
            for language, text in self._phrases(named if has_label else nameless).items()
        }
        return Question(
            path=spec.path, name=spec.name, type="select_one", groups=(*group.parents, group.path), label=label,
            required=Expression("true()"),
            choices=(
                Choice(name=ANOTHER, label=self._phrases("repeat.first_yes" if is_first else "repeat.yes")),
                Choice(name=FINISHED, label=self._phrases("repeat.first_no" if is_first else "repeat.no")),
            ),
        )  # fmt: skip
