"""`hubtalk invite` and `hubtalk invitations`: codes and links that let people in, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, checked, local, opened, say_json, say_table, warn, work
from bot.cli.roles import RoleName

if TYPE_CHECKING:
    from bot.domain.desk import Invited
    from bot.house import House

app = typer.Typer(help="What became of invitations.", no_args_is_help=True)


def invite(
    company: Annotated[
        str | None, typer.Option("--company", metavar="NAME", help="Company whose contacts the code lets in.")
    ] = None,
    role: Annotated[RoleName | None, typer.Option("--role", help="Role that the code gives instead.")] = None,
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="ID", help="A person you have entered; the code knows them, and works once."),
    ] = None,
    uses: Annotated[
        str | None,
        typer.Option("--uses", metavar="N", help="How many people may use it, or any: 10 for a company, else 1."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="How long it is good for: 30d (default), 12h, 2w.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an invitation: a code, and links.

    The code itself is stored nowhere: pass it on, or keep it.
    """
    if sum(each is not None for each in (company, role, contact)) != 1:
        raise typer.BadParameter("say either --company NAME or --role ROLE or --contact ID")
    if company is not None and not company.strip():
        raise typer.BadParameter("the name is empty", param_hint="--company")

    from bot.domain.desk import COMPANY_USES, INVITATION_LIFETIME, ROLE_USES, read_duration, read_id, read_uses

    lifetime = INVITATION_LIFETIME if expires is None else checked(read_duration, expires)
    limit = (COMPANY_USES if company else ROLE_USES) if uses is None else checked(read_uses, uses)
    person = None if contact is None else checked(lambda written: read_id("P", written), contact)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, invite
        from bot.domain.desk import public_id

        async with opened() as house:
            expires_at = house.clock.now() + lifetime
            code, invited = await invite(
                house,
                actor=COMMAND_LINE,
                company=company,
                role=role,
                contact=person,
                uses=limit,
                expires_at=expires_at,
            )
            links, missing = await _links(house, code)
            until = local(expires_at, house.hub.timezone)
        told = {
            "code": code,
            "company": invited.company,
            "company_id": None if invited.company_id is None else public_id("C", invited.company_id),
            "role": role,
            "contact": invited.contact or None,
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
    whom = told["contact"] or told["company"] or f"a new {told['role']}"
    typer.echo(f"Code for {whom}: {told['code']}")
    people = {1: "one person", None: "any number of people"}.get(told["uses"], f"{told['uses']} people")
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


@app.command("list")
def list_invitations(
    everything: Annotated[bool, typer.Option("--all", help="Also those that let nobody in any more.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the invitations that are open: for whom, how many uses are left, who came by them."""

    async def run() -> None:
        from bot.domain.desk import public_id
        from storage.codec import to_micros
        from storage.invited import list_invitations as all_of_them

        async with opened() as house:
            now = to_micros(house.clock.now())
            found = await house.database.read(lambda: all_of_them(now=now))
            zone = house.hub.timezone
        shown = [each for each in found if everything or each["state"] == "open"]
        for each in shown:
            each["id"] = public_id("I", each["id"])
            for kind, key in (("C", "company_id"), ("P", "contact_id")):
                each[key] = None if each[key] is None else public_id(kind, each[key])  # type: ignore[arg-type]
        if as_json:
            say_json(shown)
            return
        say_table(
            ("ID", "STATE", "FOR", "USED", "OPENED", "UNTIL", "MADE BY", "USED BY"),
            [
                (
                    each["id"],
                    each["state"],
                    each["contact"] or each["company"] or each["role"],
                    f"{each['used']} of {each['uses'] or 'any'}",
                    each["opened"],
                    each["expires_at"] and local(each["expires_at"], zone),
                    each["created_by"],
                    ", ".join(name or "(no name yet)" for name in each["used_by"]),
                )
                for each in shown
            ],
            empty="there are no open invitations; `hubtalk invite` makes one",
        )

    work(run)


@app.command()
def revoke(
    invitation: Annotated[str, typer.Argument(metavar="ID", help="Its id, from `hubtalk invitations list`.")],
    as_json: JsonFlag = False,
) -> None:
    """Let nobody in any more by an invitation; who has joined by it stays."""
    from bot.domain.desk import read_id

    number = checked(lambda written: read_id("I", written), invitation)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import RevokeInvitation

        async with opened() as house:
            whom = await perform(house, actor=COMMAND_LINE, command=RevokeInvitation(invitation=number))
        if as_json:
            say_json({"id": invitation.upper(), "for": whom, "state": "revoked"})
        else:
            typer.echo(f"The invitation for {whom} lets nobody in any more")

    work(run)
