from __future__ import annotations

from bench.budgets import Budget, questionnaire_budgets
from bench.hubtalk import FORM
from bench.questionnaire import SCENARIOS, Figures, Results
from bench.questions import CHOICES, FORM_TITLE, LABELS
from bench.tables import questionnaire_table, remarks


def figures(*, rate: float, cpu_us: float, ran_dry: bool = False) -> Figures:
    return Figures(
        answers=100,
        rate=rate,
        cpu_us=cpu_us,
        p50_ms=1.0,
        p99_ms=2.0,
        calls={"getupdates": 10, "sendmessage": 100},
        updates=100,
        unexpected=0,
        samples=(),
        stuck=0,
        ran_dry=ran_dry,
        server_load=0.3,
    )


def test_budget_says_in_words_whether_it_is_met() -> None:
    line = Budget(what="CPU", value=0.2, at="most", limit=0.25, aim=0.125, unit=" ×").line()
    assert "at most 0.25 ×" in line
    assert line.endswith("met (aim 0.125 ×: MISSED)")
    assert Budget(what="rate", value=0.6, at="least", limit=0.7).line().endswith("MISSED")
    assert Budget(what="rate", value=None, at="least", limit=0.7).line().endswith("not measured")


def test_ratio_compares_within_a_round_so_that_a_slow_round_does_not_count_twice() -> None:
    fifty = Results(SCENARIOS[0])
    fifty.rounds = {
        "ptb": [figures(rate=100, cpu_us=1_000), figures(rate=50, cpu_us=2_000), figures(rate=100, cpu_us=1_000)],
        "hubtalk": [figures(rate=400, cpu_us=200), figures(rate=200, cpu_us=400), figures(rate=900, cpu_us=100)],
    }
    assert fifty.ratio("hubtalk", "ptb", "cpu_us") == 0.2
    by_what = {budget.what: budget.value for budget in questionnaire_budgets({"chats50": fifty})}
    assert by_what["CPU an answer against ptb, 50 chats"] == 0.2
    assert by_what["CPU an answer against raw, 50 chats"] is None


def test_collapse_is_the_rate_of_many_against_the_rate_of_few() -> None:
    fifty, crowd = Results(SCENARIOS[0]), Results(SCENARIOS[2])
    fifty.rounds = {"hubtalk": [figures(rate=1_000, cpu_us=200)]}
    crowd.rounds = {"hubtalk": [figures(rate=700, cpu_us=200)]}
    [collapse] = [b for b in questionnaire_budgets({"chats50": fifty, "chats1000": crowd}) if "1,000" in b.what]
    assert collapse.value == 0.7
    assert "MISSED" in collapse.line()


def test_table_has_a_row_a_contender_and_a_remark_when_people_ran_out() -> None:
    results = Results(SCENARIOS[0])
    results.rounds = {
        "raw": [figures(rate=1_000, cpu_us=200)],
        "hubtalk": [figures(rate=500, cpu_us=500, ran_dry=True)],
    }
    head, _, raw, hubtalk = questionnaire_table(results).splitlines()
    assert "CPU ÷ raw" in head
    assert "1.00" in raw
    assert "2.50" in hubtalk
    assert any("ran out" in remark for remark in remarks(results))


def test_form_asks_the_questions_that_the_load_server_waits_for() -> None:
    form = FORM.read_text(encoding="utf-8")
    assert all(f" {text} " in form for text in (*LABELS, *(label for _, label in CHOICES), FORM_TITLE))
    assert form.count("select_one weight") == 5
    assert form.count("| text ") == 5
