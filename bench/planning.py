"""How long it takes to plan a broadcast to very many people, and how long a piece of that holds the writer."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bench.budgets import Budget
from bench.crowd import Crowd, fill
from bench.tables import table
from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.broadcasts.model import Content
from bot.runtime.clock import Ids
from storage import audience, planning, preview, schema
from storage.broadcasts import counts
from storage.codec import dump, to_micros
from storage.driver import Database, open_database
from storage.statements import insert, many
from storage.tables import broadcasts
from tests.fixtures_databases import PostgresqlServer

CONTACTS = 142_900
"""Of whom seven of ten have joined: 100,000 recipients."""

PLANNING_S = 2.0
PIECE_MS = 200.0
PREVIEW_MS = 1_000.0
_NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
_LANGUAGES = ("de", "en")
_BROADCAST = insert(broadcasts, ("id", "state", "content", "audience", "created_at"))
_COURTESY = Courtesy(zone=ZoneInfo("Europe/Berlin"), most=4)
_AUDIENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("everybody", ()),
    ("who has not sent in", ("form=crowd:never", "form=crowd:unfinished")),
    ("by tag, without a language", ("tag=sector:Bau", "not language=en", "last=30d")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One audience on one database. seconds, longest_ms: medians of all its pieces, and of the longest one;
    preview_ms: to count it beforehand.
    """

    database: str
    name: str
    recipients: int
    seconds: float
    longest_ms: float
    preview_ms: float


def measure(*, rounds: int, say: Callable[[str], None]) -> list[Planned]:
    """Fill a hub and plan broadcasts, on SQLite and on a PostgreSQL of our own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        say("planning: filling SQLite")
        found = asyncio.run(_all(f"sqlite:///{folder}/hubtalk.db", rounds=rounds))
    server = PostgresqlServer()
    try:
        say("planning: filling PostgreSQL")
        found += asyncio.run(_all(server.new_database(), rounds=rounds))
    finally:
        server.remove()
    return found


async def _all(url: str, *, rounds: int) -> list[Planned]:
    await schema.upgrade(url)
    async with await open_database(url) as database:
        await fill(database, Crowd(contacts=CONTACTS, now=to_micros(_NOW)))
        ids = Ids()
        found = [await _one(database, ids, name, rules, rounds=rounds, chosen=False) for name, rules in _AUDIENCES]
        # As after a rule that asks a form by an expression: the contacts are named one by one.
        return [*found, await _one(database, ids, "everybody, named one by one", (), rounds=rounds, chosen=True)]


async def _one(database: Database, ids: Ids, name: str, rules: Sequence[str], *, rounds: int, chosen: bool) -> Planned:
    resolved = await database.read(lambda: audience.resolved(rules))
    people = await database.read(lambda: audience.people(resolved, now=_NOW)) if chosen else []
    among = [contact for contact, _ in people] if chosen else None
    whole, longest, previews = [], [], []
    number = 0
    for _ in range(rounds):
        began = time.perf_counter()
        await database.read(lambda: preview.count(resolved, now=_NOW, courtesy=_COURTESY, among=among))
        previews.append(1000 * (time.perf_counter() - began))
        number = ids() % 2**31
        pieces = await _plan(database, ids, number, rules, among=among)
        whole.append(sum(pieces))
        longest.append(1000 * max(pieces))
    shown = await database.read(lambda: counts(number))
    return Planned(
        database="SQLite" if database.kind == "sqlite" else "PostgreSQL",
        name=name,
        recipients=shown.audience,
        seconds=statistics.median(whole),
        longest_ms=statistics.median(longest),
        preview_ms=statistics.median(previews),
    )


async def _plan(
    database: Database, ids: Ids, number: int, rules: Sequence[str], *, among: Sequence[int] | None
) -> list[float]:
    """Plan one broadcast; return the seconds of each piece."""
    row = {
        "id": number,
        "state": "planning",
        "content": dump(Content(texts={"de": "Guten Tag, {contact} von {company}"})),
        "audience": "[]",
        "created_at": to_micros(_NOW),
    }
    await database.write(lambda: many(_BROADCAST, [row]))
    where = audience.conditions(await database.read(lambda: audience.resolved(rules)), now=_NOW)
    pieces = []
    is_last = False
    while not is_last:
        began = time.perf_counter()
        is_last = await database.write(
            lambda: planning.plan_piece(
                number, where=where, among=among, languages=_LANGUAGES, now=to_micros(_NOW), block=ids.block
            )
        )
        pieces.append(time.perf_counter() - began)
    return pieces


def figures(found: list[Planned]) -> str:
    """Lay the times out."""
    lines = [
        [
            f"{each.database}, {each.name}",
            f"{each.recipients:,}",
            f"{each.seconds:.2f}",
            f"{each.longest_ms:.0f}",
            f"{each.preview_ms:.0f}",
        ]
        for each in found
    ]
    return table(["", "recipients", "planned in s", "longest piece ms", "counted in ms"], lines)


def budgets(found: list[Planned]) -> list[Budget]:
    """Return what planning may cost: the worst audience counts."""
    result = []
    for database in dict.fromkeys(each.database for each in found):
        theirs = [each for each in found if each.database == database]
        for what, value, limit, unit in (
            ("100,000 recipients planned", max(each.seconds for each in theirs), PLANNING_S, " s"),
            ("the longest piece of planning", max(each.longest_ms for each in theirs), PIECE_MS, " ms"),
            ("an audience counted", max(each.preview_ms for each in theirs), PREVIEW_MS, " ms"),
        ):
            result.append(Budget(what=f"{what}, {database}", value=value, at="most", limit=limit, unit=unit))
    return result
