"""`hubtalk invite`, `roles`, `companies`, `contacts`: who takes part, and who runs the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.opening import JsonFlag, checked, local, opened, say_json, say_table, warn, work

if TYPE_CHECKING:
    from bot.domain.desk import Invited
    from bot.domain.messages import Address
    from bot.house import House

roles = typer.Typer(help="Who may organise and administer.", no_args_is_help=True)
companies = typer.Typer(help="Organisations that take part.", no_args_is_help=True)
contacts = typer.Typer(help="People who chat with the bot.", no_args_is_help=True)

RoleName = Literal["organiser", "admin"]
Place = Annotated[str, typer.Argument(metavar="ADDRESS", help="A person's address such as telegram:4711.")]
RoleArgument = Annotated[RoleName, typer.Argument(metavar="ROLE", help="organiser or admin")]


# --- invitations -----------------------------------------------------------------------------------------------------


def invite(
    company: Annotated[
        str | None, typer.Option("--company", metavar="NAME", help="Company whose contacts the code lets in.")
    ] = None,
    role: Annotated[RoleName | None, typer.Option("--role", help="Role that the code gives instead.")] = None,
    uses: Annotated[
        int | None,
        typer.Option("--uses", metavar="N", min=1, help="How many people may use it: 10 for a company, 1 for a role."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="How long it is good for: 30d (default), 12h, 2w.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an invitation: a code, and links.

    The code itself is stored nowhere: pass it on, or keep it.
    """
    if (company is None) == (role is None):
        raise typer.BadParameter("say either --company NAME or --role ROLE")
    if company is not None and not company.strip():
        raise typer.BadParameter("the name is empty", param_hint="--company")

    from bot.domain.desk import COMPANY_USES, INVITATION_LIFETIME, ROLE_USES, read_duration

    lifetime = INVITATION_LIFETIME if expires is None else checked(read_duration, expires)
    limit = uses or (ROLE_USES if role else COMPANY_USES)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, invite
        from bot.domain.desk import public_id

        async with opened() as house:
            expires_at = house.clock.now() + lifetime
            code, invited = await invite(
                house, actor=COMMAND_LINE, company=company, role=role, uses=limit, expires_at=expires_at
            )
            links, missing = await _links(house, code)
            until = local(expires_at, house.hub.timezone)
        told = {
            "code": code,
            "company": invited.company,
            "company_id": None if invited.company_id is None else public_id("C", invited.company_id),
            "role": role,
            "uses": limit,
            "expires_at": expires_at,
            "links": links,
            "missing": missing,
        }
        if as_json:
            say_json(told)
        else:
            _tell_invitation(told, until=until)
            _warn_of_company(told, invited)

    work(run)


def _warn_of_company(told: dict[str, Any], invited: Invited) -> None:
    from bot.domain.desk import public_id

    if invited.company is not None and not invited.known:
        warn(f"the company {invited.company!r} was not known and is entered as confirmed")
    for number in invited.claimed:
        fix = f"hubtalk companies merge {public_id('C', number)} {told['company_id']}"
        warn(f"a contact has typed that name already; if it is the same company: {fix}")


def _tell_invitation(told: dict[str, Any], *, until: str) -> None:
    whom = told["company"] or f"a new {told['role']}"
    typer.echo(f"Code for {whom}: {told['code']}")
    people = "one person" if told["uses"] == 1 else f"{told['uses']} people"
    typer.echo(f"Good until {until}, for {people}")
    for channel, link in told["links"].items():
        typer.echo(f"{channel}: {link}")
    if not told["links"]:
        typer.echo(f"To use it, write to the bot: /start {told['code']}")
    if told["missing"]:
        warn(f"no link for {', '.join(told['missing'])} yet: `hubtalk run` must have connected once")


async def _links(house: House, code: str) -> tuple[dict[str, str], list[str]]:
    """Return the links by channel, and the configured channels that have not connected yet."""
    from storage import reports

    known = await house.database.read(reports.list_identities)
    links = {channel: link.replace("{code}", code) for channel, (_, link) in known.items() if link is not None}
    configured = ["telegram"] if house.settings.telegram.token is not None else []
    return links, [channel for channel in configured if channel not in known]


# --- roles -----------------------------------------------------------------------------------------------------------


@roles.command()
def grant(address: Place, role: RoleArgument, as_json: JsonFlag = False) -> None:
    """Give a person a role, also before they have written."""
    person = _person(address)

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


@roles.command()
def revoke(address: Place, role: RoleArgument, as_json: JsonFlag = False) -> None:
    """Take a role from a person."""
    person = _person(address)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import RevokeRole

        async with opened() as house:
            done = await perform(house, actor=COMMAND_LINE, command=RevokeRole(person=person, role=role))
        if as_json:
            say_json({"address": str(person), "role": role, "admins_left": done.admins_left})
        else:
            typer.echo(f"{person} is no longer {role}")
        if role == "admin" and done.admins_left == 0:
            warn("there is no admin left; `hubtalk roles grant ADDRESS admin` makes one")

    work(run)


@roles.command("list")
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


def _person(text: str) -> Address:
    from bot.domain.messages import Address
    from config.values import check_address

    return Address.parse(checked(check_address, text))


# --- companies and contacts ------------------------------------------------------------------------------------------


@companies.command("list")
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


@companies.command()
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


@companies.command()
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


@contacts.command("list")
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
