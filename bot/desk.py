"""What staff order, carried out: the one way in for the command line, and for dialogues that order the same."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import TypeVar

from bot.domain import desk
from bot.domain.codes import new_code
from bot.domain.people import Role
from bot.errors import FormError
from bot.files.table import Manner, Table, Values
from bot.files.wide import told
from bot.forms.model import Form, Problem
from bot.house import Content, House, code_hash, shown_files
from storage import moving, reports
from storage.codec import to_micros
from storage.desk import Order, carry_out
from storage.reported import FormVersions, Selection

R = TypeVar("R")

COMMAND_LINE = "command line"
CODE_BITS = 60
PSEUDONYM_SIGNS = 10  # 40 bits: among ten thousand companies a clash is a matter of one in twenty thousand


async def perform(house: House, *, actor: str, command: desk.Command[R]) -> R:
    """Carry out one command in one transaction.

    Raises:
        UsageError: it cannot be done as things are; nothing was changed.
        StorageUnavailable, Conflict.
    """
    order = Order(actor=actor, now=to_micros(house.clock.now()), number=house.next_id)
    result: R = await house.database.write(lambda: carry_out(order, command))
    return result


async def look_ahead(house: House, command: desk.PublishForm) -> desk.Outlook | None:
    """Say what a command would change and move, without carrying it out; None: there is no earlier version."""
    digest = hashlib.sha256(command.source).hexdigest()
    return await house.database.read(lambda: moving.look_ahead(command.form, name=command.name, digest=digest))


async def invite(
    house: House,
    *,
    actor: str,
    company: str | None = None,
    company_id: int | None = None,
    role: Role | None = None,
    contact: int | None = None,
    uses: int | None,
    expires_at: datetime | None,
) -> tuple[str, desk.Invited]:
    """Make an invitation; return its code, which is nowhere stored, and what was invited."""
    code = new_code(secrets.randbits(CODE_BITS))
    command = desk.Invite(
        code_hash=code_hash(house.keys, code),
        company=company,
        company_id=company_id,
        role=role,
        contact=contact,
        uses=uses,
        expires_at=expires_at,
    )
    return code, await perform(house, actor=actor, command=command)


def compile_form(source: bytes, *, file_name: str) -> tuple[Form | None, tuple[Problem, ...]]:
    """Compile a sheet of the hub's own content; without a form one of the problems is an error."""
    from bot.forms.source import compile_source  # noqa: PLC0415 -- pyxform is only loaded when a form is compiled

    compiled = compile_source(source, file_name=file_name)
    return compiled.form, compiled.problems


def content_command(content: Content) -> desk.ApplyContent:
    """Compile the forms of a content folder into the command that enters it.

    Raises:
        FormError: one of the forms has errors.
    """
    forms = []
    for item in content.forms:
        form, problems = compile_form(item.source, file_name=item.file_name)
        if form is None:
            wrong = "; ".join(str(problem) for problem in problems if problem.level == "error")
            raise FormError(f"the form {item.file_name} cannot be used: {wrong}")
        forms.append(
            desk.ContentForm(
                form=form,
                name=item.name,
                file_name=item.file_name,
                source=item.source,
                title=item.title,
                files=shown_files(item, form),
            )
        )
    return desk.ApplyContent(
        texts=content.texts,
        milestones=content.milestones,
        forms=tuple(forms),
        notice_version=content.notice_version,
    )


# --- reports ---------------------------------------------------------------------------------------------------------


def table_of(
    house: House,
    chosen: FormVersions,
    *,
    values: Values,
    language: str | None = None,
    pseudonymise: bool = False,
    missing: bool = False,
) -> Table:
    """Return the table of a form's versions; labels are in `language`, else in the hub's first.

    missing: whether what has no answer gets a code that says why.
    """

    def pseudonym(kind: str, number: int) -> str:
        digest = house.keys.digest("pseudonyms", f"{kind}:{number}")
        return f"{'C' if kind == 'company' else 'P'}-{digest[:PSEUDONYM_SIGNS].upper()}"

    return Table(
        chosen.forms,
        manner=Manner(values=values, language=language or house.hub.languages[0], missing=missing),
        pseudonym=pseudonym if pseudonymise else None,
    )


async def latest_row(house: House, *, channel: str, chat: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Return the form and the cells of what was last submitted from a chat, as `export --wide` has them."""
    found = await house.database.read(lambda: reports.latest_response(channel, chat))
    if found is None:
        return None
    response, form = found
    chosen = await house.database.read(lambda: reports.versions(form))
    table = table_of(house, chosen, values="codes")
    pages = reports.stream_responses(house.database, chosen, Selection(only=response))
    async for page in pages:
        for item in page:
            return form, told(table, item)
    return None


__all__ = [
    "COMMAND_LINE",
    "compile_form",
    "content_command",
    "invite",
    "latest_row",
    "look_ahead",
    "perform",
    "table_of",
]
