"""Rows for people who work with the data: responses in constant memory, and what lists and exports show."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select

from bot.domain.desk import ReportedResponse
from bot.errors import UsageError
from bot.forms.store import from_json
from storage.codec import from_micros, load
from storage.driver import Database, Snapshot
from storage.reported import COUNTS, NOT_STAFF, PAGE, FormVersions, Selection, read_page
from storage.statements import Row, Statement, Steps, any_of, one, rows
from storage.tables import (
    addresses,
    contacts,
    form_versions,
    forms,
    heartbeats,
    identities,
    interviews,
    repeat_instances,
    responses,
    rights,
)

VERSIONS = Statement(
    select(form_versions.c.id, form_versions.c.number, form_versions.c.compiled)
    .select_from(form_versions.join(forms))
    .where(forms.c.name == bindparam("form"))
    .order_by(form_versions.c.number),
    name="versions of form",
)
_SIBLINGS = (
    select(repeat_instances.c.path, func.count().label("count"))
    .select_from(repeat_instances.join(responses, responses.c.id == repeat_instances.c.response_id))
    .where(any_of(responses.c.form_version_id, "versions"), COUNTS)
    .group_by(repeat_instances.c.response_id, repeat_instances.c.path, repeat_instances.c.parent_id)
    .subquery()
)
WIDTHS = Statement(
    select(_SIBLINGS.c.path, func.max(_SIBLINGS.c.count)).group_by(_SIBLINGS.c.path), name="most instances"
)
LATEST_RESPONSE = Statement(
    select(responses.c.id, forms.c.name, responses.c.language)
    .select_from(
        responses.join(forms, forms.c.id == responses.c.form_id).join(
            addresses,
            or_(
                addresses.c.contact_id == responses.c.contact_id,
                and_(
                    responses.c.respondent == "company",
                    exists().where(
                        interviews.c.response_id == responses.c.id,
                        interviews.c.contact_id == addresses.c.contact_id,
                    ),
                ),
            ),
        )
    )
    .where(
        addresses.c.channel == bindparam("channel"),
        addresses.c.chat == bindparam("chat"),
        responses.c.status == "submitted",
        COUNTS,
    )
    .order_by(responses.c.submitted_at.desc())
    .limit(1),
    name="latest response of chat",
)
LANGUAGE_OF_CHAT = Statement(
    select(contacts.c.language)
    .select_from(addresses.join(contacts, contacts.c.id == addresses.c.contact_id))
    .where(addresses.c.channel == bindparam("channel"), addresses.c.chat == bindparam("chat")),
    name="language of chat",
)


def versions(form: str, *, number: int | None = None) -> Steps[FormVersions]:
    """Return a form's versions, or one of them.

    Raises:
        UsageError: there is no such form or version.
    """
    found: list[Row] = yield from rows(VERSIONS, form=form)
    if not found:
        raise UsageError(f"there is no form {form!r}; `hubtalk forms list` names them")
    chosen = [row for row in found if number is None or row[1] == number]
    if not chosen:
        raise UsageError(f"the form {form!r} has no version {number}; its newest is {found[-1][1]}")
    return FormVersions(forms={row[1]: from_json(row[2]) for row in chosen}, numbers={row[0]: row[1] for row in chosen})


def widths(chosen: FormVersions) -> Steps[dict[str, int]]:
    """Return the most instances that any response has in one place, by the repeat's path."""
    return {path: int(count) for path, count in (yield from rows(WIDTHS, versions=list(chosen.numbers)))}


async def stream_responses(
    database: Database, chosen: FormVersions, selection: Selection
) -> AsyncGenerator[list[ReportedResponse], None]:
    """Give the responses page by page, oldest first, all of one moment, in constant memory."""
    async with database.snapshot() as snapshot:
        after = -1 if selection.only is None else selection.only - 1
        while page := await _page(snapshot, chosen, selection, after):
            if selection.only is not None:
                yield [response for response in page if response.id == selection.only]
                return
            yield page
            if len(page) < PAGE:
                return
            after = page[-1].id


async def _page(snapshot: Snapshot, chosen: FormVersions, selection: Selection, after: int) -> list[ReportedResponse]:
    return await snapshot.read(lambda: read_page(chosen, selection, after=after))


def latest_response(channel: str, chat: str) -> Steps[tuple[int, str] | None]:
    """Return the response last submitted from a chat, and its form's name."""
    row = yield from one(LATEST_RESPONSE, channel=channel, chat=chat)
    return None if row is None else (int(row[0]), str(row[1]))


def language_of(channel: str, chat: str) -> Steps[str | None]:
    """Return the language of the contact in a chat."""
    row = yield from one(LANGUAGE_OF_CHAT, channel=channel, chat=chat)
    return None if row is None else str(row[0])


# --- lists -----------------------------------------------------------------------------------------------------------

_NEWEST = (
    select(form_versions.c.form_id, func.max(form_versions.c.number).label("number"))
    .group_by(form_versions.c.form_id)
    .subquery()
)
FORMS = Statement(
    select(forms.c.id, forms.c.name, forms.c.state, form_versions.c.number, form_versions.c.title)
    .select_from(
        forms.join(_NEWEST, _NEWEST.c.form_id == forms.c.id).join(
            form_versions,
            and_(form_versions.c.form_id == _NEWEST.c.form_id, form_versions.c.number == _NEWEST.c.number),
        )
    )
    .order_by(forms.c.created_at, forms.c.id),
    name="list of forms",
)
RESPONSE_COUNTS = Statement(
    select(responses.c.form_id, responses.c.status, func.count())
    .select_from(responses.outerjoin(contacts, contacts.c.id == responses.c.contact_id))
    .where(NOT_STAFF, COUNTS)
    .group_by(responses.c.form_id, responses.c.status),
    name="count responses",
)
SOURCE = Statement(
    select(form_versions.c.file_name, form_versions.c.source, form_versions.c.number, form_versions.c.id)
    .select_from(form_versions.join(forms))
    .where(forms.c.name == bindparam("form"))
    .order_by(form_versions.c.number.desc())
    .limit(1),
    name="source of form",
)
RIGHTS = Statement(
    select(
        rights.c.channel, rights.c.person, rights.c.role, rights.c.source, rights.c.granted_by, rights.c.granted_at
    ).order_by(rights.c.role, rights.c.channel, rights.c.person),
    name="list of rights",
)
IDENTITIES = Statement(
    select(identities.c.channel, identities.c.name, identities.c.link).order_by(identities.c.channel),
    name="list of identities",
)
HEARTBEATS = Statement(select(heartbeats.c.name, heartbeats.c.beat_at), name="heartbeats")


def list_forms() -> Steps[list[dict[str, Any]]]:
    """Return every form with its newest version and how many responses there are."""
    counts = {(row[0], row[1]): row[2] for row in (yield from rows(RESPONSE_COUNTS))}
    return [
        {
            "name": name,
            "title": load(title),
            "state": state,
            "version": number,
            "partial": counts.get((form, "partial"), 0),
            "submitted": counts.get((form, "submitted"), 0),
        }
        for form, name, state, number, title in (yield from rows(FORMS))
    ]


def source_of(form: str) -> Steps[tuple[str, bytes, int, int]]:
    """Return file name, bytes, number and id of a form's newest version.

    Raises:
        UsageError: there is no such form.
    """
    row = yield from one(SOURCE, form=form)
    if row is None:
        raise UsageError(f"there is no form {form!r}; `hubtalk forms list` names them")
    return str(row[0]), bytes(row[1]), int(row[2]), int(row[3])


def list_rights() -> Steps[list[dict[str, Any]]]:
    """Return who has which role, and where it comes from."""
    return [
        {
            "address": f"{channel}:{person}",
            "role": role,
            "source": source,
            "granted_by": granted_by,
            "granted_at": from_micros(granted_at),
        }
        for channel, person, role, source, granted_by, granted_at in (yield from rows(RIGHTS))
    ]


def list_identities() -> Steps[dict[str, tuple[str, str | None]]]:
    """Return who we are on each channel that connected once: name and link."""
    return {channel: (name, link) for channel, name, link in (yield from rows(IDENTITIES))}


def last_moments() -> Steps[dict[str, datetime]]:
    """Return when each part of a running bot last said that it lives."""
    return {name: from_micros(beat_at) for name, beat_at in (yield from rows(HEARTBEATS))}
