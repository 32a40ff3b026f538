"""Tables of companies and people, as spreadsheets save them and as people spoil them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from bot.domain.listed import COLUMN_LIMIT, FILE_LIMIT, ROW_LIMIT, ListedRow, PeopleList, RowError
from bot.files import workbook
from bot.files.people_list import is_form, read_people_list
from bot.listing import read_apart

LANGUAGES = ("de", "en")
HEADS = "Firma;Ort;Ansprechpartner;E-Mail;Sprache;Branche;Größe;Notiz"
ADA = 'Müller GmbH;Kamen;Ada Muster;ADA@Mueller.de;deutsch;Bau;10-49;"Zeile; eins\nZeile zwei"'
READ = ListedRow(
    row=2,
    company="Müller GmbH",
    town="Kamen",
    name="Ada Muster",
    mail="ada@mueller.de",
    language="de",
    tags={"sector": "Bau", "size": "10-49"},
    note="Zeile; eins\nZeile zwei",
)


def read(data: bytes | str) -> PeopleList:
    return read_people_list(data if isinstance(data, bytes) else data.encode(), languages=LANGUAGES)


def xlsx(*rows: Sequence[Any], sheets: Sequence[str] = ("Liste",)) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    made = [book.create_sheet(name) for name in sheets]
    for row in rows:
        made[-1].append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_file_of_any_program_reads_the_same(encoding: str, end: str) -> None:
    text = f"{HEADS}\n{ADA}\n".replace("\n", end)
    assert read(text.encode(encoding)) == PeopleList(rows=(READ,))


@pytest.mark.parametrize("by", [",", "\t", ";"])
def test_columns_may_stand_in_any_order_between_any_signs(by: str) -> None:
    text = f"note{by}MAIL{by}Tag: Netzwerk{by}Tags{by}Company{by}First Name{by}last name\n"
    text += f"{by}a@b.example.org{by}Nord{by}Pilot=ja|kreis{by}Muster AG{by}Eva{by}Beispiel\n"
    (row,) = read(text).rows
    assert (row.company, row.name, row.mail) == ("Muster AG", "Eva Beispiel", "a@b.example.org")
    assert row.tags == {"netzwerk": "Nord", "pilot": "ja", "kreis": ""}


def test_line_that_names_the_separator_is_no_row() -> None:
    assert read("sep=,\nfirma\nA\n").rows == (ListedRow(row=3, company="A"),)


def test_columns_that_mean_nothing_are_named_and_empty_rows_skipped() -> None:
    found = read("\n \nFirma,Telefon,Firma\n,,\nA,1,B\n \n,,\n")
    assert (found.unknown, found.rows) == (("Telefon", "Firma"), (ListedRow(row=5, company="A"),))


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("A;;;ada(at)b.de", RowError(2, "mail", "ada(at)b.de")),
        ("A;;;;klingonisch", RowError(2, "language", "klingonisch")),
        (f"{'x' * 121};;;", RowError(2, "too_long", f"{'x' * 59}…")),
        (f"A;;;;;;;{'x' * 2001}", RowError(2, "too_long", f"{'x' * 59}…")),
        (";;Ada", RowError(2, "company", "Ada")),
        ("...;;Ada", RowError(2, "company", "...")),
        ("=1+1;;Ada", RowError(2, "formula", "company")),
        (f"A;;;;;{'x' * 101}", RowError(2, "tag", "")),
    ],
)
def test_wrong_row_is_an_error_and_the_others_go_on(row: str, error: RowError) -> None:
    found = read(f"{HEADS}\n{row}\nB\n")
    assert (found.errors, [each.company for each in found.rows]) == ((error,), ["B"])


def test_text_that_only_looks_like_a_formula_is_a_text() -> None:
    (row,) = read("Firma;Kontakt;Notiz\n'@home GmbH;-;'=A1 sagt sie\u202e\n").rows
    assert (row.company, row.name, row.note) == ("@home GmbH", "", "=A1 sagt sie")


def test_company_may_be_missing_where_the_mail_says_which_it_is() -> None:
    assert read("Firma;Mail\n;ada@mueller.de\n").rows == (ListedRow(row=2, company="", mail="ada@mueller.de"),)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n;;\n", "empty"),
        (b"Firma;Ort\n;\n", "empty"),
        (b"Name;Ort\nAda;Kamen\n", "no_company"),
        (b"Firma" + b";x" * COLUMN_LIMIT + b"\n", "too_many_columns"),
        (b"Firma\n" + b"A\n" * (ROW_LIMIT + 1), "too_many_rows"),
        (b"x" * (FILE_LIMIT + 1), "too_large"),
        (b'Firma\n"' + b"x" * 200_000, "unreadable"),
        (bytes(range(1, 32)) * 100, "unreadable"),
        (b"PK\x03\x04 no archive", "unreadable"),
    ],
)
def test_file_that_cannot_be_taken_says_why(data: bytes, why: str) -> None:
    assert read(data) == PeopleList(unusable=why)  # type: ignore[arg-type]


def test_as_many_rows_as_allowed_are_read_whatever_stands_between() -> None:
    assert len(read("Firma\n" + "A\n\n\n" * ROW_LIMIT).rows) == ROW_LIMIT


# --- workbooks -------------------------------------------------------------------------------------------------------


def test_workbook_gives_values_and_never_calculates() -> None:
    table = xlsx(["Firma", "Kontakt", "Größe", "Notiz"], ["A", "Ada", 49.0, True], [], ["B", "=A1"], ["C", "#REF!"])
    found = read(table)
    assert found.rows == (ListedRow(row=2, company="A", name="Ada", tags={"size": "49"}, note="1"),)
    assert found.errors == (RowError(4, "formula", "name"), RowError(5, "formula", "name"))


def test_list_is_found_on_another_sheet() -> None:
    assert [row.company for row in read(xlsx(["", "Firma"], ["", "A"], sheets=("Erst", "Dann"))).rows] == ["A"]


def test_workbook_with_too_many_columns_or_rows_is_refused() -> None:
    assert read(xlsx(["Firma", *["x"] * COLUMN_LIMIT])).unusable == "too_many_columns"
    assert read(xlsx(["Firma"], *[["A"]] * (ROW_LIMIT + 1))).unusable == "too_many_rows"


def bomb(size: int) -> bytes:
    content = io.BytesIO(xlsx(["Firma"], ["A"]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", b"0" * size)
    return content.getvalue()


def test_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    data = bomb(workbook.UNPACKED_LIMIT + 1)
    assert len(data) < FILE_LIMIT
    assert read(data).unusable == "unreadable"
    assert read(bomb(1000)).rows == (ListedRow(row=2, company="A"),)


def test_cell_far_to_the_right_and_far_below_costs_nothing() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A2"], sheet["XFD3"], sheet["A1048576"] = "Firma", "A", "x", "B"
    content = io.BytesIO()
    book.save(content)
    assert [row.company for row in read(content.getvalue()).rows] == ["A", "B"]


# --- in a process of its own -----------------------------------------------------------------------------------------


def test_list_read_apart_is_the_same_and_a_form_is_told_from_it() -> None:
    data = f"{HEADS}\n{ADA}\n=1\n".encode("cp1252")
    sheet = read_apart(data, languages=LANGUAGES)
    assert (sheet.kind, sheet.people) == ("list", read(data))
    form = xlsx(["type", "name"], ["text", "a"], sheets=("choices", "survey"))
    assert (is_form(form), is_form(data), is_form(b'"survey",,\n,type,name\n')) == (True, False, True)
    assert read_apart(form, languages=LANGUAGES).kind == "form"


def test_table_that_takes_more_than_its_share_is_refused() -> None:
    data = xlsx(["Firma"], *[[f"Firma {number}"] for number in range(ROW_LIMIT)])
    assert read_apart(data, languages=LANGUAGES, memory=0).people.unusable == "too_large"
