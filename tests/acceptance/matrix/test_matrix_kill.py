"""Bot and homeserver are killed at random instants while people answer: nothing is lost, doubled or asked twice."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import orjson
import pytest

from tests.acceptance.matrix.walkers import Walker, walkers
from tests.acceptance.processes import BotProcess, command, environment
from tests.fixtures_synapse import PASSWORD, Synapse, aside

CONTENT = Path(__file__).parents[1] / "content"
QUESTIONS = ("size", "town", "people", "lab", "labnow", "needs", "plan", "wish")
PATIENCE = 120.0  # seconds after the last kill until everybody has finished
PAUSE = 1.5  # seconds at most that people think about an answer while there are kills
BLOWS = ("bot", "bot", "homeserver", "bot", "both", "bot")
GIVEN = """
    SELECT contacts.name, answer_history.path, count(*) FROM answer_history
    JOIN responses ON responses.id = answer_history.response_id JOIN contacts ON contacts.id = responses.contact_id
    WHERE answer_history.state = 'given' GROUP BY contacts.name, answer_history.path
"""


class Machines:
    """The bot and its homeserver, which can be struck down and come up again, in any order."""

    def __init__(self, synapse: Synapse, bot: BotProcess, *, rng: random.Random) -> None:
        self._synapse = synapse
        self._bot = bot
        self._rng = rng

    async def strike(self, blow: str) -> None:
        """Kill the `bot`, the `homeserver` or `both`, and start again what was killed."""
        is_bot, is_homeserver = blow != "homeserver", blow != "bot"
        if is_homeserver:
            await aside(self._synapse.kill)
        if is_bot:
            await self._bot.kill()
        async with asyncio.TaskGroup() as group:
            if is_homeserver:
                group.create_task(aside(self._synapse.start))
            if is_bot:
                # Without the homeserver it waits for it, and is ready all the same.
                group.create_task(self._bot.start(wait=self._rng.random() < 0.8))


@asynccontextmanager
async def walking(people: Sequence[Walker]) -> AsyncIterator[None]:
    """Let people walk meanwhile, and after it hurry to the end."""
    walks = [asyncio.create_task(walker.walk(), name=walker.name) for walker in people]
    try:
        yield
        for walker in people:
            walker.pause = 0
        _, alone = await asyncio.wait(walks, timeout=PATIENCE)
        assert not alone, f"left alone: {sorted(walk.get_name() for walk in alone)}"
        await asyncio.gather(*walks)
    finally:
        for walk in walks:
            walk.cancel()
        await asyncio.gather(*walks, return_exceptions=True)


async def exported(environ: dict[str, str], *, directory: Path) -> dict[str, dict[str, object]]:
    """Return what the admin's export shows as given: contact's name -> question -> value."""
    code, out, complaints = await command(environ, "export", "walk", "-f", "jsonl", "-o", "-", directory=directory)
    assert code == 0, complaints
    found = [orjson.loads(line) for line in out.splitlines()]
    assert {row["status"] for row in found} == {"submitted"}
    names = {row["contact"]: row for row in found}
    assert len(names) == len(found)
    return {
        name: {key: value for key, value in row.items() if key in QUESTIONS and value is not None}
        for name, row in names.items()
    }


def given_more_than_once(database: Path) -> list[tuple[str, str, int]]:
    """Return what the bot's file holds twice: contact's name, question, how often."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [row for row in connection.execute(GIVEN) if row[2] != 1]


@pytest.mark.parametrize(("count", "rounds"), [(12, 1), pytest.param(50, 8, marks=pytest.mark.soak)])
@pytest.mark.timeout(1800)
async def test_killed_at_random_instants(
    own_synapse: Synapse, tmp_path: Path, rng: random.Random, count: int, rounds: int
) -> None:
    began = time.monotonic()
    user_id = await aside(own_synapse.new_user, "bot")
    await aside(own_synapse.unlimited, user_id)
    people = await walkers(own_synapse, tmp_path, count=count, pause=PAUSE, rng=rng)
    environ = environment(
        tmp_path,
        MATRIX__HOMESERVER=own_synapse.url,
        MATRIX__USER_ID=user_id,
        MATRIX__PASSWORD=PASSWORD,
        REGISTRATION="open",
        CONTENT_DIR=str(CONTENT),
    )
    bot = BotProcess(environ, directory=tmp_path)
    blows = [blow for _ in range(rounds) for blow in rng.sample(BLOWS, len(BLOWS))]
    machines, struck = Machines(own_synapse, bot, rng=rng), Counter[str]()
    try:
        # The first sign-in is one of the instants.
        await bot.start(wait=False)
        await asyncio.gather(*(walker.opens_room(user_id) for walker in people))
        entered = time.monotonic()
        async with walking(people):
            for blow in blows:
                await asyncio.sleep(rng.uniform(0.1, 1.5))
                struck[blow] += 1
                await machines.strike(blow)
            last_blow = time.monotonic()
        finished = time.monotonic()
        shown = {walker.name: await walker.shown() for walker in people}
        assert await bot.stop() == 0
    except BaseException:
        print(bot.text[-5000:])
        raise
    finally:
        await bot.away()
        await asyncio.gather(*(walker.contact.leaves() for walker in people))
    assert await exported(environ, directory=tmp_path) == {walker.name: walker.said for walker in people}
    assert given_more_than_once(tmp_path / "hubtalk.db") == []
    twice = {name: {text: n for text, n in texts.items() if n > 1} for name, texts in shown.items()}
    assert {name: texts for name, texts in twice.items() if texts} == {}
    print(
        f"{count} conversations, kills: {dict(struck)}, {sum(w.hints for w in people)} hints, "
        f"{sum(w.contact.unreadable for w in people)} unreadable at first; seconds: {entered - began:.1f} to enter, "
        f"{last_blow - entered:.1f} of kills, {finished - last_blow:.1f} to finish"
    )
