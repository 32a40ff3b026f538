"""`hubtalk broadcast recipients` and `hubtalk broadcast audience`: who got it, and who shall get the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.broadcast import Number, look
from bot.cli.opening import JsonFlag, local, opened, say_json, say_table, work
from bot.cli.output import written

if TYPE_CHECKING:
    from bot.domain.broadcasts.model import DeliveryStates
    from bot.domain.broadcasts.recipients import Recipient
    from bot.house import House

app = typer.Typer(help="Audiences that have a name, for `--audience saved=NAME`.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What it is called.")]


def recipients(
    number: Number,
    state: Annotated[
        list[str] | None, typer.Option(metavar="STATE", help="Only those: sent, failed, unknown, skipped …")
    ] = None,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write a csv; - is stdout.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """List who got it, who did not, and why."""

    async def run() -> None:
        from bot.domain.broadcasts.model import STATES

        wanted = [name for name in STATES if name in state] if state else list(STATES)
        if state and (unknown := sorted(set(state) - set(STATES))):
            raise typer.BadParameter(f"{unknown[0]!r} is no state; there is {', '.join(STATES)}")
        async with opened() as house:
            await look(house, number)
            if output:
                await _write(house, number, wanted, output)
                return
            found = [each async for page in _pages(house, number, wanted) for each in page]
            zone = house.hub.timezone
        if as_json:
            say_json([_document(each) for each in found])
            return
        say_table(
            ("CONTACT", "NAME", "COMPANY", "CHANNEL", "STATE", "REASON", "AT"),
            [
                (
                    each.contact,
                    each.name,
                    each.company,
                    each.channel,
                    each.state,
                    each.reason or each.kept,
                    local(each.finished_at, zone) if each.finished_at is not None else "",
                )
                for each in found
            ],
            empty="nobody",
        )

    work(run)


async def _pages(house: House, number: int, states: Sequence[DeliveryStates]) -> AsyncIterator[list[Recipient]]:
    from storage.broadcasts_report import recipients as page_of

    after = 0
    while True:
        page, after = await house.database.read(lambda: page_of(number, states=states, after=after))  # noqa: B023
        if not page:
            return
        yield page


async def _write(house: House, number: int, states: Sequence[DeliveryStates], output: str) -> None:
    from bot.work.broadcasts import as_csv

    say = house.texts.speaker(house.hub.languages[0])
    with written(output) as file:
        file.write(as_csv([], say))
        async for page in _pages(house, number, states):
            file.write(as_csv(page, say, head=False))


def _document(each: Recipient) -> dict[str, Any]:
    return {
        "contact": each.contact,
        "name": each.name,
        "company": each.company or None,
        "channel": each.channel or None,
        "state": each.state,
        "reason": each.reason or None,
        "finished_at": each.finished_at,
        "attempts": each.attempts,
        "edition": each.edition,
        "kept": each.kept or None,
    }


@app.command("list")
def list_audiences(as_json: JsonFlag = False) -> None:
    """List the named audiences."""

    async def run() -> None:
        from storage.audience import listing

        async with opened() as house:
            found = await house.database.read(listing)
        if as_json:
            say_json([{"name": name, "rules": list(rules)} for name, rules in found])
        else:
            say_table(
                ("NAME", "RULES"),
                [(name, "; ".join(rules)) for name, rules in found],
                empty="no audience has a name yet",
            )

    work(run)


@app.command()
def save(
    name: Name,
    rules: Annotated[list[str], typer.Argument(metavar="RULE…", help="As in `broadcast create --audience`.")],
    as_json: JsonFlag = False,
) -> None:
    """Give an audience a name; one of that name is replaced."""

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import SaveAudience

        async with opened() as house:
            await perform(house, actor=COMMAND_LINE, command=SaveAudience(name=name, rules=tuple(rules)))
        if as_json:
            say_json({"name": name, "rules": rules})
        else:
            typer.echo(f"saved; write to them with --audience 'saved={name}'")

    work(run)


@app.command()
def drop(name: Name, as_json: JsonFlag = False) -> None:
    """Forget a named audience."""

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import DropAudience

        async with opened() as house:
            await perform(house, actor=COMMAND_LINE, command=DropAudience(name=name))
        if as_json:
            say_json({"name": name, "dropped": True})
        else:
            typer.echo(f"{name} is forgotten")

    work(run)


def add_to(group: typer.Typer) -> None:
    """Add the commands to `hubtalk broadcast`."""
    group.command("recipients")(recipients)
    group.add_typer(app, name="audience")
