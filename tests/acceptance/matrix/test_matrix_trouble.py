"""A homeserver that answers nonsense: the bot asks less and less often, says so, and goes on when it makes sense."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.acceptance.processes import BotProcess, environment
from tests.unit.adapters.matrix.conftest import PAGE, USER, FakeHomeserver

PATIENCE = 30.0


async def test_an_error_page_in_the_place_of_syncs_is_asked_for_with_growing_pauses(tmp_path: Path) -> None:
    homeserver, app = FakeHomeserver(), web.Application()
    app.router.add_route("*", "/{path:.*}", homeserver.called)
    for _ in range(2):
        homeserver.answer("sync", 502, PAGE)
    released = asyncio.Event()
    homeserver.hold("sync", released)
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        settings = {"MATRIX__HOMESERVER": url, "MATRIX__USER_ID": USER, "MATRIX__PASSWORD": "secret"}
        bot = BotProcess(environment(tmp_path, **settings), directory=tmp_path)
        try:
            await bot.start(wait=False)
            times = [await _asked(homeserver, number) for number in (1, 2, 3)]
            assert times[2] - times[0] >= 2.5  # one second, then two
            homeserver.hold("sync", asyncio.Event())
            released.set()
            await _asked(homeserver, 4)
            assert await bot.stop() == 0, bot.text
            assert bot.text.count("matrix is out of order") == 1
            assert bot.text.count("matrix answers again") == 1
        finally:
            await bot.away()


async def _asked(homeserver: FakeHomeserver, times: int) -> float:
    """Wait for so many syncs; return when the last one came."""
    async with asyncio.timeout(PATIENCE):
        while len(homeserver.calls("sync")) < times:  # noqa: ASYNC110 -- the scripted homeserver tells nobody
            await asyncio.sleep(0.01)
    return time.monotonic()
