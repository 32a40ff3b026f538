"""Texts of a form as people read them: `${name}` replaced by the answer, choices by their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec
from bot.forms.markup import Piece, pieces, unmarked
from bot.forms.model import Form, Question, Texts, Value
from bot.forms.readers import written_value
from bot.forms.state import State

_MENTION = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


def filled(state: State, form: Form, texts: Texts | str, *, instance: Instance, language: str) -> str:
    """Return a text without markup, each `${name}` replaced by what was answered, as seen from an instance."""
    found = styled(state, form, texts, instance=instance, language=language)
    return found[0].text if len(found) == 1 else "".join(piece.text for piece in found)


def styled(state: State, form: Form, texts: Texts | str, *, instance: Instance, language: str) -> Sequence[Piece]:
    """Return a text in pieces that look alike, filled in as by `filled`; no answer counts as markup."""
    found = pieces(texts if isinstance(texts, str) else form.say(texts, language))
    if not any("${" in piece.text for piece in found):
        return found

    def answered(mention: re.Match[str]) -> str:
        return _answer(state, form, mention[1], instance=instance, language=language)

    return [replace(piece, text=_MENTION.sub(answered, piece.text)) for piece in found]


def _answer(state: State, form: Form, name: str, *, instance: Instance, language: str) -> str:
    found = _nearest(state, name.rpartition("#")[2], instance)
    if found is None:
        return ""
    spec, where = found
    question, value = form.by_path.get(spec.path), where.values.get(spec.path)
    if question is None or value is None:
        return ""
    return ", ".join(written(state, form, question, value, instance=where, language=language))


def _nearest(state: State, name: str, instance: Instance) -> tuple[Spec, Instance] | None:
    """Return the question of that name nearest to the instance: in it, around it, else its first one."""
    specs = [spec for spec in state.program.shape.by_path.values() if spec.name == name and spec.is_question]
    around: Instance | None = instance
    while around is not None:
        for spec in specs:
            if spec.home.path == (around.spec.path if around.spec is not None else ""):
                return spec, around
        around = around.parent
    for spec in specs:
        for other in state.top.below(spec.home):
            return spec, other
    return None


def written(
    state: State, form: Form, question: Question, value: Value, *, instance: Instance, language: str
) -> tuple[str, ...]:
    """Return an answer as people write it: labels instead of names, dates and numbers as the language has them."""
    match value:
        case tuple():
            return tuple(label_of(state, form, question, name, instance=instance, language=language) for name in value)
        case str() if question.choices or question.filtered:
            return (label_of(state, form, question, value, instance=instance, language=language),)
        case _:
            return (written_value(value, type=question.type, language=language),)


def label_of(state: State, form: Form, question: Question, name: str, *, instance: Instance, language: str) -> str:
    """Return the label of a choice, its name where it has none."""
    choice = form.choice_of(question, name)
    if choice is not None:
        return filled(state, form, choice.label, instance=instance, language=language) or name
    spec = state.program.shape.by_path.get(question.path)
    return unmarked(state.labels.choice(state, instance.node(spec), name) if spec is not None else "") or name
