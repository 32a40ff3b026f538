from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook  # pyxform brings it, without types

from bot.forms.model import Problem
from bot.forms.source import Compiled, compile_source
from bot.forms.xlsform.files import MAX_FILE
from tests.unit.forms.making import compiled, table

HEADER = "type | name | label | relevant | constraint | calculation | required"
SHEETS: dict[str, Sequence[Sequence[object]]] = {
    "survey": [["type", "name", "label"], ["text", "a", "A"], ["select_one l", "b", "B"]],
    "choices": [["list_name", "name", "label"], ["l", "x", "X"], ["l", "y", "Y"]],
    "settings": [["form_id", "form_title", "version"], ["needs", "Needs", 3]],
}


def workbook(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def errors(result: Compiled) -> list[Problem]:
    assert result.form is None
    return [problem for problem in result.problems if problem.level == "error"]


def only_error(result: Compiled) -> Problem:
    found = errors(result)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def survey(*rows: str) -> Compiled:
    return compiled(
        "survey", HEADER, *rows, "choices", "list_name | name | label", "l | x | X", "l | y | Y"
    )  # fmt: skip


def test_a_form_of_everything_that_is_supported() -> None:
    result = compiled(
        "survey",
        "type | name | label::Deutsch (de) | label::English (en) | hint | guidance_hint | relevant | required "
        "| required_message::de | constraint | constraint_message::de | calculation | default | appearance | readonly",
        "begin group | g | Gruppe | Group | | | ${k} != '' | | | | | | | |",
        "begin_group | inner | Innen | Inside | | | | | | | | | | |",
        "select_one l | s | S | S | Tipp | leise | | yes | bitte | | | | x | minimal |",
        "end_group | | | | | | | | | | | | | |",
        "select_multiple l | m | M | M | | | | no | | count-selected(.) < 2 | zu viele | | x y | |",
        "end group | | | | | | | | | | | | | |",
        "integer | i | I | I | | | | ${d} > 2 | | | | | 3 | |",
        "decimal | d | D | D | | | | | | | | | 2.5 | |",
        "date | day | Tag | Day | | | | | | | | | today() | |",
        "note | n | N | N | | | | | | | | | | |",
        "acknowledge | k | K | K | | | | | | | | | | |",
        "calculate | c | | | | | | | | | | 1 + 1 | | |",
        "text | t | T | T | | | | | | | | | frei | | yes",
        "choices",
        "list_name | name | label::Deutsch (de) | label::English (en)",
        "l | x | Ix | X",
        "l | y | Yps | Y",
        "settings",
        "form_id | form_title | version | default_language",
        "needs | Bedarf | 2026-1 | English (en)",
    )
    form = result.form
    assert form is not None, result.problems
    assert (form.name, form.title, form.version, form.languages) == ("needs", {"": "Bedarf"}, "2026-1", ("en", "de"))
    assert [group.path for group in form.groups] == ["g", "g/inner"]
    assert form.groups[1].parents == ("g",)
    assert [question.type for question in form.questions] == [
        "select_one", "select_multiple", "integer", "decimal", "date", "note", "acknowledge", "calculate", "text",
    ]  # fmt: skip
    s, m = form.by_path["g/inner/s"], form.by_path["g/m"]
    assert (s.groups, s.row, s.default, s.appearance, s.hint) == (("g", "g/inner"), 4, "x", "minimal", {"": "Tipp"})
    assert s.guidance == {"": "leise"} and s.required_message == {"de": "bitte"}
    assert s.required is not None and s.required.text == "true()"
    assert [choice.label for choice in s.choices] == [{"de": "Ix", "en": "X"}, {"de": "Yps", "en": "Y"}]
    assert m.required is not None and m.required.text == "false()"
    assert m.default == ("x", "y") and m.constraint_message == {"de": "zu viele"}
    required = form.by_path["i"].required
    assert required is not None and required.depends == {"d"}
    assert (form.by_path["i"].default, form.by_path["d"].default) == (3, 2.5)
    dynamic = form.by_path["day"].dynamic_default
    assert dynamic is not None and dynamic.text == "today()"
    assert form.by_path["t"].read_only and not form.by_path["t"].asked
    assert form.group_by_path["g"].relevant is not None and form.group_by_path["g"].relevant.depends == {"k"}


@pytest.mark.parametrize("ending", ["xlsx", "XLSX", "xlsm"])
def test_workbooks(ending: str) -> None:
    result = compile_source(workbook(SHEETS), file_name=f"needs.{ending}")
    assert result.form is not None, result.problems
    assert (result.form.name, result.form.version, len(result.form.questions)) == ("needs", "3", 2)


def test_csv_and_markdown_give_the_same_form() -> None:
    csv = "survey\n,type,name,label\n,text,a,A\n,note,n,N\nsettings\n,form_id,form_title\n,f,f\n"
    markdown = table(
        "survey", "type | name | label", "text | a | A", "note | n | N", "settings", "form_id | form_title", "f | f"
    )
    made = compile_source(csv.encode(), file_name="f.csv").form
    assert made is not None
    assert made == compile_source(b"\xef\xbb\xbf" + markdown, file_name="x.md").form


def test_a_form_without_an_id_is_named_after_its_file() -> None:
    made = compile_source(table("survey", "type | name | label", "text | a | A"), file_name="dir/My form.md").form
    assert made is not None and made.name == "My_form"
    assert made.languages == ()


def test_or_other_becomes_a_choice_and_a_text_question() -> None:
    made = survey("select_one l or_other | a | A | | | |").form
    assert made is not None
    assert [choice.name for choice in made.by_path["a"].choices] == ["x", "y", "other"]
    assert made.by_path["a"].choices[2].label["de"] == "Etwas anderes"
    other = made.by_path["a_other"]
    assert other.type == "text" and other.relevant is not None and other.relevant.depends == {"a"}


@pytest.mark.parametrize(
    ("row", "column", "what"),
    [
        ("text | b | B | ${a} = | | |", "relevant", "too early"),
        ("text | b | B | | nofunction(.) | |", "constraint", "no function nofunction()"),
        ("text | b | B | | | |  ${a} + ", "required", "too early"),
        ("calculate | b | | | | round(1, 2, 3) |", "calculation", "takes 1 to 2 arguments"),
        ("text | b | B | . = 'x' | | |", "relevant", "not known here"),
        ("text | b | B | /data/nobody = 1 | | |", "relevant", "no question /data/nobody"),
        ("text | b | B | property('x') = 1 | | |", "relevant", "not supported yet"),
        ("text | b | B | | regex(., '(?=x)') | |", "constraint", "cannot be used"),
        ("text | b | | | | |", "label", "neither label nor hint"),
        ("text | a | B | | | |", "name", "must be unique"),
        ("nonsense | b | B | | | |", "type", "there is no type nonsense"),
        ("text | | B | | | |", "", "no name"),
        ("select_one z | b | B | | | |", "", "no list z in the choices sheet"),
        ("text | b c | B | | | |", "name", "must begin with a letter"),
        ("text | b | B | ${nobody} = 1 | | |", "relevant", "nobody"),
        ("end group | | | | | |", "", "was not begun"),
        ("begin group | g | G | | | |", "", "never ended"),
    ],
)
def test_mistakes_are_found_in_their_row_and_column(row: str, column: str, what: str) -> None:
    problem = only_error(survey("text | a | A | | | |", row))
    assert what in problem.what
    assert (problem.sheet, problem.row, problem.column) == ("survey", 3, column)


def test_the_authors_own_header_is_named() -> None:
    result = compiled("survey", "type | name | label | Relevance", "text | a | A | 1 +")
    assert only_error(result).column == "Relevance"


def test_several_mistakes_come_together() -> None:
    found = errors(survey("text | a | A | 1 + | foo() | |", "text | c | C | ${a} = | | |"))
    assert [(problem.row, problem.column) for problem in found] == [(2, "relevant"), (2, "constraint"), (3, "relevant")]


def test_rings_are_named() -> None:
    problem = only_error(
        survey("calculate | a | | | | ${b} + 1 |", "calculate | b | | | | ${c} |", "calculate | c | | | | ${a} |")
    )
    assert "a > b > c > a" in problem.what
    assert (problem.row, problem.column) == (2, "calculation")


def test_choices_named_twice_or_not_at_all() -> None:
    result = compiled(
        "survey", "type | name | label", "select_one l | a | A",
        "choices", "list_name | name | label", "l | x | X", "l | x | Y", "l | | Z", "l | two words | W",
    )  # fmt: skip
    found = errors(result)
    assert [(problem.sheet, problem.row, problem.column) for problem in found] == [
        ("choices", 3, "name"), ("choices", 4, "name"),
    ]  # fmt: skip
    assert "in row 2 already" in found[0].what
    assert any(problem.row == 5 and problem.level == "warning" for problem in result.problems)


def test_a_default_must_be_an_answer() -> None:
    result = compiled(
        "survey", "type | name | label | default", "select_one l | a | A | z", "integer | b | B | viel",
        "choices", "list_name | name | label", "l | x | X",
    )  # fmt: skip
    assert [(problem.row, problem.column) for problem in errors(result)] == [(2, "default"), (3, "default")]


def test_missing_translations_are_warnings() -> None:
    result = compiled(
        "survey", "type | name | label::Deutsch (de) | label::English (en)", "select_one l | a | A |",
        "choices", "list_name | name | label::Deutsch (de) | label::English (en)", "l | x | X |", "l | y | | Y",
    )  # fmt: skip
    assert result.form is not None
    assert [(problem.sheet, problem.row) for problem in result.problems] == [
        ("survey", 2),
        ("choices", 2),
        ("choices", 3),
    ]
    assert all(problem.level == "warning" for problem in result.problems)


def test_many_missing_translations_are_one_warning_a_column() -> None:
    result = compiled(
        "survey", "type | name | label::Deutsch (de) | label::English (en)",
        *(f"text | q{number} | Frage | {'Question' if number == 3 else ''}" for number in range(12)),
    )  # fmt: skip
    (found,) = result.problems
    assert (found.row, found.column) == (2, "label")
    assert found.what == "there is no text in the language en, nor in 10 other rows (3, 4, 6, 7, 8, 9, 10 …)."


def test_a_language_without_a_code_is_doubted() -> None:
    result = compiled("survey", "type | name | label::Klingonisch", "text | a | A")
    assert result.form is not None and result.form.languages == ("Klingonisch",)
    assert "has no code" in result.problems[0].what


def test_a_bare_name_as_condition_is_doubted() -> None:
    result = survey("text | a | A | | | |", "text | b | B | ${a} | | |")
    assert result.form is not None
    assert (result.problems[0].level, result.problems[0].row, result.problems[0].column) == ("warning", 3, "relevant")


def test_pyxforms_own_words_lose_their_row_marks_and_links() -> None:
    text = str(only_error(survey("text | a | A | | | |", "text | a | A | | | |")))
    assert ". " in text.removeprefix("error: "), "what is wrong and the mend are two sentences"
    assert "[row" not in text and "http" not in text and text.startswith("error: sheet survey, row 3")


def packed(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.pdf", b"%PDF", ".pdf is no kind of form"),
        ("a", b"x", "without an ending"),
        ("a.xlsx", b"", "empty"),
        ("a.xlsx", b"x" * (MAX_FILE + 1), "MB"),
        ("a.xlsx", OLD, "old .xls, or protected by a password"),
        ("a.xls", workbook(SHEETS), "an .xlsx that is named .xls"),
        ("a.xlsx", b"hello", "no .xlsx workbook"),
        ("a.xls", b"hello", "no .xls workbook"),
        ("a.xls", OLD, "cannot be read as .xls"),
        ("a.xlsx", workbook(SHEETS)[:-200], "damaged"),
        ("a.xlsx", packed(content_xml=b"<a/>"), "OpenDocument"),
        ("a.xlsx", packed(readme_txt=b"hi"), "no workbook"),
        ("a.xlsx", packed(xl__workbook_xml=b"\0" * 3_000_000), "not safe to open"),
        ("a.xlsx", packed(xl__workbook_xml=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'), "XML entities"),
        ("a.xlsx", packed(xl__workbook_xml="<!DOCTYPE a>".encode("utf-16-le")), "XML entities"),
        ("a.xlsx", packed(xl__workbook_xml=b"<a/>"), "cannot be read"),
        ("a.md", workbook(SHEETS), "is a workbook"),
        ("a.md", "ä".encode("latin-1"), "not UTF-8"),
        ("a.md", b"# only a title", "cannot be read as .md"),
        ("a.csv", b"survey\n;type;name;label\n;text;a;A\n", "separated by ;"),
        ("a.md", b"| settings |\n| | form_id |\n| | x |\n", "no sheet named survey"),
        ("a.md", table("survey", "type | name | label"), "no sheet named survey"),
    ],
)  # fmt: skip
def test_files_that_are_no_forms_are_explained(name: str, data: bytes, what: str) -> None:
    problem = only_error(compile_source(data, file_name=name))
    assert what in problem.what
    assert "Traceback" not in str(problem)


@pytest.mark.parametrize(
    ("rows", "what", "place"),
    [
        (("type | name | label", "begin group | meta | M", "text | a | A", "end group | |"), "meta is kept",
         (2, "name")),
        (("type | name | label | instance::tag", "begin group | g | G | x", "text | a | A |", "end group | | |"),
         "a group or repeat cannot have it", (2, "instance::tag")),
        (("type | name | label | instance::un:tag", "text | a | A | x"), "prefix un", (1, "instance::un:tag")),
        (("type | name | label | bind::", "text | a | A | x"), "names no attribute", (1, "bind::")),
        (("type | name | label", "text | a:b | A"), "holds a colon", (2, "name")),
        (("type | name | label", "text | a | A\x0bB"), "control character", (2, "label")),
        (("type | name | label | relevant", "text | size | A |", "text | b | B | ${sise} = 1"), "no question ${sise}",
         (3, "relevant")),
        (("type | name | label | relevant", "text | a | A |", "text | b | B | ${ a } = 1"), "not complete",
         (3, "relevant")),
        (("typ | name | label", "text | a | A"), "survey has no column type", (1, "")),
        (("type | name | label", "Integre | a | A"), "no type Integre", (2, "type")),
        (("type | name | label | appearance", "select_one l | a | A | search('x')"), "search()", (2, "appearance")),
        (("type | name | label | choice_filter", "select_one l or_other | a | A | x = 1"), "do not go together",
         (2, "")),
        (("type | name | label | parameters", "select_one l | a | A | randomize=maybe"), "not maybe",
         (2, "parameters")),
        (("type | name | label", "select_one_external l | a | A"), "cannot be asked", (2, "type")),
    ],
)  # fmt: skip
def test_what_pyxform_trips_over_comes_with_reason_and_mend(
    rows: tuple[str, ...], what: str, place: tuple[int, str]
) -> None:
    sheets = ("choices", "list_name | name | label", "l | x | X")
    if "external" in rows[1]:
        sheets = ("external_choices", "list_name | name | label", "l | x | X")
    problem = only_error(compiled("survey", *rows, *sheets))
    assert what in problem.what and problem.mend
    assert (problem.row, problem.column) == place


def test_a_near_name_is_offered() -> None:
    rows = ("type | name | label | relevant", "integer | size | A |", "text | b | B | ${sise} = 1")
    assert only_error(compiled("survey", *rows)).mend == "Did you mean ${size}?"
    assert only_error(compiled("survey", "type | name | label", "Integre | a | A")).mend == "Did you mean integer?"


def patched(data: bytes, **parts: bytes) -> bytes:
    """Return a workbook with some of its parts replaced or added (`__` for /, `_` for .)."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in parts.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, content in named.items():
            new.writestr(name, content)
    return buffer.getvalue()


def first_sheet(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def test_macros_are_left_alone() -> None:
    data = patched(workbook(SHEETS), xl__vbaProject_bin=b"\xd0\xcf\x11\xe0 no program is ever run")
    result = compile_source(data, file_name="needs.xlsm")
    assert result.form is not None and len(result.form.questions) == 2


def test_a_formula_counts_with_the_value_that_the_spreadsheet_stored() -> None:
    sheets = {**SHEETS, "survey": [["type", "name", "label"], ["text", "a", '=CONCAT("A","B")']]}
    plain = workbook(sheets)
    sheet = first_sheet(plain)
    formula = re.search(rb'<c r="C2"[^>]*>.*?</c>', sheet)
    assert formula is not None
    stored = b'<c r="C2" t="str"><f>CONCAT("A","B")</f><v>AB</v></c>'
    data = patched(plain, xl__worksheets__sheet1_xml=sheet.replace(formula[0], stored))
    form = compile_source(data, file_name="a.xlsx").form
    assert form is not None and form.by_path["a"].label == {"": "AB"}


def test_an_entity_in_a_sheet_is_never_resolved() -> None:
    plain = workbook(SHEETS)
    sheet = first_sheet(plain)
    declared = b'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + sheet.replace(b">A<", b">&x;<")
    data = patched(plain, xl__worksheets__sheet1_xml=declared)
    assert "XML entities" in only_error(compile_source(data, file_name="a.xlsx")).what


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing() -> None:
    plain = workbook(SHEETS)
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData>'
    data = patched(plain, xl__worksheets__sheet1_xml=first_sheet(plain).replace(b"</sheetData>", far))
    began = time.process_time()
    result = compile_source(data, file_name="a.xlsx")
    assert time.process_time() - began < 10
    assert result.form is not None or only_error(result).what


def test_formulas_count_with_their_stored_values_and_never_run() -> None:
    sheets = {**SHEETS, "survey": [["type", "name", "label"], ["text", "a", '=CONCAT("A","B")']]}
    assert "neither label nor hint" in only_error(compile_source(workbook(sheets), file_name="a.xlsx")).what


def test_choice_names_with_spaces_are_found_in_their_row() -> None:
    result = compiled(
        "survey", "type | name | label", "select_multiple l | a | A",
        "choices", "list_name | name | label", "l | x | X", "l | two words | W",
    )  # fmt: skip
    problem = only_error(result)
    assert (problem.sheet, problem.row, problem.column) == ("choices", 3, "name")


def test_columns_named_twice_are_found_in_their_sheet() -> None:
    problem = only_error(compiled("survey", "type | name | label | relevant | relevance", "text | a | A | 1 | 1"))
    assert (problem.sheet, problem.row) == ("survey", 1)


def test_a_form_that_asks_nothing_is_refused() -> None:
    assert "asks nothing" in only_error(compiled("survey", "type | name | label", "start | s | S")).what


def test_a_survey_with_too_many_rows_is_refused() -> None:
    problem = only_error(survey(*(f"text | a{row} | A | | | |" for row in range(2001))))
    assert "at most 2000" in problem.what


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300),
    st.sampled_from(["md", "csv", "xls", "xlsx"]),
    st.sampled_from([b"", b"PK\x03\x04", OLD[:8]]),
)
def test_no_bytes_make_it_fail(data: bytes, ending: str, start: bytes) -> None:
    result = compile_source(start + data, file_name=f"a.{ending}")
    assert (result.form is None) == any(problem.level == "error" for problem in result.problems)


_WORDS = st.sampled_from(
    ["text", "note", "integer", "select_one l", "select_multiple l or_other", "begin group", "end group", "calculate",
     "begin repeat", "end repeat", "a", "b", "meta", "${a}", "${b} = 1", "1 +", "selected(${a}, 'x')", "yes", "", "x y",
     "today()", "label", "range", "rank l", "start", "audit", "loop", "begin loop over l", "osm", "trigger", "hidden"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(_WORDS, min_size=8, max_size=8), min_size=1, max_size=6))
def test_no_table_makes_it_fail(rows: list[list[str]]) -> None:
    result = compiled(
        "survey", "type | name | label | relevant | calculation | default | choice_filter | appearance",
        *(" | ".join(row) for row in rows),
        "choices", "list_name | name | label", "l | x | X",
    )  # fmt: skip
    assert (result.form is None) == any(problem.level == "error" for problem in result.problems)
    if result.form is not None and result.form.blueprint is not None:
        sorts = {entry.path: entry.sort for entry in result.form.blueprint.entries}
        assert all(sorts.get(question.path) == "question" for question in result.form.questions)
        assert all(sorts.get(group.path) == ("repeat" if group.repeats else "group") for group in result.form.groups)
    assert all(problem.what and "Traceback" not in problem.what for problem in result.problems)
