"""How long `/progress` takes over a hub with very many contacts, on both databases."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.budgets import Budget
from bench.crowd import Crowd, fill
from bench.tables import table
from bot.domain.progress import FormShown
from bot.domain.reporting import PAGE
from storage import progress, schema
from storage.codec import to_micros
from storage.driver import Database, open_database
from storage.statements import Steps
from tests.fixtures_databases import PostgresqlServer

CONTACTS = 100_000
TEXT_MS = 200.0
TEXT = "the text of /progress"
_TIMES = 7
_NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Milliseconds, medians, by what was looked at."""

    database: str
    took: dict[str, float]


def measure(*, say: Callable[[str], None]) -> list[Looked]:
    """Fill a hub and look at it, on SQLite and on a PostgreSQL of our own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        say("progress: filling SQLite")
        found = [asyncio.run(_looked(f"sqlite:///{folder}/hubtalk.db"))]
    server = PostgresqlServer()
    try:
        say("progress: filling PostgreSQL")
        found.append(asyncio.run(_looked(server.new_database())))
    finally:
        server.remove()
    return found


async def _looked(url: str) -> Looked:
    await schema.upgrade(url)
    async with await open_database(url) as database:
        await fill(database, Crowd(contacts=CONTACTS, now=to_micros(_NOW)))
        form = await database.read(lambda: progress.find_form(""))
        parts: dict[str, Callable[[], Steps[Any]]] = {
            TEXT: _text,
            "a page of companies, and how many there are": lambda: _companies(form),
            "by tag": lambda: progress.groups(form, "tag", "sector", now=_NOW),
            "by channel": lambda: progress.groups(form, "channel", "", now=_NOW),
            "a page of who is missing": lambda: progress.missing(form, now=_NOW, many=PAGE),
        }
        took = {name: await _median(database, part) for name, part in parts.items()}
        return Looked(database="SQLite" if database.kind == "sqlite" else "PostgreSQL", took=took)


def _text() -> Steps[Any]:
    form = yield from progress.find_form("")
    return (yield from progress.overview(form, None, now=_NOW))


def _companies(form: FormShown) -> Steps[Any]:
    yield from progress.company_counts(form, now=_NOW)
    return (yield from progress.company_page(form, now=_NOW, many=PAGE, before=0))


async def _median(database: Database, part: Callable[[], Steps[Any]]) -> float:
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        await database.read(part)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def figures(found: list[Looked]) -> str:
    """Lay the times out."""
    lines = [[name, *(f"{each.took[name]:.0f}" for each in found)] for name in found[0].took]
    return table([f"ms over {CONTACTS:,} contacts", *(each.database for each in found)], lines)


def budgets(found: list[Looked]) -> list[Budget]:
    """Return what the text may cost."""
    return [
        Budget(what=f"{TEXT}, {each.database}", value=each.took[TEXT], at="most", limit=TEXT_MS, unit=" ms")
        for each in found
    ]
