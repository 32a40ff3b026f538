"""Random forms with groups and repeats, answered at random: no crash, and a state that survives saving and reading."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.records import Answer, Moment, answers_of, instances_of, key_of, named, revived
from bot.errors import FormError, HubtalkError
from bot.forms.blueprint import (
    CHANGED,
    FIRST_LOAD,
    NEW_REPEAT,
    Action,
    Blueprint,
    Control,
    Entry,
    Itemset,
    Option,
    Seed,
)
from bot.forms.model import Form, Question
from bot.forms.program import build
from bot.forms.simulation import Simulation
from tests.unit.forms.making import BERLIN

NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)
MOMENT = Moment(now=NOW, timezone=BERLIN)
QUESTIONS = ("a", "b", "c", "g/d", "r/e", "r/f", "r/s/h", "z")
GROUPS = {"g": "group", "r": "repeat", "r/s": "repeat"}
ORDER = ("a", "b", "c", "g", "g/d", "r", "r/e", "r/f", "r/s", "r/s/h", "z")
TYPES = ("string", "int", "decimal", "date")
CONTROLS: tuple[Control, ...] = ("input", "input", "select", "select1", "rank", "trigger", "")

_paths = st.sampled_from(
    ["/data/a", "/data/b", "/data/g/d", "/data/r/e", "/data/r[1]/f", "../e", "../../a", ".", "..", "/data/r/s/h", "//h",
     "/data/r[position() = last()]/e", "/data/*", "../../r[position() < 2]/e", "current()/../f", "/data/r[e != '']",
     "instance('l')/root/item[k = /data/a]/name", "../../../z", "/data/r | /data/g", "/data/nobody"]
)  # fmt: skip
_expressions = st.one_of(
    _paths,
    st.sampled_from(["1", "'a'", "true()", "position(..)", "today()", "2.5", "1 div 0"]),
    st.tuples(st.sampled_from(["count", "sum", "string", "count-non-empty", "not", "number", "join"]), _paths).map(
        lambda pair: f"{pair[0]}({pair[1]})" if pair[0] != "join" else f"join(',', {pair[1]})"
    ),
    st.tuples(_paths, st.sampled_from(["=", "!=", "<", "+", "and", "or", "*"]), _paths).map(" ".join),
    st.tuples(_paths, st.sampled_from(["= 1", "!= ''", "+ 1", "> 2"])).map(" ".join),
    st.tuples(_paths, _paths).map(lambda pair: f"if({pair[0]}, {pair[1]}, once({pair[1]}))"),
    st.tuples(_paths, _paths).map(lambda pair: f"concat({pair[0]}, {pair[1]})"),
    st.just("indexed-repeat(/data/r/e, /data/r, 1)"),
)
_maybe = st.just("") | st.just("") | _expressions


@st.composite
def _entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    made = []
    for path in ORDER:
        if path in GROUPS:
            made.append(
                Entry(
                    path=path, sort=GROUPS[path], relevant=draw(_maybe), template=Seed(name=path),  # type: ignore[arg-type]  # of a dict
                    count=draw(st.sampled_from(["", "", "/data/a", "2", "count(/data/r)"])) if path != "g" else "",
                )
            )  # fmt: skip
            continue
        control = draw(st.sampled_from(CONTROLS))
        chosen = control in ("select", "select1", "rank")
        filtered = chosen and draw(st.booleans())
        made.append(
            Entry(
                path=path, sort="question", control=control, type="string" if chosen else draw(st.sampled_from(TYPES)),
                relevant=draw(_maybe), required=draw(_maybe), read_only=draw(st.just("") | _maybe),
                calculation=draw(_maybe), constraint=draw(_maybe),
                options=() if filtered else (Option(name="a"), Option(name="b")),
                itemset=Itemset(nodes=f"instance('l')/root/item[{draw(_expressions)}]", name="name")
                if filtered
                else None,
            )
        )  # fmt: skip
    return tuple(made)


@st.composite
def blueprints(draw: st.DrawFn) -> Blueprint:
    actions = st.builds(
        Action, events=st.sampled_from([(FIRST_LOAD,), (FIRST_LOAD, NEW_REPEAT), (CHANGED,)]), value=_expressions,
        target=st.sampled_from(QUESTIONS), source=st.sampled_from(QUESTIONS),
    )  # fmt: skip
    return Blueprint(
        root="data", entries=draw(_entries()), actions=tuple(draw(st.lists(actions, max_size=3))),
        lists={"l": tuple((("name", name), ("k", name)) for name in ("a", "b", "3"))},
        beginning=Seed(name="data", children=(Seed(name="r", children=(Seed(name="e", text="3"),)),)),
    )  # fmt: skip


_answers = st.sampled_from(["", "a", "b", "3", "1", "2.5", "2026-01-31", "OK", "-7"]) | st.lists(
    st.sampled_from(["a", "b"]), max_size=2
)
_lines = st.one_of(
    st.builds(
        lambda path, value: {"set": path, "value": value},
        st.sampled_from(
            ["/data/a", "/data/b", "/data/c", "/data/g/d", "/data/z", "/data/r[1]/e", "/data/r[2]/e", "/data/r[2]/f",
             "/data/r[1]/s[1]/h"]
        ),
        _answers,
    ),
    st.sampled_from([{"add": "/data/r"}, {"add": "/data/r[1]/s"}, {"remove": "/data/r[1]"}, {"remove": "/data/r[2]"}]),
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(blueprints(), st.lists(_lines, max_size=8))
def test_random_answers_to_random_forms_end_well(made: Blueprint, lines: list[dict[str, object]]) -> None:
    program, findings = build(made)
    assert not findings.faults
    try:
        simulation = Simulation(program, now=NOW, zone=BERLIN)
    except FormError:  # calculations that feed each other for ever
        return
    for line in lines:
        before = dict(simulation.nodes)
        try:
            said = simulation.do(line)
        except HubtalkError:  # the path leads nowhere (now), or the form refuses
            assert simulation.nodes == before
            continue
        assert {**before, **said["changed"]}.items() >= said["changed"].items()
        _check(simulation)
    if not findings.ring and not any(step.path in step.far for step in program.steps):
        _survives(simulation)  # what feeds on itself goes on doing so


def _check(simulation: Simulation) -> None:
    for path, node in simulation.nodes.items():
        if not node["relevant"]:
            assert not node.get("value"), path
        if "choices" in node and isinstance(node["value"], str):
            assert set(node["value"].split()) <= set(node["choices"]), path


def _survives(simulation: Simulation) -> None:
    """Rows that are written and read again make the same state; what chance gave stays as well."""
    state = simulation.state
    numbers = itertools.count(1)
    named(state, new_id=lambda: next(numbers))
    said = {}
    for step in state.program.steps:
        path = step.spec.path
        for instance in state.top.below(step.home) if step.calculation is not None else ():
            if instance.stored.get(path) != step.decode(instance.calculated.get(path, "")):  # somebody overruled it
                instance.kept.add(path)
                value = instance.stored.get(path)
                said[key_of(path, instance.id)] = Answer(state="given", value=value, answered_at=NOW)
    questions = tuple(
        Question(path=path, name=path, type="text")
        for path, spec in state.program.shape.by_path.items()
        if spec.is_question
    )
    form = Form(name="f", title={}, version="", languages=(), questions=questions, blueprint=state.program.blueprint)
    form.__dict__["_program"] = state.program
    rows = answers_of(form, state, said, now=NOW)
    again = revived(form, rows, instances_of(state, ()), MOMENT, chance=0)
    assert answers_of(form, again, rows, now=NOW) == rows
    assert again.top.values == state.top.values
