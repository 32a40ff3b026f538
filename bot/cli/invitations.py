"""`hubtalk invite`: codes and links that let people in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, checked, local, opened, say_json, warn, work
from bot.cli.roles import RoleName

if TYPE_CHECKING:
    from bot.domain.desk import Invited
    from bot.house import House


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
