"""`hubtalk db`: the database upgraded, backed up, restored and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.opening import JsonFlag, say_json, work

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help="The database: upgrade, backup, restore, check.", no_args_is_help=True)


@app.command()
def upgrade(as_json: JsonFlag = False) -> None:
    """Bring the schema up to date; refused while a bot runs."""

    async def run() -> None:
        from storage import schema
        from storage.locks import RunLock

        settings = _settings()
        async with RunLock(settings.database_url):
            applied = await schema.upgrade(settings.database_url)
        if as_json:
            say_json({"schema": schema.REVISIONS[-1], "applied": applied})
        else:
            typer.echo(
                f"upgraded to schema {applied[-1]}" if applied else f"schema {schema.REVISIONS[-1]} is up to date"
            )

    work(run)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; for instance hubtalk.tar.gz.")],
    include_secret: Annotated[
        bool, typer.Option("--include-secret", help="Also the secret, if it lies in the data directory.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a backup of database and files of one moment, also while the bot runs."""

    async def run() -> None:
        from bot.errors import UsageError
        from storage.backup import backup

        settings = _settings()
        try:
            made = await backup(settings.database_url, settings.data_dir, file, include_secret=include_secret)
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}") from error
        rows = sum(table.rows for table in made.tables)
        if as_json:
            say_json({"file": str(file), "schema": made.schema, "made_at": made.made_at, "rows": rows})
        else:
            typer.echo(f"{rows} rows written to {file}; keep it where the database is not")

    work(run)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", exists=True, dir_okay=False)],
    force: Annotated[bool, typer.Option("--force", help="Overwrite all that is there.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Load a backup into an empty database; who was erased since is erased again. Refused while a bot runs."""

    async def run() -> None:
        from storage.backup import restore
        from storage.locks import RunLock

        settings = _settings()
        async with RunLock(settings.database_url):
            made = await restore(file, settings.database_url, data_dir=settings.data_dir, force=force)
        rows = sum(table.rows for table in made.tables)
        if as_json:
            say_json({"file": str(file), "schema": made.schema, "made_at": made.made_at, "rows": rows})
        else:
            typer.echo(f"{rows} rows restored, as they were on {made.made_at}")

    work(run)


@app.command()
def check(as_json: JsonFlag = False) -> None:
    """Look for damage: the file itself, references that lead nowhere, states that do not exist."""

    async def run() -> list[str]:
        from storage import integrity, schema
        from storage.driver import open_database

        async with await open_database(_settings().database_url, read_only=True) as database:
            if not await schema.check(database):
                return ["the schema is not up to date: `hubtalk db upgrade`"]
            return await integrity.check(database)

    problems = work(run)
    if as_json:
        say_json({"ok": not problems, "problems": problems})
    else:
        typer.echo("\n".join(problems) if problems else "the database is sound")
    if problems:
        raise typer.Exit(1)


def _settings() -> Settings:
    from config.logging import setup
    from config.settings import load_settings

    settings = load_settings()
    setup("warning", format=settings.log.format, secrets=settings.secrets())
    return settings
