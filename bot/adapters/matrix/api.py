"""The strict way to a homeserver: nio's client, for which every answer that is no success is an error; no retries."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from nio import AsyncClient, AsyncClientConfig, ErrorResponse
from yarl import URL

from bot.adapters.matrix.errors import NO_ANSWER, ErrorAnswer, MatrixError, error_answer

CLIENT = "/_matrix/client/v3"
RELATIONS = "/_matrix/client/v1"
MEDIA = "/_matrix/client/v1/media/download"
"""Authenticated media, Matrix 1.11: https://spec.matrix.org/latest/client-server-api/#content-repo-client-behaviour"""

UPLOAD = "/_matrix/media/v3/upload"
CONNECTIONS = 100
KEEPALIVE_SECONDS = 30.0
REQUEST_SECONDS = 20.0
SLOW_SECONDS = 120.0
"""For a first sync, which a homeserver computes for as long as it takes."""

FILE_TIMEOUT = ClientTimeout(total=60)
_PIECE = 1 << 16
_WORD = re.compile(r"[A-Za-z][a-z_A-Z.]{0,40}", re.ASCII)


class HomeserverClient(AsyncClient):  # type: ignore[misc]  # nio brings no types
    """nio's client on a wire that cannot lie to it.

    nio takes a proxy's error page for an empty success where a schema has no required field, a 429 to a shared key for
    a success, and some errors for a logout. None of those reaches it: what is no JSON object of a homeserver with a
    status of success is raised as `MatrixError` here. Its errors name the call, never rooms, people or the token.
    """

    def __init__(self, homeserver: str, *, user_id: str, store_path: str, config: AsyncClientConfig) -> None:
        super().__init__(str(URL(homeserver)).rstrip("/"), user_id, "", store_path, config)
        self._closed = False
        self.client_session: ClientSession | None = None

    async def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        trace_context: Any = None,
        timeout: float | None = None,
    ) -> ClientResponse:
        """Make one request of nio's; the body is read whole.

        Raises:
            MatrixError: an error answer, or none.
        """
        del trace_context
        seconds = REQUEST_SECONDS if timeout is None else timeout or SLOW_SECONDS
        return await self.exchange(method, path, data=data, headers=headers, timeout=ClientTimeout(total=seconds))

    async def exchange(
        self, method: str, path: str, *, data: Any, headers: Mapping[str, str] | None, timeout: ClientTimeout
    ) -> ClientResponse:
        """Make one request and return its response, with the body read, if it is a success.

        Raises:
            MatrixError: an error answer, or none.
        """
        call = name_of(path)
        session = self._open(call)
        url = URL(self.homeserver + path, encoded=True)
        try:
            # Not as a context, whose end takes the body away from nio again; reading it whole frees the connection.
            response = await session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            )
            body = await response.read()
        except (ClientError, OSError) as error:
            cause = type(error).__name__
        else:
            if 200 <= response.status < 300:
                return response
            raise MatrixError(
                call,
                error_answer(response.status, body=_json(body), retry_after=response.headers.get("Retry-After")),
            )
        # Raised out here so that it holds no reference to an error that names the URL.
        raise no_answer(call, cause=cause)

    async def parse_body(self, transport_response: ClientResponse) -> dict[Any, Any]:
        """Read a success for nio.

        Raises:
            MatrixError: it is no JSON object (a proxy's page, or half an answer).
        """
        content = _json(await transport_response.read())
        if not isinstance(content, dict):
            raise no_answer(name_of(transport_response.url.raw_path), cause="no JSON object")
        return content

    async def call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        root: str = CLIENT,
    ) -> dict[str, Any]:
        """Call the client API below `root` and return its answer; parts of `path` are quoted by the caller.

        Raises:
            MatrixError: an error answer, or none.
        """
        data = orjson.dumps(content) if content is not None else None if method == "GET" else b"{}"
        headers = {"Content-Type": "application/json", **self._authorization()}
        return await self.parse_body(await self.send(method, root + path, data, headers, None, timeout))

    async def put_file(self, content: bytes, *, media_type: str, name: str) -> str:
        """Upload bytes and return their `mxc:` URI.

        Raises:
            MatrixError: an error answer, or none.
        """
        headers = {"Content-Type": media_type, **self._authorization()}
        path = f"{UPLOAD}?filename={quote(name, safe='')}" if name else UPLOAD
        answer = await self.parse_body(
            await self.exchange("POST", path, data=content, headers=headers, timeout=FILE_TIMEOUT)
        )
        if not isinstance(answer.get("content_uri"), str):
            raise no_answer("upload", cause="no content_uri")
        return str(answer["content_uri"])

    async def get_file(self, server: str, media_id: str, *, limit: int) -> bytes | None:
        """Return a file of the content repository, None as soon as it exceeds `limit` bytes.

        Raises:
            MatrixError: an error answer, or none.
        """
        session, content = self._open("download"), bytearray()
        url = URL(f"{self.homeserver}{MEDIA}/{quote(server, safe='')}/{quote(media_id, safe='')}", encoded=True)
        try:
            # The one place that follows: homeservers may keep files elsewhere. aiohttp drops the token on other hosts.
            async with session.get(url, headers=self._authorization(), timeout=FILE_TIMEOUT) as response:
                if response.status != 200:
                    raise MatrixError("download", error_answer(response.status, body=_json(await response.read())))
                async for piece in response.content.iter_chunked(_PIECE):
                    content += piece
                    if len(content) > limit:
                        return None
                return bytes(content)
        except (ClientError, OSError) as error:
            cause = type(error).__name__
        raise no_answer("download", cause=cause)

    async def close(self) -> None:
        """Close the session; every call from now on gets no answer."""
        self._closed = True
        if self.client_session is not None:
            await self.client_session.close()
            # An open TLS connection needs a turn of the loop to say goodbye.
            await asyncio.sleep(0)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}

    def _open(self, call: str) -> ClientSession:
        if self._closed:
            raise no_answer(call, cause="the channel is closed")
        if self.client_session is None:
            self.client_session = ClientSession(
                connector=TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS),
                cookie_jar=DummyCookieJar(),
            )
        return self.client_session


def checked(response: Any, *, call: str) -> Any:
    """Return what nio made of an answer.

    Raises:
        MatrixError: it lacks what the specification demands.
    """
    if isinstance(response, ErrorResponse):
        raise no_answer(call, cause="an answer that is not as specified")
    return response


def no_answer(call: str, *, cause: str) -> MatrixError:
    """Return the error for a call that came to nothing."""
    return MatrixError(call, ErrorAnswer(status=NO_ANSWER, description=cause))


def name_of(path: str) -> str:
    """Return a call's name for people: the path without whatever may name rooms or people."""
    parts = urlsplit(path).path.split("/")[4:]
    return "/".join(part if _WORD.fullmatch(part) else "…" for part in parts) or "the homeserver"


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        # orjson refuses halves of surrogate pairs, which anybody may send.
        return json.loads(body)
    except ValueError:
        return None
