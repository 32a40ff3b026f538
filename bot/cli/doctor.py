"""`hubtalk doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import typer

from bot.cli.opening import JsonFlag, say_json, work

MARKS = {"ok": "ok     ", "warning": "warning", "error": "error  "}


def doctor(as_json: JsonFlag = False) -> None:
    """Say what is wrong here, and how to mend it.

    Looks at configuration, secret, data directory, database, channels and clock.
    """

    async def run() -> list[dict[str, str]]:
        from bot.cli.checkup import examine

        return [
            {"what": found.what, "state": found.state, "message": found.message, "mend": found.mend}
            async for found in examine()
        ]

    found = work(run)
    broken = any(each["state"] == "error" for each in found)
    if as_json:
        say_json({"ok": not broken, "checks": found})
    else:
        for each in found:
            typer.echo(f"{MARKS[each['state']]}  {each['what']}: {each['message']}")
            if each["mend"]:
                typer.echo(f"         -> {each['mend']}")
    if broken:
        raise typer.Exit(1)
