from __future__ import annotations

import pytest

from bot.forms.model import Form, Problem
from bot.forms.outline import program_of
from bot.forms.source import Compiled, compile_source
from bot.forms.xlsform.languages import name_of
from tests.unit.forms.making import NOON, compiled, settle, table

CHOICES = ("choices", "list_name | name | label | region", "l | x | X | north", "l | y | Y | south")


def made(*rows: str, files: dict[str, bytes] | None = None) -> Form:
    result = compile_source(table(*rows), file_name="f.md", files=files)
    assert result.form is not None, [str(problem) for problem in result.problems]
    return result.form


def errors(result: Compiled) -> list[Problem]:
    return [problem for problem in result.problems if problem.level == "error"]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("time", "time"), ("dateTime", "datetime"), ("geopoint", "geopoint"), ("barcode", "barcode"),
        ("image", "image"), ("photo", "image"), ("audio", "audio"), ("video", "video"), ("file", "file"),
        ("range", "range"), ("rank l", "rank"), ("hidden", "hidden"), ("start", "hidden"), ("end", "hidden"),
        ("today", "hidden"), ("acknowledge", "acknowledge"), ("percentage", "integer"),
    ],
)  # fmt: skip
def test_every_type_that_makes_sense_in_a_chat_is_taken(written: str, kind: str) -> None:
    form = made("survey", "type | name | label", f"{written} | a | A", "text | t | T", *CHOICES)
    assert form.by_path["a"].type == kind
    assert form.by_path["a"].asked is (kind != "hidden")


def test_a_range_knows_its_bounds() -> None:
    form = made("survey", "type | name | label | parameters", "range | a | A | start=0 end=5 step=0.5")
    assert form.by_path["a"].parameters == {"start": "0", "end": "5", "step": "0.5"}


@pytest.mark.parametrize("kind", ["deviceid", "username", "audit", "background-audio", "start-geopoint", "geotrace"])
def test_what_a_chat_cannot_know_stays_empty_with_a_word(kind: str) -> None:
    name = "audit" if kind == "audit" else "d"
    mention = "" if kind == "audit" else "${d} = ''"
    result = compiled("survey", "type | name | label | relevant", f"{kind} | {name} | D |", f"text | a | A | {mention}")
    assert result.form is not None, [str(problem) for problem in result.problems]
    assert [question.path for question in result.form.questions] == ["a"]
    assert [problem.row for problem in result.problems if "no meaning in a chat" in problem.what] == [2]
    assert "a" in settle(result.form, {}, NOON).relevant


def test_repeats_with_and_without_a_count() -> None:
    form = made(
        "survey", "type | name | label | repeat_count | appearance | relevant", "integer | n | N | | |",
        "begin repeat | free | Free | | |", "text | a | A | | |", "begin group | g | G | | field-list | ${a} = 'x'",
        "select_one l or_other | b | B | | |", "end group | | | | |", "end repeat | | | | |",
        "begin repeat | fixed | Fixed | ${n} | |", "text | c | C | | |", "end repeat | | | | |", *CHOICES,
    )  # fmt: skip
    free, inner, fixed = (form.group_by_path[path] for path in ("free", "free/g", "fixed"))
    assert (free.repeats, free.counted, fixed.repeats, fixed.counted) == (True, False, True, True)
    assert (inner.repeats, inner.appearance, inner.parents) == (False, "field-list", ("free",))
    assert inner.relevant is not None and inner.relevant.depends == {"free/a"}
    assert form.by_path["free/g/b_other"].groups == ("free", "free/g")
    assert form.blueprint is not None
    assert {entry.path: entry.count.strip() for entry in form.blueprint.entries}["fixed"] == "/data/n"


def test_expressions_may_count_a_repeat_and_sum_what_is_in_it() -> None:
    form = made(
        "survey", "type | name | label | calculation | default", "begin repeat | r | R | |",
        "integer | a | A | | position(..)", "end repeat | | | |",
        "calculate | s | | sum(${a}) + count(${r}) + indexed-repeat(${a}, ${r}, 1) |",
    )  # fmt: skip
    calculation = form.by_path["s"].calculation
    assert calculation is not None and "r/a" in calculation.depends
    assert form.by_path["r/a"].dynamic_default is not None


def test_a_repeat_alone_is_no_value() -> None:
    result = compiled(
        "survey", "type | name | label | relevant", "begin repeat | r | R |", "text | a | A |", "end repeat | | |",
        "text | b | B | ${r} = 1",
    )  # fmt: skip
    assert [(problem.row, problem.column) for problem in errors(result)] == [(5, "relevant")]


def test_filtered_and_shuffled_choices_keep_the_whole_list() -> None:
    form = made(
        "survey", "type | name | label | choice_filter | parameters", "text | t | T | |",
        "select_one l | a | A | region = ${t} |", "select_multiple l | b | B | | randomize=true",
        "select_one l | c | C | |", *CHOICES,
    )  # fmt: skip
    assert [form.by_path[path].filtered for path in "abc"] == [True, True, False]
    assert all([choice.name for choice in form.by_path[path].choices] == ["x", "y"] for path in "abc")


def test_a_mistake_in_a_filter_is_said_in_the_authors_words() -> None:
    result = compiled(
        "survey", "type | name | label | choice_filter", "text | t | T |",
        "select_one l | a | A | region = nofun(${t})", *CHOICES,
    )  # fmt: skip
    (problem,) = errors(result)
    assert (problem.row, problem.column) == (3, "choice_filter")
    assert "nofun()" in problem.what and "instance" not in problem.what


def test_choices_from_a_repeat_are_worked_out() -> None:
    form = made(
        "survey", "type | name | label", "begin repeat | r | R", "text | who | W", "end repeat | |",
        "select_one ${who} | a | A",
    )  # fmt: skip
    assert form.by_path["a"].filtered and not form.by_path["a"].choices


TOWNS = b"id,nm,region\n1,Unna,north\n2,Bergkamen,south\n"
FROM_FILE = ("survey", "type | name | label | parameters", "select_one_from_file towns.csv | a | A | value=id label=nm")


def test_choices_from_a_file_are_read() -> None:
    form = made(*FROM_FILE, files={"towns.csv": TOWNS})
    assert [(choice.name, choice.label) for choice in form.by_path["a"].choices] == [
        ("1", {"": "Unna"}), ("2", {"": "Bergkamen"}),
    ]  # fmt: skip
    assert not form.by_path["a"].filtered
    assert form.files == ("towns.csv",)


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, "towns.csv is not there"),
        ({"towns.csv": b"\xff\xfe"}, "towns.csv cannot be read"),
        ({"towns.csv": b"name,label\nx,X\n"}, "no column id"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(files: dict[str, bytes], what: str) -> None:
    (problem,) = errors(compile_source(table(*FROM_FILE), file_name="f.md", files=files))
    assert what in problem.what and problem.mend and problem.row == 2


def test_lists_of_pulldata_are_wanted_too() -> None:
    rows = ("survey", "type | name | label | calculation", "text | a | A |",
            "calculate | c | | pulldata('towns', 'nm', 'id', ${a})")  # fmt: skip
    (problem,) = errors(compiled(*rows))
    assert "towns.csv is not there" in problem.what and (problem.row, problem.column) == (3, "calculation")
    assert made(*rows, files={"towns.csv": TOWNS}).files == ("towns.csv",)


def test_media_of_questions_and_choices() -> None:
    rows = (
        "survey", "type | name | label::Deutsch (de) | media::image::Deutsch (de) | media::audio::Deutsch (de)",
        "select_one l | a | A | a.png | a.ogg", "note | n | | n.png |",
        "choices", "list_name | name | label::Deutsch (de) | media::image::Deutsch (de)", "l | x | X | x.png",
    )  # fmt: skip
    form = made(*rows, files={"x.png": b"", "a.png": b"", "n.png": b""})
    assert form.by_path["a"].media == {"image": {"de": "a.png"}, "audio": {"de": "a.ogg"}}
    assert form.by_path["a"].choices[0].media == {"image": {"de": "x.png"}}
    assert form.files == ("a.png", "a.ogg", "x.png", "n.png")
    missing = [problem for problem in compiled(*rows).problems if "is not there" in problem.what]
    assert [(problem.level, problem.sheet, problem.row) for problem in missing] == [
        ("warning", "survey", 2), ("warning", "survey", 2), ("warning", "survey", 3), ("warning", "choices", 2),
    ]  # fmt: skip


def test_a_trigger_sets_a_value_when_its_question_is_answered() -> None:
    form = made(
        "survey", "type | name | label | calculation | trigger", "text | a | A | |", "calculate | c | | now() | ${a}"
    )
    assert form.by_path["c"].calculation is None
    assert form.blueprint is not None
    assert [(action.target, action.source) for action in form.blueprint.actions] == [("c", "a")]
    wrong = compiled(
        "survey", "type | name | label | calculation | trigger", "text | a | A | |", "calculate | c | | now( | ${a}"
    )
    assert [(problem.row, problem.column) for problem in errors(wrong)] == [(3, "calculation")]


def test_readonly_is_lasting_only_where_it_is_constant() -> None:
    form = made(
        "survey", "type | name | label | readonly", "text | a | A | yes", "text | b | B | ${a} = 'x'", "text | c | C |"
    )
    assert [form.by_path[path].read_only for path in "abc"] == [True, False, False]
    assert program_of(form).read_only.keys() >= {"b"}


def test_a_shown_calculation_gives_way_to_an_answer() -> None:
    form = made(
        "survey", "type | name | label | calculation | readonly", "integer | a | A | 1 + 2 |",
        "integer | b | B | 4 | yes", "calculate | c | | 5 |",
    )  # fmt: skip
    assert settle(form, {"a": 9, "b": 9}, NOON).values == {"a": 9, "b": 4, "c": 5}


def test_a_table_list_keeps_its_label_and_loses_what_is_drawn_on_paper() -> None:
    form = made(
        "survey", "type | name | label | appearance", "begin group | g | Table | table-list", "select_one l | a | A |",
        "select_one l | b | B |", "end group | | |", *CHOICES,
    )  # fmt: skip
    assert [question.path for question in form.questions] == ["g/a", "g/b"]
    assert (form.groups[0].label, form.groups[0].appearance) == ({"": "Table"}, "table-list")


def test_loops_are_groups() -> None:
    form = made(
        "survey", "type | name | label", "begin loop over l | lo | %(label)s", "text | a | About %(label)s",
        "end loop | |", *CHOICES,
    )  # fmt: skip
    assert [(question.path, question.label) for question in form.questions] == [
        ("lo/x/a", {"": "About X"}), ("lo/y/a", {"": "About Y"}),
    ]  # fmt: skip
    assert [group.label for group in form.groups] == [{}, {"": "X"}, {"": "Y"}]


def test_the_blueprints_language_is_found_by_its_code_and_lacks_no_text() -> None:
    form = made(
        "survey", "type | name | label::Deutsch (de) | label::English (en)", "text | a | Frage |", "text | b | B | B",
    )  # fmt: skip
    assert form.blueprint is not None
    english = name_of("en", names=form.blueprint.languages)
    assert (english, name_of("fr", names=form.blueprint.languages)) == ("English (en)", "Deutsch (de)")
    assert [part.text for part in form.blueprint.texts[english]["/data/a:label"]] == ["Frage"]


def test_the_instance_name_may_name_questions() -> None:
    form = made(
        "survey", "type | name | label", "text | a | A", "settings", "form_id | instance_name", "f | concat(${a}, '!')"
    )
    assert settle(form, {"a": "x"}, NOON).values == {"a": "x", "meta/instanceName": "x!"}


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("time | a | A | 08:30:00", "08:30:00"), ("range | a | A | 3", 3),
        ("geopoint | a | A | 51.5 7.6 0 0", "51.5 7.6 0.0 0.0"),
        ("rank l | a | A | y x", ("y", "x")), ("hidden | a | | 3", "3"), ("barcode | a | A | 4711", "4711"),
    ],
)  # fmt: skip
def test_defaults_of_all_kinds(row: str, value: object) -> None:
    form = made("survey", "type | name | label | default", row, "text | t | T |", *CHOICES)
    assert form.by_path["a"].default == value


@pytest.mark.parametrize(
    "row", ["time | a | A | soon", "range | a | A | 11", "rank l | a | A | x", "geopoint | a | A | here"]
)
def test_a_default_that_is_no_answer_is_refused(row: str) -> None:
    (problem,) = errors(compiled("survey", "type | name | label | default", row, *CHOICES))
    assert "is no answer" in problem.what and problem.column == "default"


def test_a_group_that_reads_what_is_inside_it_can_be_run() -> None:
    result = compiled(
        "survey",
        "type | name | label | relevant",
        "begin group | g | G | ./a = ''",
        "text | a | A |",
        "end group | | |",
    )
    assert result.form is not None
    assert [(problem.level, problem.row) for problem in result.problems if "in a ring" in problem.what] == [
        ("warning", 2)
    ]
    assert program_of(result.form).steps


@pytest.mark.parametrize(("allowed", "level"), [("yes", []), ("no", ["error"])])
def test_a_list_may_name_a_choice_twice_where_that_is_allowed(allowed: str, level: list[str]) -> None:
    result = compiled(
        "survey", "type | name | label | choice_filter", "text | t | T |", "select_one l | a | A | region = ${t}",
        "choices", "list_name | name | label | region", "l | x | X | north", "l | x | X | south",
        "settings", "form_id | allow_choice_duplicates", f"f | {allowed}",
    )  # fmt: skip
    assert [problem.level for problem in result.problems] == level


def test_a_filter_may_count_another_repeat_beside_it() -> None:
    form = made(
        "survey", "type | name | label | choice_filter | calculation", "begin repeat | r | R | |",
        "begin repeat | a | A | |", "text | x | X | |", "end repeat | | | |", "begin repeat | b | B | |",
        "select_multiple l | m | M | region = 'north' or count(${a}) > 1 |", "calculate | c | | | count-selected(${m})",
        "end repeat | | | |", "end repeat | | | |", *CHOICES,
    )  # fmt: skip
    assert form.by_path["r/b/m"].filtered
