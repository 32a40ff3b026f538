"""What an error answer of the Bot API means: status and description -> a family of `bot.errors`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.errors import (
    ChannelError,
    ChannelRefused,
    ChannelUnavailable,
    ChatMoved,
    DeliveryError,
    HubtalkError,
    RateLimited,
    Refused,
    Unavailable,
    Unreachable,
)

NO_ANSWER = 0
"""Stands where a status would: connection, time-out, or an answer that is not the Bot API's."""

WHOLE_BOT_PAUSE = timedelta(seconds=30)
"""A private chat that gets more than one message a second is held back for a few seconds. Telegram does not say what a
429 is about (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this), so a longer pause in a
private chat is read as one of the whole bot. Groups have 20 messages a minute, where long pauses are ordinary."""

_DEFAULT_PAUSE = 5.0
_LONGEST_DESCRIPTION = 160
_QUOTED = re.compile(r'"[^"]*"?')

_FORBIDDEN = (
    ("blocked by the user", "blocked"),
    ("deactivated", "deactivated"),
    ("was kicked", "kicked"),
    ("not a member", "kicked"),
    ("was deleted", "kicked"),
    ("initiate conversation", "not_started"),
)
_UNKNOWN_CHAT = ("chat not found", "user not found", "peer_id_invalid", "chat_id is empty")
_BAD_REQUEST = (
    ("can't parse entities", "unparseable"),
    ("too long", "too_long"),
    ("text is empty", "empty"),
    ("can't be edited", "not_editable"),
    ("message to edit not found", "not_editable"),
    ("message_id_invalid", "not_editable"),
    ("can't be deleted", "not_deletable"),
    ("button_data_invalid", "button_data"),
    ("rights", "no_rights"),
    ("file is too big", "too_large"),
    ("wrong file", "gone"),
    ("invalid file", "gone"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """An answer with `"ok": false`, or none at all (`code` is then `NO_ANSWER`).

    https://core.telegram.org/bots/api#making-requests and #responseparameters.
    """

    code: int
    description: str = ""
    retry_after: float | None = None
    moved_to: str | None = None


class BotApiError(HubtalkError):
    """A call failed; stays inside this adapter, which turns it into a family the core knows."""

    def __init__(self, method: str, answer: ErrorAnswer) -> None:
        super().__init__(_sentence(method, answer=answer))
        self.method = method
        self.answer = answer


def error_answer(status: int, *, body: Any) -> ErrorAnswer:
    """Read what came instead of a result; anything but the Bot API's own error object counts as no answer."""
    if not isinstance(body, Mapping) or body.get("ok") is not False:
        return ErrorAnswer(code=NO_ANSWER, description=f"HTTP status {status} without an answer of the Bot API")
    parameters = body.get("parameters")
    if not isinstance(parameters, Mapping):
        parameters = {}
    code, pause, moved_to = body.get("error_code"), parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    return ErrorAnswer(
        code=code if isinstance(code, int) else status,
        description=str(body.get("description") or ""),
        retry_after=float(pause) if isinstance(pause, int | float) else None,
        moved_to=None if moved_to is None else str(moved_to),
    )


def delivery_error(error: BotApiError, *, chat: str | None = None) -> DeliveryError:
    """Return what a failed send, edit, acknowledgement or download to `chat` means for that one message.

    A rejected token (401, 404) is `Unavailable` here: the message is as good as before, and the next read tells
    that the channel as a whole is refused.
    """
    answer, said = error.answer, str(error)
    match answer.code:
        case 400 if answer.moved_to is not None:
            return ChatMoved(said, chat=answer.moved_to)
        case 400:
            return _bad_request(answer, said=said)
        case 403:
            return Unreachable(said, reason=_first(_FORBIDDEN, text=answer.description))
        case 413:
            return Refused(said, reason="too_large")
        case 429:
            pause = _pause(answer)
            return RateLimited(said, retry_after=pause, whole_bot=_concerns_whole_bot(pause, chat=chat))
        case _:
            return Unavailable(said)


def channel_error(error: BotApiError) -> ChannelError:
    """Return what a failed sign-in or read means for the channel as a whole."""
    answer, said = error.answer, str(error)
    match answer.code:
        case 401 | 404:
            return ChannelRefused(f"Telegram does not accept the bot's token ({answer.code}).")
        case 409 if "webhook" in answer.description.lower():
            return ChannelUnavailable("A webhook is set for this bot, so it cannot be polled (409).")
        case 409:
            return ChannelUnavailable("Another process polls this bot with the same token (409).")
        case 429:
            return ChannelUnavailable(said, retry_after=_pause(answer))
        case _:
            return ChannelUnavailable(said)


def is_unchanged(error: BotApiError) -> bool:
    """Whether an edit failed only because the message already looks so."""
    return error.answer.code == 400 and "message is not modified" in error.answer.description.lower()


def is_gone(error: BotApiError) -> bool:
    """Whether a message could not be deleted only because it is not there any more."""
    return error.answer.code == 400 and "message to delete not found" in error.answer.description.lower()


def is_unknown_file(error: BotApiError) -> bool:
    """Whether a file was named by an id that Telegram does not take (any more)."""
    return error.answer.code == 400 and "file" in error.answer.description.lower()


def is_too_late(error: BotApiError) -> bool:
    """Whether a callback query had been answered, or was too old to be."""
    description = error.answer.description.lower()
    return error.answer.code == 400 and ("query is too old" in description or "query_id_invalid" in description)


def _bad_request(answer: ErrorAnswer, *, said: str) -> DeliveryError:
    description = answer.description.lower()
    if any(words in description for words in _UNKNOWN_CHAT):
        return Unreachable(said, reason="unknown_chat")
    return Refused(said, reason=_first(_BAD_REQUEST, text=description))


def _concerns_whole_bot(pause: timedelta, *, chat: str | None) -> bool:
    in_group = chat is not None and chat.startswith(("-", "@"))
    return pause > WHOLE_BOT_PAUSE and not in_group


def _pause(answer: ErrorAnswer) -> timedelta:
    return timedelta(seconds=_DEFAULT_PAUSE if answer.retry_after is None else answer.retry_after)


def _first(table: tuple[tuple[str, str], ...], *, text: str) -> str | None:
    text = text.lower()
    return next((reason for words, reason in table if words in text), None)


def _sentence(method: str, *, answer: ErrorAnswer) -> str:
    # Telegram quotes pieces of a message it cannot parse; bodies belong into no log.
    description = _QUOTED.sub('"…"', answer.description)[:_LONGEST_DESCRIPTION]
    if answer.code == NO_ANSWER:
        return f"{method} got no answer from Telegram: {description}."
    return f"Telegram refused {method} ({answer.code}): {description}."
