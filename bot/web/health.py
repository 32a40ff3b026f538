"""Health over HTTP: `/healthz` (the process lives) and `/readyz` (database and channels answer)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

log = logging.getLogger(__name__)

Checks = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives what is wrong, by part; empty when all is well."""


class HealthServer:
    """Serves the two pages on one address."""

    def __init__(self, *, host: str, port: int, checks: Checks) -> None:
        self._host, self._port, self._checks = host, port, checks
        self._runner: web.AppRunner | None = None
        self.port = port

    async def start(self) -> None:
        """Listen; port 0 takes a free one, which is logged.

        Raises:
            OSError: the address is taken or not ours.
        """
        app = web.Application()
        app.add_routes([web.get("/healthz", self._alive), web.get("/readyz", self._ready)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        log.info("health at http://%s:%d/healthz and /readyz", self._host, self.port)

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _ready(self, _: web.Request) -> web.Response:
        wrong = await self._checks()
        return web.json_response(
            {"status": "unready" if wrong else "ok", "wrong": dict(wrong)}, status=503 if wrong else 200
        )
