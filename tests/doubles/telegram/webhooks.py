"""Delivers updates to a webhook, one after the other, and performs a method call that comes in the reply.

Source: https://core.telegram.org/bots/api#setwebhook, #making-requests-when-getting-updates
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import orjson

from tests.doubles.telegram.methods import canonical, perform
from tests.doubles.telegram.refusals import Refusal
from tests.doubles.telegram.state import State

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
PATIENCE = aiohttp.ClientTimeout(total=30)


async def deliver_for_ever(state: State) -> None:
    """Hand out updates whenever a webhook is set and something waits; a failed delivery comes again."""
    pause = FIRST_PAUSE
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        while True:
            waiting = state.updates.take(1) if state.updates.webhook_url else []
            if not waiting:
                state.updates.arrived.clear()
                await state.updates.arrived.wait()
                continue
            if await _delivered(state, session, waiting[0]):
                pause = FIRST_PAUSE
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)


async def _delivered(state: State, session: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
    secret = state.webhook.get("secret_token")
    headers = {"Content-Type": "application/json", **({SECRET_HEADER: secret} if secret else {})}
    try:
        async with session.post(state.updates.webhook_url, data=orjson.dumps(update), headers=headers) as reply:
            body = await reply.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        _note_failure(state, f"Connection failed: {type(error).__name__}")
        return False
    if not 200 <= reply.status < 300:
        _note_failure(state, f"Wrong response from the webhook: {reply.status} {reply.reason}")
        return False
    state.updates.confirm(update["update_id"] + 1)
    await _perform_reply(state, body)
    state.waiting.notify()
    return True


async def _perform_reply(state: State, body: bytes) -> None:
    try:
        call = orjson.loads(body) if body.startswith(b"{") else {}
        if "method" in call:
            method = canonical(state, call.pop("method"))
            await perform(state, method, call)
            state.calls[method] += 1
    except (Refusal, orjson.JSONDecodeError) as error:
        # The bot never learns of it, so the test must.
        state.violations.append(f"in a webhook's reply: {error}")


def _note_failure(state: State, text: str) -> None:
    state.webhook |= {"last_error_date": state.clock.date(), "last_error_message": text}
    state.waiting.notify()
