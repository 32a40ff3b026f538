"""An HTTP/1.1 server of the bare minimum, so that the load server is never what limits the bots."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl

import orjson

Answer = Callable[[bytes], None]

_HEAD_END = b"\r\n\r\n"


class Requests(Protocol):
    """What a connection hands its requests to."""

    def call(self, path: str, params: dict[str, Any], *, answer: Answer, connection: Connection) -> None:
        """Take one request; `answer` is called once, now or later, with the JSON to send back."""
        ...

    def gone(self, connection: Connection) -> None:
        """Take note that a connection is closed."""
        ...


class Connection(asyncio.Protocol):
    """One client's connection; requests on it come one after the other, as the Bot API's clients send them."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._requests.gone(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := take_request(self._buffer)) is not None:
            path, params, self._buffer = request
            self._requests.call(path, params, answer=self.answer, connection=self)

    def answer(self, body: bytes) -> None:
        """Send a JSON body, unless the client has gone."""
        if self._transport is not None:
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )


def take_request(buffer: bytes) -> tuple[str, dict[str, Any], bytes] | None:
    """Take the first whole request off a buffer: path, parameters, and what is left; None if it is cut short."""
    end = buffer.find(_HEAD_END)
    if end < 0:
        return None
    head = buffer[:end]
    fields = head.lower()
    start = end + len(_HEAD_END)
    if field(fields, b"transfer-encoding") == b"chunked":
        chunked = _take_chunks(buffer[start:])
        if chunked is None:
            return None
        body, rest = chunked
    else:
        length = int(field(fields, b"content-length") or 0)
        if len(buffer) < start + length:
            return None
        body, rest = buffer[start : start + length], buffer[start + length :]
    path, _, query = head.split(b" ", 2)[1].decode().partition("?")
    return path, {**dict(parse_qsl(query)), **_params(fields, head, body)}, rest


def field(head: bytes, name: bytes) -> bytes:
    """Return a header's value from a head in lower case, empty if it is not there."""
    at = head.find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    end = head.find(b"\r\n", at + 2)
    return head[at + len(name) + 3 : end if end >= 0 else None].strip()


def _params(fields: bytes, head: bytes, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    kind = field(fields, b"content-type")
    if kind.startswith(b"application/json"):
        return dict(orjson.loads(body))
    if kind.startswith(b"multipart/form-data"):
        # The boundary is case-sensitive, so it is read from the head as it came.
        at = fields.index(b"boundary=") + len(b"boundary=")
        return _multipart(body, head[at:].split(b"\r\n", 1)[0].split(b";", 1)[0].strip(b' "'))
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _multipart(body: bytes, boundary: bytes) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.partition(_HEAD_END)
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        params[name] = value.removesuffix(b"\r\n").decode(errors="replace")
    return params


def _take_chunks(data: bytes) -> tuple[bytes, bytes] | None:
    body = b""
    while True:
        line, found, rest = data.partition(b"\r\n")
        if not found:
            return None
        size = int(line.split(b";", 1)[0], 16)
        if len(rest) < size + 2:
            return None
        body, data = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, data
