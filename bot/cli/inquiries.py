"""`hubtalk inquiries`: what contacts ask the team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opening import JsonFlag, local, opened, say_json, say_table, work

if TYPE_CHECKING:
    from bot.domain.inquiries import Inquiry
    from bot.house import House

app = typer.Typer(help="What contacts ask the team.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Its number, from `hubtalk inquiries list`.")]
AT_ONCE = 500


@app.command("list")
def list_inquiries(as_json: JsonFlag = False) -> None:
    """List the inquiries: who waits comes first, what is settled last."""

    async def run() -> None:
        from storage.inquiries import lines

        found = []
        async with opened() as house:
            page = 1
            while True:
                listed, total, _ = await house.database.read(lambda page=page: lines(page=page, size=AT_ONCE))  # type: ignore[misc]
                found += listed
                page += 1
                if not listed or len(found) >= total:
                    break
        if as_json:
            say_json(
                [
                    {
                        "number": line.number,
                        "state": line.state,
                        "name": line.name,
                        "company": line.company,
                        "waiting": line.waiting,
                        "since": line.since,
                        "assigned_to": line.assigned_name or None,
                    }
                    for line in found
                ]
            )
            return
        zone = house.hub.timezone
        say_table(
            ("NUMBER", "STATE", "SINCE", "NAME", "COMPANY", "ASSIGNED TO"),
            [
                (
                    line.number,
                    "waiting" if line.waiting else line.state,
                    local(line.since, zone),
                    line.name,
                    line.company,
                    line.assigned_name,
                )
                for line in found
            ],
            empty="there are no inquiries yet",
        )

    work(run)


@app.command()
def show(number: Number, as_json: JsonFlag = False) -> None:
    """Show what was said about an inquiry."""

    async def run() -> None:
        async with opened() as house:
            inquiry = await _found(house, number)
        if as_json:
            say_json(_document(inquiry))
            return
        zone = house.hub.timezone
        typer.echo(f"{inquiry.number} {inquiry.state}: {inquiry.name or '–'}, {inquiry.company or '–'}")
        if inquiry.quote:
            typer.echo(f"about: {inquiry.quote}")
        for post in inquiry.posts:
            who = f"{post.name or 'the team'} (team)" if post.from_team else inquiry.name or "–"
            files = f" [{post.files} files]" if post.files else ""
            lost = "" if post.arrived else " [did not arrive]"
            typer.echo(f"{local(post.sent_at, zone)} {who}: {post.body}{files}{lost}")

    work(run)


@app.command()
def reply(
    number: Number,
    text: Annotated[str, typer.Argument(help="What the contact reads, in their language.")],
    as_json: JsonFlag = False,
) -> None:
    """Answer an inquiry; the running bot sends it to where the contact can be reached."""

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import ReplyToInquiry
        from bot.domain.inbox import answer_message
        from bot.domain.inquiries import TEXT_LIMIT
        from bot.domain.messages import PromptId
        from bot.domain.scene import Tell
        from bot.errors import UsageError

        words = text.strip()
        if not words or len(words) > TEXT_LIMIT:
            raise typer.BadParameter(f"an answer has between 1 and {TEXT_LIMIT} characters")
        async with opened() as house:
            inquiry = await _found(house, number)
            if inquiry.address is None:
                raise UsageError(f"the contact of inquiry {number} cannot be reached at present; nothing was sent")
            say = house.texts.speaker(inquiry.language)
            prompt_id = PromptId(house.next_id())
            message, prompt = answer_message(say, inquiry, words, author="", prompt_id=prompt_id)
            tell = Tell.of(inquiry.address, message, contact=inquiry.contact, language=inquiry.language, prompt=prompt)
            command = ReplyToInquiry(
                inquiry=inquiry.id,
                message=house.next_id(),
                author=None,
                body=words,
                prompt=prompt_id,
                tells=(tell,),
            )
            await perform(house, actor=COMMAND_LINE, command=command)
        if as_json:
            say_json({"number": number, "state": "open", "channel": inquiry.address.channel})
        else:
            typer.echo(f"the answer to inquiry {number} is on its way by {inquiry.address.channel}")

    work(run)


@app.command()
def close(number: Number, as_json: JsonFlag = False) -> None:
    """Say that an inquiry is settled."""

    async def run() -> None:
        from bot.desk import COMMAND_LINE, perform
        from bot.domain.desk import CloseInquiry

        async with opened() as house:
            inquiry = await _found(house, number)
            await perform(house, actor=COMMAND_LINE, command=CloseInquiry(inquiry=inquiry.id))
        if as_json:
            say_json({"number": number, "state": "closed"})
        else:
            typer.echo(f"inquiry {number} is closed")

    work(run)


async def _found(house: House, number: int) -> Inquiry:
    from bot.errors import UsageError
    from storage.inquiries import chosen

    found = await house.database.read(lambda: chosen(numbers=[number]))
    if not found:
        raise UsageError(f"there is no inquiry {number}; `hubtalk inquiries list` shows them")
    return found[0]


def _document(inquiry: Inquiry) -> dict[str, Any]:
    return {
        "number": inquiry.number,
        "state": inquiry.state,
        "name": inquiry.name,
        "company": inquiry.company or None,
        "about": inquiry.quote or None,
        "assigned_to": inquiry.assigned_name or None,
        "channel": inquiry.address.channel if inquiry.address is not None else None,
        "opened_at": inquiry.opened_at,
        "waiting_since": inquiry.waiting_since,
        "closed_at": inquiry.closed_at,
        "messages": [
            {
                "from": "team" if post.from_team else "contact",
                "name": post.name or None,
                "text": post.body,
                "files": post.files,
                "arrived": post.arrived,
                "sent_at": post.sent_at,
            }
            for post in inquiry.posts
        ],
    }
