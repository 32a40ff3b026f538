"""`hubtalk progress`: how far a form has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, opened, say_json, say_table, work
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.domain.progress import By, Counts, Overview
    from bot.house import House

FormArgument = Annotated[str, typer.Argument(metavar="FORM", help="Its name; without one the newest open form.")]
ByOption = Annotated[str, typer.Option("--by", metavar="WHAT", help="Group by company, channel or tag:KEY.")]
MissingFlag = Annotated[bool, typer.Option("--missing", help="List who is invited and has not submitted.")]
PictureOption = Annotated[str, typer.Option("--png", metavar="FILE", help="Write the picture there, - for stdout.")]


def progress(
    form: FormArgument = "",
    by: ByOption = "",
    missing: MissingFlag = False,
    png: PictureOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Say how far a form has come: invited, opened, consented, started, submitted (docs/progress.md)."""
    grouped = _by(by)

    async def run() -> None:
        async with opened() as house:
            from bot.work.progress import look

            figures = await look(house, form)
            document = _document(figures, house)
            if grouped is not None:
                document["groups"] = await _groups(house, figures, *grouped)
            if missing:
                document["missing"] = await _missing(house, figures)
            if png:
                await _draw(house, figures, png)
        if as_json:
            say_json(document)
        elif png != "-":
            _print(figures, document)
            if png:
                typer.echo(f"written: {png}")

    work(run)


def _by(text: str) -> tuple[By, str] | None:
    if text in ("company", "channel"):
        return ("company" if text == "company" else "channel"), ""
    if text.startswith("tag:") and text.removeprefix("tag:"):
        return "tag", text.removeprefix("tag:")
    if text:
        raise typer.BadParameter("write company, channel or tag:KEY, such as tag:sector", param_hint="--by")
    return None


def _numbers(counts: Counts) -> dict[str, int]:
    from bot.domain.progress import STAGES

    return {stage: counts.of(stage) for stage in STAGES}


def _document(figures: Overview, house: House) -> dict[str, Any]:
    language = house.hub.languages[0]
    return {
        "form": figures.form.name,
        "state": figures.form.state,
        **_numbers(figures.counts),
        "not_invited": figures.waiting,
        "stalled": figures.standing_still,
        "stalled_at": [
            {
                "path": stall.path,
                "label": stall.label.get(language) or next(iter(stall.label.values()), ""),
                "responses": stall.responses,
            }
            for stall in figures.stalled
        ],
    }


async def _groups(house: House, figures: Overview, by: By, key: str) -> list[dict[str, Any]]:
    from storage import progress

    now = house.clock.now()
    if by == "tag":
        known = await house.database.read(progress.tags)
        if key not in known:
            raise UsageError(f"no company has the tag {key!r}; there are: {', '.join(known) or 'none'}")
    found = await house.database.read(lambda: progress.groups(figures.form, by, key, now=now))
    return [{"name": group.name, **_numbers(group.counts)} for group in found]


async def _missing(house: House, figures: Overview) -> list[dict[str, Any]]:
    from bot.domain.desk import public_id
    from bot.work.progress import absentees

    return [
        {
            "id": public_id("P", each.contact),
            "name": each.name,
            "company": each.company,
            "stands": each.stage,
            "since": each.since,
        }
        for each in await absentees(house, figures.form)
    ]


async def _draw(house: House, figures: Overview, target: str) -> None:
    from bot.cli.output import written
    from bot.work.progress import picture

    content = await picture(house, figures, house.texts.speaker(house.hub.languages[0]))
    with written(target) as file:
        file.write(content)


def _print(figures: Overview, document: dict[str, Any]) -> None:
    from bot.domain.progress import STAGES

    typer.echo(f"{document['form']} ({document['state']})")
    for stage in STAGES:
        typer.echo(f"{stage:<12}{figures.counts.of(stage):>8}{figures.counts.percent(stage):>6} %")
    typer.echo(f"{'stalled':<12}{document['stalled']:>8}")
    for stall in document["stalled_at"][:5]:
        typer.echo(f"    {stall['responses']} at {stall['path'] or 'the end, not sent in'}: {stall['label'] or '–'}")
    if document["not_invited"]:
        typer.echo(f"not invited yet: {document['not_invited']}")
    if "groups" in document:
        typer.echo()
        heads = ("NAME", *(stage.upper() for stage in STAGES))
        lines = [(group["name"], *(group[stage] for stage in STAGES)) for group in document["groups"]]
        say_table(heads, lines, empty="nobody is invited yet")
    if "missing" in document:
        typer.echo()
        lines = [(each["id"], each["name"], each["company"], each["stands"], f"{each['since']:%Y-%m-%d}")
                 for each in document["missing"]]  # fmt: skip
        say_table(("ID", "NAME", "COMPANY", "STANDS", "SINCE"), lines, empty="nobody is missing")
