"""`hubtalk companies`: organisations that take part."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import people_lists
from bot.cli.opening import JsonFlag, checked, opened, say_json, say_table, work

if TYPE_CHECKING:
    from bot.domain.desk import Side

app = typer.Typer(help="Organisations that take part.", no_args_is_help=True)
app.command("import")(people_lists.import_list)

CompanyId = Annotated[str, typer.Argument(metavar="ID", help="Its id, from `hubtalk companies list`.")]


class StateName(StrEnum):
    """Whether anybody of the team has said that a company is one."""

    claimed = "claimed"
    confirmed = "confirmed"


@app.command("list")
def list_companies(
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of the name or the town.")] = "",
    tag: Annotated[
        str, typer.Option("--tag", metavar="KEY=VALUE", help="Only with this tag; KEY alone: any value.")
    ] = "",
    state: Annotated[StateName | None, typer.Option("--state", help="Only claimed or confirmed ones.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the companies, first those that contacts have typed and nobody has confirmed (claimed)."""
    wanted = _tag(tag) if tag else ("", "")

    async def run() -> None:
        from bot.domain.desk import public_id
        from storage import directory

        chosen = state.value if state is not None else ""
        async with opened() as house:
            found = await house.database.read(lambda: directory.list_companies(search=search, state=chosen, tag=wanted))
        for company in found:
            company["id"] = public_id("C", company["id"])
        if as_json:
            say_json(found)
            return
        say_table(
            ("ID", "STATE", "CONTACTS", "JOINED", "SUBMITTED", "NAME", "TOWN", "TAGS"),
            [
                (
                    each["id"],
                    each["state"],
                    each["contacts"],
                    each["joined"],
                    each["submitted"],
                    each["name"],
                    each["town"],
                    _tags_line(each["tags"]),
                )
                for each in found
            ],
            empty="there are no such companies" if search or tag or state else "there are no companies yet",
        )

    work(run)


@app.command()
def show(company: CompanyId, as_json: JsonFlag = False) -> None:
    """Show a company with its tags, note and people."""
    number = _company(company)

    async def run() -> None:
        from bot.domain.desk import public_id
        from bot.errors import UsageError
        from storage import directory

        async with opened() as house:
            found = (await house.database.read(lambda: directory.companies_by_id([number]))).get(number)
        if found is None:
            raise UsageError(f"there is no company {company.upper()}; `hubtalk companies list` shows their ids")
        found["id"] = public_id("C", number)
        for contact in found["people"]:
            contact["id"] = public_id("P", contact["id"])
            del contact["company_id"], contact["company"]
        if as_json:
            say_json(found)
            return
        typer.echo(f"{', '.join(filter(None, (found['name'], found['town'])))} ({found['state']})")
        for line in filter(None, (_tags_line(found["tags"]), found["note"])):
            typer.echo(line)
        say_table(
            ("ID", "NAME", "MAIL", "JOINED", "NOTE"),
            [
                (each["id"], each["name"], each["mail"], each["joined_at"] and each["joined_at"].date(), each["note"])
                for each in found["people"]
            ],
            empty="nobody of it is known yet",
        )

    work(run)


@app.command()
def confirm(company: CompanyId, as_json: JsonFlag = False) -> None:
    """Confirm a company that a contact typed."""
    number = _company(company)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import ConfirmCompany

        async with opened() as house:
            name = await perform(house, actor=COMMAND_LINE, command=ConfirmCompany(company=number))
        if as_json:
            say_json({"id": company.upper(), "name": name, "state": "confirmed"})
        else:
            typer.echo(f"{name} is confirmed")

    work(run)


@app.command()
def tag(
    company: CompanyId,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as sector=Maschinenbau size=10-49.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="KEY", help="A tag to take away.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Set tags of a company: sector, size, municipality, or whatever the hub groups by."""
    number = _company(company)
    new = dict(_tag(text) for text in tags or [])
    gone = tuple(_tag(text)[0] for text in remove or [])

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import TagCompany

        async with opened() as house:
            command = TagCompany(company=number, tags=new, remove=gone)
            now = await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            say_json({"id": company.upper(), "tags": dict(now)})
        else:
            typer.echo(_tags_line(dict(now)) or "no tags")

    work(run)


@app.command()
def note(
    company: CompanyId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to keep; an empty text for nothing.")],
    as_json: JsonFlag = False,
) -> None:
    """Keep a note about a company, for the team alone."""
    number = _company(company)
    kept = people_lists.read_note(text)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import NoteCompany

        async with opened() as house:
            name = await perform(house, actor=COMMAND_LINE, command=NoteCompany(company=number, note=kept))
        if as_json:
            say_json({"id": company.upper(), "name": name, "note": kept})
        else:
            typer.echo(f"{name}: {kept or 'no note'}")

    work(run)


@app.command()
def merge(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Id of the company that goes.")],
    target: Annotated[str, typer.Argument(metavar="INTO", help="Id of the company that gets its contacts.")],
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="FORM=from|into", help="Whose response counts, where both have their own."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Move contacts, responses and tags of a company into another one, and delete it; for a day it can be undone."""
    numbers = _company(source), _company(target)
    picked = dict(checked(_side, text) for text in keep or [])

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import MergeCompanies

        async with opened() as house:
            command = MergeCompanies(source=numbers[0], target=numbers[1], keep=picked)
            done = await perform(house, actor=COMMAND_LINE, command=command)
        told: dict[str, Any] = {"from": done.source, "into": done.target}
        told |= {"contacts": done.contacts, "responses": done.responses, "superseded": done.superseded}
        if as_json:
            say_json(told)
            return
        typer.echo(f"{done.source} is now {done.target}: {done.contacts} contacts and {done.responses} responses moved")
        if done.superseded:
            typer.echo(f"{done.superseded} responses do not count any more; they are kept and not exported")
        typer.echo(f"for 24 hours: hubtalk companies unmerge {target.upper()}")

    work(run)


@app.command()
def unmerge(company: CompanyId, as_json: JsonFlag = False) -> None:
    """Undo the last merge of a company, within 24 hours."""
    number = _company(company)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import UnmergeCompanies, public_id

        async with opened() as house:
            done = await perform(house, actor=COMMAND_LINE, command=UnmergeCompanies(company=number))
        told: dict[str, Any] = {"back": done.source, "id": public_id("C", done.source_id), "from": done.target}
        told |= {"contacts": done.contacts, "responses": done.responses}
        if as_json:
            say_json(told)
        else:
            typer.echo(
                f"{done.source} ({told['id']}) is back, with {done.contacts} contacts and {done.responses} responses "
                f"of {done.target}"
            )

    work(run)


def _company(text: str) -> int:
    from bot.domain.desk import read_id

    return checked(lambda written: read_id("C", written), text)


def _tag(text: str) -> tuple[str, str]:
    from bot.domain.tags import read_tag

    return checked(read_tag, text)


def _tags_line(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" if value else key for key, value in tags.items())


def _side(text: str) -> tuple[str, Side]:
    form, _, side = text.partition("=")
    if not form or side not in ("from", "into"):
        raise ValueError("write --keep FORM=from or --keep FORM=into")
    return form, "from" if side == "from" else "into"
