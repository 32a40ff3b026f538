"""The bot is killed at random instants while people answer: nothing is lost or counts twice, nobody is left alone."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from storage.codec import value_of
from storage.driver import open_database
from storage.statements import Statement, rows
from tests.acceptance.processes import BotProcess, environment
from tests.acceptance.walkers import Walker, walkers
from tests.doubles.telegram import TOKEN, TelegramDouble

CONTENT = Path(__file__).parent / "content"
ENTRIES = """
| | begin repeat | machine | Maschine | Machine | | |
| | text | kind | Welche Maschine ist das? | Which machine is it? | | |
| | select_one size | bulk | Welcher Art ist sie? | Of what kind is it? | yes | |
| | end repeat | | | | | |
"""
# A question that comes again was sent, and its mark was not committed yet, when the process died.
IN_FLIGHT = 2.0


async def run_and_kill(bot: BotProcess, people: list[Walker], *, kills: int, rng: random.Random) -> list[float]:
    """Let people walk while the bot is killed so many times; return when it was."""
    walks = [asyncio.create_task(walker.walk()) for walker in people]
    killed_at: list[float] = []
    try:
        for _ in range(kills):
            await bot.start(wait=rng.random() < 0.8)
            await asyncio.sleep(rng.uniform(0.05, 1.2))
            await bot.kill()
            killed_at.append(time.monotonic())
            for walk in walks:
                if walk.done():
                    walk.result()
        await bot.start()
        await asyncio.gather(*walks)
    finally:
        for walk in walks:
            walk.cancel()
        await asyncio.gather(*walks, return_exceptions=True)
    return killed_at


def with_entries(folder: Path) -> Path:
    """Make a content folder whose form also asks for one machine after the other."""
    made = folder / "content"
    shutil.copytree(CONTENT, made)
    sheet = made / "forms" / "walk.md"
    rows_, choices, rest = sheet.read_text(encoding="utf-8").partition("| choices |")
    sheet.write_text(rows_.rstrip() + ENTRIES + choices + rest, encoding="utf-8")
    return made


async def stored(url: str) -> tuple[dict[str, dict[str, object]], Counter[tuple[str, str]]]:
    """Return the answers by contact's name, and how often each was given; in entries as `path#1`."""
    from sqlalchemy import select

    from storage.tables import answer_history, answers, contacts, responses

    def read(table: object) -> Statement:
        given = table.c  # type: ignore[attr-defined]
        return Statement(
            select(contacts.c.name, given.path, given.instance, given.value, responses.c.status)
            .select_from(contacts.join(responses, responses.c.contact_id == contacts.c.id).join(table))  # type: ignore[arg-type]
            .where(given.state == "given")
        )

    database = await open_database(url)
    try:
        found: dict[str, dict[str, object]] = {}
        given = await database.read(lambda: rows(read(answers)))
        entries: dict[str, list[int]] = {}
        for name, _, instance, _, _ in given:
            if instance and instance not in entries.setdefault(name, []):
                entries[name].append(instance)

        def key(name: str, path: str, instance: int) -> str:
            return f"{path}#{sorted(entries[name]).index(instance) + 1}" if instance else path

        for name, path, instance, value, status in given:
            assert status == "submitted"
            answer = value_of(value)
            found.setdefault(name, {})[key(name, path, instance)] = (
                list(answer) if isinstance(answer, tuple) else answer
            )
        times = Counter(
            (name, key(name, path, instance))
            for name, path, instance, _, _ in await database.read(lambda: rows(read(answer_history)))
        )
    finally:
        await database.close()
    return found, times


@pytest.mark.parametrize(("count", "kills"), [(40, 8), pytest.param(200, 60, marks=pytest.mark.soak)])
@pytest.mark.timeout(1800)
async def test_killed_at_random_instants(
    empty_url: str, tmp_path: Path, rng: random.Random, count: int, kills: int
) -> None:
    async with TelegramDouble() as double:
        environ = environment(
            tmp_path,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__API_URL=double.url,
            TELEGRAM__CHAT_RATE="0",
            TELEGRAM__RATE="0",
            REGISTRATION="open",
            DATABASE_URL=empty_url,
            CONTENT_DIR=str(with_entries(tmp_path)),
        )
        bot = BotProcess(environ, directory=tmp_path)
        people = walkers(double, count=count, rng=rng, pause=1.0)
        try:
            killed_at = await run_and_kill(bot, people, kills=kills, rng=rng)
        except BaseException:
            print(bot.text[-5000:])
            raise
        assert await bot.stop() == 0, bot.text
        assert double.take_violations() == []
    found, times = await stored(empty_url)
    assert found == {walker.name: walker.said for walker in people}
    assert {key: number for key, number in times.items() if number != 1} == {}
    for walker in people:
        for repeat in walker.repeats:
            assert any(0 <= kill - repeat.first_heard_at <= IN_FLIGHT for kill in killed_at), repeat
    print(f"{count} conversations, {len(killed_at)} kills, {sum(len(w.repeats) for w in people)} questions came again")
