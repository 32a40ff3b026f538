"""The root of the command line: which commands there are; errors of ours become one line and exit code 1."""

from __future__ import annotations

import sys

import typer

from bot.cli import chat, serve
from bot.errors import HubtalkError

app = typer.Typer(
    name="hubtalk",
    help="A chatbot with which a regional programme listens to its companies.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(serve.run)
app.command("chat")(chat.chat)


def run() -> None:
    """Run one command line."""
    try:
        app()
    except HubtalkError as error:
        print(f"hubtalk: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
