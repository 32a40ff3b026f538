"""The surface of the command line, without running a command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli.root import app

ROOT = Path(__file__).parents[3]
CONVERSATIONS = {
    "run",
    "chat",
    "broadcast watch",
    "forms preview",
    "forms download",
    "forms simulate",
    "forms evaluate",
}


def commands(group: Any = None, *, above: str = "") -> Iterator[tuple[str, Any]]:
    """All commands with their whole names."""
    root: Any = group or get_command(app)
    for name, command in root.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, above=f"{above}{name} ")
        else:
            yield f"{above}{name}", command


ALL = dict(commands())


def test_every_command_that_prints_a_thing_has_json_and_its_fields_are_documented() -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    named = {name for name, command in ALL.items() if any("--json" in each.opts for each in command.params)}
    assert named == ALL.keys() - CONVERSATIONS
    assert [name for name in named if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_and_option_explains_itself(name: str) -> None:
    command = ALL[name]
    assert command.help
    assert [param.name for param in command.params if not getattr(param, "help", None)] == []
    shown = CliRunner().invoke(app, [*name.split(), "--help"])
    assert (shown.exit_code, "Usage:" in shown.output) == (0, True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("export needs -f xlsx", "later version"),
        ("export needs -f sav", "later version"),
        ("export needs -f parquet", "later version"),
        ("export needs -f txt", "none of"),
        ("export needs -f jsonl --excel", "csv alone"),
        ("export needs --json", "-o FILE"),
        ("export", "Missing argument"),
        ("invite", "either --company"),
        ("invite --company X --role admin", "either --company"),
        ("invite --company X --expires soon", "30d"),
        ("invite --company X --uses 0", "from 1 to 100000"),
        ("invite --contact X", "no id"),
        ("invite --companies all", "goes with --sheet"),
        ("invite --company X --qr code.gif", "FILE.png or FILE.svg"),
        ("invite --tag metal --sheet x.pdf", "KEY=VALUE"),
        ("invite --company X --each-contact", "--companies all or --tag"),
        ("invitations revoke X", "no id"),
        ("contacts admit X", "no id"),
        ("contacts decline X", "no id"),
        ("roles grant 4711 admin", "telegram:4711"),
        ("roles grant telegram:4711 king", "king"),
        ("companies confirm 12", "no id"),
        ("forms check nowhere.xlsx", "does not exist"),
        ("chat --as two\twords", "one word"),
        ("wrong", "No such command"),
    ],
)
def test_wrong_usage_ends_with_two_and_says_what_is_right(line: str, says: str) -> None:
    done = CliRunner().invoke(app, line.split(" "))
    assert (done.exit_code, says in done.output) == (2, True), done.output
