"""`hubtalk export`: responses as a table."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.opening import checked, opened, read_time, say_json, warn, work
from bot.cli.output import STDOUT, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.domain.desk import ReportedResponse
    from bot.files.table import Cell, RepeatTable
    from bot.house import House
    from storage.reported import FormVersions

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
    missing: Literal["empty", "codes"]
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """One file to be written: where to, its first line, its columns, and the lines of a page of responses."""

    target: str
    head: bytes
    names: tuple[str, ...]
    lines: Callable[[Iterable[ReportedResponse]], bytes]


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
    missing: Annotated[
        Literal["empty", "codes"],
        typer.Option("--missing", help="What has no answer: nothing, or -97 don't know, -98 skipped, -99 not asked."),
    ] = "empty",
    wide: Annotated[
        bool, typer.Option("--wide", help="csv with numbered columns for repeats, instead of a file for each.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Then say what was written as JSON (with -o FILE; docs/json.md).")
    ] = False,
) -> None:
    """Write the responses to a form, a row each, as csv or jsonl.

    A repeat has rows of its own: in csv a file beside FILE, named after the repeat; in jsonl a list.
    """
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
        missing=missing,
        wide=wide,
    )
    _check_usage(wish, as_json=as_json)
    count, sheets = work(lambda: _export(wish))
    targets = [sheet.target for sheet in sheets]
    if as_json:
        about = {"form": form, "format": wish.format, "file": output, "responses": count, "columns": sheets[0].names}
        say_json(about | ({"files": targets} if len(targets) > 1 else {}))
    elif output != STDOUT:
        warn(f"{count} {'response' if count == 1 else 'responses'} written to {', '.join(targets)}")


def _check_usage(wish: _Wish, *, as_json: bool) -> None:
    if wish.format in LATER:
        raise typer.BadParameter(f"{wish.format} comes in a later version; use csv or jsonl", param_hint="--format")
    if wish.format not in FORMATS:
        raise typer.BadParameter(f"{wish.format!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if wish.excel and wish.format != "csv":
        raise typer.BadParameter("it goes with -f csv alone", param_hint="--excel")
    if wish.wide and wish.format != "csv":
        raise typer.BadParameter("it goes with -f csv alone", param_hint="--wide")
    if as_json and wish.output == STDOUT:
        raise typer.BadParameter("it needs -o FILE, as the rows go to standard output", param_hint="--json")


async def _export(wish: _Wish) -> tuple[int, list[_Sheet]]:
    """Stream the rows; return how many responses there were, and what was written."""
    from contextlib import aclosing

    from bot.cli.attached import Attached
    from bot.desk import COMMAND_LINE, perform
    from bot.domain.desk import NoteExport
    from storage import reports
    from storage.reported import Selection

    async with opened() as house:
        if wish.language is not None and wish.language not in house.hub.languages:
            raise typer.BadParameter(f"the hub speaks {', '.join(house.hub.languages)}", param_hint="--lang")
        since = wish.since and checked(lambda text: read_time(text, zone=house.hub.timezone), wish.since)
        chosen = await house.database.read(lambda: reports.versions(wish.form, number=wish.version))
        sheets = await _sheets(wish, house, chosen)
        selection = Selection(partial=wish.partial, since=since or None)
        count = 0
        attached = None if wish.attachments is None else Attached(house, wish.attachments)
        with ExitStack() as stack:
            files = [stack.enter_context(written(sheet.target)) for sheet in sheets]
            for sheet, file in zip(sheets, files, strict=True):
                file.write(sheet.head)
            async with aclosing(reports.stream_responses(house.database, chosen, selection)) as pages:
                async for page in pages:
                    for sheet, file in zip(sheets, files, strict=True):
                        file.write(sheet.lines(page))
                    if attached is not None:
                        await attached.write(page)
                    count += len(page)
        manner = "pseudonymous" if wish.pseudonymise else "with names"
        detail = f"{wish.format}, {count} responses, {manner}"
        if attached is not None:
            detail += f", {attached.written} files"
            missing = f"; {attached.missing} are not in the data directory" if attached.missing else ""
            noun = "file" if attached.written == 1 else "files"
            warn(f"{attached.written} {noun} written to {wish.attachments}{missing}")
        await perform(house, actor=COMMAND_LINE, command=NoteExport(form=wish.form, detail=detail))
        return count, sheets


async def _sheets(wish: _Wish, house: House, chosen: FormVersions) -> list[_Sheet]:
    """Return what is to be written, the responses' own sheet first."""
    from bot.desk import table_of
    from bot.files.json_lines import nested_lines
    from bot.files.wide import WideTable
    from storage import reports

    table = table_of(
        house,
        chosen,
        values=wish.values,
        language=wish.language,
        pseudonymise=wish.pseudonymise,
        missing=wish.missing == "codes",
    )
    if wish.format == "jsonl":
        names = (*table.plain_names, *(repeat.list_name for repeat in table.repeats if not repeat.parent))
        return [
            _Sheet(target=wish.output, head=b"", names=names, lines=lambda page: nested_lines(map(table.nested, page)))
        ]
    if wish.wide:
        found = await house.database.read(lambda: reports.widths(chosen))
        most = {repeat.name: max(found.get(path, 0) for path in repeat.source.values()) for repeat in table.repeats}
        wide = WideTable(table, most)
        return [_csv(wish, wish.output, wide.names, lambda page: map(wide.row, page))]
    main = _csv(wish, wish.output, table.names, lambda page: map(table.row, page))
    if table.repeats and wish.output == STDOUT:
        warn("answers in repeats are left out: they need -o FILE, for files of their own, or --wide")
        return [main]
    return [main, *(_of_repeat(wish, repeat) for repeat in table.repeats)]


def _of_repeat(wish: _Wish, repeat: RepeatTable) -> _Sheet:
    path = Path(wish.output)
    target = str(path.with_name(f"{path.stem}-{repeat.name}{path.suffix}"))
    return _csv(wish, target, repeat.names, lambda page: (row for response in page for row in repeat.rows(response)))


def _csv(
    wish: _Wish,
    target: str,
    names: tuple[str, ...],
    rows: Callable[[Iterable[ReportedResponse]], Iterable[Mapping[str, Cell]]],
) -> _Sheet:
    from bot.files.csv_lines import EXCEL, PLAIN, CsvLines

    joint = " " if wish.values == "codes" else ", "
    lines = CsvLines(names, dialect=EXCEL if wish.excel else PLAIN, joint=joint)
    return _Sheet(
        target=target, head=lines.head().encode(), names=names, lines=lambda page: lines.lines(rows(page)).encode()
    )
