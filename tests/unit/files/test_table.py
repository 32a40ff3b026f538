from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import orjson

from bot.domain.desk import ReportedResponse
from bot.files.columns import columns_of
from bot.files.json_lines import json_line
from bot.files.table import FIXED, Manner, Table, shown
from bot.forms.model import Choice, Form, Question, QuestionType, Value


def question(path: str, kind: QuestionType = "text", choices: str = "") -> Question:
    made = tuple(Choice(name=name, label={"de": name.upper(), "en": f"the {name}"}) for name in choices.split())
    return Question(path=path, name=path.rpartition("/")[2], type=kind, choices=made)


def form(*questions: Question) -> Form:
    return Form(name="needs", title={"": "Needs"}, version="", languages=("de", "en"), questions=questions)


def names(*versions: Form) -> list[str]:
    return [column.name for column in columns_of(dict(enumerate(versions, start=1)), taken=set(FIXED))]


def response(answers: Mapping[str, Value], *, version: int = 1) -> ReportedResponse:
    return ReportedResponse(
        id=7,
        version=version,
        company_id=1,
        company="=Muster",
        contact_id=2,
        contact="Ada",
        channel="terminal",
        language="en",
        status="submitted",
        started_at=datetime(2026, 11, 22, 17, tzinfo=timezone(timedelta(hours=1))),
        submitted_at=datetime(2026, 11, 22, 16, 5, tzinfo=UTC),
        answers=answers,
    )


def test_columns_are_bare_names_in_form_order_without_notes() -> None:
    assert names(form(question("g/b"), question("intro", "note"), question("a"), question("sum", "calculate"))) == [
        "b",
        "a",
        "sum",
    ]


def test_name_that_is_there_twice_is_written_with_its_group() -> None:
    assert names(form(question("one/wish"), question("two/wish"), question("size"))) == ["one/wish", "two/wish", "size"]


def test_name_that_is_a_fixed_column_is_written_with_the_form() -> None:
    assert names(form(question("g/language"), question("status"))) == ["needs/language", "needs/status"]


def test_choice_column_never_takes_another_columns_name() -> None:
    found = names(form(question("a", "select_multiple", "b"), question("a/b"), question("c/b")))
    assert len(found) == len(set(found)) == 4


def test_newest_version_gives_the_order_and_older_ones_add() -> None:
    old = form(question("gone"), question("needs", "select_multiple", "x y"), question("size"))
    new = form(question("size"), question("needs", "select_multiple", "y z"), question("more"))
    assert names(old, new) == ["size", "needs", "needs/y", "needs/z", "needs/x", "more", "gone"]


def test_name_ambiguous_in_one_version_is_ambiguous_in_all() -> None:
    assert names(form(question("g/a")), form(question("g/a"), question("h/a"))) == ["g/a", "h/a"]


def test_row_of_codes() -> None:
    table = Table({1: form(question("n", "integer"), question("m", "select_multiple", "a b c"), question("t"))})
    row = table.row(response({"n": -3, "m": ("a", "c")}))
    assert [row[name] for name in ("n", "m", "m/a", "m/b", "m/c", "t")] == [-3, ("a", "c"), 1, 0, 1, None]
    assert row["started_at"] == "2026-11-22T16:00:00+00:00"
    assert table.names[: len(FIXED)] == FIXED


def test_choice_columns_are_empty_where_nothing_was_answered() -> None:
    row = Table({1: form(question("m", "select_multiple", "a b"))}).row(response({}))
    assert [row["m"], row["m/a"], row["m/b"]] == [None, None, None]


def test_labels_are_of_the_language_asked_for() -> None:
    table = Table(
        {1: form(question("o", "select_one", "a b"), question("m", "select_multiple", "a b"))},
        manner=Manner(values="labels", language="en"),
    )
    row = table.row(response({"o": "b", "m": ("a",)}))
    assert (row["o"], row["m"], row["m/a"]) == ("the b", ("the a",), 1)


def test_answer_of_an_older_version_stands_in_the_column_of_its_name() -> None:
    table = Table({1: form(question("old/size")), 2: form(question("new/size"))})
    assert table.row(response({"old/size": "big"}, version=1))["size"] == "big"
    assert table.row(response({"new/size": "small"}, version=2))["size"] == "small"


def test_choice_that_a_version_did_not_offer_is_empty_there() -> None:
    old, new = (form(question("m", "select_multiple", choices)) for choices in ("a b", "b c"))
    row = Table({1: old, 2: new}).row(response({"m": ("a",)}, version=1))
    assert [row[name] for name in ("m/b", "m/c", "m/a")] == [0, None, 1]


def test_pseudonyms_stand_for_company_and_contact() -> None:
    table = Table({1: form(question("t"))}, pseudonym=lambda kind, number: f"{kind}-{number}")
    row = table.row(response({}))
    assert (row["company"], row["contact"]) == ("company-1", "contact-2")


def test_json_lines_keep_types_and_add_no_apostrophe() -> None:
    table = Table({1: form(question("n", "decimal"), question("m", "select_multiple", "a b"), question("t"))})
    line = json_line(table.plain_names, table.row(response({"n": -0.5, "m": ("b",), "t": "=1+1"})))
    read = orjson.loads(line)
    assert line.endswith(b"\n")
    assert (read["company"], read["n"], read["m"], read["t"]) == ("=Muster", -0.5, ["b"], "=1+1")
    assert list(read) == [*FIXED, "n", "m", "t"]


def test_what_is_shown_to_people_leaves_out_what_is_empty() -> None:
    assert shown(["a", "b", "c"], {"a": 1, "b": None, "c": ("x", "y")}) == [("a", "1"), ("c", "x, y")]
