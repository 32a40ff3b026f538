"""Every error that a library below an adapter can raise leads to a family of ours, also one that is new in a version.

Who adds a class here decides what it means for a message: whether it may have arrived, and whether another try helps.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any, TypeVar

import aiohttp.client_exceptions
import nio.exceptions
import nio.responses
import pytest
import telegram.error
from aiohttp import ClientError
from yarl import URL

from bot.adapters.matrix import api as matrix_api
from bot.adapters.matrix import errors as matrix_errors
from bot.adapters.matrix.crypto import NOT_SEALED
from bot.adapters.telegram.api import BotApi
from bot.adapters.telegram.errors import BotApiError, delivery_error
from bot.adapters.telegram.request import answer_of
from bot.errors import ChatMoved, DeliveryError, NotSent, RateLimited, Refused, Unavailable, Unreachable

_Base = TypeVar("_Base")


def classes(module: ModuleType, base: type[_Base]) -> Iterator[type[_Base]]:
    """Walk over all classes of a module below a base."""
    for each in vars(module).values():
        if inspect.isclass(each) and issubclass(each, base):
            yield each


TELEGRAM: dict[str, type[DeliveryError]] = {
    "TelegramError": Unavailable,
    "Forbidden": Unreachable,
    "InvalidToken": Unavailable,
    "EndPointNotFound": Unavailable,
    "NetworkError": Unavailable,
    "BadRequest": Refused,
    "TimedOut": Unavailable,
    "ChatMigrated": ChatMoved,
    "RetryAfter": RateLimited,
    "Conflict": Unavailable,
    "PassportDecryptionError": Unavailable,
}


def test_every_error_of_python_telegram_bot_has_its_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else it warns of its next version
    found = {}
    for each in classes(telegram.error, telegram.error.TelegramError):
        values: list[Any] = [7 if name in ("new_chat_id", "retry_after") else "odd" for name in _arguments(each)]
        error = each(*values)
        found[each.__name__] = type(delivery_error(BotApiError("sendDocument", answer_of(error)), chat="4711"))
    assert found == TELEGRAM


def _arguments(each: type[Exception]) -> list[str]:
    return list(inspect.signature(each).parameters)


# What a request of aiohttp ends with. Whether it left cannot be told by the class, so each may have arrived.
AIOHTTP = {
    "ClientError",
    "ClientResponseError",
    "ContentTypeError",
    "WSServerHandshakeError",
    "ClientHttpProxyError",
    "TooManyRedirects",
    "ClientConnectionError",
    "ClientConnectionResetError",
    "ClientOSError",
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ClientProxyConnectionError",
    "UnixClientConnectorError",
    "ServerConnectionError",
    "ServerDisconnectedError",
    "ServerTimeoutError",
    "ConnectionTimeoutError",
    "SocketTimeoutError",
    "ServerFingerprintMismatch",
    "ClientPayloadError",
    "UploadAbortedError",
    "InvalidURL",
    "InvalidUrlClientError",
    "RedirectClientError",
    "NonHttpUrlClientError",
    "InvalidUrlRedirectClientError",
    "NonHttpUrlRedirectClientError",
    "ClientSSLError",
    "ClientConnectorSSLError",
    "ClientConnectorCertificateError",
}
ENDS = [
    *{each.__name__: each for each in classes(aiohttp.client_exceptions, ClientError)}.values(),
    OSError,
    TimeoutError,
    ConnectionResetError,
    BrokenPipeError,
]


def test_every_error_of_aiohttp_is_known() -> None:
    assert {each.__name__ for each in ENDS if issubclass(each, ClientError)} == AIOHTTP
    # For web sockets alone, of which we have none.
    others = {each.__name__ for each in classes(aiohttp.client_exceptions, Exception)} - AIOHTTP
    assert others == {"WSMessageTypeError"}


class Broken:
    """A session whose every request ends with an error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def post(self, *_: object, **__: object) -> Any:
        raise self.error

    async def request(self, *_: object, **__: object) -> Any:
        raise self.error


class BrokenBotApi(BotApi):
    def __init__(self, error: BaseException) -> None:
        super().__init__(token="1:x", api_url="http://localhost")
        self.error = error

    def _open(self, method: str) -> Any:
        return Broken(self.error)


class BrokenHomeserver(matrix_api.HomeserverClient):
    def __init__(self, error: BaseException) -> None:
        self.homeserver, self.error = "http://localhost", error

    def _open(self, call: str) -> Any:
        return Broken(self.error)


@pytest.mark.parametrize("each", ENDS)
async def test_a_request_that_ends_so_may_have_arrived(each: type[BaseException]) -> None:
    error = each.__new__(each)
    with pytest.raises(BotApiError) as caught:
        await BrokenBotApi(error).exchange("sendMessage", url=URL("http://localhost"), data=b"{}")
    assert type(delivery_error(caught.value, chat="4711")) is Unavailable
    with pytest.raises(matrix_errors.MatrixError) as lost:
        await BrokenHomeserver(error).send("PUT", "/_matrix/client/v3/rooms/x/send/m.room.message/1")
    assert type(matrix_errors.delivery_error(lost.value)) is Unavailable
    assert type(matrix_errors.delivery_error(lost.value, is_out=False)) is NotSent


def test_every_error_response_of_nio_is_no_success() -> None:
    found = list(classes(nio.responses, nio.responses.ErrorResponse))
    assert len(found) > 60
    for each in found:
        with pytest.raises(matrix_errors.MatrixError) as caught:
            matrix_api.checked(object.__new__(each), call="keys/query")
        assert type(matrix_errors.delivery_error(caught.value, is_out=False)) is NotSent
    # Answers without a success of their own have to be errors.
    odd = [each.__name__ for each in classes(nio.responses, nio.responses.Response) if each.__name__.endswith("Error")]
    assert {each.__name__ for each in found} >= set(odd)


def test_every_exception_of_nio_means_that_nothing_has_left() -> None:
    found = list(classes(nio.exceptions, Exception))
    assert len(found) >= 13
    assert [each.__name__ for each in found if not issubclass(each, NOT_SEALED)] == []
