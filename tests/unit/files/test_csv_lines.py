from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from bot.files.csv_lines import EXCEL, FORMULA_STARTS, PLAIN, CsvLines, harmless

# What a row may hold; surrogates alone cannot be written as UTF-8 and are no text.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
risky = st.builds("{}{}".format, st.sampled_from([*FORMULA_STARTS, "'", '"', ";", "\n"]), texts)


def cells_of(line: str, *, delimiter: str = ",") -> list[str]:
    """Read one line as a spreadsheet does."""
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter))


@given(st.lists(texts | risky, min_size=1, max_size=5))
def test_no_text_cell_begins_as_a_formula(values: list[str]) -> None:
    names = [f"q{number}" for number in range(len(values))]
    lines = CsvLines(names)
    read = cells_of(lines.line(dict(zip(names, values, strict=True))))
    assert not [cell for cell in read if cell.startswith(FORMULA_STARTS)]


@given(st.lists(texts | risky, min_size=2, max_size=5))
def test_text_comes_back_but_for_the_apostrophe(values: list[str]) -> None:
    for dialect in (PLAIN, EXCEL):
        names = [f"q{number}" for number in range(len(values))]
        line = CsvLines(names, dialect=dialect).line(dict(zip(names, values, strict=True)))
        read = cells_of(line.removesuffix(dialect.end), delimiter=dialect.delimiter)
        assert [
            cell[1:] if harmless(value) != value else cell for cell, value in zip(read, values, strict=True)
        ] == values


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_never_touched(number: float) -> None:
    assert float(CsvLines(["n"]).line({"n": number})) == float(str(number))


def test_negative_number_and_text_that_looks_like_one_differ() -> None:
    assert CsvLines(["n", "t"]).line({"n": -5, "t": "-5"}) == "-5,'-5\n"


def test_headers_are_safe_as_well() -> None:
    assert CsvLines(["=a", "b"]).head() == "'=a,b\n"


def test_german_excel_gets_semicolons_commas_and_a_mark() -> None:
    lines = CsvLines(["share", "count", "text"], dialect=EXCEL)
    assert lines.head() == "\ufeffshare;count;text\r\n"
    assert lines.line({"share": -3.5, "count": 12, "text": "3.5; or so"}) == '-3,5;12;"3.5; or so"\r\n'


def test_nothing_is_an_empty_cell_and_lists_are_joined() -> None:
    assert CsvLines(["a", "b"]).line({"b": ("x", "y")}) == ",x y\n"
    assert CsvLines(["a", "b"], joint=", ").line({"b": ("X", "Y")}) == ',"X, Y"\n'


def test_every_kind_of_line_end_stays_inside_its_cell() -> None:
    text = "one\rtwo\nthree\r\nfour"
    line = CsvLines(["t", "n"]).line({"t": text, "n": 1})
    assert cells_of(line) == [text, "1"]
