"""`hubtalk contacts merge` and `unmerge`: two contacts that are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, checked, local, opened, say_json, say_table, work

if TYPE_CHECKING:
    from datetime import tzinfo

    from bot.domain.merging import Collision, Side, Which

_LETTERS: dict[str, Which] = {"A": "kept", "B": "gone"}


def merge(
    kept: Annotated[str, typer.Argument(metavar="A", help="Id of the contact that stays.")],
    gone: Annotated[str, typer.Argument(metavar="B", help="Id of the contact that becomes a part of it.")],
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="FORM=A|B", help="Whose response to a form counts, where both have one."),
    ] = None,
    company: Annotated[
        str | None, typer.Option("--company", metavar="A|B", help="Whose company it is, where they differ.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show both, and what has to be said.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Make one contact of two that are one person; `unmerge` undoes it within 24 hours.

    The stricter wins: messages that nobody asked for come only if both wanted them, a withdrawn consent stays so.
    """
    numbers = _contact(kept), _contact(gone)
    responses = dict(checked(_pick, text) for text in keep or ())
    side = None if company is None else checked(_letter, company)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import MergeContacts
        from bot.domain.merging import Picks, collisions, company_differs
        from storage.desk.merging import both

        async with opened() as house:
            first, second = await house.database.read(lambda: both(*numbers))
            found = collisions(first, second)
            _refuse_unknown(responses, found)
            missing = [f"--keep {each.form}=A|B" for each in found if each.form not in responses]
            if company_differs(first, second) and side is None:
                missing.append("--company A|B")
            told = _told(first, second, found, missing)
            if dry_run or missing:
                _show(told, as_json=as_json, zone=house.hub.timezone)
                if missing and not dry_run:
                    raise typer.BadParameter(f"both sides have their own: say {' '.join(missing)}")
                return
            picks = Picks(responses=responses, company=side)
            command = MergeContacts(kept=numbers[0], gone=numbers[1], picks=picks)
            done = await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            moved = {"responses": done.responses, "addresses": done.addresses, "superseded": done.aside}
            say_json({"kept": told["a"]["id"], "gone": told["b"]["id"], **moved})
        else:
            typer.echo(
                f"{told['b']['id']} is now a part of {told['a']['id']}: {done.responses} responses and "
                f"{done.addresses} addresses moved, {done.aside} responses laid aside"
            )
            typer.echo(f"Within 24 hours `hubtalk contacts unmerge {told['a']['id']}` undoes it")

    work(run)


def unmerge(
    contact: Annotated[str, typer.Argument(metavar="ID", help="Id of one of the two.")], as_json: JsonFlag = False
) -> None:
    """Undo the last merge of a contact, if it is less than 24 hours old; what came since stays with the kept one."""
    number = _contact(contact)

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import UnmergeContacts, public_id

        async with opened() as house:
            done = await perform(house, actor=COMMAND_LINE, command=UnmergeContacts(contact=number))
        ids = public_id("P", done.kept), public_id("P", done.gone)
        if as_json:
            say_json({"kept": ids[0], "gone": ids[1]})
        else:
            typer.echo(f"{ids[0]} and {ids[1]} are two again; what came since the merge stays with {ids[0]}")

    work(run)


def _contact(text: str) -> int:
    from bot.domain.desk import read_id

    return checked(lambda written: read_id("P", written), text)


def _letter(text: str) -> Which:
    if text.upper() not in _LETTERS:
        raise ValueError(f"write A or B, not {text!r}")
    return _LETTERS[text.upper()]


def _pick(text: str) -> tuple[str, Which]:
    form, equals, letter = text.rpartition("=")
    if not (form and equals):
        raise ValueError(f"write it like needs=A, not {text!r}")
    return form, _letter(letter)


def _refuse_unknown(responses: dict[str, Which], found: tuple[Collision, ...]) -> None:
    unknown = sorted(responses.keys() - {each.form for each in found})
    if unknown:
        raise typer.BadParameter(f"not both have a response to {', '.join(unknown)}", param_hint="--keep")


def _told(first: Side, second: Side, found: tuple[Collision, ...], missing: list[str]) -> dict[str, Any]:
    from bot.domain.desk import public_id

    def side(each: Side) -> dict[str, Any]:
        return {
            "id": public_id("P", each.contact),
            "name": each.name,
            "company": None if each.company is None else each.company.name,
            "channels": list(each.channels),
            "responses": len(each.responses),
        }

    def held(each: Collision, which: Which) -> dict[str, Any]:
        one = each.kept if which == "kept" else each.gone
        return {
            "status": one.status,
            "answers": one.answered,
            "channel": one.channel,
            "started_at": one.started_at,
            "changed_at": one.changed_at,
        }

    forms = [{"form": each.form, "a": held(each, "kept"), "b": held(each, "gone")} for each in found]
    return {"a": side(first), "b": side(second), "forms": forms, "missing": missing}


def _show(told: dict[str, Any], *, as_json: bool, zone: tzinfo) -> None:
    if as_json:
        say_json(told)
        return
    say_table(
        ("", "ID", "NAME", "COMPANY", "CHANNELS", "RESPONSES"),
        [
            (key.upper(), told[key]["id"], told[key]["name"], told[key]["company"], ", ".join(told[key]["channels"]),
             told[key]["responses"])
            for key in ("a", "b")
        ],
        empty="",
    )  # fmt: skip
    lines = [
        (each["form"], key.upper(), each[key]["status"], each[key]["answers"], each[key]["channel"],
         local(each[key]["started_at"], zone), local(each[key]["changed_at"], zone))
        for each in told["forms"]
        for key in ("a", "b")
    ]  # fmt: skip
    if lines:
        typer.echo("")
        say_table(("FORM", "OF", "STATUS", "ANSWERS", "CHANNEL", "STARTED", "LAST CHANGE"), lines, empty="")
    if not told["missing"]:
        typer.echo("\nNothing has to be said; without --dry-run they become one")
