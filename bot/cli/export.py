"""`hubtalk export`: responses as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.opening import checked, opened, read_time, say_json, warn, work
from bot.cli.output import STDOUT, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.files.table import Cell, Table

FORMATS = ("csv", "jsonl")
LATER = ("xlsx", "sav", "parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What to export, and how."""

    form: str
    format: str
    output: str
    values: Literal["codes", "labels"]
    language: str | None
    partial: bool
    since: str | None
    version: int | None
    pseudonymise: bool
    excel: bool
    attachments: Path | None


def export(  # noqa: PLR0917 -- typer makes an option of each
    form: Annotated[str, typer.Argument(help="Name of the form, as `hubtalk forms list` shows it.")],
    format_: Annotated[str, typer.Option("--format", "-f", metavar="csv|jsonl", help="What to write.")] = "csv",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = STDOUT,
    values: Annotated[
        Literal["codes", "labels"],
        typer.Option("--values", help="Choices as the form's codes, or as people read them."),
    ] = "codes",
    language: Annotated[
        str | None,
        typer.Option("--lang", metavar="CODE", help="Language of the labels; the hub's first one by default."),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Also responses that were not sent in yet.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only what was sent in or changed from then on (ISO 8601)."),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", min=1, help="Only responses to that version of the form."),
    ] = None,
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Codes for companies and contacts; answers stay as written.")
    ] = False,
    excel: Annotated[
        bool, typer.Option("--excel", help="csv as a German Excel opens it: semicolons, decimal commas, BOM.")
    ] = False,
    attachments: Annotated[
        Path | None,
        typer.Option("--attachments", metavar="DIR", help="Also the files that people sent, into DIR/RESPONSE_ID/."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Then say what was written as JSON (with -o FILE; docs/json.md).")
    ] = False,
) -> None:
    """Write the responses to a form, a row each, as csv or jsonl."""
    wish = _Wish(
        form=form,
        format=format_.lower(),
        output=output,
        values=values,
        language=language,
        partial=partial,
        since=since,
        version=version,
        pseudonymise=pseudonymise,
        excel=excel,
        attachments=attachments,
    )
    _check_usage(wish, as_json=as_json)
    count, names = work(lambda: _export(wish))
    if as_json:
        say_json({"form": form, "format": wish.format, "file": output, "responses": count, "columns": names})
    elif output != STDOUT:
        warn(f"{count} {'response' if count == 1 else 'responses'} written to {output}")


def _check_usage(wish: _Wish, *, as_json: bool) -> None:
    if wish.format in LATER:
        raise typer.BadParameter(f"{wish.format} comes in a later version; use csv or jsonl", param_hint="--format")
    if wish.format not in FORMATS:
        raise typer.BadParameter(f"{wish.format!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if wish.excel and wish.format != "csv":
        raise typer.BadParameter("it goes with -f csv alone", param_hint="--excel")
    if as_json and wish.output == STDOUT:
        raise typer.BadParameter("it needs -o FILE, as the rows go to standard output", param_hint="--json")


async def _export(wish: _Wish) -> tuple[int, tuple[str, ...]]:
    """Stream the rows; return how many there were, and the columns."""
    from contextlib import aclosing

    from bot.cli.attached import Attached
    from bot.desk import COMMAND_LINE, perform, table_of
    from bot.domain.desk import NoteExport
    from storage import reports

    async with opened() as house:
        if wish.language is not None and wish.language not in house.hub.languages:
            raise typer.BadParameter(f"the hub speaks {', '.join(house.hub.languages)}", param_hint="--lang")
        since = wish.since and checked(lambda text: read_time(text, zone=house.hub.timezone), wish.since)
        chosen = await house.database.read(lambda: reports.versions(wish.form, number=wish.version))
        table = table_of(house, chosen, values=wish.values, language=wish.language, pseudonymise=wish.pseudonymise)
        selection = reports.Selection(partial=wish.partial, since=since or None)
        head, body, names = _writers(wish, table)
        count = 0
        attached = None if wish.attachments is None else Attached(house, wish.attachments)
        with written(wish.output) as file:
            file.write(head)
            async with aclosing(reports.stream_responses(house.database, chosen, selection)) as pages:
                async for page in pages:
                    file.write(body(map(table.row, page)))
                    if attached is not None:
                        await attached.write(page)
                    count += len(page)
        manner = "pseudonymous" if wish.pseudonymise else "with names"
        detail = f"{wish.format}, {count} responses, {manner}"
        if attached is not None:
            detail += f", {attached.written} files"
            missing = f"; {attached.missing} are not in the data directory" if attached.missing else ""
            warn(f"{attached.written} files written to {wish.attachments}{missing}")
        await perform(house, actor=COMMAND_LINE, command=NoteExport(form=wish.form, detail=detail))
        return count, names


def _writers(
    wish: _Wish, table: Table
) -> tuple[bytes, Callable[[Iterable[Mapping[str, Cell]]], bytes], tuple[str, ...]]:
    """Return the first line, how rows become lines, and the columns."""
    if wish.format == "jsonl":
        from bot.files.json_lines import json_lines

        return b"", lambda rows: json_lines(table.plain_names, rows), table.plain_names
    from bot.files.csv_lines import EXCEL, PLAIN, CsvLines

    joint = " " if wish.values == "codes" else ", "
    lines = CsvLines(table.names, dialect=EXCEL if wish.excel else PLAIN, joint=joint)
    return lines.head().encode(), lambda rows: lines.lines(rows).encode(), table.names
