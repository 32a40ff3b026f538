"""A double and python-telegram-bot's own client, which knows nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.doubles.telegram import TelegramDouble, User

Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as running:
        yield running
    assert running.violations == []


@pytest.fixture
async def bot(double: TelegramDouble) -> AsyncIterator[Bot]:
    client = Bot(
        double.token,
        base_url=f"{double.url}/bot",
        base_file_url=f"{double.url}/file/bot",
        request=HTTPXRequest(connection_pool_size=4),
        get_updates_request=HTTPXRequest(connection_pool_size=4),
    )
    async with client:
        yield client


@pytest.fixture
async def ada(double: TelegramDouble) -> User:
    """Somebody who has pressed Start, and whose update the bot has confirmed."""
    ada = double.user(4711, first_name="Ada", last_name="Muster", language_code="de")
    await ada.starts()
    double.updates.drop_pending()
    return ada


@pytest.fixture
async def ask(double: TelegramDouble) -> AsyncIterator[Ask]:
    """Send a method call as JSON and return the whole answer: what a client library would hide."""
    async with aiohttp.ClientSession() as session:

        async def call(method: str, **params: Any) -> dict[str, Any]:
            async with session.post(f"{double.url}/bot{double.token}/{method}", json=params) as reply:
                answer: dict[str, Any] = await reply.json()
                assert answer["ok"] == (reply.status == 200)
                return answer

        yield call
