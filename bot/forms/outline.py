"""What a form as it is asked in a chat means to the engine: its blueprint and its program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.errors import FormError
from bot.forms.blueprint import FIRST_LOAD, Action, Blueprint, Control, Entry
from bot.forms.expressions.scopes import ROOT
from bot.forms.model import Expression, Form, Group, Question, QuestionType
from bot.forms.program import Findings, Program, build

_KEY = "_program"
_CONTROLS: Mapping[QuestionType, Control] = {
    "select_one": "select1", "select_multiple": "select", "acknowledge": "trigger", "note": "note", "calculate": "",
}  # fmt: skip


def program_of(form: Form) -> Program:
    """Return the form's program, built at the first call and kept beside the form's fields.

    Raises:
        FormError: an expression is broken, which `compile_source` would have said.
    """
    known = form.__dict__.get(_KEY)
    if isinstance(known, Program):
        return known
    program, findings = examine(form)
    if findings.faults or findings.ring:
        what = str(findings.faults[0].error) if findings.faults else f"cycle: {' > '.join(findings.ring)}"
        raise FormError(f"form {form.name} cannot be run: {what}")
    form.__dict__[_KEY] = program
    return program


def examine(form: Form, *, ignored: Mapping[str, str] | None = None) -> tuple[Program, Findings]:
    """Compile a form's expressions and say what is wrong with them.

    Args:
        form: the form.
        ignored: names that stand in the source but carry no value, with the reason, for better messages.
    """
    return build(blueprint_of(form), strict=True, ignored=ignored)


def blueprint_of(form: Form) -> Blueprint:
    """Return what the engine runs of a form."""
    return Blueprint(
        root=form.settings.get("name") or ROOT,
        entries=tuple(
            _question(item) if isinstance(item, Question) else _group(item) for item in in_document_order(form)
        ),
        actions=tuple(
            Action(events=(FIRST_LOAD,), target=question.path, value=question.dynamic_default.text)
            for question in form.questions
            if question.dynamic_default is not None
        ),
    )


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


def _group(group: Group) -> Entry:
    return Entry(path=group.path, sort="group", relevant=_text(group.relevant))


def _question(question: Question) -> Entry:
    return Entry(
        path=question.path, sort="question", type=question.type, control=_CONTROLS.get(question.type, "input"),
        relevant=_text(question.relevant), required=_text(question.required), constraint=_text(question.constraint),
        calculation=_text(question.calculation), proposes=question.type != "calculate" and not question.read_only,
    )  # fmt: skip
