"""A homeserver that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from nio.crypto import OlmAccount

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.signin import Credentials
from tests.doubles.vault import MemoryVault

USER = "@hub:test.invalid"
ADA = "@ada:test.invalid"
ROOM = "!room:test.invalid"
LOGIN = {"user_id": USER, "device_id": "BOTDEVICE", "access_token": "syt_secret"}
PAGE = "<html><body>Bad Gateway</body></html>"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeHomeserver:
    """Answers a call with what was queued for it, else with something plain that fits.

    Calls are named by the path below `/_matrix/client/v3`, ids left out: `sync`, `keys/upload`, `send`, `sendToDevice`.
    """

    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    queued: dict[str, deque[Answer]] = field(default_factory=dict)
    members: list[str] = field(default_factory=lambda: [USER, ADA])
    encrypted: bool = False
    peer: OlmAccount = field(default_factory=OlmAccount)
    batch: int = 0

    def calls(self, name: str) -> list[Any]:
        return [body for called, _, body in self.asked if called == name]

    def paths(self, name: str) -> list[str]:
        return [path for called, path, _ in self.asked if called == name]

    # --- what a test queues ------------------------------------------------------------------------------------------

    def answer(self, name: str, status: int, body: Any, **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        content_type = "application/json" if not isinstance(body, str) else "text/html"

        async def answered(_: web.Request) -> web.StreamResponse:
            return web.Response(text=text, status=status, content_type=content_type, headers=headers)

        self.queued.setdefault(name, deque()).append(answered)

    def refuse(self, name: str, status: int, code: str, error: str = "", **more: Any) -> None:
        self.answer(name, status, {"errcode": code, "error": error, **more})

    def hang_up(self, name: str) -> None:
        async def answered(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.close()
            return web.Response()

        self.queued.setdefault(name, deque()).append(answered)

    def half(self, name: str) -> None:
        """Promise more than comes, as a connection that breaks."""

        async def answered(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "500", "Content-Type": "application/json"})
            await response.prepare(request)
            await response.write(b'{"next_batch": "s9", "rooms": {"jo')
            assert request.transport is not None
            request.transport.close()
            return response

        self.queued.setdefault(name, deque()).append(answered)

    def hang(self, name: str) -> None:
        async def answered(_: web.Request) -> web.StreamResponse:
            await asyncio.sleep(3600)
            return web.Response()

        self.queued.setdefault(name, deque()).append(answered)

    def hold(self, name: str, release: asyncio.Event) -> None:
        """Answer plainly, but not before the test lets it."""

        async def answered(_: web.Request) -> web.StreamResponse:
            await release.wait()
            return web.json_response(self._plain(name, {}))

        self.queued.setdefault(name, deque()).append(answered)

    def sync(self, *events: Any, state: list[Any] | None = None, **more: Any) -> None:
        """Queue a sync that brings these events of the room."""
        self.answer("sync", 200, self.sync_body(*events, state=state, **more))

    def sync_body(self, *events: Any, state: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        self.batch += 1
        timeline = {"events": list(events), "limited": False, "prev_batch": "p1"} | more.pop("timeline", {})
        joined = {"timeline": timeline, "state": {"events": self.state() if state is None else state}}
        rooms = {"join": {ROOM: joined}} if events or state is None else {}
        return {
            "next_batch": f"s{self.batch}",
            "device_one_time_keys_count": {"signed_curve25519": 50},
            "rooms": rooms,
            **more,
        }

    def state(self) -> list[Any]:
        told = [
            event("m.room.member", {"membership": "join"}, sender=user, event_id=f"$m{place}", state_key=user)
            for place, user in enumerate(self.members)
        ]
        if self.encrypted:
            told.append(
                event("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, event_id="$encryption", state_key="")
            )
        return told

    # --- what it is asked --------------------------------------------------------------------------------------------

    async def called(self, request: web.Request) -> web.StreamResponse:
        name = _name(request.path)
        if name == "sync" and "since" not in request.query and "full_state" not in request.query:
            name = "invitations"
        body = await request.read()
        self.asked.append((name, request.path_qs, json.loads(body) if body.startswith(b"{") else body))
        if waiting := self.queued.get(name):
            return await waiting.popleft()(request)
        return web.json_response(self._plain(name, self.asked[-1][2]))

    def _plain(self, name: str, body: Any) -> Any:
        match name:
            case "login":
                return LOGIN
            case "account/whoami":
                return {"user_id": USER, "device_id": LOGIN["device_id"]}
            case "keys/upload":
                return {"one_time_key_counts": {"signed_curve25519": 50}}
            case "keys/query":
                return {"device_keys": self._devices(body["device_keys"]), "failures": {}}
            case "keys/claim":
                return {"one_time_keys": self._one_time_keys(body["one_time_keys"]), "failures": {}}
            case "invitations":
                return {"next_batch": "s0"}
            case "sync":
                return self.sync_body(state=[])
            case "send":
                return {"event_id": f"$sent{len(self.asked)}"}
            case "upload":
                return {"content_uri": "mxc://test.invalid/file"}
            case "messages":
                return {"chunk": [], "start": "p1"}
            case _:
                return {}

    def _devices(self, wanted: Any) -> Any:
        if ADA not in wanted:
            return {}
        keys = self.peer.identity_keys
        device = {
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "device_id": "PHONE",
            "user_id": ADA,
            "keys": {"curve25519:PHONE": keys["curve25519"], "ed25519:PHONE": keys["ed25519"]},
        }
        return {ADA: {"PHONE": self._signed(device)}}

    def _one_time_keys(self, wanted: Any) -> Any:
        if ADA not in wanted:
            return {}
        self.peer.generate_one_time_keys(1)
        [(key_id, key)] = self.peer.one_time_keys["curve25519"].items()
        self.peer.mark_keys_as_published()
        return {ADA: {"PHONE": {f"signed_curve25519:{key_id}": self._signed({"key": key})}}}

    def _signed(self, content: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return {**content, "signatures": {ADA: {"ed25519:PHONE": self.peer.sign(text)}}}


def event(kind: str, content: Any, *, sender: str = ADA, event_id: str = "$e", **more: Any) -> dict[str, Any]:
    """Return an event of a room."""
    return {
        "type": kind,
        "content": content,
        "sender": sender,
        "event_id": event_id,
        "origin_server_ts": 1_711_270_800_000,
        **more,
    }


def text(body: Any, *, event_id: str = "$e", **more: Any) -> dict[str, Any]:
    """Return a message."""
    return event("m.room.message", {"msgtype": "m.text", "body": body}, event_id=event_id, **more)


def _name(path: str) -> str:
    if path.startswith("/_matrix/media"):
        return "upload"
    if path.startswith("/_matrix/client/v1/media"):
        return "download"
    parts = path.removeprefix("/_matrix/client/v3/").split("/")
    if parts[0] == "rooms":
        return parts[2]
    return parts[0] if parts[0] in ("join", "sendToDevice", "user") else "/".join(parts)


@pytest.fixture
def homeserver() -> FakeHomeserver:
    return FakeHomeserver()


@pytest.fixture
async def server(homeserver: FakeHomeserver) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", homeserver.called)
    server = TestServer(app)
    async with server:
        yield server


Build = Callable[..., MatrixChannel]


@pytest.fixture
async def build(server: TestServer, tmp_path: Path) -> AsyncIterator[Build]:
    built: list[MatrixChannel] = []
    vault = MemoryVault()

    def make(**wishes: Any) -> MatrixChannel:
        password = wishes.pop("password", "secret")
        credentials = Credentials(homeserver=str(server.make_url("/")), user_id=USER, password=password)
        built.append(MatrixChannel(credentials, data_dir=tmp_path, pickle_key="key", vault=vault, **wishes))
        return built[-1]

    yield make
    for channel in built:
        await channel.close()


@pytest.fixture
async def channel(build: Build) -> MatrixChannel:
    made = build()
    await made.connect()
    return made
