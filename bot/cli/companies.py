"""`hubtalk companies`: organisations that take part."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli import people_lists
from bot.cli.opening import JsonFlag, checked, opened, say_json, say_table, work

app = typer.Typer(help="Organisations that take part.", no_args_is_help=True)
app.command("import")(people_lists.import_list)


@app.command("list")
def list_companies(as_json: JsonFlag = False) -> None:
    """List the companies, first those that contacts have typed and nobody has confirmed (claimed)."""

    async def run() -> None:
        from bot.domain.desk import public_id
        from storage import reports

        async with opened() as house:
            found = await house.database.read(reports.list_companies)
        for company in found:
            company["id"] = public_id("C", company["id"])
        if as_json:
            say_json(found)
            return
        say_table(
            ("ID", "STATE", "CONTACTS", "SUBMITTED", "NAME"),
            [(each["id"], each["state"], each["contacts"], each["submitted"], each["name"]) for each in found],
            empty="there are no companies yet",
        )

    work(run)


@app.command()
def confirm(
    company: Annotated[str, typer.Argument(metavar="ID", help="Its id, from `hubtalk companies list`.")],
    as_json: JsonFlag = False,
) -> None:
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
def merge(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Id of the company that goes.")],
    target: Annotated[str, typer.Argument(metavar="INTO", help="Id of the company that gets its contacts.")],
    as_json: JsonFlag = False,
) -> None:
    """Move contacts and responses of a company into another one, and delete it."""
    numbers = _company(source), _company(target)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import MergeCompanies

        async with opened() as house:
            command = MergeCompanies(source=numbers[0], target=numbers[1])
            done = await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            say_json({"from": done.source, "into": done.target, "contacts": done.contacts, "responses": done.responses})
        else:
            typer.echo(
                f"{done.source} is now {done.target}: {done.contacts} contacts and {done.responses} responses moved"
            )

    work(run)


def _company(text: str) -> int:
    from bot.domain.desk import read_id

    return checked(lambda written: read_id("C", written), text)
