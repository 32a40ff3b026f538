"""Killed in the middle of a broadcast on Matrix: everybody gets it exactly once, since the homeserver recognises it."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.codec import to_micros
from storage.driver import open_database
from tests.acceptance.processes import BotProcess, environment
from tests.acceptance.readers import Ledger
from tests.acceptance.test_broadcast_kill import all_done
from tests.fixtures_synapse import PASSWORD, Synapse, aside
from tests.people_matrix import Contact

WORDS = "Der Workshop beginnt um drei"
AT_ONCE = 8


async def rooms_with(synapse: Synapse, folder: Path, user_id: str, *, count: int) -> list[tuple[Contact, str]]:
    """Let so many people invite the bot, every second one to an encrypted room."""
    some = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[Contact, str]:
        async with some:
            person = await Contact.enter(synapse, folder / f"reader{number}")
            await aside(synapse.unlimited, person.user_id)
            return person, await person.opens_room(user_id, encrypted=number % 2 == 1)

    return list(await asyncio.gather(*(one(number) for number in range(count))))


@pytest.mark.parametrize(("count", "kills"), [(12, 2), pytest.param(200, 10, marks=pytest.mark.soak)])
@pytest.mark.timeout(1800)
async def test_everybody_gets_it_exactly_once(
    own_synapse: Synapse, tmp_path: Path, rng: random.Random, count: int, kills: int
) -> None:
    user_id = await aside(own_synapse.new_user, "bot")
    await aside(own_synapse.unlimited, user_id)
    environ = environment(
        tmp_path,
        MATRIX__HOMESERVER=own_synapse.url,
        MATRIX__USER_ID=user_id,
        MATRIX__PASSWORD=PASSWORD,
        REGISTRATION="open",
        COURTESY__QUIET_HOURS="off",
        COURTESY__WORKING_DAYS="Mon-Sun",
    )
    bot = BotProcess(environ, directory=tmp_path)
    people: list[tuple[Contact, str]] = []
    try:
        await bot.start()
        people = await rooms_with(own_synapse, tmp_path, user_id, count=count)
        for person, room in people:
            await person.hears(room, "Sprache")
        assert await bot.stop() == 0
        ledger = Ledger(
            await open_database(f"sqlite:///{tmp_path / 'hubtalk.db'}"), [room for _, room in people], channel="matrix"
        )
        await ledger.join(now=to_micros(datetime.now(UTC) - timedelta(days=3)))
        await ledger.begin_broadcast(WORDS)
        for _ in range(kills):
            await bot.start()
            await asyncio.sleep(rng.uniform(0.0, 0.5 + 0.15 * count / (kills + 1)))
            await bot.kill()
        await bot.start()
        await all_done(ledger, bot)
        heard = [sum(WORDS in said for said in await everything(person, room)) for person, room in people]
        assert await bot.stop() == 0
        assert heard == [1] * count
        assert await ledger.states(1) == {"sent": count}
        await ledger.database.close()
    except BaseException:
        print(bot.text[-5000:])
        raise
    finally:
        await bot.away()
        await asyncio.gather(*(person.leaves() for person, _ in people))


async def everything(person: Contact, room: str) -> list[str]:
    """Return all that somebody can read in their room."""
    await person.hears(room, WORDS)
    await person.sync()
    return [heard.text for heard in person.heard[room]]
