"""The people's way to the homeserver: an application service, which is told of every event in their rooms.

A client that syncs makes each message half as dear again for Synapse. A service is sent each event once, over one
connection, whatever the number of people, which costs it next to nothing, and speaks for all of them.
https://spec.matrix.org/latest/application-service-api/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

CLIENT = "/_matrix/client/v3"

Event = dict[str, Any]


class Wire:
    """Calls the client API for anybody of the service's users, and hands every event it is told of to `heard`."""

    def __init__(self) -> None:
        self.heard: Callable[[Event], None] = lambda _: None
        self.url = ""
        self._token = ""
        self._session: ClientSession | None = None
        self._runner: web.AppRunner | None = None

    async def listen(self) -> int:
        """Listen for the homeserver on a free port of this machine and return it."""
        app = web.Application(client_max_size=1 << 26)
        app.router.add_put("/_matrix/app/v1/transactions/{number}", self._transaction)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    def reach(self, url: str, *, token: str) -> None:
        """Say where the homeserver is, and the service's token there."""
        self.url, self._token = url, token
        self._session = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=60))

    async def call(self, method: str, path: str, body: Any = None, *, user: str = "", token: str = "") -> Any:
        """Call the client API for a user of the service, or as whose token is given.

        Raises:
            RuntimeError: the homeserver refuses.
        """
        assert self._session
        headers = {"Authorization": f"Bearer {token or self._token}", "Content-Type": "application/json"}
        params = {"user_id": user} if user else None
        data = None if body is None else orjson.dumps(body)
        async with self._session.request(
            method, self.url + CLIENT + path, params=params, data=data, headers=headers
        ) as answer:
            content = await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300].decode(errors='replace')}")
        return orjson.loads(content)

    async def send(self, room: str, *, user: str, kind: str, content: Event, transaction: str) -> None:
        """Send an event into a room as a user."""
        path = f"/rooms/{quote(room, safe='')}/send/{kind}/{transaction}"
        await self.call("PUT", path, content, user=user)

    async def close(self) -> None:
        """Close both directions."""
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _transaction(self, request: web.Request) -> web.Response:
        for event in orjson.loads(await request.read())["events"]:
            self.heard(event)
        return web.Response(body=b"{}", content_type="application/json")
