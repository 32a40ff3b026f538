"""The HTTP side of the double: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from tests.doubles.telegram.bodies import parameters
from tests.doubles.telegram.facts import Upload, facts
from tests.doubles.telegram.faults import BEFORE, Fault, PlannedFault
from tests.doubles.telegram.files import UPLOAD_LIMIT
from tests.doubles.telegram.methods import canonical, perform
from tests.doubles.telegram.refusals import Refusal
from tests.doubles.telegram.state import Call, State

HTML_502 = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_STATE: web.AppKey[State] = web.AppKey("state", State)


def application(state: State) -> web.Application:
    """Build the application around one bot's world."""
    # Room for the other fields of the largest upload.
    app = web.Application(client_max_size=UPLOAD_LIMIT + 1024 * 1024)
    app[_STATE] = state
    app.router.add_route("*", "/bot{token}/{method}", _method)
    app.router.add_get("/file/bot{token}/{path:.+}", _file)
    return app


async def _method(request: web.Request) -> web.StreamResponse:
    state = request.app[_STATE]
    try:
        _check_token(state, request.match_info["token"])
        method = canonical(state, request.match_info["method"])
        params = await _params(request, state=state, method=method)
    except Refusal as refusal:
        return _refused(refusal)
    fault = state.faults.next(method, chat_id=params.get("chat_id"))
    if fault is not None and fault.fault in BEFORE:
        state.waiting.notify()
        return _failed(request, fault)
    status, body = await _performed(state, method, params)
    await _pass_time(state, fault)
    if fault is not None:
        state.waiting.notify()
        if fault.fault is Fault.LOSE_REPLY:
            return _cut(request)
        if fault.fault is Fault.HALF_JSON:
            body = body[: len(body) // 2]
    return web.Response(body=body, status=status, content_type="application/json")


async def _params(request: web.Request, *, state: State, method: str) -> dict[str, Any]:
    try:
        return await parameters(request, fields=facts().methods[method])
    except web.HTTPRequestEntityTooLarge as error:
        state.violations.append(f"{method}: the request is too large")
        raise Refusal(413, "Request Entity Too Large") from error
    except Refusal as refusal:
        if refusal.violation:
            state.violations.append(f"{method}: {refusal.description}")
        raise


async def _performed(state: State, method: str, params: Mapping[str, Any]) -> tuple[int, bytes]:
    error: int | None = None
    try:
        result = await perform(state, method, params)
        body = orjson.dumps({"ok": True, "result": result})
    except Refusal as refusal:
        error = refusal.code
        body = orjson.dumps(refusal.body())
        if refusal.violation:
            state.violations.append(f"{method}: {refusal.description}")
    state.calls[method] += 1
    if method != "getUpdates":
        state.requests.append(Call(method=method, params=_light(params), at=state.clock.monotonic(), error=error))
    state.waiting.notify()
    return error or 200, body


def _light(params: Mapping[str, Any]) -> dict[str, Any]:
    """Keep no uploaded bytes in the record of requests."""
    return {name: value.name if isinstance(value, Upload) else value for name, value in params.items()}


async def _pass_time(state: State, fault: PlannedFault | None) -> None:
    seconds = state.delay + (fault.seconds if fault else 0.0)
    if seconds > 0:
        await asyncio.sleep(seconds)


def _failed(request: web.Request, fault: PlannedFault) -> web.StreamResponse:
    match fault.fault:
        case Fault.ERROR_500:
            return _refused(Refusal(500, "Internal Server Error"))
        case Fault.ERROR_502:
            return web.Response(text=HTML_502, status=502, content_type="text/html")
        case _:
            return _cut(request)


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection; the response that aiohttp wants has nowhere to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _refused(refusal: Refusal) -> web.Response:
    return web.Response(body=orjson.dumps(refusal.body()), status=refusal.code, content_type="application/json")


async def _file(request: web.Request) -> web.Response:
    state = request.app[_STATE]
    try:
        _check_token(state, request.match_info["token"])
        stored = state.files.at(request.match_info["path"])
        if stored is None:
            raise Refusal(404, "Not Found")
    except Refusal as refusal:
        return _refused(refusal)
    return web.Response(body=stored.content, content_type="application/octet-stream")


def _check_token(state: State, token: str) -> None:
    if token == state.token:
        return
    bot_id, colon, secret = token.partition(":")
    # What does not even look like a token is a wrong path for the servers.
    if not (bot_id.isdigit() and colon and secret):
        raise Refusal(404, "Not Found")
    raise Refusal(401, "Unauthorized")
