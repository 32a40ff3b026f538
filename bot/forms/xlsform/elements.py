"""Makes our questions and groups of pyxform's survey, and the same for checking, with the author's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bot.forms.blueprint import CHANGED, FIRST_LOAD, NEW_REPEAT, Action, Entry, Itemset
from bot.forms.casting import read_default
from bot.forms.model import ATTACHED, Expression, Group, Problem, Question, QuestionType, Value
from bot.forms.outline import control_of
from bot.forms.xlsform.itemsets import Itemsets
from bot.forms.xlsform.languages import texts_of
from bot.forms.xlsform.media import media_of
from bot.forms.xlsform.rows import Places
from bot.forms.xlsform.types import DATA_ONLY, EMPTY, TYPES

_TRUTHS = {"yes": "true()", "true": "true()", "no": "false()", "false": "false()"}
"""What pyxform takes for an expression in the columns required, readonly and relevant."""

_SPECIFY = MappingProxyType({"": "Please specify.", "de": "Bitte nennen Sie es genauer.", "en": "Please specify."})
_DRAWN = "reserved_name_for_field_list_labels_"
"""Name of the row of choices that pyxform draws above a table-list; a chat has no such row."""
_TABLE_LABEL = "generated_table_list_label_"
"""Name of the note that pyxform makes of a table-list's label."""


@dataclass(slots=True)
class Elements:
    """What a survey holds.

    entries, actions: the same as an engine runs it, in the author's words (`${name}`), to be checked; with them what
    has no value in a chat. triggered: paths whose calculation waits for another answer.
    """

    questions: list[Question] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    triggered: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def collect(
    survey: Any, *, places: Places, is_dynamic: Callable[[str, str], bool], files: Mapping[str, bytes]
) -> Elements:
    """Return all questions and groups of pyxform's survey in document order.

    Args:
        survey: pyxform's.
        places: where things stand in the sheets.
        is_dynamic: whether pyxform takes a default for an expression (default, its type).
        files: csv files beside the form, by the names of the lists they are.
    """
    collector = _Collector(places, is_dynamic=is_dynamic, files=files)
    collector.children(survey, groups=(), repeated=False)
    return collector.found


class _Collector:
    def __init__(self, places: Places, *, is_dynamic: Callable[[str, str], bool], files: Mapping[str, bytes]) -> None:
        self._places = places
        self._is_dynamic = is_dynamic
        self._itemsets = Itemsets(places, files=files)
        self.found = Elements()

    def children(self, section: Any, *, groups: tuple[str, ...], repeated: bool) -> None:
        for element in section.children or ():
            name = str(element.name)
            path = "/".join((*(groups[-1:]), name))
            if hasattr(element, "children") and element.type != "osm":
                self._section(element, name=name, path=path, groups=groups, repeated=repeated)
            else:
                self._question(element, name=name, path=path, groups=groups, repeated=repeated)

    def _section(self, element: Any, *, name: str, path: str, groups: tuple[str, ...], repeated: bool) -> None:
        if name == "meta" and not groups:
            self._meta(element, path=path)
            return
        group = self._group(element, name=name, path=path, groups=groups)
        control, bind = element.control or {}, element.bind or {}
        self.found.groups.append(group)
        self.found.entries.append(
            Entry(
                path=path, sort="repeat" if group.repeats else "group",
                relevant=_text(bind.get("relevant")), read_only=_text(bind.get("readonly")),
                count=str(control.get("jr:count") or "").strip(),
            )
        )  # fmt: skip
        self.children(element, groups=(*groups, path), repeated=repeated or group.repeats)

    def _group(self, element: Any, *, name: str, path: str, groups: tuple[str, ...]) -> Group:
        control = element.control or {}
        label = texts_of(element.label)
        heading = next((child for child in element.children or () if str(child.name).startswith(_TABLE_LABEL)), None)
        if heading is not None and not label:
            label = texts_of(heading.label)
        if any("%(" in text for text in label.values()):  # of a loop, whose rounds have labels of their own
            label = texts_of(None)
        fixed = str(control.get("jr:noAddRemove") or "").strip() == "true()"
        return Group(
            path=path, name=name, label=label, parents=groups,
            relevant=_expression((element.bind or {}).get("relevant")),
            repeats=element.type == "repeat",
            counted=element.type == "repeat" and (bool(control.get("jr:count")) or fixed),
            appearance=self._places.cell(path, "appearance") or str(control.get("appearance") or ""),
        )  # fmt: skip

    def _meta(self, section: Any, *, path: str) -> None:
        """Take in what pyxform adds about the whole response, so that expressions may name it."""
        self.found.entries.append(Entry(path=path, sort="group"))
        for element in section.children or ():
            if str(element.type) == "audit":
                self._leave_empty("audit", path=str(element.name))
            elif not hasattr(element, "children"):
                calculation = str((element.bind or {}).get("calculate") or "")
                self.found.entries.append(
                    Entry(path=f"{path}/{element.name}", sort="question", calculation=calculation)
                )

    def _question(self, element: Any, *, name: str, path: str, groups: tuple[str, ...], repeated: bool) -> None:
        raw_type = str(element.type)
        if raw_type in DATA_ONLY:
            if raw_type == "xml-external":
                self._say(path, "warning", "xml files are not read; instance() of it is empty", column="type",
                          mend="Use csv-external.")  # fmt: skip
            return
        if name.startswith((_DRAWN, _TABLE_LABEL)):
            self.found.entries.append(Entry(path=path, sort="question"))
            return
        kind = TYPES.get(raw_type)
        if kind is None:
            self._leave_empty(raw_type, path=path)
            return
        choices = self._itemsets.of(element, path=path)
        self.found.problems += choices.problems
        if choices.refused:
            self.found.entries.append(Entry(path=path, sort="question"))
            return
        question = self._made(element, kind=kind, name=name, path=path, groups=groups)
        question = replace(question, choices=choices.choices, filtered=choices.filtered)
        question = self._with_default(question, element=element, kind=raw_type, repeated=repeated)
        if getattr(element, "trigger", None):
            question = self._triggered(question, triggers=element.trigger)
        self.found.questions.append(question)
        self.found.entries.append(_entry(question, bind=element.bind or {}, nodes=choices.nodes))

    def _leave_empty(self, raw_type: str, *, path: str) -> None:
        """Keep the name of a question that has no meaning in a chat: expressions that read it find it empty."""
        shown = (self._places.cell(path, "type") or raw_type).split(" ")[0]
        why = EMPTY.get(raw_type)
        if why is not None:
            self._say(path, "warning", f"{shown} {why}: it has no meaning in a chat and stays empty", column="type")
        else:
            self._say(path, "error", f"the type {shown} cannot be asked in a chat", column="type",
                      mend="Remove the row, or ask in another way.")  # fmt: skip
        self.found.entries.append(Entry(path=path, sort="question"))

    def _made(self, element: Any, *, kind: QuestionType, name: str, path: str, groups: tuple[str, ...]) -> Question:
        bind, control = element.bind or {}, element.control or {}
        generated = path not in self._places.survey and name.endswith("_other")
        return Question(
            path=path,
            name=name,
            type=kind,
            label=_SPECIFY if generated else texts_of(element.label),
            hint=texts_of(getattr(element, "hint", None)),
            guidance=texts_of(getattr(element, "guidance_hint", None)),
            groups=groups,
            required=_expression(bind.get("required")),
            required_message=texts_of(bind.get("jr:requiredMsg")),
            relevant=_expression(bind.get("relevant")),
            constraint=_expression(bind.get("constraint")),
            constraint_message=texts_of(bind.get("jr:constraintMsg")),
            calculation=_expression(bind.get("calculate")),
            read_only=kind != "note" and _text(bind.get("readonly")) == "true()",
            media=media_of(getattr(element, "media", None)),
            appearance=str(control.get("appearance") or ""),
            parameters=_parameters(getattr(element, "parameters", None)),
            row=self._places.row(path),
        )

    def _with_default(self, question: Question, *, element: Any, kind: str, repeated: bool) -> Question:
        raw = str(getattr(element, "default", None) or "").strip()
        if not raw or question.type == "note":
            return question
        if question.type in ATTACHED:
            self._say(question.path, "warning", "a file as default is not shown in a chat", column="default")
            return question
        if self._is_dynamic(raw, kind):
            events = (FIRST_LOAD, NEW_REPEAT) if repeated else (FIRST_LOAD,)
            self.found.actions.append(Action(events=events, target=question.path, value=raw))
            return replace(question, dynamic_default=Expression(raw))
        value: Value | None = read_default(raw, question=question)
        if value is None and not question.filtered:
            self._say(
                question.path, "error", f"{raw!r} is no answer to this question", column="default",
                mend="Write a name from the choices." if question.choices else "Correct the default.",
            )  # fmt: skip
        return replace(question, default=value)

    def _triggered(self, question: Question, *, triggers: Any) -> Question:
        """Turn a calculation that waits for another answer into an action."""
        text = question.calculation.text if question.calculation is not None else "''"
        if question.calculation is not None:
            self.found.triggered.add(question.path)
        for name in (triggers,) if isinstance(triggers, str) else triggers:
            source = str(name).strip().removeprefix("${").removesuffix("}").strip()
            path = next((known.path for known in self.found.questions if known.name == source), "")
            self.found.actions.append(Action(events=(CHANGED,), target=question.path, value=text, source=path))
        return replace(question, calculation=None)

    def _say(self, path: str, level: str, what: str, *, column: str, mend: str = "") -> None:
        self.found.problems.append(
            Problem(
                level="error" if level == "error" else "warning",
                what=what,
                mend=mend,
                sheet="survey",
                row=self._places.row(path),
                column=self._places.header(path, column),
            )
        )


def _entry(question: Question, *, bind: Mapping[str, Any], nodes: str) -> Entry:
    return Entry(
        path=question.path, sort="question", type=str(bind.get("type") or "string"), control=control_of(question.type),
        relevant=_words(question.relevant), required=_words(question.required), read_only=_text(bind.get("readonly")),
        constraint=_words(question.constraint), calculation=_words(question.calculation),
        itemset=Itemset(nodes=nodes, name="name") if nodes else None,
    )  # fmt: skip


def _words(expression: Expression | None) -> str:
    return expression.text if expression is not None else ""


def _text(raw: Any) -> str:
    text = str(raw or "").strip()
    return _TRUTHS.get(text.lower(), text)


def _expression(raw: Any) -> Expression | None:
    text = _text(raw)
    return Expression(text) if text else None


def _parameters(raw: Any) -> Mapping[str, str]:
    """Return parameters, of which pyxform leaves some as they were written: `max-pixels=1000 app=x`."""
    if isinstance(raw, dict):
        return MappingProxyType({str(key): str(value) for key, value in raw.items()})
    pairs: Iterator[tuple[str, str, str]] = (part.partition("=") for part in str(raw or "").split())
    return MappingProxyType({key.strip(): value.strip() for key, sign, value in pairs if sign})
