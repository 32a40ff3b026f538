"""Between the rows of a response and the engine's state: rows become a state, and what it changed becomes facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.domain.outcomes import AnswerState, AnswerStored, AnswerTakenBack, InstanceAdded, InstanceRemoved
from bot.domain.people import ContactId
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.values import to_text
from bot.forms.labels import named_in
from bot.forms.model import Form, Value
from bot.forms.outline import program_of
from bot.forms.program import Program, Step
from bot.forms.state import State

INSTANCE_NAME = "meta/instanceName"
"""What the form calls a response, by the setting instance_name."""

SAID: frozenset[AnswerState] = frozenset({"given", "skipped", "unknown"})
"""States of an answer that a person has dealt with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and for whom a form is looked at. now: aware; timezone: the person's (today() follows it)."""

    now: datetime
    timezone: tzinfo
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question holds now. `relevant` False: kept aside, comes back when its path opens again.

    by: who gave it; None where nobody did, or where they were erased.
    """

    state: AnswerState
    value: Value | None
    relevant: bool = True
    answered_at: datetime
    by: ContactId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A stored instance of a repeat: its id, the repeat's path, the instance around it (0: none), its place."""

    id: int
    path: str
    parent: int = 0
    ordinal: int = 0


def key_of(path: str, instance: int) -> str:
    """Return what prompts and positions call a place: its path, in an instance of a repeat `path@id`."""
    return f"{path}@{instance}" if instance else path


def parts_of(key: str) -> tuple[str, int]:
    """Return path and id of the instance (0: in none, -1: never one) of a key."""
    if "@" not in key:
        return key, 0
    path, _, instance = key.partition("@")
    return path, int(instance) if instance.isascii() and instance.isdigit() else -1


def begun(form: Form, moment: Moment, *, chance: int) -> State:
    """Return the state of a response that has just begun."""
    program = program_of(form)
    return State.opened(
        program, now=moment.now, zone=moment.timezone, language=named_in(program, moment.language), chance=chance
    )


def revived(
    form: Form, answers: Mapping[str, Answer], instances: Iterable[Repeated], moment: Moment, *, chance: int
) -> State:
    """Return the state that stored rows stand for; rows of places that the form does not have any more are left out."""
    program = program_of(form)
    top = Instance(program.shape.root)
    by_id = {0: top}
    for row in sorted(instances, key=lambda row: (row.path.count("/"), row.ordinal, row.id)):
        _grow(program, row, by_id=by_id)
    steps, root = program.step_of, program.shape.root
    for key, answer in answers.items():
        path, instance = (key, top) if "@" not in key else _placed(key, by_id)
        step = steps.get(path)
        if step is None or instance is None or not step.is_question or step.home is not (instance.spec or root):
            continue
        if answer.state in SAID:
            instance.kept.add(path)
        if answer.value is not None:
            _put(step, instance, answer)
    return State.revived(
        program, top, now=moment.now, zone=moment.timezone, language=named_in(program, moment.language), chance=chance
    )


def _grow(program: Program, row: Repeated, *, by_id: dict[int, Instance]) -> None:
    spec, outer = program.shape.by_path.get(row.path), by_id.get(row.parent)
    if (
        spec is None
        or spec.sort != "repeat"
        or outer is None
        or spec.parent is None
        or spec.parent.home is not outer.spec
    ):
        return
    made = outer.ranges.setdefault(spec.path, [])
    by_id[row.id] = instance = Instance(spec, parent=outer, index=len(made))
    instance.id = row.id
    made.append(instance)


def _placed(key: str, by_id: Mapping[int, Instance]) -> tuple[str, Instance | None]:
    path, number = parts_of(key)
    return path, by_id.get(number)


def _put(step: Step, instance: Instance, answer: Answer) -> None:
    value = answer.value
    if step.is_hidden:  # rows hold numbers as numbers, the engine keeps what its type says
        value = step.decode(to_text(value)) if value is not None else None
    if value is None:
        return
    instance.stored[step.path] = value
    if answer.state == "calculated":
        instance.calculated[step.path] = to_text(value)


def all_instances(instance: Instance) -> Iterator[Instance]:
    """Yield an instance and all that stand in it, outer ones first."""
    yield instance
    for made in instance.ranges.values():
        for inner in made:
            yield from all_instances(inner)


def named(state: State, *, new_id: Callable[[], int]) -> None:
    """Give each new instance the id under which it will be stored."""
    for instance in all_instances(state.top):
        if instance.parent is not None and not instance.id:
            instance.id = new_id()


def answers_of(form: Form, state: State, said: Mapping[str, Answer], *, now: datetime) -> dict[str, Answer]:
    """Return all rows as the state makes them; of what is about the response itself, its name alone.

    A person's answer that a calculation or a trigger has replaced is theirs no more: it is asked again.
    """
    found: dict[str, Answer] = {}
    questions = form.by_path
    for step in state.program.steps:
        path = step.path
        if not step.is_question or (path not in questions and path != INSTANCE_NAME):
            continue
        for instance in state.top.below(step.home) if step.home.depth else (state.top,):
            key = key_of(path, instance.id) if instance.id else path
            row = _row(step, instance, said.get(key), now=now)
            if row is not None:
                found[key] = row
    for key, answer in said.items():  # what was said of a repeat as a whole
        path, _ = parts_of(key)
        spec = state.program.shape.by_path.get(path)
        if spec is not None and spec.sort == "repeat" and key not in found:
            found[key] = answer
    return found


def _row(step: Step, instance: Instance, said: Answer | None, *, now: datetime) -> Answer | None:
    path = step.spec.path
    value = instance.values.get(path)  # of several choices those that there are
    if value is None:
        value = instance.stored.get(path)
        if value is None and said is None:
            return None
    relevant = path in instance.relevant and (value is None or path in instance.values)
    if step.is_hidden and value is not None:
        value = _as_number(value) if step.gives_number else value
    if isinstance(value, tuple) and instance.stored.get(path) != value and relevant:
        instance.stored[path] = value  # choices that are no more are dropped for good; the history has them
    kept = path in instance.kept and said is not None and said.state in SAID
    if kept and said is not None:
        if said.relevant is relevant and said.value == value:
            return said
        return Answer(state=said.state, value=value, relevant=relevant, answered_at=said.answered_at, by=said.by)
    if said is not None and said.state not in SAID and (said.value, said.relevant) == (value, relevant):
        return said
    state: AnswerState = "calculated" if step.calculation is not None else "default"
    return Answer(state=state, value=value, relevant=relevant, answered_at=now)


def _as_number(value: Value) -> Value | None:
    """Return the number that a result is; one that is none, as that of a division by nothing, is no value."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def changes(
    before: Mapping[str, Answer],
    after: Mapping[str, Answer],
    *,
    taken: Collection[str],
    response: int,
    contact: ContactId,
    shared: bool = False,
) -> Iterator[AnswerStored]:
    """Yield a fact for each answer that is not as it was.

    taken: keys that the person answered just now; what followed for other answers is not their doing.
    shared: where several answer, saying the same as a colleague is an answer too.
    """
    for key, answer in after.items():
        old = before.get(key)
        if old is answer:
            continue
        own = key in taken
        seconded = shared and own and old is not None and old.by != contact
        if old is not None and not seconded:
            if (old.state, old.value, old.relevant) == (answer.state, answer.value, answer.relevant):
                continue
            by_person = own and (old.state, old.value) != (answer.state, answer.value)
        else:
            by_person = own
        kept = not own and answer.state in SAID  # somebody's answer still, whoever changed what it hangs on
        path, instance = parts_of(key)
        yield AnswerStored(
            response=response, path=path, instance=instance, state=answer.state, value=answer.value,
            relevant=answer.relevant, by_person=by_person, contact=answer.by if kept else contact,
            answered_at=answer.answered_at if kept else None,
        )  # fmt: skip


def taken_back(
    before: Mapping[str, Answer], after: Mapping[str, Answer], state: State, *, response: int
) -> Iterator[AnswerTakenBack]:
    """Yield a fact for each answer that is open again; those of instances that are gone go with these."""
    lost = [parts_of(key) for key in before if key not in after]
    there = {instance.id for instance in all_instances(state.top)} if lost else set()
    for path, instance in lost:
        if instance in there:
            yield AnswerTakenBack(response, path, instance)


def instances_of(state: State, known: Iterable[Repeated]) -> tuple[Repeated, ...]:
    """Return all instances of repeats as rows; those that were known keep their place, new ones come after them."""
    before = {row.id: row for row in known}
    found: list[Repeated] = []
    last: dict[tuple[int, str], int] = {}
    for instance in all_instances(state.top):
        if instance.parent is None or instance.spec is None:
            continue
        path, parent = instance.spec.path, instance.parent.id
        row = before.get(instance.id)
        if row is None:
            row = Repeated(id=instance.id, path=path, parent=parent, ordinal=last.get((parent, path), 0) + 1)
        last[parent, path] = row.ordinal
        found.append(row)
    return tuple(found)


def grown(state: State, known: Iterable[Repeated], *, response: int) -> Iterator[InstanceAdded | InstanceRemoved]:
    """Yield a fact for each instance of a repeat that came or went."""
    before = {row.id for row in known}
    now = instances_of(state, known)
    for row in now:
        if row.id not in before:
            yield InstanceAdded(
                response=response, instance=row.id, path=row.path, parent=row.parent, ordinal=row.ordinal
            )
    for number in sorted(before - {row.id for row in now}):
        yield InstanceRemoved(response=response, instance=number)
