"""`hubtalk broadcast create`: what it would do is shown first, and above twenty recipients their number is typed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.broadcast import look
from bot.cli.broadcasts_shown import follow, foreseen, preview_document
from bot.cli.opening import JsonFlag, checked, opened, read_time, say_json, warn, work

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.broadcasts.model import Button, Content, Preview
    from bot.house import House

FILE_LIMIT = 20 * 1024 * 1024
"""Bytes of a file: what phones load over a slow line, and every platform takes."""

Text = Annotated[str, typer.Option(metavar="TEXT", help="What is said, in markdown with {company}, {contact}, {hub}.")]


def create(  # noqa: PLR0917 -- as many as there are options
    text_de: Text = "",
    text_en: Text = "",
    audience: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Who gets it; docs/broadcasts.md has all rules.")
    ] = None,
    at: Annotated[str, typer.Option(metavar="TIME", help="When it begins; ISO 8601 or local time of the hub.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="When it is no news any more (14 days).")] = "",
    hurry: Annotated[bool, typer.Option("--now", help="Override courtesy hours.")] = False,
    file: Annotated[list[Path] | None, typer.Option(help="A file or picture that goes out with it.")] = None,
    link: Annotated[
        list[str] | None, typer.Option(metavar="LABEL=URL", help="A link; labels a language as de|en.")
    ] = None,
    form: Annotated[str, typer.Option(metavar="NAME", help="A form that readers can start from it.")] = "",
    corrects: Annotated[int | None, typer.Option(min=1, help="To exactly those whom that broadcast reached.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write to many; the running bot sends it."""

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import ConfirmBroadcast, DraftBroadcast

        files = {path.name: _bytes_of(path) for path in file or ()}
        async with opened() as house:
            content = await _content(house, {"de": text_de, "en": text_en}, links=link or (), form=form, files=files)
            rules = [*(audience or ()), *([f"got={corrects}"] if corrects else [])]
            zone = house.hub.timezone
            start = checked(lambda text: _future(house, text), at) if at else None
            last = checked(lambda text: _future(house, text), until) if until else None
            preview = await _preview(house, content, rules, hurry=hurry, start=start)
            _complain(preview)
            if not as_json:
                typer.echo(foreseen(preview, zone=zone))
            if hurry:
                _warn_of_hurry(house, start)
            if dry_run:
                if as_json:
                    say_json({"dry_run": True} | preview_document(preview))
                return
            if not yes:
                _confirm(preview.recipients)
            number = await perform(
                house,
                actor=COMMAND_LINE,
                command=DraftBroadcast(
                    content=content,
                    files=files,
                    audience=tuple(rules),
                    start_at=start,
                    not_after=last,
                    hurry=hurry,
                    corrects=corrects,
                ),
            )
            await perform(house, actor=COMMAND_LINE, command=ConfirmBroadcast(broadcast=number, revision=0))
            if as_json:
                say_json({"id": number} | preview_document(preview))
            else:
                typer.echo(f"broadcast {number} is confirmed; `hubtalk broadcast show {number}` says how it goes")
            if wait:
                await follow(lambda: look(house, number), every=1.0)

    work(run)


def add_to(app: typer.Typer) -> None:
    """Add the command to its group."""
    app.command("create")(create)


async def _content(
    house: House, texts: dict[str, str], *, links: list[str] | tuple[()], form: str, files: dict[str, bytes]
) -> Content:
    from bot.domain.broadcasts.content import FIELDS, unknown_fields
    from bot.domain.broadcasts.model import Button, Content, FileShown
    from bot.domain.filing import media_type_of
    from bot.errors import UsageError
    from storage.audience import form_titles

    said = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not any(language in house.hub.languages for language in said):
        raise typer.BadParameter("a broadcast needs a text: --text-de or --text-en")
    for text in said.values():
        if unknown := unknown_fields(text):
            possible = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise UsageError(f"{{{unknown[0]}}} means nothing in a broadcast; possible are {possible}")
    buttons = [_link(each) for each in links]
    if form:
        titles = await house.database.read(form_titles)
        if form not in titles:
            raise UsageError(f"there is no form {form}; there is {', '.join(titles) or 'none'}")
        buttons.append(Button("form", titles[form], form))
    shown = tuple(FileShown(name, media_type_of(name), len(content)) for name, content in files.items())
    return Content(texts=said, buttons=tuple(buttons), files=shown)


async def _preview(house: House, content: Content, rules: list[str], *, hurry: bool, start: datetime | None) -> Preview:
    from bot.channels import abilities_of
    from bot.work.audiences import look as foresee

    abilities = abilities_of(house)
    return await foresee(house, abilities=abilities, content=content, rules=rules, hurry=hurry, start_at=start)


def _complain(preview: Preview) -> None:
    """Refuse what cannot be sent as it is.

    Raises:
        UsageError: nobody gets it, or it does not fit.
    """
    from bot.errors import UsageError

    if preview.too_long:
        worst = max(preview.too_long, key=lambda each: each.over)
        raise UsageError(f"the text in {worst.language} is {worst.over} characters too long for {worst.channel}")
    if preview.too_large:
        channel, name, over = preview.too_large[0]
        raise UsageError(f"{name} is {over} bytes too large for {channel}")
    if not preview.recipients:
        why = ", ".join(f"{reason.replace('_', ' ')} {many}" for reason, many in sorted(preview.excluded.items()))
        raise UsageError(f"nobody would get it{f' ({why})' if why else ''}; nothing was sent")


def _confirm(recipients: int) -> None:
    """Ask for the number of recipients, or for a yes where they are few.

    Raises:
        typer.Exit: it was not confirmed.
    """
    from bot.domain.broadcasts.model import TYPED_ABOVE
    from bot.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm it; look at it with --dry-run, and send it with --yes")
    if recipients > TYPED_ABOVE:
        typed = typer.prompt("To send it, type the number of recipients", default="", show_default=False)
        if typed.strip() != str(recipients):
            warn(f"{typed.strip() or 'nothing'} is not {recipients}: nothing was sent")
            raise typer.Exit(1)
    elif not typer.confirm("Send it?"):
        warn("nothing was sent")
        raise typer.Exit(1)


def _warn_of_hurry(house: House, start: datetime | None) -> None:
    moment = start or house.clock.now()
    allowed = house.courtesy.allowed_from(moment)
    if allowed > moment:
        from bot.cli.opening import local

        warn(f"--now: this goes out outside the courtesy hours, which end {local(allowed, house.hub.timezone)}")


def _future(house: House, text: str) -> datetime:
    moment = read_time(text, zone=house.hub.timezone)
    there = moment.tzinfo
    from datetime import UTC

    if there is house.hub.timezone:
        plain = moment.replace(tzinfo=None)
        if moment.astimezone(UTC).astimezone(there).replace(tzinfo=None) != plain:
            raise ValueError(f"{text} does not exist: the clocks go forward then")
        if moment.replace(fold=1).utcoffset() != moment.utcoffset():
            raise ValueError(f"{text} comes twice: the clocks go back then; add an offset such as +01:00")
    if moment <= house.clock.now():
        raise ValueError(f"{text} is in the past")
    return moment


def _link(text: str) -> Button:
    from bot.domain.broadcasts.model import Button

    label, equals, address = text.partition("=")
    if not (equals and label.strip() and address.strip().startswith(("https://", "http://"))):
        raise typer.BadParameter("a link is written like Anmeldung|Registration=https://example.org")
    german, _, english = (part.strip() for part in label.partition("|"))
    return Button("link", {"de": german, "en": english}, address.strip())


def _bytes_of(path: Path) -> bytes:
    from bot.errors import UsageError

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise UsageError(f"{path} is empty")
    if len(content) > FILE_LIMIT:
        raise UsageError(
            f"{path} has {len(content) - FILE_LIMIT} bytes more than the {FILE_LIMIT // 1024**2} MB allowed"
        )
    return content
