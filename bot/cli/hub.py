"""`hubtalk hub`: a hub's content as a folder of files that people can edit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, opened, say_json, warn, work
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.domain.desk import Applied

app = typer.Typer(help="The hub's content as a folder of files.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The content folder.")]


@app.command()
def init(folder: Folder, as_json: JsonFlag = False) -> None:
    """Copy the shipped content to a new folder, to make it yours."""
    import shutil

    from config.settings import SHIPPED_CONTENT

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; name one that is new or empty")
    try:
        shutil.copytree(SHIPPED_CONTENT, folder, dirs_exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error}") from error
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    if as_json:
        say_json({"folder": str(folder), "files": files})
    else:
        typer.echo(f"{len(files)} files written to {folder}; edit them, then `hubtalk hub check {folder}`")
        typer.echo(f"For a new database set HUBTALK_CONTENT_DIR={folder}; for this one `hubtalk hub apply {folder}`")


@app.command()
def check(folder: Folder, as_json: JsonFlag = False) -> None:
    """Read a content folder and say what is wrong with it."""
    from bot.cli.content import problems_of

    found = problems_of(folder)
    broken = any(problem.level == "error" for problem in found)
    if as_json:
        say_json({"ok": not broken, "problems": [_problem(problem) for problem in found]})
    else:
        for problem in found:
            typer.echo(problem)
        if not broken:
            typer.echo(f"{folder} is in order")
    if broken:
        raise typer.Exit(1)


@app.command()
def apply(folder: Folder, as_json: JsonFlag = False) -> None:
    """Enter what differs: changed texts and milestones, changed forms as new versions. The bot goes on running."""
    from bot.cli.content import problems_of

    found = problems_of(folder)
    if any(problem.level == "error" for problem in found):
        for problem in found:
            warn(str(problem))
        raise UsageError(f"{folder} has errors; nothing was entered")
    done = work(lambda: _apply(folder))
    if as_json:
        say_json(
            {
                "texts": done.texts,
                "milestones": done.milestones,
                "forms": [{"name": form.name, "version": form.number, "state": form.state} for form in done.forms],
                "notice_version": done.notice_version,
            }
        )
        return
    lines = [f"text {name}" for name in done.texts] + [f"milestone {key}" for key in done.milestones]
    lines += [f"form {form.name}, version {form.number} ({form.state})" for form in done.forms]
    typer.echo("\n".join(lines) if lines else "nothing has changed")


async def _apply(folder: Path) -> Applied:
    from bot.desk import COMMAND_LINE, content_command, perform
    from config.hub import read_content

    async with opened() as house:
        return await perform(house, actor=COMMAND_LINE, command=content_command(read_content(folder)))


def _problem(problem: Any) -> dict[str, object]:
    return {"level": problem.level, "file": problem.file, "what": problem.what}
