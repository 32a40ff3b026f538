"""`hubtalk contacts`: people of companies, and the team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import contact_merging, people_lists
from bot.cli.opening import JsonFlag, checked, opened, say_json, say_table, work

if TYPE_CHECKING:
    from bot.domain.newcomers import Decision, Newcomer
    from bot.domain.scene import Tell
    from bot.house import House

app = typer.Typer(help="People of companies, and the team.", no_args_is_help=True)
app.command("import")(people_lists.import_list)
app.command("merge")(contact_merging.merge)
app.command("unmerge")(contact_merging.unmerge)

ContactId = Annotated[str, typer.Argument(metavar="ID", help="Their id, from `hubtalk contacts list`.")]


@app.command("list")
def list_contacts(
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of the name or the mail.")] = "",
    company: Annotated[str | None, typer.Option("--company", metavar="ID", help="Only those of a company.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those who wait to be let in.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the contacts with company and addresses; who has no date of joining was entered and has not agreed yet."""
    number = None if company is None else _read("C", company)

    async def run() -> None:
        from bot.domain.desk import public_id
        from storage import directory

        async with opened() as house:
            found = await house.database.read(
                lambda: directory.list_contacts(search=search, company=number, waiting=waiting)
            )
        for contact in found:
            contact["id"] = public_id("P", contact["id"])
            contact["company_id"] = None if contact["company_id"] is None else public_id("C", contact["company_id"])
        if as_json:
            say_json(found)
            return
        say_table(
            ("ID", "NAME", "COMPANY", "LANGUAGE", "JOINED", "MAIL", "ADDRESSES"),
            [
                (
                    each["id"],
                    each["name"],
                    "(staff)" if each["staff"] else each["company"],
                    each["language"],
                    "" if each["joined_at"] is None else each["joined_at"].date().isoformat(),
                    each["mail"],
                    ", ".join(each["addresses"]),
                )
                for each in found
            ],
            empty="there are no such contacts" if search or company or waiting else "there are no contacts yet",
        )

    work(run)


@app.command()
def note(
    contact: ContactId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to keep; an empty text for nothing.")],
    as_json: JsonFlag = False,
) -> None:
    """Keep a note about a contact; they see it in /mydata."""
    number = _read("P", contact)
    kept = people_lists.read_note(text)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import NoteContact

        async with opened() as house:
            name = await perform(house, actor=COMMAND_LINE, command=NoteContact(contact=number, note=kept))
        if as_json:
            say_json({"id": contact.upper(), "name": name, "note": kept})
        else:
            typer.echo(f"{name or contact.upper()}: {kept or 'no note'}")

    work(run)


@app.command()
def erase(
    contact: ContactId,
    yes: Annotated[bool, typer.Option("--yes", help="Also somebody who has consented, with all answers.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Erase a contact and all about them; what remains is a bare proof, and that no list brings them back."""
    number = _read("P", contact)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import EraseContact

        async with opened() as house:
            command = EraseContact(contact=number, keyed=house.hub.person_hash, joined=yes)
            await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            say_json({"id": contact.upper(), "erased": True})
        else:
            typer.echo(f"{contact.upper()} is erased")

    work(run)


@app.command()
def admit(
    contact: ContactId,
    company: Annotated[
        str | None, typer.Option("--company", metavar="ID", help="The company to which they belong, not the one typed.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Let somebody in who waits (HUBTALK_REGISTRATION=approval); the running bot tells them."""
    number = _read("P", contact)
    belongs = None if company is None else _read("C", company)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import AdmitContact

        async with opened() as house:
            newcomer = await _waiting(house, number)
            tells = _told(house, newcomer, "admitted")
            command = AdmitContact(contact=newcomer.contact, company=belongs, tells=tells)
            name = await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            say_json({"id": contact.upper(), "name": name, "state": "admitted", "told": len(tells)})
        else:
            typer.echo(f"{name or contact.upper()} is in")

    work(run)


@app.command()
def decline(contact: ContactId, as_json: JsonFlag = False) -> None:
    """Turn somebody away who waits; they are told, and all about them is erased but a bare proof."""
    number = _read("P", contact)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import DeclineContact

        async with opened() as house:
            newcomer = await _waiting(house, number)
            tells = _told(house, newcomer, "declined")
            command = DeclineContact(contact=newcomer.contact, keyed=house.hub.person_hash, tells=tells)
            await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            say_json({"id": contact.upper(), "state": "declined", "told": len(tells)})
        else:
            typer.echo(f"{contact.upper()} is turned away and erased")

    work(run)


async def _waiting(house: House, number: int) -> Newcomer:
    from bot.domain.desk import public_id
    from bot.errors import UsageError
    from storage.newcomers import newcomer

    found = await house.database.read(lambda: newcomer(number))
    if found is None:
        raise UsageError(
            f"there is no contact {public_id('P', number)}; `hubtalk contacts list --waiting` shows who waits"
        )
    return found


def _told(house: House, newcomer: Newcomer, how: Decision) -> tuple[Tell, ...]:
    from bot.domain.admission import told

    hub = house.hub
    say = house.texts.speaker(newcomer.language)
    return told(say, newcomer, how, hub=hub.name, ask=hub.contact, prompt_id=house.next_id())


def _read(kind: str, text: str) -> int:
    from bot.domain.desk import read_id

    return checked(lambda written: read_id("P" if kind == "P" else "C", written), text)
