from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.matrix import outbound as matrix
from bot.adapters.telegram import outbound as telegram
from bot.forms.model import Problem
from bot.forms.reading_time import minutes_of
from bot.forms.xlsform import doubts
from tests.unit.forms.making import NOON, compiled, satisfies, settle

HEADER = "type | name | label | relevant | constraint | parameters"
CHOICES = ("choices", "list_name | name | label", "l | x | X", "l | y | Y", "l | z | Z")
ASKED = ("select_one l | one | One | | |", "select_multiple l | many | Many | | |", "integer | n | N | | |",
         "decimal | d | D | | |", "date | day | Day | | |", "text | t | T | | |")  # fmt: skip


def warned(*rows: str) -> list[Problem]:
    result = compiled("survey", HEADER, *ASKED, *rows, *CHOICES)
    assert result.form is not None, [str(problem) for problem in result.problems]
    return [*result.problems]


@pytest.mark.parametrize(
    "condition",
    [
        "1 = 2",
        "${one} = 'x' and ${one} = 'y'",
        "selected(${one}, 'x') and ${one} = 'y'",
        "${one} = 'x' and not(${one} = 'x')",
        "not(${one} != 'x' or ${one} = 'x')",
        "${n} > 5 and ${n} < 3",
        "${n} > 5 and ${n} < 6",
        "3 > ${n} and ${n} >= 3",
        "${n} = 4 and ${n} != 4",
        "${d} > 1.5 and ${d} < 1.5",
        "(${n} > 5 or ${n} > 9) and ${n} = 2",
        "${day} > '2026-01-02' and ${day} < '2026-01-01'",
        "${day} >= date('2026-01-02') and ${day} <= date('2026-01-01')",
        "selected(${many}, 'x') and not(selected(${many}, 'x'))",
        "count-selected(${many}) > 3",
        "string-length(${t}) < 0",
        "${t} = 'a' and ${t} = 'b'",
    ],
)
def test_questions_that_nobody_reaches_are_found(condition: str) -> None:
    found = warned(f"text | q | Q | {condition} | |")
    assert [(problem.row, problem.column) for problem in found if "nobody can reach" in problem.what] == [
        (8, "relevant")
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "${one} = 'x' or ${one} = 'y'",
        "${n} > 5 and ${n} < 7",
        "${d} > 5 and ${d} < 6",
        "not(${n} > 5) and not(${n} < 3)",
        "${n} != 4 and ${n} != 5",
        "${t} = '1' and ${t} = 1",
        "${t} = '01' and ${t} = 1",
        "selected(${many}, 'x') and selected(${many}, 'y')",
        "${day} > today() and ${day} < '2020-01-01'",
        "${one} = ''",
        "string-length(${t}) = 0",
        "${n} + 1 > 5 and ${n} < 3",
        "false()",  # the author says so
        "False",
    ],
)
def test_conditions_that_may_hold_raise_no_alarm(condition: str) -> None:
    assert not [problem for problem in warned(f"text | q | Q | {condition} | |") if "nobody" in problem.what]


def test_a_condition_is_held_against_those_around_it() -> None:
    found = warned(
        "begin group | g | G | ${one} = 'x' | |", "text | q | Q | ${one} = 'y' | |", "text | r | R | ${one} = 'x' | |",
        "end group | | | | |", "begin group | h | H | ${n} > 1 and ${n} < 2 | |", "text | s | S | | |",
        "end group | | | | |",
    )  # fmt: skip
    assert [problem.row for problem in found if "nobody can reach" in problem.what] == [9, 12]


def test_answers_of_several_rounds_may_differ() -> None:
    rows = ("begin repeat | r | R | | |", "integer | a | A | | |", "end repeat | | | | |",
            "text | q | Q | ${a} = 1 and ${a} = 2 | |")  # fmt: skip
    assert not [problem for problem in warned(*rows) if "nobody" in problem.what]


@pytest.mark.parametrize(
    "row",
    [
        "integer | q | Q | | . > 10 and . < 5 |",
        "text | q | Q | | string-length(.) > 5 and string-length(.) <= 5 |",
        "date | q | Q | | . < '2020-01-01' and . > '2021-01-01' |",
        "range | q | Q | | . > 10 | start=1 end=5",
        "select_multiple l | q | Q | | count-selected(.) >= 4 |",
        "select_one l | q | Q | | ${q} = 'x' and . = 'y' |",
    ],
)
def test_constraints_that_no_answer_meets_are_found(row: str) -> None:
    found = [problem for problem in warned(row) if "no answer can meet" in problem.what]
    assert [(problem.row, problem.column) for problem in found] == [(8, "constraint")]


@pytest.mark.parametrize(
    "row",
    [
        "integer | q | Q | | . >= 18 and . <= 18 |",
        "range | q | Q | | . >= 5 | start=1 end=5",
        "text | q | Q | | regex(., '^a$') and string-length(.) = 1 |",
        "select_multiple l | q | Q | | not(selected(., 'x')) or count-selected(.) = 1 |",
    ],
)
def test_constraints_that_can_be_met_raise_no_alarm(row: str) -> None:
    assert not [problem for problem in warned(row) if "no answer" in problem.what]


@pytest.mark.parametrize(
    ("condition", "mend"),
    [("${one} = 'Y'", "name from its list"), ("selected(${many}, 'xx')", "'x'"), ("if(${one} = 'xy', 1, 2) = 1", "?")],
)
def test_names_that_are_no_choice_are_found(condition: str, mend: str) -> None:
    found = [problem for problem in warned(f"text | q | Q | {condition} | |") if "has no choice" in problem.what]
    assert [(problem.row, problem.column) for problem in found] == [(8, "relevant")]
    assert mend in found[0].mend


def test_a_range_without_numbers_and_a_list_that_is_not_there_are_found() -> None:
    result = compiled(
        "survey", "type | name | label | parameters | calculation", "range | a | A | start=10 end=1 step=2 |",
        "calculate | c | | | instance('zz')/root/item[1]/name", "calculate | d | | | ${last-saved#a}",
    )  # fmt: skip
    assert result.form is not None
    assert [(problem.row, problem.column) for problem in result.problems] == [
        (2, "parameters"), (3, "calculation"), (4, "calculation"),
    ]  # fmt: skip


def test_long_lists_and_labels_come_with_their_number() -> None:
    result = compiled(
        "survey", "type | name | label", "select_one l | a | A", "select_one m | b | B", "select_one m | c | C",
        f"note | n | {'word ' * 900}", "choices", "list_name | name | label",
        *(f"l | c{number} | C{number}" for number in range(120)), f"m | x | {'long label ' * 4}", "m | y | Y",
    )  # fmt: skip
    said = [(problem.row, problem.what) for problem in result.problems]
    assert [row for row, _ in said] == [2, 3, 5]
    assert "120 choices" in said[0][1] and "1 of 2 choices" in said[1][1] and "43" in said[1][1]
    assert "4499 characters" in said[2][1]


def test_the_limits_are_those_of_the_channels() -> None:
    assert (
        min(telegram.TEXT_LIMIT, matrix.TEXT_LIMIT), telegram.CHOICE_BUTTONS, telegram.LABEL_LIMIT,
    ) == (doubts.MESSAGE, doubts.MOST_BUTTONS, doubts.BUTTON)  # fmt: skip
    assert doubts.CHOICE == matrix.LABEL_LIMIT


def test_the_time_that_a_form_takes_grows_with_its_words_and_answers() -> None:
    short = compiled("survey", "type | name | label", "text | a | A").form
    wordy = compiled("survey", "type | name | label", f"text | a | {'word ' * 200}").form
    silent = compiled("survey", "type | name | label | calculation", "text | a | A |", "calculate | c | | 1").form
    assert short is not None and wordy is not None and silent is not None
    assert 0.9 < minutes_of(wordy) - minutes_of(short) < 1.1
    assert minutes_of(short) == minutes_of(silent)


_ATOMS = st.sampled_from(
    ["${one} = 'x'", "${one} != 'x'", "'y' = ${one}", "selected(${one}, 'y')", "selected(${many}, 'x')",
     "selected(${many}, 'y')", "count-selected(${many}) > 1", "count-selected(${many}) = 0", "${n} > 1", "${n} < 2",
     "2 <= ${n}", "${n} = 1", "${n} != 1", "${t} = '1'", "${t} = 1", "${t} != ''", "string-length(${t}) > 1",
     "string-length(${t}) = 0", "true()", "false()", "${n} = ${t}", "1 < 2", "'a' = 'b'"]
)  # fmt: skip
_CONDITIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("({0[0]}{0[1]}{0[2]})".format),
        inner.map("not({})".format),
    ),
    max_leaves=7,
)
_ANSWERS = [
    {name: value for name, value in zip(("one", "many", "n", "t"), values, strict=True) if value is not None}
    for values in itertools.product(
        (None, "x", "y", "z"), (None, ("x",), ("y",), ("x", "y")), (None, 1, 2, 5), (None, "1", "01", "ab")
    )
]


@settings(deadline=None, max_examples=60)
@given(_CONDITIONS, _CONDITIONS)
def test_what_is_called_out_of_reach_is_reached_by_no_answers(outer: str, inner: str) -> None:
    result = compiled(
        "survey", HEADER, *ASKED, f"begin group | g | G | {outer} | |", f"text | q | Q | {inner} | |",
        "end group | | | | |", f"text | own | Own | | {inner.replace('${t}', '.')} |", *CHOICES,
    )  # fmt: skip
    form = result.form
    assert form is not None
    said = {problem.row: problem.what for problem in result.problems}
    reached = [settle(form, answers, NOON) for answers in _ANSWERS]
    if "nobody can reach" in said.get(8, ""):
        assert not any("g" in settled.relevant for settled in reached), outer
    if "nobody can reach" in said.get(9, ""):
        assert not any("g/q" in settled.relevant for settled in reached), (outer, inner)
    if "no answer can meet" in said.get(11, ""):
        texts = ("1", "01", "ab", "2")
        assert not any(satisfies(form, "own", text, settled) for settled in reached for text in texts), inner
