"""Control over HTTP, for a double that runs as its own process: `POST /control/<what>` with a JSON object."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from tests.doubles.telegram.chats import Seen
from tests.doubles.telegram.faults import Fault
from tests.doubles.telegram.presses import Press

if TYPE_CHECKING:
    from tests.doubles.telegram.double import TelegramDouble

# What a person may be told to do; the names are those of `User`.
VERBS = frozenset(
    "starts says forwards edits presses presses_data sends_document sends_photo sends_voice sends_sticker "
    "sends_location sends_contact blocks unblocks deletes hears hears_edit sees last menu".split(),
)


def add_control(app: web.Application, double: TelegramDouble) -> None:
    """Add the control routes to the application of a double."""

    async def person(request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        if verb not in VERBS:
            raise web.HTTPNotFound(text=f"nobody can {verb}")
        options = await _options(request)
        user = double.user(int(request.match_info["id"]), **options.pop("user", {}))
        if "content" in options:
            options["content"] = options["content"].encode()
        return await _done(getattr(user, verb), options)

    async def fail(request: web.Request) -> web.Response:
        options = await _options(request)
        double.fail(Fault(options.pop("fault")), **options)
        return _json({"planned": True})

    async def limit(request: web.Request) -> web.Response:
        double.limit(**await _options(request))
        return _json({"limited": True})

    async def delay(request: web.Request) -> web.Response:
        double.delay = float((await _options(request))["seconds"])
        return _json({"delay": double.delay})

    async def state(_: web.Request) -> web.Response:
        return _json(
            {
                "violations": double.violations,
                "calls": dict(double.calls),
                "pending": len(double.updates.pending),
                "unanswered": [press.id for press in double.unanswered],
                "refused": len(double.rates.refused),
            },
        )

    app.router.add_post("/control/users/{id}/{verb}", person)
    app.router.add_post("/control/fail", fail)
    app.router.add_post("/control/limit", limit)
    app.router.add_post("/control/delay", delay)
    app.router.add_get("/control/state", state)


async def _options(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    options: dict[str, Any] = orjson.loads(body) if body else {}
    return options


async def _done(act: object, options: dict[str, Any]) -> web.Response:
    # `last` is a property, the others are methods, most of them asynchronous.
    try:
        result = act(**options) if callable(act) else act
        if isinstance(result, Awaitable):
            result = await result
    except (AssertionError, KeyError, ValueError, TypeError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, status=409)
    return _json({"result": _plain(result)})


def _plain(result: Any) -> Any:
    match result:
        case Seen():
            return {**asdict(result), "content": None if result.content is None else result.content.hex()}
        case Press():
            return {"id": result.id, "message_id": result.message_id, "data": result.data, "answered": result.answered}
        case list():
            return [_plain(one) for one in result]
        case _:
            return result


def _json(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
