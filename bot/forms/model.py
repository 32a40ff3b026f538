"""A compiled questionnaire: plain, immutable data that knows nothing of how it was written or of who answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from bot.forms.blueprint import Blueprint

Value = str | int | float | tuple[str, ...]
"""An answer: text, dates and times (ISO 8601) and select_one names as str, integer as int, decimal as float, a range as
either, select_multiple as a tuple of names in the order of the choices, rank as a tuple of all names in the order that
was given, acknowledge as "OK", a place as `latitude longitude altitude accuracy`, a file as the name under which it is
kept. Empty is None."""

Texts = Mapping[str, str]
"""Language code -> text. A text without a language has the key ""."""

QuestionType = Literal[
    "text", "integer", "decimal", "range", "date", "time", "datetime", "select_one", "select_multiple", "rank",
    "geopoint", "barcode", "image", "audio", "video", "file", "acknowledge", "note", "calculate", "hidden",
]  # fmt: skip
"""`hidden` is what nobody sees and nobody types: hidden, start, end, today."""

ATTACHED: frozenset[str] = frozenset({"image", "audio", "video", "file"})
"""Types that are answered by sending a file."""

Respondent = Literal["contact", "company"]
"""Whose response it is: each contact has one of their own, or a company has one that its contacts share."""

SILENT: frozenset[str] = frozenset({"note", "calculate", "hidden"})
"""Types that a person does not answer."""

LONG_LIST = 30
"""Choices; a list of more is shown in pages, and typed text may be any part of a label."""

_NONE: Mapping[str, str] = MappingProxyType({})


_NO_MEDIA: Mapping[str, Texts] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NONE


def _no_media() -> Mapping[str, Texts]:
    return _NO_MEDIA


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written in the sheet, with the paths of the questions it depends on."""

    text: str
    depends: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice of a select; `label` may be empty in a language, `Form.say` then falls back."""

    name: str
    label: Texts
    media: Mapping[str, Texts] = field(default_factory=_no_media)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group or repeat of questions.

    path: `training` or `outer/inner`; parents: the enclosing groups and repeats, outermost first.
    counted: a repeat whose number of instances is worked out, so that nobody is asked for another one.
    """

    path: str
    name: str
    label: Texts = field(default_factory=_nothing)
    parents: tuple[str, ...] = ()
    relevant: Expression | None = None
    repeats: bool = False
    counted: bool = False
    appearance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row of the survey sheet that carries a value or is shown (calculate and note included).

    path: `size` or `group/name`, without the root; unique in the form.
    default: the raw text of a static default; a dynamic one is in `dynamic_default`.
    groups: paths of the groups and repeats around it, outermost first.
    choices: those that are always there; filtered: an expression takes some of them away, shuffles them, or gives them.
    media: `image`, `audio`, `video` -> language -> name of a file that is sent with the question.
    row: line of the survey sheet (1 is the header), for messages to authors.
    """

    path: str
    name: str
    type: QuestionType
    label: Texts = field(default_factory=_nothing)
    hint: Texts = field(default_factory=_nothing)
    guidance: Texts = field(default_factory=_nothing)
    groups: tuple[str, ...] = ()
    required: Expression | None = None
    required_message: Texts = field(default_factory=_nothing)
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_message: Texts = field(default_factory=_nothing)
    calculation: Expression | None = None
    default: Value | None = None
    dynamic_default: Expression | None = None
    read_only: bool = False
    choices: tuple[Choice, ...] = ()
    filtered: bool = False
    media: Mapping[str, Texts] = field(default_factory=_no_media)
    appearance: str = ""
    parameters: Mapping[str, str] = field(default_factory=_nothing)
    row: int = 0

    @property
    def asked(self) -> bool:
        """Whether a person answers this (notes are shown, calculations run by themselves)."""
        return self.type not in SILENT and not self.read_only

    @property
    def has_long_list(self) -> bool:
        """Whether there are more choices than one looks through at once."""
        return len(self.choices) > LONG_LIST

    def choice(self, name: str) -> Choice | None:
        """Return the choice of that name."""
        return next((choice for choice in self.choices if choice.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A whole form in document order.

    name: the form_id; version: the author's own version text ("" if none); languages: codes, the default first.
    files: names of the files that it wants beside it: lists in csv, media.
    respondent: who has a response to it.
    blueprint: what the engine runs; None only where a form is made by hand, then it is worked out from the questions.
    """

    name: str
    title: Texts
    version: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    groups: tuple[Group, ...] = ()
    settings: Mapping[str, str] = field(default_factory=_nothing)
    blueprint: Blueprint | None = None
    files: tuple[str, ...] = ()
    respondent: Respondent = "contact"

    @cached_property
    def by_path(self) -> Mapping[str, Question]:
        """Questions by path."""
        return MappingProxyType({question.path: question for question in self.questions})

    @cached_property
    def group_by_path(self) -> Mapping[str, Group]:
        """Groups by path."""
        return MappingProxyType({group.path: group for group in self.groups})

    @cached_property
    def has_repeats(self) -> bool:
        """Whether anything is asked more than once."""
        return any(group.repeats for group in self.groups)

    def choice_of(self, question: Question, name: str) -> Choice | None:
        """Return a question's choice of that name, also where an expression takes it away now."""
        return self._choices[question.path].get(name) if question.path in self._choices else question.choice(name)

    @cached_property
    def _choices(self) -> Mapping[str, Mapping[str, Choice]]:
        lists: dict[int, Mapping[str, Choice]] = {}
        for question in self.questions:
            if id(question.choices) not in lists:
                lists[id(question.choices)] = {choice.name: choice for choice in reversed(question.choices)}
        return {question.path: lists[id(question.choices)] for question in self.questions if question.choices}

    def say(self, texts: Texts, language: str) -> str:
        """Return the text in `language`, else in the default language, else in any, else ""."""
        return (
            texts.get(language)
            or texts.get("")
            or (texts.get(self.languages[0]) if self.languages else None)
            or next((text for text in texts.values() if text), "")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something an author should know about a form: where, what, and how to mend it."""

    level: Literal["error", "warning"]
    what: str
    mend: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.sheet and f"sheet {self.sheet}",
                self.row and f"row {self.row}",
                self.column and f"column {self.column}",
            )
            if part
        )
        stop = "" if self.what.endswith((".", "?", "!")) else "."
        said = f"{self.what}{stop} {self.mend}" if self.mend else self.what
        return f"{self.level}: {place + ': ' if place else ''}{said}"
