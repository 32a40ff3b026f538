"""The examination behind `hubtalk doctor`: one finding a part."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from bot.channels import build_channels, channels_of
from bot.cli.content import problems_of
from bot.errors import (
    AlreadyRunning,
    ChannelRefused,
    ChannelUnavailable,
    ConfigurationError,
    HubtalkError,
    StorageError,
)
from bot.house import open_house
from bot.ports import Channel
from config.logging import setup
from config.secret import FILE_NAME, SOLID_LENGTH, load_secret
from config.settings import Settings, load_settings, require_for_run
from storage import attachments, broadcasts, integrity, reports, schema
from storage.codec import to_micros
from storage.driver import Database, open_database
from storage.locks import RunLock
from storage.shelf import Shelf
from storage.statements import many
from storage.unit_of_work import HEARTBEAT

CHANNEL_TIMEOUT = 15  # seconds a platform gets to answer
SPACE_NEEDED = 200 * 2**20  # bytes; a thousand responses take less than ten megabytes, a backup as much again
NEARLY_FULL = 0.9  # of the quota for files; then there is time to raise it
TOLERANCE = timedelta(minutes=2)  # two machines on one database may differ by that


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, and how it is."""

    what: str
    state: Literal["ok", "warning", "error"] = "ok"
    message: str
    mend: str = ""


async def examine() -> AsyncGenerator[Finding, None]:
    """Look at everything, as far as one can come."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        yield Finding(what="configuration", state="error", message=str(error), mend="docs/configuration.md lists them")
        return
    setup("error", format=settings.log.format, secrets=settings.secrets())
    for finding in (*_configuration(settings), *_secret(settings), *_data_dir(settings)):
        yield finding
    async with aclosing(_running(settings)) as running:
        async for finding in running:
            yield finding
    async with aclosing(_database(settings)) as database:
        async for finding in database:
            yield finding
    async with aclosing(_channels(settings)) as channels:
        async for finding in channels:
            yield finding


def _configuration(settings: Settings) -> Iterator[Finding]:
    try:
        require_for_run(settings)
    except ConfigurationError as error:
        yield Finding(what="configuration", state="error", message=str(error), mend="`hubtalk run` needs them")
    else:
        yield Finding(what="configuration", message=f"{settings.hub.name}, {', '.join(settings.hub.languages)}")
    if settings.content_dir is not None:
        wrong = [problem for problem in problems_of(settings.content_dir) if problem.level == "error"]
        if wrong:
            mend = f"hubtalk hub check {settings.content_dir}"
            yield Finding(what="content", state="error", message=f"{len(wrong)} errors; {wrong[0]}", mend=mend)
        else:
            yield Finding(what="content", message=f"{settings.content_dir} is in order")


def _secret(settings: Settings) -> Iterator[Finding]:
    path = settings.data_dir / FILE_NAME
    if settings.secret is None and not path.exists():
        yield Finding(
            what="secret",
            state="warning",
            message="there is none yet; the first start makes one in the data directory",
            mend="set HUBTALK_SECRET (or a file in HUBTALK_SECRETS_DIR), so that it lies apart from the data",
        )
        return
    try:
        secret = load_secret(settings)
    except ConfigurationError as error:
        yield Finding(what="secret", state="error", message=str(error), mend="put it back from a backup")
        return
    if not secret.solid:
        yield Finding(
            what="secret",
            state="warning",
            message=f"it has fewer than {SOLID_LENGTH} characters and may be guessed",
            mend="before the first invitation take a better one (openssl rand -base64 32); it voids all codes",
        )
    elif secret.path is not None:
        yield Finding(
            what="secret",
            state="warning",
            message=f"it lies beside the data, in {secret.path}",
            mend="move its content to HUBTALK_SECRET or a file in HUBTALK_SECRETS_DIR, then delete that file",
        )
    else:
        yield Finding(what="secret", message="set, apart from the data")


def _data_dir(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.exists():
        parent = next(path for path in folder.parents if path.exists())
        if os.access(parent, os.W_OK):
            yield Finding(what="data directory", message=f"{folder} is not there yet; the first start makes it")
        else:
            mend = f"make {folder} for the user that runs hubtalk"
            yield Finding(what="data directory", state="error", message=f"{parent} is not writable", mend=mend)
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        mend = f"chown {os.geteuid()} {folder}"
        yield Finding(what="data directory", state="error", message=f"{folder} is not writable", mend=mend)
    elif _open_to_others(folder):
        message = f"others on this machine can look into {folder}"
        yield Finding(what="data directory", state="warning", message=message, mend=f"chmod 700 {folder}")
    else:
        yield Finding(what="data directory", message=str(folder))
    free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        message = f"{free // 2**20} MB are left"
        yield Finding(what="disk", state="warning", message=message, mend=f"make room on the disk of {folder}")


def _open_to_others(folder: Path) -> bool:
    return bool(folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


async def _running(settings: Settings) -> AsyncGenerator[Finding, None]:
    if not _is_there(settings):
        return
    try:
        async with RunLock(settings.database_url):
            yield Finding(what="bot", message="none is running on this database")
    except AlreadyRunning:
        yield Finding(what="bot", message="one is running on this database")
    except HubtalkError as error:
        yield Finding(what="bot", state="warning", message=str(error))


def _is_there(settings: Settings) -> bool:
    """Whether there is a database to look at; looking must not make one."""
    url = settings.database_url
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()


async def _database(settings: Settings) -> AsyncGenerator[Finding, None]:
    place = settings.database_place.removeprefix("sqlite:///")
    if not _is_there(settings):
        yield Finding(what="database", message=f"{place} is not there yet; the first start makes it")
        return
    mend = "see that it runs, and that HUBTALK_DATABASE_URL and the rights on it are right"
    try:
        async with await open_database(settings.database_url) as database:
            if not await schema.check(database):
                how = "the next start upgrades it" if settings.migrate else "run `hubtalk db upgrade`"
                yield Finding(what="database", state="warning", message=f"{place} has an older schema", mend=how)
                return
            for finding in await _sound(database, place=place):
                yield finding
            yield await _clock(database)
            for finding in await look_at_files(database, settings):
                yield finding
            yield await look_at_broadcasts(database)
    except StorageError as error:
        yield Finding(what="database", state="error", message=str(error), mend=mend)


async def _sound(database: Database, *, place: str) -> list[Finding]:
    problems = await integrity.check(database)
    if problems:
        mend = "stop the bot, keep a copy of the database, and restore the last backup"
        return [Finding(what="database", state="error", message=problem, mend=mend) for problem in problems]
    beat = {"name": "doctor", "beat_at": to_micros(datetime.now(UTC)), "detail": ""}
    before = await database.read(reports.last_moments)
    if all(moment <= datetime.now(UTC) for moment in before.values()):
        await database.write(lambda: many(HEARTBEAT, [beat]))
    return [Finding(what="database", message=f"{place}, schema {schema.REVISIONS[-1]}, sound and writable")]


async def look_at_files(database: Database, settings: Settings) -> list[Finding]:
    """Say how much of the quota for files is used, and whether something is missing or found no room."""
    quota = settings.attachments.quota
    shelf = Shelf(settings.data_dir, quota=quota)
    used, counts = shelf.used(), await database.read(attachments.counts)
    referred = await database.read(attachments.referred)
    missing = sum(not shelf.path(sha256).is_file() for sha256 in referred)
    is_full = used > quota * NEARLY_FULL
    unkept = counts.get(("failed", "full"), 0)
    message = f"{len(referred)} files, {used / 2**20:.0f} of {quota / 2**20:.0f} MB used"
    if unkept:
        message += f"; {unkept} found no room"
    found = [
        Finding(
            what="attachments",
            state="warning" if (used and is_full) or unkept else "ok",
            message=message,
            mend="raise HUBTALK_ATTACHMENTS__QUOTA" if (used and is_full) or unkept else "",
        )
    ]
    if missing:
        message = f"{missing} files that answers refer to are not in the data directory"
        found.append(Finding(what="attachments", state="error", message=message, mend="restore the last backup"))
    return found


async def look_at_broadcasts(database: Database) -> Finding:
    """Say which broadcasts wait, are under way or paused."""
    found = await database.read(broadcasts.alive)
    paused = [each for each in found if each.state == "paused"]
    others = [f"{each.id} is {each.state}" for each in found if each.state != "paused"]
    message = ", ".join([*(f"{each.id} is paused ({each.reason})" for each in paused), *others])
    if not paused:
        return Finding(what="broadcasts", message=message or "none waits")
    mend = f"hubtalk broadcast resume {paused[0].id}, or cancel {paused[0].id}; docs/broadcasts.md says why one pauses"
    return Finding(what="broadcasts", state="warning", message=message, mend=mend)


async def _clock(database: Database) -> Finding:
    now = datetime.now(UTC)
    latest = max((await database.read(reports.last_moments)).values(), default=now)
    if latest - now > TOLERANCE:
        ahead = str(latest - now).partition(".")[0]
        message = f"the database knows of something that happened {ahead} from now"
        return Finding(what="clock", state="error", message=message, mend="set the machine's clock (timedatectl)")
    return Finding(what="clock", message=f"{now:%Y-%m-%d %H:%M:%S} UTC")


async def _channels(settings: Settings) -> AsyncGenerator[Finding, None]:
    on = channels_of(settings)
    if on:
        async with open_house(settings) as house:
            for channel in build_channels(house):
                for finding in await _reach(channel):
                    yield finding
    for name, mend in (
        ("telegram", "set HUBTALK_TELEGRAM__TOKEN, as BotFather gave it"),
        ("matrix", "set HUBTALK_MATRIX__HOMESERVER, __USER_ID and __PASSWORD"),
    ):
        if name not in on:
            yield Finding(what=name, state="ok" if on else "warning", message="off", mend="" if on else mend)


async def _reach(channel: Channel) -> list[Finding]:
    try:
        identity = await asyncio.wait_for(channel.connect(), CHANNEL_TIMEOUT)
        facts = await asyncio.wait_for(channel.check(), CHANNEL_TIMEOUT)
    except ChannelRefused as error:
        mend = "check the token" if channel.name == "telegram" else "check user, password or token"
        return [Finding(what=channel.name, state="error", message=str(error), mend=mend)]
    except (ChannelUnavailable, TimeoutError) as error:
        message = str(error) or f"no answer within {CHANNEL_TIMEOUT} seconds"
        return [Finding(what=channel.name, state="error", message=message, mend="check network, proxy and firewall")]
    finally:
        await channel.close()
    found = [Finding(what=channel.name, message=f"connected as {identity.name}")]
    return found + [
        Finding(what=f"{channel.name} {fact.name}", state="warning" if fact.ok is False else "ok", message=fact.detail)
        for fact in facts
    ]
