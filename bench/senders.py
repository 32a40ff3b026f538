"""`python -m bench.senders NAME URL MANY RATE`: one way to send a message to many, as a process of its own.

It prints its CPU seconds from the first message to the last one; what a way writes to a database is part of it.
"""

# ruff: noqa: PLC0415 -- each process loads what it measures, nothing else

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

TOKEN = "4711:AAbenchmark-token-for-a-double-of-the-api"
TEXT = "Der Workshop beginnt um drei."
FIRST = 50_001
WORKERS = 32
Send = Callable[[int], Awaitable[object]]


async def _loop(send: Send, many: int, *, rate: float) -> None:
    """Send one after the other; under a limit with the usual sleep."""
    for number in range(many):
        await send(FIRST + number)
        if rate:
            await asyncio.sleep(1 / rate)


async def _pool(send: Send, many: int) -> None:
    """Let some workers each take the next chat."""
    chats = iter(range(FIRST, FIRST + many))

    async def work() -> None:
        for chat in chats:
            await send(chat)

    await asyncio.gather(*(work() for _ in range(WORKERS)))


async def ptb_loop(url: str, many: int, rate: float) -> float:
    """python-telegram-bot as documented, in a loop."""
    from telegram import Bot

    async with Bot(TOKEN, base_url=f"{url}/bot") as bot:
        begin = time.process_time()
        await _loop(lambda chat: bot.send_message(chat, TEXT), many, rate=rate)
        return time.process_time() - begin


async def ptb_limiter(url: str, many: int, rate: float) -> float:
    """python-telegram-bot with its AIORateLimiter, all at once as its documentation has it."""
    from telegram.ext import AIORateLimiter, ExtBot

    limiter = AIORateLimiter(overall_max_rate=rate or 1_000_000, overall_time_period=1, max_retries=3)
    async with ExtBot(TOKEN, base_url=f"{url}/bot", rate_limiter=limiter) as bot:
        begin = time.process_time()
        await _pool(lambda chat: bot.send_message(chat, TEXT), many)
        return time.process_time() - begin


async def aiogram_pool(url: str, many: int, rate: float) -> float:
    """Aiogram with workers; under a limit in a loop with a sleep, as its broadcasting example has it."""
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    async with Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url))) as bot:
        begin = time.process_time()
        if rate:
            await _loop(lambda chat: bot.send_message(chat, TEXT), many, rate=rate)
        else:
            await _pool(lambda chat: bot.send_message(chat, TEXT), many)
        return time.process_time() - begin


async def raw_pool(url: str, many: int, rate: float) -> float:
    """Bare aiohttp with workers; under a limit in a loop with a sleep."""
    from aiohttp import ClientSession

    async with ClientSession() as session:

        async def send(chat: int) -> object:
            data = orjson.dumps({"chat_id": chat, "text": TEXT})
            headers = {"Content-Type": "application/json"}
            async with session.post(f"{url}/bot{TOKEN}/sendMessage", data=data, headers=headers) as answer:
                return orjson.loads(await answer.read())

        begin = time.process_time()
        await (_loop(send, many, rate=rate) if rate else _pool(send, many))
        return time.process_time() - begin


async def hubtalk(url: str, many: int, rate: float) -> float:
    """Hubtalk itself: planned, claimed, marked, sent and recorded in SQLite, a row a contact."""
    from bot.adapters.telegram.channel import TelegramChannel
    from bot.app import App
    from bot.house import open_house
    from config.settings import load_settings
    from storage.codec import to_micros
    from tests.acceptance.readers import Ledger

    gc.freeze()  # as `hubtalk run` does once it is ready
    gc.set_threshold(10_000, 20, 20)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = load_settings(
            {}, directory=Path(folder), data_dir=folder, courtesy={"quiet_hours": "off", "working_days": "Mon-Sun"}
        )
        async with open_house(settings) as house:
            ledger = Ledger(house.database, [str(FIRST + number) for number in range(many)], channel="telegram")
            await ledger.join(now=to_micros(datetime.now(UTC)))
            app = App(house, [TelegramChannel(token=TOKEN, api_url=url, rate=rate, chat_rate=1)])
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop=stop))
            begin = time.process_time()
            await ledger.begin_broadcast(TEXT)
            await app.broadcasting.tick()
            while await ledger.state(1) != "done":  # noqa: ASYNC110 -- a database tells nobody
                await asyncio.sleep(0.2)
            took = time.process_time() - begin
            stop.set()
            await running
            return took


WAYS = {
    "ptb loop": ptb_loop,
    "ptb limiter": ptb_limiter,
    "aiogram": aiogram_pool,
    "raw aiohttp": raw_pool,
    "hubtalk": hubtalk,
}


if __name__ == "__main__":
    way, root, wanted, limit = sys.argv[1:5]
    cpu = asyncio.run(WAYS[way](root, int(wanted), float(limit)))
    print(orjson.dumps({"cpu": cpu}).decode())
