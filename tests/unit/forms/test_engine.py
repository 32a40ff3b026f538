from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.errors import FormError
from bot.forms import wording
from bot.forms.model import Form, QuestionType, Value
from tests.unit.forms.making import NOON, choices, defaults, form, is_required, pipe, question, satisfies, settle

YES_NO = choices(yes="Ja", no="Nein")


def circular_form() -> Form:
    return form(
        question("interested", "select_one", options=YES_NO, required="true()"),
        question("g/how", "select_multiple", options=choices(a="A", b="B"), constraint="count-selected(.) <= 1"),
        question("g/why", relevant="selected(${how}, 'a')"),
        question("count", "calculate", calculation="count-selected(${how}) + 1"),
        groups={"g": "${interested} = 'yes'"},
    )


def test_only_what_is_open_is_relevant() -> None:
    settled = settle(circular_form(), {"interested": "no", "g/how": ("a",)}, NOON)
    assert settled.relevant == {"interested", "count"}
    assert settled.values == {"interested": "no", "count": 1}


def test_an_answer_set_aside_returns_when_its_group_opens_again() -> None:
    given: dict[str, Value] = {"interested": "no", "g/how": ("a", "b"), "g/why": "because"}
    closed = settle(circular_form(), given, NOON)
    opened = settle(circular_form(), {**given, "interested": "yes"}, NOON)
    assert "g/why" not in closed.values
    assert opened.values["g/why"] == "because"
    assert opened.calculated == {"count": 3}


def test_irrelevant_answers_read_as_empty_in_expressions() -> None:
    made = form(
        question("a"), question("b", relevant="${a} = 'x'"), question("c", relevant="${b} = ''"),
    )  # fmt: skip
    assert "c" in settle(made, {"a": "other", "b": "kept"}, NOON).relevant
    assert "c" not in settle(made, {"a": "x", "b": "kept"}, NOON).relevant


def test_calculations_are_ordered_by_what_they_read_not_by_rows() -> None:
    made = form(
        question("last", "calculate", calculation="${middle} * 2"),
        question("middle", "calculate", calculation="${n} + 1"),
        question("n", "integer"),
    )
    assert settle(made, {"n": 4}, NOON).calculated == {"last": 10, "middle": 5}


def test_a_relevance_may_read_a_question_below() -> None:
    made = form(question("a", relevant="${b} = 'x'"), question("b"))
    assert settle(made, {"b": "x"}, NOON).relevant == {"a", "b"}


@pytest.mark.parametrize(
    ("calculation", "value"),
    [
        ("1 div 2", 0.5),
        ("4 div 2", 2),
        ("1 div 0", None),
        ("number('x')", None),
        ("''", None),
        ("1 = 1", "true"),
        ("today()", "2026-01-31"),
        ("${many}", "a b"),
    ],
)
def test_results_become_values(calculation: str, value: object) -> None:
    made = form(
        question("many", "select_multiple", options=choices(a="A", b="B")),
        question("c", "calculate", calculation=calculation),
    )
    assert settle(made, {"many": ("a", "b")}, NOON).calculated == {"c": value}


def test_once_keeps_what_it_gave_first() -> None:
    made = form(question("stamp", "calculate", calculation="once(today())"))
    assert settle(made, {}, NOON).calculated == {"stamp": "2026-01-31"}
    assert settle(made, {"stamp": "2020-02-02"}, NOON).calculated == {"stamp": "2020-02-02"}


def test_a_calculation_on_a_question_is_a_proposal_unless_it_is_read_only() -> None:
    made = form(
        question("n", "integer", calculation="2 + 1"), question("r", "integer", calculation="4", read_only=True)
    )
    assert settle(made, {}, NOON).values == {"n": 3, "r": 4}
    assert settle(made, {"n": 9, "r": 9}, NOON).values == {"n": 9, "r": 4}


def test_doubling_calculations_stay_within_bounds() -> None:
    doubling = [question("c0", "calculate", calculation="'abcdefgh'")]
    doubling += [
        question(f"c{step}", "calculate", calculation=f"concat(${{c{step - 1}}}, ${{c{step - 1}}})")
        for step in range(1, 60)
    ]
    squares = [question("s0", "calculate", calculation="99999")]
    squares += [
        question(f"s{step}", "calculate", calculation=f"${{s{step - 1}}} * ${{s{step - 1}}}") for step in range(1, 20)
    ]
    values = settle(form(*doubling, *squares), {}, NOON).values
    assert len(str(values["c59"])) == 32_767
    assert "s19" not in values


def test_a_chain_of_500_calculations_settles() -> None:
    chain = [question("c0", "calculate", calculation="1")]
    chain += [question(f"c{step}", "calculate", calculation=f"${{c{step - 1}}} + 1") for step in range(1, 500)]
    assert settle(form(*reversed(chain)), {}, NOON).calculated["c499"] == 500


def test_today_follows_the_persons_zone() -> None:
    made = form(question("c", "calculate", calculation="today()"))
    late = replace(NOON, now=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    assert settle(made, {}, late).calculated == {"c": "2026-02-01"}


def test_days_added_across_the_change_of_clocks_stay_days() -> None:
    made = form(question("d", "date", calculation="today() + 100", read_only=True))
    assert settle(made, {}, NOON).values == {"d": "2026-05-11"}
    summer = replace(NOON, now=datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert settle(made, {}, summer).values == {"d": "2026-10-09"}
    autumn = replace(NOON, now=datetime(2026, 10, 1, 12, tzinfo=UTC))
    assert settle(made, {}, autumn).values == {"d": "2027-01-09"}


def test_defaults_static_and_dynamic_stand_at_the_beginning() -> None:
    made = form(
        question("a", "integer", default=3),
        question("b", "date", dynamic_default="today() + 1"),
        question("c", dynamic_default="concat('n', ${a})"),
        question("d", "integer", dynamic_default="'nonsense'"),
    )
    assert defaults(made, NOON) == {"a": 3, "b": "2026-02-01", "c": "n3"}


def test_required_is_an_expression() -> None:
    made = form(question("a"), question("b", required="${a} = 'x'"), question("c", required="true()"))
    settled = settle(made, {"a": "x"}, NOON)
    assert [is_required(made, path, settled) for path in ("a", "b", "c")] == [False, True, True]
    assert not is_required(made, "b", settle(made, {}, NOON))


def test_constraints_see_the_new_answer_as_a_dot_and_by_name() -> None:
    made = form(
        question("n", "integer", constraint=". > 0 and ${n} < 10"),
        question("end", "date", constraint=". >= ${begin} and . <= today()"),
        question("begin", "date"),
    )
    settled = settle(made, {"n": 99, "begin": "2026-01-01"}, NOON)
    assert satisfies(made, "n", 5, settled)
    assert not satisfies(made, "n", 50, settled)
    assert not satisfies(made, "n", -1, settled)
    assert satisfies(made, "end", "2026-01-31", settled)
    assert not satisfies(made, "end", "2026-02-01", settled)
    assert not satisfies(made, "end", "2025-12-31", settled)


def test_an_empty_answer_meets_every_constraint() -> None:
    made = form(question("n", "integer", constraint=". > 0"))
    settled = settle(made, {}, NOON)
    assert satisfies(made, "n", None, settled)
    assert satisfies(made, "n", (), settled)


def test_labels_take_in_answers() -> None:
    made = form(
        question("one", "select_one", options=YES_NO),
        question("many", "select_multiple", options=YES_NO),
        question("day", "date"),
        question("n", "decimal"),
        question("t"),
    )
    given: dict[str, Value] = {"one": "yes", "many": ("yes", "no"), "day": "2026-01-31", "n": 2.5}
    settled = settle(made, given, NOON)
    text = "${one}: ${ many }; ${day}; ${n}; ${t}${nobody}."
    assert pipe(made, text, settled, "de") == "Ja: Ja, Nein; 31.01.2026; 2,5; ."
    texts = {"de": "${n}", "en": "n"}
    assert wording.filled(settled.state, made, texts, instance=settled.state.top, language="en") == "n"


@pytest.mark.parametrize(
    ("kind", "calculation", "expected"),
    [
        ("integer", "2.9", 2),
        ("integer", "'x'", None),
        ("decimal", "1 div 4", 0.25),
        ("decimal", "1 div 0", None),
        ("date", "'2026-01-31T10:00'", "2026-01-31"),
        ("date", "now()", "2026-01-31"),
        ("date", "99999999999", None),
        ("date", "true()", None),
        ("select_one", "'a'", "a"),
        ("select_multiple", "'b zz a'", ("b", "a")),
        ("select_multiple", "'zz'", None),
    ],
)
def test_results_fit_the_type_of_their_question(kind: QuestionType, calculation: str, expected: Value | None) -> None:
    made = form(question("q", kind, calculation=calculation, options=choices(a="A", b="B"), read_only=True))
    assert settle(made, {}, NOON).values.get("q") == expected


def test_a_calculate_with_only_a_default_keeps_it() -> None:
    made = form(question("c", "calculate", dynamic_default="today()"))
    assert settle(made, defaults(made, NOON), NOON).calculated == {"c": "2026-01-31"}


def test_a_broken_date_is_shown_as_it_is() -> None:
    made = form(question("d", "date"))
    assert pipe(made, "${d}", settle(made, {"d": "soon"}, NOON), "de") == "soon"


def test_a_form_with_a_broken_expression_is_refused() -> None:
    with pytest.raises(FormError, match="form f cannot be run"):
        settle(form(question("a", relevant="1 +")), {}, NOON)


def test_a_ring_is_refused_when_it_is_run() -> None:
    made = form(question("a", relevant="${b} = 1"), question("b", relevant="${a} = 1"))
    with pytest.raises(FormError, match="cycle: a > b > a"):
        settle(made, {}, NOON)


def test_a_group_that_waits_for_its_own_question_is_a_ring() -> None:
    made = form(question("g/a"), groups={"g": "${a} = 'x'"})
    with pytest.raises(FormError, match="cycle"):
        settle(made, {}, NOON)


def test_expressions_are_compiled_once_for_a_form() -> None:
    made = circular_form()
    settle(made, {}, NOON)
    first = made.__dict__["_program"]
    settle(made, {"interested": "yes"}, NOON)
    assert made.__dict__["_program"] is first
    assert made == circular_form()
