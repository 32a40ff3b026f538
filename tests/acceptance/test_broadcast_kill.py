"""The bot is killed at random while a broadcast goes out: everybody is accounted for, and nobody gets it twice."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.processes import BotProcess, environment
from tests.acceptance.readers import Ledger, enter
from tests.doubles.telegram import TOKEN, TelegramDouble

WORDS = "Der Workshop beginnt um drei"
AT_WORK = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def all_done(readers: Ledger, bot: BotProcess, *, broadcast: int = 1, within: float = 240.0) -> None:
    try:
        async with asyncio.timeout(within):
            while await readers.state(broadcast) != "done":  # noqa: ASYNC110 -- a database tells nobody
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{await readers.states(broadcast)}\n{bot.text[-3000:]}") from None


@pytest.mark.parametrize(
    ("count", "kills", "rate"), [(300, 3, 120), pytest.param(2_000, 10, 120, marks=pytest.mark.soak)]
)
@pytest.mark.timeout(1800)
async def test_nobody_gets_it_twice_and_everybody_is_accounted_for(
    empty_url: str, tmp_path: Path, rng: random.Random, count: int, kills: int, rate: int
) -> None:
    async with TelegramDouble() as double:
        double.limit(bot_rate=rate, bot_burst=rate)
        double.delay = 0.02
        environ = environment(
            tmp_path,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__API_URL=double.url,
            TELEGRAM__RATE=str(rate),
            DATABASE_URL=empty_url,
            COURTESY__QUIET_HOURS="off",
            COURTESY__WORKING_DAYS="Mon-Sun",
        )
        readers = await enter(double, empty_url, count, now=datetime.now(UTC) - timedelta(days=3))
        await readers.begin_broadcast(WORDS)
        bot = BotProcess(environ, directory=tmp_path)
        caught = 0
        try:
            for _ in range(kills):
                await bot.start()
                await asyncio.sleep(rng.uniform(0.1, 0.5 + count / rate / (kills + 1)))
                await bot.kill()
                caught += await readers.sending()
            await bot.start()
            await all_done(readers, bot)
        except BaseException:
            print(bot.text[-5000:])
            raise
        assert await bot.stop() == 0, bot.text
        assert double.take_violations() == []
        assert not double.rates.refused
    heard = readers.heard(WORDS)
    states, unknown = await readers.states(1), await readers.unknown(1)
    assert set(heard.values()) <= {0, 1}
    assert sum(states.values()) == count
    assert states["sent"] + states["unknown"] == count, states
    assert all(heard[who] == 1 for who in range(count) if who not in unknown)
    assert len(unknown) <= caught
    print(
        f"{count} readers, {kills} kills: {dict(states)}, of the unknown {sum(heard[who] for who in unknown)} have it"
    )
    await readers.database.close()
