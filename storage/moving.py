"""Running responses move to their form's newest version: a response whose answers all keep their meaning, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from bot.domain.desk import Outlook, Stay
from bot.forms.differences import Differences, Lost, Why, differences
from bot.forms.model import Form
from bot.forms.store import from_json
from storage.codec import dump, value_of
from storage.reported import COUNTS
from storage.statements import Row, Statement, Steps, any_of, insert, lock_rows, many, one, rows
from storage.tables import (
    answer_history,
    answers,
    form_versions,
    forms,
    interviews,
    prompts,
    repeat_instances,
    responses,
)

AT_ONCE = 500
"""Responses whose answers are in memory at once."""

VERSIONS = Statement(
    select(form_versions.c.id, form_versions.c.number, form_versions.c.compiled, form_versions.c.hash)
    .select_from(form_versions.join(forms))
    .where(forms.c.name == bindparam("form"))
    .order_by(form_versions.c.number),
    name="versions of form",
)
_RUNNING = (
    select(responses.c.id, responses.c.form_version_id)
    .where(any_of(responses.c.form_version_id, "versions"), responses.c.status == "partial", COUNTS)
    .order_by(responses.c.id)
)
RUNNING = Statement(_RUNNING, name="running responses")
# A turn that has read one of them holds it until it is done (`apply`): answers read after this are all there are.
RUNNING_LOCKED = Statement(lock_rows(_RUNNING), name="running responses, locked")
SUBMITTED = Statement(
    select(func.count())
    .select_from(responses)
    .where(any_of(responses.c.form_version_id, "versions"), responses.c.status == "submitted", COUNTS),
    name="count submitted",
)
ANSWERS = Statement(
    select(*answers.c).where(any_of(answers.c.response_id, "responses")).order_by(answers.c.response_id),
    name="all of answers",
)
INSTANCES = Statement(
    select(repeat_instances.c.response_id, repeat_instances.c.id, repeat_instances.c.path, repeat_instances.c.parent_id)
    .where(any_of(repeat_instances.c.response_id, "responses"))
    .order_by(repeat_instances.c.id),
    name="instances of responses",
)
HISTORY = Statement(
    select(answer_history.c.response_id, answer_history.c.id, answer_history.c.path).where(
        any_of(answer_history.c.response_id, "responses")
    ),
    name="history of responses",
)
INTERVIEWS = Statement(
    select(interviews.c.response_id, interviews.c.id, interviews.c.position).where(
        any_of(interviews.c.response_id, "responses")
    ),
    name="interviews of responses",
)
PROMPTS = Statement(
    select(prompts.c.response_id, prompts.c.id, prompts.c.kind, prompts.c.path).where(
        any_of(prompts.c.response_id, "responses")
    ),
    name="prompts of responses",
)
_ID = {table.name: table.c.id == bindparam("id_") for table in (answer_history, interviews, prompts, repeat_instances)}
RESPONSE_MOVED = Statement(
    update(responses)
    .where(responses.c.id == bindparam("id_"))
    .values(form_version_id=bindparam("version"), revision=responses.c.revision + 1),
    name="response moved",
)
ANSWER_GONE = Statement(
    delete(answers).where(
        answers.c.response_id == bindparam("response"),
        answers.c.path == bindparam("path_"),
        answers.c.instance == bindparam("instance_"),
    ),
    name="answer gone",
)
ANSWER = insert(answers)
HISTORY_PATH = Statement(
    update(answer_history).where(_ID["answer_history"]).values(path=bindparam("path")), name="path in history"
)
INSTANCE_PATH = Statement(
    update(repeat_instances).where(_ID["repeat_instances"]).values(path=bindparam("path")), name="path of instance"
)
INSTANCE_GONE = Statement(delete(repeat_instances).where(_ID["repeat_instances"]), name="instance gone")
POSITION = Statement(
    update(interviews).where(_ID["interviews"]).values(position=bindparam("position"), tries=0), name="position"
)
PROMPT_PATH = Statement(update(prompts).where(_ID["prompts"]).values(path=bindparam("path")), name="path of prompt")
PROMPT_DEAD = Statement(
    update(prompts).where(_ID["prompts"]).values(response_id=None, path="", answered_by=None), name="prompt dead"
)
PROMPTS_CLOSED = Statement(
    update(prompts)
    .where(prompts.c.response_id == bindparam("response"), prompts.c.superseded_at.is_(None))
    .values(superseded_at=bindparam("now")),
    name="prompts of response closed",
)


@dataclass(slots=True)
class _Answers:
    """What becomes of one response's answers."""

    gone: list[Row] = field(default_factory=list)
    come: list[Row] = field(default_factory=list)
    lost: Lost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """A response that can move: the version it is on, what its answers become, which of its instances go."""

    response: int
    version: int
    answers: _Answers
    instances: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Versions:
    """The versions before a new one: numbers by id, and how each differs from it. `last`: to the one just before."""

    numbers: Mapping[int, int]
    changes: Mapping[int, Differences]
    last: Differences | None


def look_ahead(form: Form, *, name: str, digest: str) -> Steps[Outlook | None]:
    """Say what publishing this form as the newest version of `name` would mean; None: there is no earlier version."""
    found: list[Row] = yield from rows(VERSIONS, form=name)
    before = found[:-1] if found and found[-1][3] == digest else found
    if not before:
        return None
    known = _compared(before, form, changed=len(before) == len(found))
    running: list[Row] = yield from rows(RUNNING, versions=list(known.numbers))
    return (yield from _walk_through(running, known, moving=None))


def look_back(form: Form, *, name: str, new: bool, migrate: bool, now: int) -> Steps[Outlook | None]:
    """Say the same just after publishing; with `migrate` the responses move, in the same transaction."""
    *before, newest = yield from rows(VERSIONS, form=name)
    if not before:
        return None
    known = _compared(before, form, changed=new)
    running: list[Row] = yield from rows(RUNNING_LOCKED if migrate else RUNNING, versions=list(known.numbers))
    return (yield from _walk_through(running, known, moving=(newest[0], now) if migrate else None))


def _compared(before: Sequence[Row], form: Form, *, changed: bool) -> _Versions:
    changes = {row[0]: differences(from_json(row[2]), form) for row in before}
    last = changes[before[-1][0]] if changed else None
    return _Versions(numbers={row[0]: row[1] for row in before}, changes=changes, last=last)


def _walk_through(running: Sequence[Row], known: _Versions, *, moving: tuple[int, int] | None) -> Steps[Outlook]:
    """Decide on all running responses, some at a time; `moving`: the version they move to, and when."""
    stays: Counter[tuple[int, str, Why]] = Counter()
    for start in range(0, len(running), AT_ONCE):
        moves, lost = yield from _decide(dict(running[start : start + AT_ONCE]), known)
        stays.update(lost)
        if moving is not None:
            yield from _carry_out(moves, known, version=moving[0], now=moving[1])
    submitted = yield from one(SUBMITTED, versions=list(known.numbers))
    return Outlook(
        differences=known.last,
        running=len(running),
        submitted=int(submitted[0]) if submitted else 0,
        moves=len(running) - stays.total(),
        stays=tuple(
            Stay(version=version, path=path, why=why, responses=count)
            for (version, path, why), count in sorted(stays.items())
        ),
        moved=moving is not None,
    )


# --- deciding --------------------------------------------------------------------------------------------------------


def _decide(version_of: Mapping[int, int], known: _Versions) -> Steps[tuple[list[_Move], list[tuple[int, str, Why]]]]:
    numbers = list(version_of)
    given = _by_response((yield from rows(ANSWERS, responses=numbers)))
    instances = _by_response((yield from rows(INSTANCES, responses=numbers)))
    moves, stays = [], []
    for response, version in version_of.items():
        changes = known.changes[version]
        own = instances.get(response, [])
        decided = _answers(given.get(response, []), changes, gone={row[1] for row in _instances_gone(own, changes)})
        if decided.lost is None:
            moves.append(_Move(response=response, version=version, answers=decided, instances=own))
        else:
            stays.append((known.numbers[version], decided.lost.path, decided.lost.why))
    return moves, stays


def _by_response(found: Sequence[Row]) -> dict[int, list[Row]]:
    result: dict[int, list[Row]] = {}
    for row in found:
        result.setdefault(row[0], []).append(row)
    return result


def _instances_gone(instances: Sequence[Row], changes: Differences) -> Iterator[Row]:
    """Yield the instances of repeats that are none any more, and what is in them (parents are older, so first)."""
    gone: set[int] = set()
    for row in instances:
        _, number, path, parent = row
        if changes.repeat_of(path) is None or parent in gone:
            gone.add(number)
            yield row


def _answers(found: Sequence[Row], changes: Differences, *, gone: set[int]) -> _Answers:
    order = {question.path: place for place, question in enumerate(changes.old.questions)}
    decided = _Answers()
    for row in sorted(found, key=lambda row: (order.get(row[1], len(order)), row[2])):
        _, path, instance, state, _, value, _, _ = row
        if changes.was_repeat(path) and (instance in gone or changes.repeat_of(path) is None):
            decided.gone.append(row)  # whether there is another one of what is not asked any more
            continue
        fate = changes.fate(path, value_of(value))
        if isinstance(fate, Lost) or instance in gone:
            if state in ("given", "unknown"):
                lost = fate if isinstance(fate, Lost) else Lost(path=path, why="repeated")
                decided.lost = decided.lost or lost
            decided.gone.append(row)  # what no person said comes anew
            continue
        made = None if fate.value is None else dump(fate.value)
        if (fate.path, made) != (path, value):
            decided.gone.append(row)
            decided.come.append((row[0], fate.path, instance, state, row[4], made, row[6], row[7]))
    return decided


# --- moving ----------------------------------------------------------------------------------------------------------


def _carry_out(moves: Sequence[_Move], known: _Versions, *, version: int, now: int) -> Steps[None]:
    numbers = [move.response for move in moves]
    changes = {move.response: known.changes[move.version] for move in moves}
    yield from many(RESPONSE_MOVED, [{"id_": number, "version": version} for number in numbers])
    gone = [row for move in moves for row in move.answers.gone]
    yield from many(ANSWER_GONE, [{"response": row[0], "path_": row[1], "instance_": row[2]} for row in gone])
    names = [column.name for column in answers.c]
    come = [dict(zip(names, row, strict=True)) for move in moves for row in move.answers.come]
    yield from many(ANSWER, come)
    yield from _move_instances(moves, changes)
    yield from _move_history(numbers, changes)
    yield from _move_interviews(numbers, changes)
    yield from _move_prompts(numbers, changes, now=now)


def _move_instances(moves: Sequence[_Move], changes: Mapping[int, Differences]) -> Steps[None]:
    gone, renamed = [], []
    for move in moves:
        dropped = {row[1] for row in _instances_gone(move.instances, changes[move.response])}
        gone += [{"id_": number} for number in dropped]
        for _, number, path, _ in move.instances:
            now = changes[move.response].repeat_of(path)
            if number not in dropped and now != path:
                renamed.append({"id_": number, "path": now})
    yield from many(INSTANCE_GONE, gone)
    yield from many(INSTANCE_PATH, renamed)


def _move_history(numbers: Sequence[int], changes: Mapping[int, Differences]) -> Steps[None]:
    found: list[Row] = yield from rows(HISTORY, responses=numbers)
    renamed: list[dict[str, Any]] = []
    for response, number, path in found:
        now = changes[response].path_of(path)
        if now is not None and now != path:
            renamed.append({"id_": number, "path": now})
    yield from many(HISTORY_PATH, renamed)


def _move_interviews(numbers: Sequence[int], changes: Mapping[int, Differences]) -> Steps[None]:
    """Nobody stands at a question that is gone or reads otherwise now: without a place the first open one is asked."""
    found: list[Row] = yield from rows(INTERVIEWS, responses=numbers)
    yield from many(
        POSITION,
        [{"id_": number, "position": _key(position, changes[response]) or ""} for response, number, position in found],
    )


def _move_prompts(numbers: Sequence[int], changes: Mapping[int, Differences], *, now: int) -> Steps[None]:
    """Close what is shown; a button that could mean another choice now, or a list of old places, means nothing."""
    found: list[Row] = yield from rows(PROMPTS, responses=numbers)
    yield from many(PROMPTS_CLOSED, [{"response": number, "now": now} for number in numbers])
    dead, renamed = [], []
    for response, number, kind, key in found:
        where = _key(key, changes[response]) if kind == "question" else None
        if kind in ("review", "change", "guess", "remove") or (kind == "question" and where is None):
            dead.append({"id_": number})
        elif where is not None and where != key:
            renamed.append({"id_": number, "path": where})
    yield from many(PROMPT_DEAD, dead)
    yield from many(PROMPT_PATH, renamed)


def _key(key: str, changes: Differences) -> str | None:
    """Return the key (`path`, `path@instance`) under which the same is asked now."""
    path, at, instance = key.partition("@")
    if not changes.asked_the_same(path):
        return None
    return f"{changes.path_of(path)}{at}{instance}"
