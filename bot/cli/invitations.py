"""`hubtalk invite` and `hubtalk invitations`: codes and links that let people in, and what became of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.opening import JsonFlag, checked, local, opened, say_json, say_table, warn, work
from bot.cli.roles import RoleName
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.domain.desk import Invited
    from bot.house import House
    from bot.work.invitations import Made

app = typer.Typer(help="What became of invitations.", no_args_is_help=True)


def invite(  # noqa: PLR0917 -- typer's options
    company: Annotated[
        str | None, typer.Option("--company", metavar="NAME", help="Company whose contacts the code lets in.")
    ] = None,
    role: Annotated[RoleName | None, typer.Option("--role", help="Role that the code gives instead.")] = None,
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="ID", help="A person you have entered; the code knows them, and works once."),
    ] = None,
    companies: Annotated[
        str | None, typer.Option("--companies", metavar="all", help="With --sheet: a code for every confirmed company.")
    ] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="KEY=VALUE", help="With --sheet: a code a company with this tag.")
    ] = None,
    each_contact: Annotated[
        bool, typer.Option("--each-contact", help="With --companies or --tag: a code for each person you have entered.")
    ] = False,
    uses: Annotated[
        str | None,
        typer.Option("--uses", metavar="N", help="How many people may use it, or any: 10 for a company, else 1."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="How long it is good for: 30d (default), 12h, 2w.")
    ] = None,
    text: Annotated[
        Literal["de", "en", "both"] | None, typer.Option("--text", help="Also print a letter to paste into a mail.")
    ] = None,
    qr: Annotated[
        Path | None, typer.Option("--qr", metavar="FILE", help="Write a QR code of each link: FILE.png or FILE.svg.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE", help="Write a PDF (A4) with cards to cut out.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an invitation: a code, and links; for many companies a sheet of cards.

    The code itself is stored nowhere: pass it on, or keep it.
    """
    many = companies is not None or tag is not None
    if sum((company is not None, role is not None, contact is not None, many)) != 1:
        raise typer.BadParameter("say either --company NAME or --role ROLE or --contact ID or --companies all")
    if company is not None and not company.strip():
        raise typer.BadParameter("the name is empty", param_hint="--company")
    if each_contact and not many:
        raise typer.BadParameter("--each-contact goes with --companies all or --tag KEY=VALUE")
    _check_files(qr, sheet, many=many, companies=companies)
    chosen_tag = None if tag is None else _tag(tag)

    from bot.domain.desk import COMPANY_USES, INVITATION_LIFETIME, ROLE_USES, read_duration, read_id, read_uses

    lifetime = INVITATION_LIFETIME if expires is None else checked(read_duration, expires)
    for_company = company is not None or (many and not each_contact)
    limit = (COMPANY_USES if for_company else ROLE_USES) if uses is None else checked(read_uses, uses)
    person = None if contact is None else checked(lambda written: read_id("P", written), contact)

    async def run() -> None:
        from bot.desk import COMMAND_LINE
        from bot.work.invitations import make

        for file in (qr, sheet):
            _check_place(file)
        async with opened() as house:
            expires_at = house.clock.now() + lifetime
            whom: list[dict[str, Any]] = [{"company": company, "role": role, "contact": person}]
            if many:
                whom = await _whom(house, chosen_tag, each_contact=each_contact)
            made = [await make(house, actor=COMMAND_LINE, uses=limit, expires_at=expires_at, **each) for each in whom]
            files = await _files(house, made, qr=qr, sheet=sheet)
            words = _words(house, made, text)
            until = local(expires_at, house.hub.timezone)
        told = [_told(each) for each in made]
        if as_json:
            say_json(told if many else {**told[0], "files": files, "text": words})
            return
        if many:
            typer.echo(f"{len(made)} {'code' if len(made) == 1 else 'codes'}, good until {until}")
        else:
            _tell_invitation(told[0], until=until)
            _warn_of_company(told[0], made[0].invited)
        for line in [*(f"written: {file}" for file in files), *([f"\n{words}"] if words else [])]:
            typer.echo(line)
        _warn_of_links(made[0])

    work(run)


async def _files(house: House, made: Sequence[Made], *, qr: Path | None, sheet: Path | None) -> list[str]:
    """Write the files that were asked for; return their names."""
    from bot.work.invitations import cards, pictures

    files = [] if sheet is None else [_write(sheet, await cards(house, made))]
    if qr is not None:
        files += _write_pictures(qr, made[0], await pictures(made[0], kind=_kind(qr)))
    return files


def _words(house: House, made: Sequence[Made], text: str | None) -> str:
    from bot.work.invitations import letters

    if text is None or len(made) != 1:
        return ""
    return letters(house, made[0], house.hub.languages if text == "both" else [text])


def _check_files(qr: Path | None, sheet: Path | None, *, many: bool, companies: str | None) -> None:
    if qr is not None and (many or qr.suffix.lower() not in {".png", ".svg"}):
        raise typer.BadParameter("name one FILE.png or FILE.svg, for one invitation", param_hint="--qr")
    if many and (sheet is None or companies not in {None, "all"}):
        raise typer.BadParameter("--companies all, or --tag KEY=VALUE, goes with --sheet FILE.pdf")


def _check_place(file: Path | None) -> None:
    """Refuse a file that cannot be written before a code is made that nobody would ever see."""
    if file is None:
        return
    if not file.parent.is_dir():
        raise UsageError(f"{file} cannot be written: there is no folder {file.parent}")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"{file} cannot be written: it is a folder or protected")


def _tag(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (key.strip() and sign and value.strip()):
        raise typer.BadParameter("write KEY=VALUE, such as sector=metal", param_hint="--tag")
    return key.strip(), value.strip()


def _kind(file: Path) -> Literal["png", "svg"]:
    return "svg" if file.suffix.lower() == ".svg" else "png"


async def _whom(house: House, tag: tuple[str, str] | None, *, each_contact: bool) -> list[dict[str, int]]:
    """Return whom a sheet is for: each company, or each person of it who was entered."""
    from storage.invited import confirmed_companies, people_to_invite

    found: list[int] = [number for number, _ in await house.database.read(lambda: confirmed_companies(tag=tag))]
    whom = [{"company_id": number} for number in found]
    if each_contact:
        whom = [{"contact": number} for number in await house.database.read(lambda: people_to_invite(found))]
    if not whom:
        raise UsageError("nobody is to be invited; `hubtalk companies list` shows who is confirmed")
    return whom


def _write(file: Path, content: bytes) -> str:
    try:
        file.touch(mode=0o600)  # a code lets people in
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    return str(file)


def _write_pictures(file: Path, made: Made, found: dict[str, bytes]) -> list[str]:
    """Write one picture a link; with several, the channel's name goes into the file's."""
    if not found:
        warn(f"there is no link yet, so no QR code was made; the code is {made.inviting.code}")
    several = len(found) > 1
    return [
        _write(file.with_stem(f"{file.stem}-{channel}") if several else file, content)
        for channel, content in found.items()
    ]


def _told(made: Made) -> dict[str, Any]:
    from bot.domain.desk import public_id

    inviting, invited = made.inviting, made.invited
    return {
        "code": inviting.code,
        "company": invited.company,
        "company_id": None if invited.company_id is None else public_id("C", invited.company_id),
        "role": inviting.role,
        "contact": invited.contact or None,
        "uses": inviting.uses,
        "expires_at": inviting.until,
        "links": inviting.links,
        "missing": list(made.missing),
    }


def _warn_of_company(told: dict[str, Any], invited: Invited) -> None:
    from bot.domain.desk import public_id

    if invited.company is not None and not invited.known:
        warn(f"the company {invited.company!r} was not known and is entered as confirmed")
    for number in invited.claimed:
        fix = f"hubtalk companies merge {public_id('C', number)} {told['company_id']}"
        warn(f"a contact has typed that name already; if it is the same company: {fix}")


def _warn_of_links(made: Made) -> None:
    if made.missing:
        warn(f"no link for {', '.join(made.missing)} yet: `hubtalk run` must have connected once")


def _tell_invitation(told: dict[str, Any], *, until: str) -> None:
    whom = told["contact"] or told["company"] or f"a new {told['role']}"
    typer.echo(f"Code for {whom}: {told['code']}")
    people = {1: "one person", None: "any number of people"}.get(told["uses"], f"{told['uses']} people")
    typer.echo(f"Good until {until}, for {people}")
    for channel, link in told["links"].items():
        typer.echo(f"{channel}: {link}" + ("" if told["code"] in link else "  (open the chat, write the code there)"))
    if not told["links"]:
        typer.echo(f"To use it, write to the bot: /start {told['code']}")


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
