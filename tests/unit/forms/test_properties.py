"""Random forms over random answers: nothing fails, and nothing is lost by saving and reading."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.scopes import Names, Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.model import Form, Question, QuestionType, Value
from bot.forms.outline import examine
from bot.forms.store import from_json, to_json
from tests.unit.forms.making import (
    NOON,
    Settled,
    choices,
    defaults,
    form,
    is_required,
    pipe,
    question,
    satisfies,
    settle,
)

NAMES = ("q0", "q1", "g/q2", "g/q3", "g/h/q4", "q5")
OPTIONS = choices(a="A", b="B", c="C")
TYPES: tuple[QuestionType, ...] = (
    "text", "integer", "decimal", "date", "select_one", "select_multiple", "acknowledge", "calculate",
)  # fmt: skip

_atoms = st.sampled_from(
    [*(f"${{{name.rpartition('/')[2]}}}" for name in NAMES), "1", "0", "2.5", "'a'", "''", "'2026-01-30'", "today()",
     "now()", "true()", "false()", "number('x')"]
)  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.flatmap(
            lambda pair: st.sampled_from(
                ["+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or"]
            ).map(lambda sign: f"({pair[0]} {sign} {pair[1]})")
        ),
        inner.flatmap(
            lambda one: st.sampled_from(
                ["not", "int", "round", "string", "string-length", "boolean", "date", "abs", "floor", "sqrt", "once",
                 "count-selected", "decimal-date-time", "normalize-space", "exp", "log10"]
            ).map(lambda name: f"{name}({one})")
        ),
        two.flatmap(
            lambda pair: st.sampled_from(
                ["selected", "selected-at", "concat", "pow", "coalesce", "min", "substr", "contains", "regex", "join",
                 "substring-after", "format-date", "round"]
            ).map(lambda name: f"{name}({pair[0]}, {pair[1]})")
        ),
        st.tuples(inner, inner, inner).map(lambda three: f"if({three[0]}, {three[1]}, {three[2]})"),
    )  # fmt: skip


expressions = st.recursive(_atoms, _grown, max_leaves=8)
_maybe = st.just("") | expressions
values: st.SearchStrategy[Value] = st.one_of(
    st.text(max_size=8), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["a", "b", "2026-01-31", "OK", ""]), st.sampled_from([("a",), ("a", "c"), ()]),
)  # fmt: skip


@st.composite
def forms(draw: st.DrawFn) -> Form:
    questions: list[Question] = []
    for name in NAMES:
        kind = draw(st.sampled_from(TYPES))
        questions.append(
            question(
                name, kind, relevant=draw(_maybe), required=draw(_maybe), constraint=draw(_maybe),
                calculation=draw(expressions if kind == "calculate" else _maybe), dynamic_default=draw(_maybe),
                options=OPTIONS if kind.startswith("select") else (),
            )
        )  # fmt: skip
    return form(*questions, groups={"g": draw(_maybe), "g/h": ""})


answers = st.dictionaries(st.sampled_from(NAMES), values)


@settings(deadline=None, max_examples=300)
@given(forms(), answers)
def test_settling_never_fails_and_survives_saving(made: Form, given_: dict[str, Value]) -> None:
    _, findings = examine(made)
    assert not findings.faults
    again = from_json(to_json(made))
    assert again == made
    if findings.ring:
        return
    start = {**defaults(made, NOON), **given_}
    settled = settle(made, start, NOON)
    _check(made, settled)
    assert settle(again, start, NOON) == settled
    for name in NAMES:
        is_required(made, name, settled)
        satisfies(made, name, given_.get(name), settled)
    assert "${" not in pipe(made, "${q0} ${q3} ${q4}", settled, "de") or any("${" in str(v) for v in given_.values())


def _check(made: Form, settled: Settled) -> None:
    assert set(settled.values) <= settled.relevant
    for question_ in made.questions:
        if question_.path in settled.relevant:
            assert settled.relevant.issuperset(question_.groups)
    assert (
        set(settled.calculated)
        == {question_.path for question_ in made.questions if question_.type == "calculate"} & settled.relevant
    )


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40) | st.text("${}q01().,'\"+-*/= <>!|[]andor:@", max_size=30) | expressions)
def test_any_text_compiles_or_is_refused(text: str) -> None:
    scope = Scope(names=Names.of(NAMES, groups=["g", "g/h"]), at="g/q2", here=True)
    caught: ExpressionError | None = None
    try:
        compile_expression(text, scope=scope)
    except ExpressionError as error:
        caught = error
    assert caught is None or (caught.what and 0 <= caught.at <= len(text))
