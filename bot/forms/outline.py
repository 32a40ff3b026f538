"""What a form as it is asked in a chat means to the engine: its blueprint and its program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.errors import FormError
from bot.forms.blueprint import (
    FIRST_LOAD,
    NEW_REPEAT,
    Action,
    Blueprint,
    Control,
    Entry,
    Label,
    Option,
    Part,
    Seed,
)
from bot.forms.expressions.scopes import ROOT
from bot.forms.expressions.values import to_text
from bot.forms.model import Expression, Form, Group, Question, QuestionType
from bot.forms.program import Findings, Program, build

_KEY = "_program"
_CONTROLS: Mapping[QuestionType, Control] = {
    "select_one": "select1", "select_multiple": "select", "rank": "rank", "range": "range", "acknowledge": "trigger",
    "image": "upload", "audio": "upload", "video": "upload", "file": "upload", "note": "note", "calculate": "",
    "hidden": "",
}  # fmt: skip


def control_of(kind: QuestionType) -> Control:
    """Return how a question of that type is answered."""
    return _CONTROLS.get(kind, "input")


def program_of(form: Form) -> Program:
    """Return the form's program, built at the first call and kept beside the form's fields.

    Raises:
        FormError: an expression is broken, which `compile_source` would have said.
    """
    known = form.__dict__.get(_KEY)
    if isinstance(known, Program):
        return known
    program, findings = build(form.blueprint) if form.blueprint is not None else examine(form)
    if findings.faults or (findings.ring and form.blueprint is None):  # a ring that can be run is only warned of
        what = str(findings.faults[0].error) if findings.faults else f"cycle: {' > '.join(findings.ring)}"
        raise FormError(f"form {form.name} cannot be run: {what}")
    program.in_chat = True
    form.__dict__[_KEY] = program
    return program


def examine(form: Form) -> tuple[Program, Findings]:
    """Compile the expressions of a form that was made by hand, and say what is wrong with them."""
    return build(blueprint_of(form), strict=True)


def blueprint_of(form: Form) -> Blueprint:
    """Return what the engine runs of a form that was made by hand, whose questions say all."""
    places = [*in_document_order(form)]
    texts = {
        language: {
            f"{question.path}/{choice.name}": (Part(form.say(choice.label, language)),)
            for question in form.questions
            for choice in question.choices
        }
        for language in form.languages
    }
    return Blueprint(
        root=form.settings.get("name") or ROOT,
        languages=form.languages,
        entries=tuple(_question(item) if isinstance(item, Question) else _group(item, form=form) for item in places),
        actions=tuple(
            Action(
                events=(NEW_REPEAT,) if _repeats_around(question, form) else (FIRST_LOAD,),
                target=question.path,
                value=question.dynamic_default.text,
            )
            for question in form.questions
            if question.dynamic_default is not None
        ),
        texts=texts,
        beginning=Seed(name="", children=_seeds(form, above="")),
    )


def _repeats_around(question: Question, form: Form) -> bool:
    return any(form.group_by_path[path].repeats for path in question.groups if path in form.group_by_path)


def _seeds(form: Form, *, above: str) -> tuple[Seed, ...]:
    """Return what stands at the beginning directly below a group: defaults, and one instance of each repeat."""
    seeds = [
        Seed(name=question.name, text=to_text(question.default))
        for question in form.questions
        if question.default is not None and question.path.rpartition("/")[0] == above
    ]
    seeds += [
        Seed(name=group.name, children=_seeds(form, above=group.path))
        for group in form.groups
        if group.path.rpartition("/")[0] == above
    ]
    return tuple(seeds)


def in_document_order(form: Form) -> Iterator[Group | Question]:
    """Yield groups and questions, each group before what is in it."""
    seen: set[str] = set()
    for question in form.questions:
        for path in question.groups:
            if path not in seen:
                seen.add(path)
                yield form.group_by_path[path]
        yield question
    yield from (group for group in form.groups if group.path not in seen)


def _text(expression: Expression | None) -> str:
    return expression.text if expression is not None else ""


def _group(group: Group, *, form: Form) -> Entry:
    template = Seed(name=group.name, is_template=True, children=_seeds(form, above=group.path))
    return Entry(
        path=group.path, sort="repeat" if group.repeats else "group", relevant=_text(group.relevant),
        template=template if group.repeats else None,
    )  # fmt: skip


def _question(question: Question) -> Entry:
    return Entry(
        path=question.path, sort="question", type=question.type, control=control_of(question.type),
        relevant=_text(question.relevant), required=_text(question.required), constraint=_text(question.constraint),
        calculation=_text(question.calculation),
        read_only="true()" if question.read_only else "", options=_options(question),
        low=question.parameters.get("start", ""), high=question.parameters.get("end", ""),
    )  # fmt: skip


def _options(question: Question) -> tuple[Option, ...]:
    return tuple(
        Option(name=choice.name, label=Label(translation=f"{question.path}/{choice.name}"))
        for choice in question.choices
    )
