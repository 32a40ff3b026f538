"""The command `hubtalk`: a file a group of commands, loaded when it is used."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from bot.cli.root import main as run

    run()
