"""Repeats, renamed questions and missing answers in a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.desk import Missing, ReportedInstance, ReportedResponse, public_id
from bot.files.table import Manner, Table
from bot.files.wide import WideTable, told
from bot.forms.model import Choice, Form, Group, Question, QuestionType, Value


def question(path: str, kind: QuestionType = "text", choices: str = "", label: str = "") -> Question:
    made = tuple(Choice(name=name, label={"en": name}) for name in choices.split())
    parts = path.split("/")
    groups = tuple("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return Question(path=path, name=parts[-1], type=kind, choices=made, label={"en": label or parts[-1]}, groups=groups)


def form(*questions: Question, repeats: str = "") -> Form:
    paths = dict.fromkeys(path for each in questions for path in each.groups)
    groups = tuple(
        Group(
            path=path, name=path.rpartition("/")[2], label={"en": path}, repeats=path in repeats.split(),
            parents=tuple(other for other in paths if path.startswith(f"{other}/")),
        )
        for path in paths
    )  # fmt: skip
    return Form(name="needs", title={}, version="", languages=("en",), questions=questions, groups=groups)


def response(
    answers: Mapping[str, Value],
    *instances: ReportedInstance,
    version: int = 1,
    missing: Mapping[str, Missing] | None = None,
) -> ReportedResponse:
    return ReportedResponse(
        id=7, version=version, company_id=None, company="", contact_id=None, contact="", channel="terminal",
        language="en", status="submitted", started_at=datetime(2026, 1, 1, tzinfo=UTC), submitted_at=None,
        answers=answers, missing=missing or {}, instances=instances,
    )  # fmt: skip


def instance(number: int, path: str, *, ordinal: int, parent: int | None = None, **answers: Value) -> ReportedInstance:
    return ReportedInstance(
        id=number,
        path=path,
        parent=parent,
        ordinal=ordinal,
        answers={f"{path}/{name}": value for name, value in answers.items()},
    )


SITES = form(
    question("wish"),
    question("sites/town"),
    question("sites/rooms/beds", "integer"),
    question("sites/rooms/has", "select_multiple", "bath sea"),
    repeats="sites sites/rooms",
)
TWO_SITES = response(
    {"wish": "x"},
    instance(12, "sites", ordinal=5, town="Hamm"),  # the first one was removed: ordinals may have gaps
    instance(11, "sites", ordinal=2, town="Unna"),
    instance(14, "sites/rooms", ordinal=2, parent=12, beds=2),
    instance(13, "sites/rooms", ordinal=1, parent=12, beds=1, has=("sea",)),
)
R = public_id("R", 7)


def test_the_main_table_has_no_columns_of_repeats() -> None:
    assert Table({1: SITES}).names[-1] == "wish"


def test_each_repeat_has_rows_with_keys_to_what_they_are_in() -> None:
    sites, rooms = Table({1: SITES}).repeats
    assert (sites.name, sites.names) == ("sites", ("PARENT_KEY", "KEY", "ordinal", "town"))
    assert [tuple(row.values()) for row in sites.rows(TWO_SITES)] == [
        (R, f"{R}/sites[1]", 1, "Unna"),
        (R, f"{R}/sites[2]", 2, "Hamm"),
    ]
    assert rooms.names == ("PARENT_KEY", "KEY", "ordinal", "beds", "has", "has/bath", "has/sea")
    assert [tuple(row.values()) for row in rooms.rows(TWO_SITES)] == [
        (f"{R}/sites[2]", f"{R}/sites[2]/rooms[1]", 1, 1, ("sea",), 0, 1),
        (f"{R}/sites[2]", f"{R}/sites[2]/rooms[2]", 2, 2, None, None, None),
    ]
    assert rooms.rows(response({})) == []


def test_nested_lists_keep_what_belongs_together() -> None:
    nested = Table({1: SITES}).nested(TWO_SITES)
    assert nested["sites"] == [
        {"town": "Unna", "rooms": []},
        {"town": "Hamm", "rooms": [{"beds": 1, "has": ("sea",)}, {"beds": 2, "has": None}]},
    ]


def test_list_of_a_repeat_never_takes_the_place_of_a_question() -> None:
    table = Table({1: form(question("sites"), question("g/sites/town"), repeats="g/sites")})
    assert [table.names[-1], table.repeats[0].list_name] == ["sites", "repeat/sites"]


def test_wide_rows_number_the_columns_of_instances() -> None:
    wide = WideTable(Table({1: SITES}), {"sites": 2, "rooms": 2})
    row = wide.row(TWO_SITES)
    assert tuple(row) == wide.names
    cells = {name: row[name] for name in wide.names[wide.names.index("wish") :] if row[name] is not None}
    assert cells == {
        "wish": "x", "town_1": "Unna", "town_2": "Hamm", "beds_2_1": 1, "has_2_1": ("sea",), "has/bath_2_1": 0,
        "has/sea_2_1": 1, "beds_2_2": 2,
    }  # fmt: skip


def test_row_that_is_told_holds_the_repeats_as_well() -> None:
    assert told(Table({1: SITES}), TWO_SITES)[-6:] == [
        ("wish", "x"), ("town_1", "Unna"), ("town_2", "Hamm"), ("beds_2_1", "1"), ("has_2_1", "sea"), ("beds_2_2", "2"),
    ]  # fmt: skip


def test_renamed_question_and_repeat_are_joined_under_the_new_name() -> None:
    old = form(question("size", "integer", label="How many?"), question("sites/town"), repeats="sites")
    new = form(question("staff", "integer", label="How many?"), question("places/town"), repeats="places")
    new = replace(new, groups=(replace(new.groups[0], label={"en": "sites"}),))
    table = Table({1: old, 2: new})
    assert table.names[-1] == "staff"
    assert table.row(response({"size": 3}))["staff"] == 3
    assert table.row(response({"staff": 4}, version=2))["staff"] == 4
    (places,) = table.repeats
    (row,) = places.rows(response({}, instance(1, "sites", ordinal=1, town="Unna")))
    assert (places.name, row["town"]) == ("places", "Unna")


def test_new_question_under_an_old_name_gets_no_old_answers() -> None:
    old = form(question("size", "integer", label="How many?"), question("gone", label="Gone?"))
    new = form(question("g/gone", label="Otherwise?"), question("staff", "integer", label="How many?"))
    newest = form(question("size", label="What clothes size?"), *new.questions)
    table = Table({1: old, 2: new, 3: newest})
    cells = table.row(response({"size": 3, "gone": "x"}))
    assert (cells["staff"], cells["size"]) == (3, None)


@pytest.mark.parametrize(
    ("path", "cell"),
    [("wish", "x"), ("size", -97), ("topics", -98), ("topics/a", -98), ("late", -99), ("sum", None), ("later", -99)],
)
def test_missing_codes_say_why_there_is_no_answer(path: str, cell: Value | None) -> None:
    asked = (question("wish"), question("size", "integer"), question("topics", "select_multiple", "a"),
             question("late", "date"), question("sum", "calculate"))  # fmt: skip
    versions = {1: form(*asked), 2: form(*asked, question("later"))}
    given = response({"wish": "x"}, missing={"size": "unknown", "topics": "skipped"})
    assert Table(versions, manner=Manner(missing=True)).row(given)[path] == cell
    assert Table(versions).row(given)[path] == (cell if path == "wish" else None), "empty unless it is asked for"
