"""`hubtalk contacts`: people who chat with the bot."""

from __future__ import annotations

import typer

from bot.cli import people_lists
from bot.cli.opening import JsonFlag, opened, say_json, say_table, work

app = typer.Typer(help="People who chat with the bot.", no_args_is_help=True)
app.command("import")(people_lists.import_list)


@app.command("list")
def list_contacts(as_json: JsonFlag = False) -> None:
    """List the contacts with company and addresses."""

    async def run() -> None:
        from bot.domain.desk import public_id
        from storage import reports

        async with opened() as house:
            found = await house.database.read(reports.list_contacts)
        for contact in found:
            contact["id"] = public_id("P", contact["id"])
        if as_json:
            say_json(found)
            return
        say_table(
            ("ID", "NAME", "COMPANY", "LANGUAGE", "ADDRESSES"),
            [
                (
                    each["id"],
                    each["name"],
                    "(staff)" if each["staff"] else each["company"],
                    each["language"],
                    ", ".join(each["addresses"]),
                )
                for each in found
            ],
            empty="there are no contacts yet",
        )

    work(run)
