"""The opened house: database at its schema, content entered, the hub as it speaks now; everything starts from here."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.codes import new_code, plain_code
from bot.domain.filing import media_names
from bot.domain.messages import Address
from bot.domain.scene import Hub
from bot.domain.speech import Catalogue
from bot.errors import ConfigurationError, FormError
from bot.forms.model import Form
from bot.runtime.clock import Ids, SystemClock
from bot.texts import load_texts
from config.hub import Content, FormFile, media_in, read_content
from config.secret import Keys, load_secret
from config.settings import SHIPPED_CONTENT, Settings
from storage import hub as hub_rows
from storage import schema
from storage.codec import to_micros
from storage.driver import Database, open_database
from storage.library import Library
from storage.statements import Steps

log = logging.getLogger(__name__)

DEMO = "demo"
WEEK = 7  # days
CODE_BITS = 60


@dataclass(slots=True, kw_only=True)
class House:
    """What every command and channel needs."""

    settings: Settings
    database: Database
    texts: Catalogue
    keys: Keys
    hub: Hub
    library: Library
    clock: SystemClock
    next_id: Ids
    courtesy: Courtesy


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: SystemClock | None = None, alone: bool = False
) -> AsyncIterator[House]:
    """Open the database, bring its schema up to date, let content enter an empty one.

    Args:
        settings: where, and who is an admin from the start.
        clock: the time.
        alone: HUBTALK_ADMINS is all there is, admins by an older setting are none any more (`hubtalk run` says so;
            other commands may run without that setting and must not take rights away).

    Raises:
        ConfigurationError, SchemaTooNew, StorageUnavailable.
    """
    clock = clock or SystemClock()
    keys = load_secret(settings).keys
    database = await open_at_schema(settings)
    try:
        next_id = Ids()
        await _let_content_enter(settings, database, clock, next_id)
        await _set_admins(settings, database, clock, alone=alone)
        texts = load_texts(settings.hub.languages, timezone=settings.hub.zone)
        hub = await load_hub(settings, database, keys)
        yield House(
            settings=settings,
            database=database,
            texts=texts,
            keys=keys,
            hub=hub,
            library=Library(),
            clock=clock,
            next_id=next_id,
            courtesy=courtesy_of(settings),
        )
    finally:
        await database.close()


def courtesy_of(settings: Settings) -> Courtesy:
    """Return the hub's courtesy hours."""
    hours, frequency = settings.courtesy.quiet_hours, settings.courtesy.frequency
    return Courtesy(
        zone=settings.hub.zone,
        quiet=None if hours is None else (hours.start, hours.end),
        working_days=settings.courtesy.working_days,
        is_holiday=_Holidays(settings.courtesy.land) if len(settings.courtesy.working_days) < WEEK else _no_holiday,
        most=0 if frequency is None else frequency.most,
        within=timedelta(days=7) if frequency is None else frequency.within,
    )


class _Holidays:
    """The public holidays of a Land; the calendar is loaded when it is first looked into."""

    def __init__(self, land: str) -> None:
        self._land = land
        self._days: Container[date] | None = None

    def __call__(self, day: date) -> bool:
        if self._days is None:
            import holidays  # noqa: PLC0415 -- no command needs it to start

            self._days = holidays.country_holidays("DE", subdiv=self._land)
        return day in self._days


def _no_holiday(day: date) -> bool:
    """Who works on all days of the week works on holidays too."""
    del day
    return False


async def open_at_schema(settings: Settings) -> Database:
    """Return the database with the present schema, migrated if that is due and allowed."""
    database = await open_database(settings.database_url)
    try:
        present = await schema.check(database)
    except BaseException:
        await database.close()
        raise
    if present:
        return database
    await database.close()
    if not settings.migrate:
        raise ConfigurationError("the database needs `hubtalk db upgrade` (HUBTALK_MIGRATE is false)")
    await schema.upgrade(settings.database_url)
    return await open_database(settings.database_url)


async def load_hub(settings: Settings, database: Database, keys: Keys) -> Hub:
    """Return the hub as it speaks now: texts with the controller's fields filled in, and their hashes."""
    written = await database.read(hub_rows.texts)
    values = await database.read(hub_rows.settings)
    fields = {
        "{hub}": settings.hub.name,
        "{controller}": settings.hub.controller or DEMO,
        "{contact}": settings.hub.contact or DEMO,
        "{dpo}": settings.hub.dpo or DEMO,
        "{matrix}": settings.matrix.user_id or DEMO,
    }
    filled = {key: _fill(body, fields) for key, body in written.items()}
    return Hub(
        name=settings.hub.name,
        languages=settings.hub.languages,
        timezone=settings.hub.zone,
        registration=settings.registration,
        texts=filled,
        hashes={key: hashlib.sha256(body.encode()).hexdigest() for key, body in filled.items()},
        notice_version=values.get("notice_version", "1"),
        code_hash=lambda code: code_hash(keys, code),
        person_hash=lambda address: keys.digest("suppression", address),
        channels=settings.channels,
        fresh_code=lambda: new_code(secrets.randbits(CODE_BITS)),
        contact=settings.hub.contact or "",
        file_limit=settings.attachments.limit,
        remind_after=settings.inbox.remind_after,
    )


def code_hash(keys: Keys, code: str) -> str:
    """Return what is stored of an invitation's code, "" if the text cannot be one."""
    plain = plain_code(code)
    return keys.digest("codes", plain) if plain else ""


def _fill(body: str, fields: Mapping[str, str]) -> str:
    for field, value in fields.items():
        body = body.replace(field, value)
    return body


async def _let_content_enter(settings: Settings, database: Database, clock: SystemClock, next_id: Ids) -> None:
    if await database.read(hub_rows.entered):
        return
    content = read_content(settings.content_dir or SHIPPED_CONTENT)
    forms = [(item, _compile(item)) for item in content.forms]
    now = to_micros(clock.now())

    def enter() -> Steps[None]:
        if (yield from hub_rows.entered()):
            return
        yield from hub_rows.enter_texts(content.texts, notice_version=content.notice_version, now=now)
        yield from hub_rows.enter_milestones(content.milestones, number=next_id)
        for item, form in forms:
            yield from hub_rows.publish(
                form,
                name=item.name,
                title=item.title,
                file_name=item.file_name,
                source=item.source,
                files=shown_files(item, form),
                now=now,
                number=next_id,
            )

    await database.write(enter)
    log.info("content entered: %d forms, %d texts", len(forms), len(content.texts))


def shown_files(item: FormFile, form: Form) -> Mapping[str, bytes] | None:
    """Return what a form of a content folder shows, None without a folder for it."""
    return None if item.media is None else media_in(item.media, media_names(form))[0]


def _compile(item: FormFile) -> Form:
    from bot.forms.source import compile_source  # noqa: PLC0415 -- pyxform is only loaded when a form is compiled

    compiled = compile_source(item.source, file_name=item.file_name)
    if compiled.form is None:
        problems = "; ".join(str(problem) for problem in compiled.problems if problem.level == "error")
        raise FormError(f"the content's form {item.file_name} cannot be used: {problems}")
    return compiled.form


async def _set_admins(settings: Settings, database: Database, clock: SystemClock, *, alone: bool) -> None:
    """Let HUBTALK_ADMINS be admins; only the running bot takes away what an older setting gave."""
    persons = [Address.parse(text) for text in settings.admins]
    if not persons and not alone:
        return
    now = to_micros(clock.now())
    await database.write(
        lambda: hub_rows.set_admins([(person.channel, person.chat) for person in persons], now=now, alone=alone)
    )


__all__ = ["Content", "House", "code_hash", "load_hub", "open_at_schema", "open_house", "shown_files"]
