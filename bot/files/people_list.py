"""Lists of companies and people from a table, csv or xlsx, as spreadsheets and other programs save them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from bot.domain.choosing import folded
from bot.domain.listed import (
    COLUMN_LIMIT,
    FILE_LIMIT,
    NOTE_LIMIT,
    ROW_LIMIT,
    TAG_LIMIT,
    TAGS_A_COMPANY,
    ListedRow,
    PeopleList,
    RowError,
    Unusable,
    Wrong,
)
from bot.domain.mail import read_mail
from bot.domain.people import NAME_LIMIT, clean_name
from bot.domain.tags import common_key, read_tag, tag_key
from bot.files.workbook import FORMULA, Unreadable, sheet_names, table_of

Sheet = Iterable[Sequence[str]]
"""Rows of texts, the first one too; an empty row is one without cells, or with empty ones."""

_COLUMNS = {
    "company": (
        "unternehmen", "firma", "company", "company name", "betrieb", "organisation", "organization",
        "unternehmensname",
        "firmenname", "name des unternehmens", "name der firma", "firma unternehmen", "unternehmen firma",
    ),
    "town": ("ort", "stadt", "town", "city", "standort", "sitz"),
    "name": (
        "kontakt", "ansprechpartner", "ansprechpartnerin", "ansprechpartner in", "ansprechperson", "kontaktperson",
        "name",
        "contact", "contact name", "contact person", "person", "full name", "vor und nachname",
    ),
    "first": ("vorname", "first name", "given name"),
    "last": ("nachname", "last name", "surname", "family name", "familienname"),
    "mail": (
        "mail", "e mail", "email", "e mail adresse", "email adresse", "emailadresse", "mailadresse", "mail address",
        "email address", "e mail address",
    ),
    "language": ("sprache", "language", "lang"),
    "tags": ("tags", "tag", "schlagworte", "schlagworter", "merkmale"),
    "note": ("notiz", "notizen", "note", "notes", "bemerkung", "bemerkungen", "anmerkung", "kommentar", "comment"),
}  # fmt: skip
_MEANT = {word: column for column, words in _COLUMNS.items() for word in words}
_TAG_HEAD = re.compile(r"(?:tag|merkmal)\s*[:.]\s*(.+)", re.IGNORECASE)
_LANGUAGES = {
    "de": ("de", "deutsch", "german", "ger", "d"),
    "en": ("en", "englisch", "english", "eng", "e"),
}  # fmt: skip
_SHOWN = 60  # characters of a wrong cell that an error repeats
_NOTHING = frozenset({"-", "--", "–", "—"})
_KEPT_AS_TEXT = re.compile(r"'(?=[=+\-@])")
"""How we and spreadsheets mark a text that only looks like a formula."""


def read_people_list(data: bytes, *, languages: Sequence[str]) -> PeopleList:
    """Read a list, of which one column has to be the company; all others may be missing, in any order.

    Args:
        data: the file; what it is told by its bytes.
        languages: codes of those that the hub speaks.
    """
    if len(data) > FILE_LIMIT:
        return PeopleList(unusable="too_large")
    try:
        sheet = table_of(data, wanted=_is_head) if data.startswith(b"PK") else _csv_table(decoded(data))
        return _read(sheet, languages=languages)
    except (Unreadable, csv.Error):
        return PeopleList(unusable="unreadable")


def decoded(data: bytes) -> str:
    """Return the text of a file: UTF-8 or UTF-16, with or without a mark, else the Windows code page of our region.

    Raises:
        Unreadable: it has signs that no table has.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data[:2000]:
        # Latin letters have one empty byte each: the second one in little-endian order.
        return data.decode("utf-16-le" if data[1:200:2].count(0) >= data[:200:2].count(0) else "utf-16-be", "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if sum(sign < " " and sign not in "\t\r\n\f" for sign in text[:2000]) > len(text[:2000]) // 10:
        raise Unreadable
    return text


def _csv_table(text: str) -> Iterator[list[str]]:
    separator = re.match(r"sep=([;,\t])\r?\n", text)  # as Excel writes it
    if separator is not None:
        yield []
        text = text[separator.end() :]
    by = separator[1] if separator is not None else _separator(text)
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=by):
        yield [FORMULA if cell.lstrip().startswith("=") else cell for cell in cells]


def _separator(text: str) -> str:
    """Return what stands between columns: what makes most headings of the first line that means something to us."""

    def worth(by: str) -> tuple[int, int]:
        try:
            rows = csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=by)
            head = next((cells for cells in islice(rows, 20) if any(cell.strip() for cell in cells)), [])
        except csv.Error:
            return 0, 0
        known = sum(_meaning(cell) is not None for cell in head)
        return known, len(head) if known else 0

    return max((";", ",", "\t"), key=worth)


def _is_head(cells: Sequence[str]) -> bool:
    return any(_meaning(cell) == "company" for cell in cells)


def _meaning(head: str) -> str | None:
    """Return the column that a heading means; those of tags as `tag:KEY`."""
    named = _TAG_HEAD.fullmatch(head.strip())
    key = tag_key(named[1]) if named is not None else common_key(head)
    return f"tag:{key}" if key is not None else _MEANT.get(folded(head))


def _read(sheet: Sheet, *, languages: Sequence[str]) -> PeopleList:
    numbered = enumerate(sheet, start=1)
    head: Sequence[str] = next((cells for _, cells in numbered if any(cell.strip() for cell in cells)), ())
    unusable = _unusable(head)
    if unusable is not None:
        return PeopleList(unusable=unusable)
    columns: dict[str, int] = {}
    unknown: list[str] = []
    for place, cell in enumerate(head):
        meant = _meaning(cell)
        if meant is not None and meant not in columns:
            columns[meant] = place
        elif cell.strip():
            unknown.append(_short(clean_name(cell)))
    rows: list[ListedRow] = []
    errors: list[RowError] = []
    for number, cells in numbered:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) + len(errors) == ROW_LIMIT:
            return PeopleList(unusable="too_many_rows")
        read = _row(
            number, {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}, languages
        )
        (errors if isinstance(read, RowError) else rows).append(read)  # type: ignore[arg-type]
    if not rows and not errors:
        return PeopleList(unusable="empty")
    return PeopleList(rows=tuple(rows), errors=tuple(errors), unknown=tuple(unknown))


def _unusable(head: Sequence[str]) -> Unusable | None:
    if not head:
        return "empty"
    if len(head) > COLUMN_LIMIT and any(cell.strip() for cell in head[COLUMN_LIMIT:]):
        return "too_many_columns"
    return None if _is_head(head) else "no_company"


def _row(number: int, cells: Mapping[str, str], languages: Sequence[str]) -> ListedRow | RowError:
    if FORMULA in cells.values():
        return RowError(number, "formula", next(name for name, cell in cells.items() if cell == FORMULA))
    said = {name: _plain(cell) for name, cell in cells.items()}
    person = said.get("name") or " ".join(filter(None, (said.get("first"), said.get("last"))))
    company, mail = said.get("company", ""), read_mail(said.get("mail", ""))
    language = _language(said.get("language", ""), languages)
    tags = _tags(said)
    note = _note(cells.get("note", ""))
    wrong: Wrong
    for wrong, found, what in (
        ("too_long", any(len(text) > NAME_LIMIT for text in (company, person, said.get("town", ""))), company),
        ("too_long", len(note) > NOTE_LIMIT, note),
        ("mail", mail is None and bool(said.get("mail")), said.get("mail", "")),
        ("language", language is None, said.get("language", "")),
        ("tag", tags is None, said.get("tags", "")),
        ("company", not any(sign.isalnum() for sign in company) and (bool(company) or not mail), company or person),
    ):
        if found:
            return RowError(number, wrong, _short(what))
    return ListedRow(
        row=number,
        company=company,
        town=said.get("town", ""),
        name=person,
        mail=mail or "",
        language=language or "",
        tags=tags or {},
        note=note,
    )


def _plain(cell: str) -> str:
    text = clean_name(_KEPT_AS_TEXT.sub("", cell.strip(), count=1))
    return "" if text in _NOTHING else text


def _note(cell: str) -> str:
    """Return a note; its lines are kept."""
    lines = (_plain(line) for line in cell.splitlines())
    return "\n".join(line for line in lines if line)


def _language(text: str, languages: Sequence[str]) -> str | None:
    """Return the code of a language, "" where none is named, None for one that the hub does not speak."""
    if not text:
        return ""
    word = folded(text.partition("-")[0])
    code = next((code for code, words in _LANGUAGES.items() if word in words), word)
    return code if code in languages else None


def _tags(said: Mapping[str, str]) -> dict[str, str] | None:
    """Return what columns of their own and the column of tags say; None if that column cannot be read."""
    tags = {name.removeprefix("tag:"): text for name, text in said.items() if name.startswith("tag:") and text}
    for part in re.split(r"[,;|]", said.get("tags", "")):
        if part.strip():
            try:
                key, value = read_tag(part)
            except ValueError:
                return None
            tags.setdefault(key, value)
    too_long = any(len(value) > TAG_LIMIT for value in tags.values())
    return None if too_long or len(tags) > TAGS_A_COMPANY else tags


def _short(text: str) -> str:
    text = clean_name(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def is_form(data: bytes) -> bool:
    """Whether a file is meant as an XLSForm: a workbook or csv with a sheet `survey`."""
    if data.startswith(b"PK"):
        return "survey" in {name.strip().lower() for name in sheet_names(data)}
    first = data.removeprefix(b"\xef\xbb\xbf").lstrip(b' \t\r\n"')[:40].lower()
    return re.match(rb"(survey|choices|settings)\s*[\",;\t\r\n]", first) is not None
