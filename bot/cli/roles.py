"""`hubtalk roles`: who runs the hub."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from bot.cli.opening import JsonFlag, checked, local, opened, read_address, say_json, say_table, work

app = typer.Typer(help="Who may organise and administer.", no_args_is_help=True)

RoleName = Literal["organiser", "admin"]
Place = Annotated[str, typer.Argument(metavar="ADDRESS", help="A person's address such as telegram:4711.")]
RoleArgument = Annotated[RoleName, typer.Argument(metavar="ROLE", help="organiser or admin")]


@app.command()
def grant(address: Place, role: RoleArgument, as_json: JsonFlag = False) -> None:
    """Give a person a role, also before they have written."""
    person = checked(read_address, address)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import GrantRole

        async with opened() as house:
            new = await perform(house, actor=COMMAND_LINE, command=GrantRole(person=person, role=role))
        if as_json:
            say_json({"address": str(person), "role": role, "new": new})
        else:
            typer.echo(f"{person} is {'now' if new else 'already'} {role}")

    work(run)


@app.command()
def revoke(address: Place, role: RoleArgument, as_json: JsonFlag = False) -> None:
    """Take a role from a person."""
    person = checked(read_address, address)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import RevokeRole

        async with opened() as house:
            done = await perform(house, actor=COMMAND_LINE, command=RevokeRole(person=person, role=role))
        if as_json:
            say_json({"address": str(person), "role": role, "admins_left": done.admins_left})
        else:
            typer.echo(f"{person} is no longer {role}")

    work(run)


@app.command("list")
def list_roles(as_json: JsonFlag = False) -> None:
    """List who has which role, and where it comes from."""

    async def run() -> None:
        from storage import reports

        async with opened() as house:
            found = await house.database.read(reports.list_rights)
            zone = house.hub.timezone
        if as_json:
            say_json(found)
            return
        say_table(
            ("ADDRESS", "ROLE", "FROM", "SINCE"),
            [
                (
                    right["address"],
                    right["role"],
                    "HUBTALK_ADMINS" if right["source"] == "settings" else right["source"],
                    local(right["granted_at"], zone),
                )
                for right in found
            ],
            empty="nobody has a role yet; `hubtalk roles grant ADDRESS admin` makes the first",
        )

    work(run)
