"""What the bench of the form engine measures is what it says."""

from __future__ import annotations

import pytest

from bench.forms.answers import FILE, LARGE, WAYS, Answered, Prepared, answer_all, compiled
from bench.forms.expressions import SAMPLES, Figures, measure
from bench.forms.sheets import EXPRESSIONS_A_QUESTION, sheet
from bench.forms.tables import budgets
from bench.processes import BrokenBench
from bot.forms.model import Value
from bot.forms.source import blueprint_of_source


def test_the_large_form_has_the_size_of_the_budget() -> None:
    form = compiled(LARGE)
    written = [q.relevant or q.calculation or q.constraint for q in form.questions]
    expressions = [one for q in form.questions for one in (q.relevant, q.constraint, q.calculation) if one is not None]
    assert (len(written), len(expressions)) == (500, LARGE * EXPRESSIONS_A_QUESTION)


@pytest.mark.parametrize("way", WAYS)
def test_every_answer_is_taken_and_a_closed_group_reads_as_empty(way: str) -> None:
    take = WAYS[way](blueprint_of_source(sheet(50), file_name=FILE))
    assert len(answer_all(take, questions=50)) >= 50


def test_answers_that_are_not_taken_break_the_bench() -> None:
    def forgets(_: tuple[str, Value]) -> Value | None:
        return None

    with pytest.raises(BrokenBench, match="g0/cares0"):
        answer_all(forgets, questions=50)


def test_the_library_agrees_on_every_sample() -> None:
    assert [figures.sample for figures in measure(rounds=1, evaluations=20)] == list(SAMPLES)


def test_budgets_take_the_worst_of_what_was_measured() -> None:
    singles = [
        Figures(sample=SAMPLES[0], ours=1.0, library=100.0),
        Figures(sample=SAMPLES[1], ours=4.0, library=60.0),
    ]
    answered = [
        Answered(way="engine", questions=50, median=9.0, p95=9.0),
        Answered(way="engine", questions=LARGE, median=0.5, p95=1.5),
    ]
    took = Prepared(sheet=2.0, program=1.0, stored=0.1, opened=0.1, restored=0.1)
    lines = [budget.line() for budget in budgets(singles, answered, took)]
    assert [line.endswith("MISSED") for line in lines] == [True, True, False, True, False, True]
