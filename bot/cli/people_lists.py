"""`hubtalk companies import` and `contacts import`: a list of companies and people, looked at and then entered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, opened, say_json, say_table, warn, work

if TYPE_CHECKING:
    from bot.domain.importing import Imported
    from bot.domain.listed import PeopleList

_UNUSABLE = {
    "unreadable": "it is neither a table in csv nor a workbook in xlsx; save it as one of them",
    "empty": "there are no rows in it",
    "no_company": "it has no column for the company; call one `company`, `Unternehmen` or `Firma`",
    "too_large": "it is larger than {megabytes} MB, or takes too long to read; divide it",
    "too_many_rows": "it has more than {rows} rows; divide it",
    "too_many_columns": "it has more than {columns} columns; leave out what is not needed",
}
_WRONG = {
    "company": "no company, and its mail says of none",
    "too_long": "too long for a name or a note",
    "mail": "no mail address",
    "language": "not a language of the hub",
    "formula": "a formula without a value; save the values",
    "erased": "this person asked to be forgotten, and is not entered again",
    "tag": "no tag such as sector=Maschinenbau",
}
_DOUBTS = {
    "domain": "{name}: same mail domain as {other}",
    "claimed": "{name}: a contact has typed it too, and nobody has confirmed that one",
    "elsewhere": "{name}: known by the same mail at {other}, and stays there",
}
ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="csv or xlsx, with a column for the company.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", help="Enter it without asking.")]


def import_list(file: ListFile, dry_run: DryRun = False, yes: Yes = False, as_json: JsonFlag = False) -> None:
    """Enter companies and people from a table; what is known only gets what is empty.

    Columns, in any order and in German or English: company, town, contact, mail, language, sector, size, municipality,
    tags, note (docs/people.md).
    """
    asks = not (yes or dry_run)
    if asks and (as_json or not sys.stdin.isatty()):
        raise typer.BadParameter("say --dry-run to look, or --yes to enter it")

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import ImportPeople
        from storage.desk.people import look

        async with opened() as house:
            people = _read(file, house.hub.languages)
            keyed, language = house.hub.person_hash, house.hub.languages[0]
            if not yes:
                ahead = await house.database.read(lambda: look(people.rows, keyed=keyed, language=language))
                _say(file, people, ahead, entered=False, as_json=as_json)
            if dry_run or (asks and not typer.confirm("Enter it?")):
                return
            command = ImportPeople(rows=people.rows, keyed=keyed, language=language)
            done = await perform(house, actor=COMMAND_LINE, command=command)
        if yes:
            _say(file, people, done, entered=True, as_json=as_json)
        else:
            typer.echo("entered")

    work(run)


def _read(file: Path, languages: tuple[str, ...]) -> PeopleList:
    from bot.domain.listed import COLUMN_LIMIT, FILE_LIMIT, ROW_LIMIT
    from bot.errors import UsageError
    from bot.listing import read_apart

    with file.open("rb") as opened_file:
        data = opened_file.read(FILE_LIMIT + 1)
    sheet = read_apart(data, languages=languages)
    if sheet.kind == "form":
        raise UsageError(f"{file.name} is a questionnaire; `hubtalk forms publish` takes it")
    if sheet.people.unusable is not None:
        why = _UNUSABLE[sheet.people.unusable]
        limits = {"megabytes": FILE_LIMIT // 1_000_000, "rows": ROW_LIMIT, "columns": COLUMN_LIMIT}
        raise UsageError(f"{file.name} cannot be taken: {why.format(**limits)}")
    return sheet.people


def _say(file: Path, people: PeopleList, done: Imported, *, entered: bool, as_json: bool) -> None:
    errors = sorted((*people.errors, *done.errors), key=lambda error: error.row)
    if as_json:
        say_json(_document(file, people, done, entered=entered))
        return
    tallies = (("companies", done.companies), ("contacts", done.contacts))
    say_table(
        ("", "NEW", "KNOWN", "OF THEM FILLED UP"),
        [(what, tally.new, tally.known, tally.changed) for what, tally in tallies],
        empty="",
    )
    if people.unknown:
        warn(f"columns that mean nothing here: {', '.join(people.unknown)}")
    for error in errors:
        warn(f"row {error.row} is left out: {_WRONG[error.why]}{f': {error.what}' if error.what else ''}")
    for doubt in done.suspects:
        told = _DOUBTS[doubt.why].format(name=doubt.name, other=doubt.other or "no company")
        warn(f"row {doubt.row}: {told}")


def _document(file: Path, people: PeopleList, done: Imported, *, entered: bool) -> dict[str, Any]:
    from dataclasses import asdict

    errors = sorted((*people.errors, *done.errors), key=lambda error: error.row)
    return {
        "file": str(file),
        "entered": entered,
        "companies": asdict(done.companies),
        "contacts": asdict(done.contacts),
        "unknown_columns": list(people.unknown),
        "errors": [asdict(error) for error in errors],
        "suspects": [asdict(doubt) for doubt in done.suspects],
    }


def read_note(text: str) -> str:
    """Return a note as it is kept.

    Raises:
        typer.BadParameter: it is too long.
    """
    from bot.domain.listed import NOTE_LIMIT
    from bot.domain.people import clean_name

    kept = "\n".join(filter(None, map(clean_name, text.splitlines())))
    if len(kept) > NOTE_LIMIT:
        raise typer.BadParameter(f"a note has at most {NOTE_LIMIT} characters")
    return kept
