"""The root of the command line: which commands there are; errors of ours become one line and exit code 1."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from bot.cli import (
    broadcast,
    broadcast_create,
    broadcast_people,
    chat,
    companies,
    contacts,
    db,
    doctor,
    export,
    forms,
    hub,
    inquiries,
    invitations,
    progress,
    roles,
)
from bot.errors import HubtalkError

app = typer.Typer(
    name="hubtalk",
    help="A chatbot with which a regional programme listens to its companies.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    # Plain help opens a tenth of a second sooner, and reads well in every terminal, pipe and screen reader.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hubtalk {version('hubtalk')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    del version


@app.command()
def run() -> None:
    """Start every configured channel.

    SIGTERM or Ctrl-C drains and stops, a second one ends at once.
    """
    from bot.cli import serve

    serve.run()


app.command("chat")(chat.chat)
app.add_typer(forms.app, name="forms")
app.command("export")(export.export)
app.command("invite")(invitations.invite)
app.command("progress")(progress.progress)
app.add_typer(invitations.app, name="invitations")
app.add_typer(roles.app, name="roles")
app.add_typer(companies.app, name="companies")
app.add_typer(contacts.app, name="contacts")
app.add_typer(inquiries.app, name="inquiries")
broadcast_create.add_to(broadcast.app)
broadcast_people.add_to(broadcast.app)
app.add_typer(broadcast.app, name="broadcast")
app.add_typer(hub.app, name="hub")
app.add_typer(db.app, name="db")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run one command line."""
    try:
        app()
    except HubtalkError as error:
        typer.echo(f"hubtalk: {error}", err=True)
        _end(1)
    except KeyboardInterrupt:
        _end(130)
    except BrokenPipeError:
        _end(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"hubtalk: {place}{error.strerror or type(error).__name__}", err=True)
        _end(1)
    finally:
        _let_go_of_output()


def _end(code: int) -> None:
    _let_go_of_output()
    raise SystemExit(code) from None


def _let_go_of_output() -> None:
    """Write what is left; whoever read our output and went away (`| head`) is no error worth a traceback."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
