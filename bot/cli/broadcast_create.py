"""`hubtalk broadcast create`: what it would do is shown first, and above twenty recipients their number is typed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.broadcast import Number, look
from bot.cli.broadcast_content import bytes_of, content_of, said
from bot.cli.broadcasts_shown import follow, foreseen, preview_document
from bot.cli.opening import JsonFlag, checked, opened, read_address, read_time, say_json, warn, work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.broadcasts.model import Content, Preview
    from bot.domain.desk import DraftBroadcast
    from bot.domain.messages import Address
    from bot.house import House

TextFile = Annotated[Path | None, typer.Option(metavar="FILE", help="The text, from a file in UTF-8.")]
Text = Annotated[str, typer.Option(metavar="TEXT", help="What is said, in markdown with {company}, {contact}, {hub}.")]


def create(  # noqa: PLR0917 -- as many as there are options
    text_de: Text = "",
    text_en: Text = "",
    text_file_de: TextFile = None,
    text_file_en: TextFile = None,
    audience: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Who gets it; docs/broadcasts.md has all rules.")
    ] = None,
    save_audience: Annotated[str, typer.Option(metavar="NAME", help="Keep these rules, for saved=NAME.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="When it begins; ISO 8601 or local time of the hub.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="When it is no news any more (14 days).")] = "",
    hurry: Annotated[bool, typer.Option("--now", help="Override courtesy hours.")] = False,
    file: Annotated[list[Path] | None, typer.Option(help="A file or picture that goes out with it.")] = None,
    link: Annotated[
        list[str] | None, typer.Option(metavar="LABEL=URL", help="A link; labels a language as de|en.")
    ] = None,
    form: Annotated[str, typer.Option(metavar="NAME", help="A form that readers can start from it.")] = "",
    corrects: Annotated[int | None, typer.Option(min=1, help="To exactly those whom that broadcast reached.")] = None,
    test: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Keep a draft, and send it to somebody of the team alone.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write to many; the running bot sends it."""

    async def run() -> None:
        from bot.domain.desk import DraftBroadcast

        texts = {"de": said(text_de, text_file_de), "en": said(text_en, text_file_en)}
        files = {path.name: bytes_of(path) for path in file or ()}
        tester = checked(read_address, test) if test else None
        async with opened() as house:
            content = await content_of(house, texts, links=link or (), form=form, files=files)
            rules = [*(audience or ()), *([f"got={corrects}"] if corrects else [])]
            draft = DraftBroadcast(
                content=content,
                files=files,
                audience=tuple(rules),
                start_at=checked(lambda text: _future(house, text), at) if at else None,
                not_after=checked(lambda text: _future(house, text), until) if until else None,
                hurry=hurry,
                corrects=corrects,
            )
            preview = await _shown(house, content, rules, hurry=hurry, start=draft.start_at, quietly=as_json)
            if dry_run:
                if as_json:
                    say_json({"dry_run": True} | preview_document(preview))
                return
            if not yes and tester is None:
                _confirm(preview.recipients)
            number = await _written(house, draft, rules=rules, save_audience=save_audience)
            if tester is not None:
                await _test(house, number, tester, preview, as_json=as_json)
            else:
                await _sent(house, number, 0, preview, as_json=as_json)
                if wait:
                    await follow(lambda: look(house, number), every=1.0)

    work(run)


def confirm(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send a draft, whether it was written here or in the chat."""

    async def run() -> None:
        from bot.errors import UsageError

        async with opened() as house:
            draft, _ = await look(house, number)
            if draft.state != "draft":
                raise UsageError(f"broadcast {number} is {draft.state}, no draft")
            preview = await _shown(
                house,
                draft.content,
                draft.audience,
                hurry=draft.hurry,
                start=draft.start_at,
                quietly=as_json,
                number=number,
            )
            if not yes:
                _confirm(preview.recipients)
            await _sent(house, number, draft.revision, preview, as_json=as_json)
            if wait:
                await follow(lambda: look(house, number), every=1.0)

    work(run)


def add_to(app: typer.Typer) -> None:
    """Add the commands to their group."""
    app.command("create")(create)
    app.command("confirm")(confirm)


async def _shown(
    house: House,
    content: Content,
    rules: Sequence[str],
    *,
    hurry: bool,
    start: datetime | None,
    quietly: bool,
    number: int = 0,
) -> Preview:
    """Show what would happen, and refuse what cannot."""
    preview = await foresee(house, content, rules, hurry=hurry, start=start, number=number)
    complain(preview)
    if not quietly:
        typer.echo(foreseen(preview, zone=house.hub.timezone))
    if hurry:
        _warn_of_hurry(house, start)
    return preview


async def _written(house: House, draft: DraftBroadcast, *, rules: list[str], save_audience: str) -> int:
    from bot.desk import COMMAND_LINE, perform
    from bot.domain.desk import SaveAudience

    if save_audience:
        await perform(house, actor=COMMAND_LINE, command=SaveAudience(name=save_audience, rules=tuple(rules)))
    return await perform(house, actor=COMMAND_LINE, command=draft)


async def _test(house: House, number: int, tester: Address, preview: Preview, *, as_json: bool) -> None:
    from bot.desk import COMMAND_LINE, perform
    from bot.domain.desk import CancelBroadcast, TryBroadcast
    from bot.errors import UsageError

    try:
        await perform(house, actor=COMMAND_LINE, command=TryBroadcast(broadcast=number, person=tester))
    except UsageError:
        await perform(house, actor=COMMAND_LINE, command=CancelBroadcast(broadcast=number))
        raise
    if as_json:
        say_json({"id": number, "state": "draft", "test": str(tester)} | preview_document(preview))
    else:
        typer.echo(f"draft {number} goes to {tester} as a test; `hubtalk broadcast confirm {number}` sends it to all")


async def _sent(house: House, number: int, revision: int, preview: Preview, *, as_json: bool) -> None:
    from bot.desk import COMMAND_LINE, perform
    from bot.domain.desk import ConfirmBroadcast

    await perform(house, actor=COMMAND_LINE, command=ConfirmBroadcast(broadcast=number, revision=revision))
    if as_json:
        say_json({"id": number} | preview_document(preview))
    else:
        typer.echo(f"broadcast {number} is confirmed; `hubtalk broadcast show {number}` says how it goes")


async def foresee(
    house: House,
    content: Content,
    rules: Sequence[str],
    *,
    hurry: bool = False,
    start: datetime | None = None,
    number: int = 0,
) -> Preview:
    """Return what would happen on the channels that are configured."""
    from bot.channels import abilities_of
    from bot.work.audiences import look as look_at

    abilities = abilities_of(house)
    return await look_at(
        house, abilities=abilities, content=content, rules=rules, hurry=hurry, start_at=start, broadcast=number
    )


def complain(preview: Preview) -> None:
    """Refuse what cannot be sent as it is.

    Raises:
        UsageError: nobody gets it, or it does not fit.
    """
    from bot.errors import UsageError

    refuse_too_long(preview)
    if preview.too_large:
        channel, name, over = preview.too_large[0]
        raise UsageError(f"{name} is {over} bytes too large for {channel}")
    if not preview.recipients:
        why = ", ".join(f"{reason.replace('_', ' ')} {many}" for reason, many in sorted(preview.excluded.items()))
        raise UsageError(f"nobody would get it{f' ({why})' if why else ''}; nothing was sent")


def refuse_too_long(preview: Preview) -> None:
    """Refuse a text that does not fit.

    Raises:
        UsageError: it does not.
    """
    from bot.errors import UsageError

    if preview.too_long:
        worst = max(preview.too_long, key=lambda each: each.over)
        raise UsageError(f"the text in {worst.language} is {worst.over} characters too long for {worst.channel}")


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
