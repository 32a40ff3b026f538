"""`hubtalk forms`: questionnaires checked, published, listed, closed and played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import changes, trials
from bot.cli.opening import JsonFlag, opened, say_json, say_table, warn, work
from bot.cli.output import STDOUT, written
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.domain.desk import Outlook, Published, PublishForm
    from bot.forms.model import Form, Problem

app = typer.Typer(help="Questionnaires: XLSForms as xlsx, xls, csv or md.", no_args_is_help=True)

FormFile = Annotated[Path, typer.Argument(metavar="FILE", help="The XLSForm.", exists=True, dir_okay=False)]
MediaFolder = Annotated[
    Path | None,
    typer.Option(
        "--media",
        metavar="DIR",
        help="Folder of what the form shows; STEM-media and the form's own folder by default.",
        exists=True,
        file_okay=False,
    ),
]
FormName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the form.")]


@app.command()
def check(file: FormFile, as_json: JsonFlag = False) -> None:
    """Say what is wrong with a form: sheet, row, column, what, and how to mend it."""
    from bot.forms.reading_time import minutes_of

    _, form, problems = _compile(file)
    if as_json:
        say_json({"ok": form is not None, **_about(form), "problems": [_problem(problem) for problem in problems]})
    else:
        for problem in problems:
            typer.echo(problem)
        if form is not None:
            asked = sum(question.asked for question in form.questions)
            noun = "question" if asked == 1 else "questions"
            languages = f", {', '.join(form.languages)}" if form.languages else ""
            minutes = max(1, round(minutes_of(form)))
            typer.echo(f"{file.name} is in order: {asked} {noun}, {minutes} min to answer all{languages}")
    if form is None:
        raise typer.Exit(1)


@app.command()
def publish(
    file: FormFile,
    name: Annotated[
        str | None, typer.Option("--name", metavar="N", help="Name of the form; its form_id by default.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it a draft: nobody is offered it yet.")] = False,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Move running responses over, each one that loses no answer by it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change and move; publish nothing.")
    ] = False,
    media: MediaFolder = None,
    as_json: JsonFlag = False,
) -> None:
    """Publish a form, open at once; changed bytes are a new version, who has begun stays on theirs.

    Says what changed since the version before, and what that means for the responses there are.
    """
    source, form, problems = _compile(file)
    for problem in problems:
        warn(str(problem))
    if form is None:
        raise UsageError(f"{file} has errors and was not published")
    files = published_media(file, form, folder=media)
    command = _command(
        form, source=source, file_name=file.name, name=name or form.name, draft=draft, migrate=migrate, files=files
    )
    if dry_run:
        _say_ahead(command, work(lambda: _look_ahead(command)), as_json=as_json)
        return
    done = work(lambda: _publish(command))
    if as_json:
        about = {"name": done.name, "version": done.number, "new": done.new, "state": done.state}
        say_json({**about, **changes.as_json(done.outlook)})
        return
    for line in changes.lines(done.outlook, migrate=migrate) if done.outlook is not None else ():
        typer.echo(line)
    if done.new:
        typer.echo(f"{done.name} is published as version {done.number} ({done.state})")
    else:
        typer.echo(f"{done.name} is version {done.number} already ({done.state}); the bytes are the same")


def published_media(file: Path, form: Form, *, folder: Path | None) -> dict[str, bytes] | None:
    """Return what the form shows, from its folder or beside it; None without any, so that what is published stays."""
    from bot.domain.filing import media_names
    from config.hub import media_folder, media_in

    own = folder or media_folder(file)
    found, missing = media_in(own, media_names(form))
    if folder is None:
        beside, missing = media_in(file.parent, missing)
        found |= beside
        if not found and not own.is_dir():
            return None
    for name in missing:
        warn(f"warning: the form shows {name}, which is not in {own}")
    return found


def _command(
    form: Form,
    *,
    source: bytes,
    file_name: str,
    name: str,
    draft: bool,
    migrate: bool,
    files: dict[str, bytes] | None,
) -> PublishForm:
    from bot.domain.desk import FORM_NAME, PublishForm

    if not FORM_NAME.fullmatch(name):
        raise typer.BadParameter(
            f"{name!r} is no name for a form: begin with a letter, go on with letters, digits, _ . or -",
            param_hint="--name",
        )
    return PublishForm(
        form=form, name=name, file_name=file_name, source=source, draft=draft, migrate=migrate, files=files
    )


async def _publish(command: PublishForm) -> Published:
    from bot.desk import COMMAND_LINE, perform

    async with opened() as house:
        return await perform(house, actor=COMMAND_LINE, command=command)


async def _look_ahead(command: PublishForm) -> Outlook | None:
    from bot.desk import look_ahead

    async with opened() as house:
        return await look_ahead(house, command)


def _say_ahead(command: PublishForm, outlook: Outlook | None, *, as_json: bool) -> None:
    if as_json:
        say_json({"name": command.name, "dry_run": True, **changes.as_json(outlook)})
        return
    for line in changes.lines(outlook, migrate=command.migrate) if outlook is not None else ():
        typer.echo(line)
    typer.echo(f"nothing was published{'' if outlook else f'; it would be the first version of {command.name}'}")


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """List the forms: state, newest version, and how many responses there are."""

    async def run() -> None:
        from storage import reports

        async with opened() as house:
            found = await house.database.read(reports.list_forms)
            if as_json:
                say_json(found)
                return
            language = house.hub.languages[0]
            say_table(
                ("NAME", "STATE", "VERSION", "PARTIAL", "SUBMITTED", "TITLE"),
                [
                    (
                        form["name"],
                        form["state"],
                        form["version"],
                        form["partial"],
                        form["submitted"],
                        form["title"].get(language) or next(iter(form["title"].values()), ""),
                    )
                    for form in found
                ],
                empty="there are no forms yet; `hubtalk forms publish FILE` makes the first",
            )

    work(run)


@app.command("open")
def open_(name: FormName, as_json: JsonFlag = False) -> None:
    """Offer a form (again)."""
    _set_state(name, "open", as_json=as_json)


@app.command()
def close(name: FormName, as_json: JsonFlag = False) -> None:
    """Take no more answers to a form; what was answered stays."""
    _set_state(name, "closed", as_json=as_json)


def _set_state(name: str, state: Literal["open", "closed"], *, as_json: bool) -> None:
    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import SetFormState

        async with opened() as house:
            before = await perform(house, actor=COMMAND_LINE, command=SetFormState(name=name, state=state))
        if as_json:
            say_json({"name": name, "state": state, "before": before})
        else:
            typer.echo(f"{name} is {state}" + (" already" if before == state else f" (it was {before})"))

    work(run)


@app.command()
def download(
    name: FormName,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output. By default its own name."),
    ] = None,
    media: Annotated[
        Path | None, typer.Option("--media", metavar="DIR", help="Write what the form shows into this folder.")
    ] = None,
) -> None:
    """Write the file of a form's newest version, byte for byte as it was published."""

    async def run() -> tuple[str, bytes, int, dict[str, bytes]]:
        from storage import form_files, reports

        async with opened() as house:
            file_name, source, number, version = await house.database.read(lambda: reports.source_of(name))
            return file_name, source, number, await house.database.read(lambda: form_files.of_version(version))

    file_name, source, number, files = work(run)
    target = output or Path(file_name).name
    if output is None and Path(target).exists():
        raise UsageError(f"{target} is there already; say where to with -o FILE")
    with written(target) as file:
        file.write(source)
    if target != STDOUT:
        warn(f"version {number} of {name} written to {target}")
    if media is not None:
        _write_media(media, files)


def _write_media(folder: Path, files: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / Path(name).name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    warn(f"{len(files)} {'file' if len(files) == 1 else 'files'} written to {folder}")


@app.command()
def preview(
    file: FormFile,
    language: Annotated[str | None, typer.Option("--lang", metavar="CODE", help="Language: de or en.")] = None,
    record: Annotated[
        str | None,
        typer.Option("--record", metavar="OUT", help="Write the conversation as a test for `forms test`."),
    ] = None,
) -> None:
    """Play a form at the terminal; nothing is kept.

    Piped input is read one message a line. A file is sent as @path/to/file.
    """
    from bot.cli import preview as playing

    source, form = _playable(file)
    if record is not None and Path(record).is_dir():
        raise UsageError(f"{record} is a folder; name a file")
    files = published_media(file, form, folder=None)

    async def run() -> None:
        said = await playing.play(form, source=source, file_name=file.name, language=language, files=files)
        if record is not None:
            await playing.record(form, said, source=source, file_name=file.name, target=record)

    work(run)
    if record is not None:
        warn(f"the conversation is written to {record}; `hubtalk forms test {file} {record}` plays it again")


@app.command("test")
def replay(
    file: FormFile,
    tests: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="TEST", help="Recorded conversations; by default those beside the form (docs/forms.md)."
        ),
    ] = None,
    renew: Annotated[bool, typer.Option("--update", help="Write what differs as it goes now.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Play recorded conversations again and say where one goes differently now."""
    from bot.cli import form_tests

    source, form = _playable(file)
    tried = form_tests.try_all(form, tests or form_tests.recorded_beside(file), source=source, file_name=file.name)
    form_tests.report(tried, as_json=as_json)
    if renew:
        form_tests.update(tried)
    elif any(one.difference for one in tried):
        raise typer.Exit(1)


def _playable(file: Path) -> tuple[bytes, Form]:
    """Return a form that can be played; what is wrong with it otherwise is said.

    Raises:
        UsageError: it has errors.
    """
    source, form, problems = _compile(file)
    for problem in problems:
        warn(str(problem))
    if form is None:
        raise UsageError(f"{file} has errors and cannot be played")
    return source, form


app.command()(trials.simulate)
app.command()(trials.evaluate)


def _compile(file: Path) -> tuple[bytes, Form | None, tuple[Problem, ...]]:
    from bot.compiling import Beside, compile_apart

    try:
        source = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    compiled = compile_apart(source, file_name=file.name, files=Beside(file))
    return source, compiled.form, compiled.problems


def _about(form: Form | None) -> dict[str, object]:
    from bot.forms.reading_time import minutes_of

    if form is None:
        return {"name": None, "version": None, "languages": [], "questions": 0, "minutes": {}, "files": []}
    return {
        "name": form.name,
        "version": form.version,
        "languages": form.languages,
        "questions": sum(question.asked for question in form.questions),
        "minutes": {language: round(minutes_of(form, language=language), 1) for language in form.languages or ("",)},
        "files": form.files,
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "level": problem.level,
        "sheet": problem.sheet,
        "row": problem.row or None,
        "column": problem.column,
        "what": problem.what,
        "mend": problem.mend,
    }
