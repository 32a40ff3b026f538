"""Forms with the setting `flat`: groups stand in the sheet, but an answer's path does not go through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.forms.blueprint import Blueprint
from bot.forms.model import Expression, Form, Question


def flattened(form: Form, *, blueprint: Blueprint) -> Form:
    """Return the form with the paths that the blueprint has; a repeat that pyxform has flattened is a mere group."""
    known = {entry.path for entry in blueprint.entries}
    moved = {
        question.path: question.name
        for question in form.questions
        if question.path not in known and question.name in known
    }
    if not moved:
        return form
    groups = (
        replace(group, relevant=_reading(group.relevant, moved), repeats=group.repeats and group.path in known)
        for group in form.groups
    )
    return replace(form, questions=tuple(_question(one, moved) for one in form.questions), groups=tuple(groups))


def _question(question: Question, moved: Mapping[str, str]) -> Question:
    return replace(
        question,
        path=moved.get(question.path, question.path),
        required=_reading(question.required, moved),
        relevant=_reading(question.relevant, moved),
        constraint=_reading(question.constraint, moved),
        calculation=_reading(question.calculation, moved),
        dynamic_default=_reading(question.dynamic_default, moved),
    )


def _reading(expression: Expression | None, moved: Mapping[str, str]) -> Expression | None:
    if expression is None or not expression.depends:
        return expression
    return replace(expression, depends=frozenset(moved.get(path, path) for path in expression.depends))
