"""Runs a form over answers: what is relevant, what calculations give, what is required and allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from bot.forms.casting import cast
from bot.forms.expressions.frames import MAX_VISITS, Frame, Surroundings
from bot.forms.expressions.nodes import AnswerNode, Node
from bot.forms.expressions.values import is_set, to_text
from bot.forms.model import Form, Question, Texts, Value
from bot.forms.outline import program_of

_EMPTY: tuple[Value, ...] = ("", ())
_WORLDS = "_worlds"
_PIPE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and for whom a form is looked at. now: aware; timezone: the person's (today() follows it)."""

    now: datetime
    timezone: tzinfo
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A form's state over some answers.

    values: path -> value of everything relevant that has a value, calculations included.
    relevant: paths of relevant questions and groups.
    calculated: relevant `calculate` questions only, with what they give (None: empty).
    """

    values: Mapping[str, Value]
    relevant: frozenset[str]
    calculated: Mapping[str, Value | None]


def settle(form: Form, given: Mapping[str, Value], moment: Moment) -> Settled:
    """Work out relevance and calculations.

    Args:
        form: the form.
        given: all stored answers, those set aside as irrelevant included: they read as empty in expressions, and
            return when they are relevant again. Stored results of calculations matter to once() alone.
        moment: for today(), now() and choice labels.
    """
    values: dict[str, Value] = {}
    relevant: set[str] = set()
    calculated: dict[str, Value | None] = {}
    frame = _frame(form, values, moment)
    by_path = form.by_path
    for step in program_of(form).steps:
        if step.parent is not None and step.parent not in relevant:
            continue
        if step.relevant is not None and not step.relevant(frame):
            continue
        path = step.path
        relevant.add(path)
        if not step.is_question:
            continue
        value = given.get(path)
        if step.calculation is not None and not (step.entry.proposes and is_set(value)):
            frame.here = value
            value = cast(step.calculation(frame), question=by_path[path], zone=moment.timezone)
        if step.is_hidden:  # with only a default it keeps what was given at the beginning
            calculated[path] = value
        if value is not None and value not in _EMPTY:
            values[path] = value
    return Settled(values=values, relevant=frozenset(relevant), calculated=calculated)


def defaults(form: Form, moment: Moment) -> dict[str, Value]:
    """Return the answers that stand at the beginning, static and dynamic, whether relevant yet or not."""
    values: dict[str, Value] = {
        question.path: question.default for question in form.questions if question.default is not None
    }
    frame = _frame(form, values, moment)
    for firing in program_of(form).firings:
        path = firing.target.path
        value = cast(firing.value(frame), question=form.by_path[path], zone=moment.timezone)
        if value is not None:
            values[path] = value
    return values


def is_required(form: Form, path: str, settled: Settled, moment: Moment) -> bool:
    """Whether the question must be answered now (its relevance is not asked again)."""
    required = program_of(form).required.get(path)
    return required is not None and required(_frame(form, settled.values, moment))


def satisfies(form: Form, path: str, value: Value | None, settled: Settled, moment: Moment) -> bool:
    """Whether `value` meets the question's constraint; without one, or with an empty value, it does."""
    constraint = program_of(form).constraints.get(path)
    if constraint is None or not is_set(value):
        return True
    values = settled.values
    if constraint.reads_itself and value is not None:
        values = {**values, path: value}
    frame = _frame(form, values, moment)
    frame.here = value
    return constraint.holds(frame)


def pipe(form: Form, texts_or_text: Texts | str, settled: Settled, language: str) -> str:
    """Return a label with each `${name}` replaced by the answer: labels of choices, dates as people write them."""
    text = texts_or_text if isinstance(texts_or_text, str) else form.say(texts_or_text, language)
    if "${" not in text:
        return text
    return _PIPE.sub(lambda found: _answer(form, found[1], settled=settled, language=language), text)


def _answer(form: Form, name: str, *, settled: Settled, language: str) -> str:
    question = next((question for question in form.questions if question.name == name), None)
    value = settled.values.get(question.path) if question is not None else None
    if question is None or value is None:
        return ""
    if question.choices:
        names = value if isinstance(value, tuple) else (str(value),)
        return ", ".join(_choice_label(form, question, name=name, language=language) for name in names)
    german = language.lower().startswith("de")
    if question.type == "date" and german and isinstance(value, str):
        return _german_date(value)
    if isinstance(value, float) and german:
        return to_text(value).replace(".", ",")
    return to_text(value)


def _choice_label(form: Form, question: Question, *, name: str, language: str) -> str:
    choice = question.choice(name)
    return (form.say(choice.label, language) if choice else "") or name


def _german_date(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).strftime("%d.%m.%Y")
    except ValueError:
        return text


def _frame(form: Form, values: Mapping[str, Value], moment: Moment) -> Frame:
    return Frame(
        values, now=moment.now, zone=moment.timezone, language=moment.language, world=_world(form, moment.language)
    )


def _world(form: Form, language: str) -> Surroundings:
    """Return what all frames of a form share in a language; kept beside the form's fields."""
    worlds: dict[str, Surroundings] = form.__dict__.setdefault(_WORLDS, {})
    world = worlds.get(language)
    if world is None:
        world = worlds[language] = Surroundings(
            lists={}, label=lambda node, name: _label_of(form, node, name=name, language=language), text=lambda _: ""
        )
    world.visits = MAX_VISITS
    return world


def _label_of(form: Form, node: Node, *, name: str, language: str) -> str:
    question = form.by_path.get(node.spec.path) if isinstance(node, AnswerNode) else None
    choice = question.choice(name) if question is not None else None
    return form.say(choice.label, language) if choice is not None else ""
