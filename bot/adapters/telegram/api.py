"""The thin way to the Bot API: JSON in, JSON out, over one aiohttp session and without any library's objects.

It does not import `telegram`: that takes longer than signing in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    FormData,
    TCPConnector,
)
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import BytesPayload
from multidict import CIMultiDict
from yarl import URL

from bot.adapters.telegram.errors import NO_ANSWER, BotApiError, ErrorAnswer, error_answer
from bot.domain.messages import Departure

TELEGRAM = "https://api.telegram.org"
CONNECTIONS = 100
KEEPALIVE_SECONDS = 30.0
REQUEST_TIMEOUT = ClientTimeout(total=20)
FILE_TIMEOUT = ClientTimeout(total=60)
"""For files up and down: 20 MB, the most a bot may download, at 3 Mbit/s."""

JSON = CIMultiDict({"Content-Type": "application/json"})
_PIECE = 1 << 16
_OK = 200
_GONE = 404


class BotApi:
    """Calls of one bot. Its errors name the method called, never the URL, since that holds the token.

    Args:
        token: as BotFather gave it.
        api_url: root of another Bot API server, None for Telegram's.
    """

    def __init__(self, *, token: str, api_url: str | None) -> None:
        # Parsed before the token joins it, so that a complaint about the URL cannot name the token.
        root = str(URL(api_url or TELEGRAM)).rstrip("/")
        self.token = token
        self.base_url = f"{root}/bot"
        self.base_file_url = f"{root}/file/bot"
        self._urls: dict[str, URL] = {}
        self._session: ClientSession | None = None
        self._closed = False

    async def call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: ClientTimeout = REQUEST_TIMEOUT,
        departure: Departure | None = None,
    ) -> Any:
        """Call a method with JSON parameters and return its `result`.

        departure: what counts towards the bot's pace waits there for its moment, and tells when it has been written.

        Raises:
            BotApiError: an error answer, or none.
        """
        url = self._urls.get(method)
        if url is None:
            url = self._urls[method] = URL(f"{self.base_url}{self.token}/{method}")
        if departure is not None:
            await departure.opens()
        status, body = await self.exchange(
            method, url=url, data=orjson.dumps(params), headers=JSON, timeout=timeout, departure=departure
        )
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if status == _OK and isinstance(answer, dict) and answer.get("ok") is True and "result" in answer:
            return answer["result"]
        raise BotApiError(method, error_answer(status, body=answer))

    async def exchange(
        self,
        method: str,
        *,
        url: URL,
        data: bytes | FormData | None,
        headers: CIMultiDict[str] | None = None,
        timeout: ClientTimeout = REQUEST_TIMEOUT,
        departure: Departure | None = None,
    ) -> tuple[int, bytes]:
        """POST to `url` and return status and body, whatever they are; `departure` hears when it has been written.

        Raises:
            BotApiError: no answer.
        """
        session = self._open(method)
        try:
            async with session.post(
                url,
                data=data if departure is None or not isinstance(data, bytes) else _Told(data, departure),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except (ClientError, OSError) as error:
            cause = type(error).__name__
        # Raised out here so that it holds no reference to an error that names the URL.
        raise _no_answer(method, cause=cause)

    async def download(self, path: str, *, limit: int) -> bytes | None:
        """Return the file at `path` below the bot's file root, None as soon as it exceeds `limit` bytes.

        Raises:
            BotApiError: there is no such file, or no answer.
        """
        url, content = URL(f"{self.base_file_url}{self.token}/{path}"), bytearray()
        session = self._open("download")
        try:
            async with session.get(url, timeout=FILE_TIMEOUT, allow_redirects=False) as response:
                if response.status == _OK:
                    async for piece in response.content.iter_chunked(_PIECE):
                        content += piece
                        if len(content) > limit:
                            return None
                    return bytes(content)
                code, cause = response.status, f"wrong file (HTTP status {response.status})"
        except (ClientError, OSError) as error:
            code, cause = NO_ANSWER, type(error).__name__
        raise BotApiError("download", ErrorAnswer(code=400 if code == _GONE else NO_ANSWER, description=cause))

    async def close(self) -> None:
        """Close the session; every call from now on gets no answer."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self, method: str) -> ClientSession:
        if self._closed:
            raise _no_answer(method, cause="the channel is closed")
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS),
                cookie_jar=DummyCookieJar(),
            )
        return self._session


class _Told(BytesPayload):
    """A body that tells when it has been written into the socket; aiohttp repeats no POST.

    Its traces would tell the same at the price of a sixth of the request.
    """

    def __init__(self, value: bytes, departure: Departure) -> None:
        super().__init__(value)
        self._departure = departure

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write all of it, and tell."""
        await super().write_with_length(writer, content_length)
        self._departure.written()


def _no_answer(method: str, *, cause: str) -> BotApiError:
    return BotApiError(method, ErrorAnswer(code=NO_ANSWER, description=cause))
