"""python-telegram-bot on our own connections: its request seam on aiohttp and orjson, and the few calls made with it.

Importing this imports `telegram`, which takes longer than everything else in this adapter together, so the channel
does it when the first of these calls is made.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
from aiohttp import FormData
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    InputFile,
    Message,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.adapters.telegram.api import FILE_TIMEOUT, JSON, REQUEST_TIMEOUT, BotApi
from bot.adapters.telegram.errors import NO_ANSWER, BotApiError, ErrorAnswer, error_answer
from bot.adapters.telegram.known import caption_of
from bot.domain.messages import Attachment, Departure

PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
PHOTO_LIMIT = 10_000_000
"""https://core.telegram.org/bots/api#sending-files"""

_BAD_REQUEST = 400
_CODES: Mapping[type[TelegramError], int] = {
    BadRequest: _BAD_REQUEST,
    InvalidToken: 401,
    Forbidden: 403,
    EndPointNotFound: 404,
    Conflict: 409,
    RetryAfter: 429,
}
_T = TypeVar("_T")

# The library logs the URL with the token, and parameters, when debugging.
logging.getLogger("telegram").setLevel(logging.INFO)


class RequestFailed(TelegramError):
    """Carries our own error through the library's layers, which let their own kind pass."""

    def __init__(self, error: BotApiError) -> None:
        super().__init__(str(error))
        self.error = error


class AiohttpRequest(BaseRequest):
    """The library's requests over the session of `BotApi`; the library's own time-outs are not used."""

    __slots__ = ("_api",)

    def __init__(self, api: BotApi) -> None:
        self._api = api

    @property
    def read_timeout(self) -> float | None:
        """The time-out of a request in seconds."""
        return REQUEST_TIMEOUT.total

    async def initialize(self) -> None:
        """Do nothing: the session opens with the first request."""

    async def shutdown(self) -> None:
        """Do nothing: the session belongs to the channel."""

    async def do_request(
        self,
        url: str,
        method: str,  # noqa: ARG002 - the library asks with POST alone
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ARG002
        write_timeout: Any = None,  # noqa: ARG002
        connect_timeout: Any = None,  # noqa: ARG002
        pool_timeout: Any = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Send one request and return status and body of its success.

        Raises:
            RequestFailed: an error answer, or none.
        """
        name, data = url.rpartition("/")[2], request_data or RequestData()
        failure: BotApiError
        try:
            if data.contains_files:
                status, body = await self._api.exchange(name, url=URL(url), data=_form(data), timeout=FILE_TIMEOUT)
            else:
                status, body = await self._api.exchange(
                    name, url=URL(url), data=orjson.dumps(data.parameters), headers=JSON
                )
        except BotApiError as error:
            failure = error
        else:
            answer = _loads(body)
            if status == 200 and isinstance(answer, dict) and answer.get("ok") is True and "result" in answer:
                return status, body
            failure = BotApiError(name, error_answer(status, body=answer))
        raise RequestFailed(failure)

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Return the JSON; without the body in the log, as the library would put it there."""
        return orjson.loads(payload)


class RareCalls:
    """What is asked so seldom that the library's objects cost nothing that counts. Raises `BotApiError` alone."""

    def __init__(self, api: BotApi) -> None:
        request = AiohttpRequest(api)
        self._file_root = f"{api.base_file_url}{api.token}/"
        self._bot = Bot(
            api.token,
            base_url=api.base_url,
            base_file_url=api.base_file_url,
            request=request,
            get_updates_request=request,
        )

    async def set_commands(
        self, commands: Sequence[tuple[str, str]], *, language: str | None, chat: int | str | None
    ) -> None:
        """Set the menu for a language (None: all without one of their own) in one chat or all private ones."""
        scope: BotCommandScope = BotCommandScopeAllPrivateChats() if chat is None else BotCommandScopeChat(chat)
        menu = [BotCommand(name, description) for name, description in commands]
        await _asked("setMyCommands", self._bot.set_my_commands(menu, scope=scope, language_code=language))

    async def send_document(
        self, attachment: Attachment, *, chat: int | str, departure: Departure | None = None
    ) -> str:
        """Send a file without caption and return its message's id.

        departure: as in `BotApi.call`; files are not one piece, so they count as written when they are answered.
        """
        file = InputFile(attachment.content, filename=attachment.name)
        file.mimetype = attachment.media_type
        await _opens(departure)
        message = await _asked("sendDocument", self._bot.send_document(chat, file))
        return str(message.message_id)

    async def send_media(
        self, attachment: Attachment, *, chat: int | str, departure: Departure | None = None
    ) -> Message:
        """Send a file of a form: a picture as such, anything else as a document; Telegram sees what it is."""
        file = InputFile(attachment.content, filename=attachment.name)
        file.mimetype = attachment.media_type
        caption = caption_of(attachment)
        if attachment.media_type in PHOTOS and len(attachment.content) <= PHOTO_LIMIT:
            await _opens(departure)
            try:
                return await _asked("sendPhoto", self._bot.send_photo(chat, file, caption=caption))
            except BotApiError as error:
                if error.answer.code != _BAD_REQUEST:
                    raise
                # Its sides are too long or too unlike each other; as a document it is shown all the same.
        await _opens(departure)
        return await _asked("sendDocument", self._bot.send_document(chat, file, caption=caption))

    async def find_file(self, file_id: str) -> tuple[str, int]:
        """Return a file's path below the bot's file root, and its size (0 if Telegram does not say)."""
        file = await _asked("getFile", self._bot.get_file(file_id))
        path = file.file_path or ""
        if not path.startswith(self._file_root):
            # A Bot API server in local mode gives paths of its own machine, which we do not read.
            raise BotApiError("getFile", ErrorAnswer(code=400, description="wrong file path"))
        return path.removeprefix(self._file_root), file.file_size or 0


async def _opens(departure: Departure | None) -> None:
    if departure is not None:
        await departure.opens()


async def _asked(method: str, answer: Awaitable[_T]) -> _T:
    """Wait for the library's answer, with our error in place of its own; results it cannot read are no answer."""
    failure: BotApiError
    try:
        return await answer
    except RequestFailed as error:
        failure = error.error
    except TelegramError as error:
        failure = BotApiError(method, answer_of(error))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        failure = BotApiError(method, ErrorAnswer(code=NO_ANSWER, description=type(error).__name__))
    # Raised out here, since the library's errors may hold one that names the URL.
    raise failure


def answer_of(error: TelegramError) -> ErrorAnswer:
    """Return the error answer that the library made an error of by itself, or that there was none."""
    if isinstance(error, ChatMigrated):
        return ErrorAnswer(code=_BAD_REQUEST, description=error.message, moved_to=str(error.new_chat_id))
    code = next((code for family, code in _CODES.items() if isinstance(error, family)), NO_ANSWER)
    return ErrorAnswer(code=code, description=error.message if code else type(error).__name__)


def _form(data: RequestData) -> FormData:
    form = FormData()
    for key, value in data.json_parameters.items():
        form.add_field(key, value)
    for key, (filename, content, media_type) in data.multipart_data.items():
        form.add_field(key, content, filename=filename, content_type=media_type)
    return form


def _loads(body: bytes) -> Mapping[str, Any] | None:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None
