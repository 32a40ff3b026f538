"""Makes our questions and groups of pyxform's survey elements, and says what is not run yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bot.forms.casting import read_default
from bot.forms.model import Choice, Expression, Group, Problem, Question, QuestionType, Value
from bot.forms.xlsform.languages import texts_of
from bot.forms.xlsform.rows import Places

_TYPES: Mapping[str, QuestionType] = {
    "text": "text", "string": "text", "q string": "text", "q text": "text", "add text prompt": "text",
    "integer": "integer", "int": "integer", "q int": "integer", "add integer prompt": "integer",
    "decimal": "decimal", "q decimal": "decimal", "add decimal prompt": "decimal",
    "date": "date", "q date": "date", "add date prompt": "date",
    "select one": "select_one", "select all that apply": "select_multiple",
    "note": "note", "q note": "note", "add note prompt": "note",
    "acknowledge": "acknowledge", "trigger": "acknowledge", "q acknowledge": "acknowledge",
    "add acknowledge prompt": "acknowledge",
    "calculate": "calculate", "q calculate": "calculate", "add calculate prompt": "calculate",
}  # fmt: skip
"""pyxform's type, older spellings included -> ours."""

_METADATA = frozenset(
    {
        "start", "end", "today", "deviceid", "phonenumber", "username", "email", "simserial", "subscriberid", "imei",
        "audit", "background-audio", "start-geopoint", "uri:deviceid", "device id", "phone number", "sim id",
        "subscriber id", "get start time", "get end time", "get today", "get phone number", "get sim id",
        "get subscriber id", "get device id", "start time", "end time",
    }
)  # fmt: skip
"""Types that a device fills in by itself."""

_TRUTHS = {"yes": "true()", "true": "true()", "no": "false()", "false": "false()"}
"""What pyxform takes for an expression in the columns required, readonly and relevant."""

_OTHER_LABEL = MappingProxyType({"": "Other", "de": "Etwas anderes", "en": "Other"})
_SPECIFY = MappingProxyType({"": "Please specify.", "de": "Bitte nennen Sie es genauer.", "en": "Please specify."})
_NO_MEND = "Remove the row, or ask in another way."


@dataclass(slots=True)
class Elements:
    """What a survey holds. ignored: names without a value in our form -> why ("" if that is a problem already said)."""

    questions: list[Question] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def collect(survey: Any, *, places: Places, is_dynamic: Callable[[str, str], bool]) -> Elements:
    """Return all questions and groups of pyxform's survey in document order.

    Args:
        survey: pyxform's.
        places: where things stand in the sheets.
        is_dynamic: whether pyxform takes a default for an expression (default, its type).
    """
    collector = _Collector(places, is_dynamic=is_dynamic)
    collector.children(survey, groups=())
    return collector.found


class _Collector:
    def __init__(self, places: Places, *, is_dynamic: Callable[[str, str], bool]) -> None:
        self._places = places
        self._is_dynamic = is_dynamic
        self._lists: dict[int, tuple[Choice, ...]] = {}
        self.found = Elements()

    def children(self, section: Any, *, groups: tuple[str, ...]) -> None:
        for element in section.children or ():
            name = str(element.name)
            path = "/".join((*(groups[-1:]), name))
            if hasattr(element, "children") and element.type != "osm":
                self._section(element, name=name, path=path, groups=groups)
            else:
                self._question(element, name=name, path=path, groups=groups)

    def _section(self, element: Any, *, name: str, path: str, groups: tuple[str, ...]) -> None:
        if name == "meta" and not groups:
            self.found.ignored["instanceID"] = "is metadata, which is not collected here"
            return
        if element.type != "group":
            self._refuse(path, f"{element.type} is not supported yet", mend=_NO_MEND)
            self._ignore_all(element)
            return
        self.found.groups.append(
            Group(
                path=path,
                name=name,
                label=texts_of(element.label),
                parents=groups,
                relevant=_expression((element.bind or {}).get("relevant")),
            )
        )
        self.children(element, groups=(*groups, path))

    def _ignore_all(self, element: Any) -> None:
        self.found.ignored[str(element.name)] = ""
        for child in getattr(element, "children", None) or ():
            self._ignore_all(child)

    def _question(self, element: Any, *, name: str, path: str, groups: tuple[str, ...]) -> None:
        raw_type = str(element.type)
        if name.startswith("reserved_name_for_field_list_labels_"):
            return  # the header row that table-list draws on paper
        if raw_type in _METADATA:
            self.found.ignored[name] = "is metadata, which is not collected here"
            self._say(path, "warning", f"{raw_type} has no meaning in a chat and is left out", column="type")
            return
        kind = _TYPES.get(raw_type)
        if kind is None or self._unsupported(element, path=path):
            if kind is None:
                shown = self._places.cell(path, "type") or raw_type
                self._refuse(path, f"the type {shown} is not supported yet", mend=_NO_MEND)
            self.found.ignored[name] = ""
            return
        question = self._made(element, kind=kind, name=name, path=path, groups=groups)
        self.found.questions.append(self._with_default(question, element=element, kind=raw_type))

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
            read_only=kind != "note" and self._read_only(bind.get("readonly"), path=path),
            choices=self._choices(element) if kind in ("select_one", "select_multiple") else (),
            appearance=str(control.get("appearance") or ""),
            parameters=_parameters(getattr(element, "parameters", None)),
            row=self._places.row(path),
        )

    def _with_default(self, question: Question, *, element: Any, kind: str) -> Question:
        raw = str(getattr(element, "default", None) or "").strip()
        if not raw:
            return question
        if self._is_dynamic(raw, kind):
            return replace(question, dynamic_default=Expression(raw))
        value: Value | None = read_default(raw, question=question)
        if value is None:
            self._say(
                question.path, "error", f"{raw!r} is no answer to this question", column="default",
                mend="Write a name from the choices." if question.choices else "Correct the default.",
            )  # fmt: skip
        return replace(question, default=value)

    def _unsupported(self, element: Any, *, path: str) -> bool:
        for attribute, what in (("choice_filter", "a choice filter"), ("trigger", "a trigger")):
            if getattr(element, attribute, None):
                self._refuse(path, f"{what} is not supported yet", column=attribute, mend="Do without it.")
                return True
        itemset = str(getattr(element, "itemset", None) or "")
        if itemset and getattr(element, "choices", None) is None:
            self._refuse(path, "choices from a file or another question are not supported yet", mend=_NO_MEND)
            return True
        if getattr(element, "media", None):
            self._say(path, "warning", "pictures and sounds of a question are not shown yet", column="media")
        if "randomize" in (getattr(element, "parameters", None) or {}):
            self._say(path, "warning", "choices are shown in the sheet's order, not shuffled yet", column="parameters")
        return False

    def _read_only(self, raw: Any, *, path: str) -> bool:
        text = _TRUTHS.get(str(raw or "").strip().lower(), str(raw or "").strip())
        if text not in ("", "true()", "false()"):
            self._refuse(path, "an expression in readonly is not supported yet", column="read_only", mend="Write yes.")
        return text == "true()"

    def _choices(self, element: Any) -> tuple[Choice, ...]:
        itemset = element.choices
        known = self._lists.get(id(itemset))
        if known is None:
            known = self._lists[id(itemset)] = tuple(self._made_choices(itemset, list_name=str(element.itemset)))
        return known

    def _made_choices(self, itemset: Any, *, list_name: str) -> Iterator[Choice]:
        for option in itemset.options:
            name = str(option.name)
            generated = name == "other" and (list_name, name) not in self._places.choices
            yield Choice(name=name, label=_OTHER_LABEL if generated else texts_of(option.label))

    def _refuse(self, path: str, what: str, *, column: str = "type", mend: str = "") -> None:
        self._say(path, "error", what, column=column, mend=mend)

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


def _expression(raw: Any) -> Expression | None:
    text = str(raw or "").strip()
    text = _TRUTHS.get(text.lower(), text)
    return Expression(text) if text else None


def _parameters(raw: Any) -> Mapping[str, str]:
    return MappingProxyType({str(key): str(value) for key, value in raw.items()} if isinstance(raw, dict) else {})
