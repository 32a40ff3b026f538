"""A Bot API server that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.telegram.channel import TelegramChannel

TOKEN = "123:AAsecret"
ME = {"id": 123, "is_bot": True, "first_name": "Hub", "username": "hub_test_bot"}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeBotApi:
    """Answers a method with what was queued for it, else with something plain that fits."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    uploads: list[tuple[str, str, bytes]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    queued: dict[str, deque[Answer]] = field(default_factory=dict)
    sent: int = 0

    def params(self, method: str) -> list[dict[str, Any]]:
        return [params for name, params in self.asked if name == method]

    def result(self, method: str, result: Any) -> None:
        self._queue(method, json.dumps({"ok": True, "result": result}))

    def refusal(self, method: str, code: int, description: str = "", **parameters: Any) -> None:
        body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
        self._queue(method, json.dumps(body), status=code)

    def page(self, method: str, status: int, text: str = "<html>") -> None:
        self._queue(method, text, status=status)

    def redirect(self, method: str, to: str) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": f"/bot{TOKEN}/{to}"})

        self.queued.setdefault(method, deque()).append(answer)

    def hang_up(self, method: str) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.close()
            return web.Response()

        self.queued.setdefault(method, deque()).append(answer)

    async def called(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        method = request.match_info["method"]
        self.asked.append((method, await self._params(request)))
        if waiting := self.queued.get(method):
            return await waiting.popleft()(request)
        self.sent += 1
        plain = {"message_id": self.sent, "date": 0, "chat": {"id": 4711, "type": "private"}}
        results = {"getMe": ME, "getUpdates": [], "sendMessage": plain, "sendDocument": plain}
        return web.json_response({"ok": True, "result": results.get(method, True)})

    async def downloaded(self, request: web.Request) -> web.StreamResponse:
        content = self.files.get(request.match_info["path"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    def _queue(self, method: str, text: str, *, status: int = 200) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(text=text, status=status, content_type="application/json")

        self.queued.setdefault(method, deque()).append(answer)

    async def _params(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            params: dict[str, Any] = await request.json()
            return params
        fields: dict[str, Any] = {}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                self.uploads.append((value.filename, value.content_type, value.file.read()))
            else:
                fields[name] = value
        return fields


@pytest.fixture
def api() -> FakeBotApi:
    return FakeBotApi()


@pytest.fixture
async def server(api: FakeBotApi) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api.called)
    app.router.add_get(f"/file/bot{TOKEN}/{{path:.*}}", api.downloaded)
    server = TestServer(app)
    async with server:
        yield server


@pytest.fixture
async def channel(server: TestServer) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(token=TOKEN, api_url=str(server.make_url("/")))
    await channel.connect()
    yield channel
    await channel.close()
