"""What each error answer of the Bot API means for a message and for the channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.telegram.errors import BotApiError, channel_error, delivery_error, error_answer, is_unchanged
from bot.errors import (
    ChannelRefused,
    ChannelUnavailable,
    ChatMoved,
    DeliveryError,
    RateLimited,
    Refused,
    Unavailable,
    Unreachable,
)


def failure(code: int, description: str = "", *, status: int | None = None, **parameters: Any) -> BotApiError:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return BotApiError("sendMessage", error_answer(status or code, body=body))


DELIVERIES: list[tuple[int, str, type[DeliveryError], str]] = [
    (403, "Forbidden: bot was blocked by the user", Unreachable, "blocked"),
    (403, "Forbidden: user is deactivated", Unreachable, "deactivated"),
    (403, "Forbidden: bot was kicked from the supergroup chat", Unreachable, "kicked"),
    (403, "Forbidden: bot is not a member of the channel chat", Unreachable, "kicked"),
    (403, "Forbidden: the group chat was deleted", Unreachable, "kicked"),
    (403, "Forbidden: bot can't initiate conversation with a user", Unreachable, "not_started"),
    (403, "Forbidden: something new", Unreachable, "unreachable"),
    (400, "Bad Request: chat not found", Unreachable, "unknown_chat"),
    (400, "Bad Request: PEER_ID_INVALID", Unreachable, "unknown_chat"),
    (400, "Bad Request: message is too long", Refused, "too_long"),
    (400, "Bad Request: message text is empty", Refused, "empty"),
    (400, "Bad Request: can't parse entities: Unmatched end tag", Refused, "unparseable"),
    (400, "Bad Request: message can't be edited", Refused, "not_editable"),
    (400, "Bad Request: message to edit not found", Refused, "not_editable"),
    (400, "Bad Request: not enough rights to send text messages to the chat", Refused, "no_rights"),
    (400, "Bad Request: BUTTON_DATA_INVALID", Refused, "button_data"),
    (400, "Bad Request: file is too big", Refused, "too_large"),
    (400, "Bad Request: wrong file_id or the file is temporarily unavailable", Refused, "gone"),
    (400, "Bad Request: something new", Refused, "refused"),
    (413, "Request Entity Too Large", Refused, "too_large"),
    (401, "Unauthorized", Unavailable, "unavailable"),
    (404, "Not Found", Unavailable, "unavailable"),
    (500, "Internal Server Error", Unavailable, "unavailable"),
    (502, "Bad Gateway", Unavailable, "unavailable"),
]


@pytest.mark.parametrize(("code", "description", "family", "reason"), DELIVERIES)
def test_a_refused_message_gets_its_family(
    code: int, description: str, family: type[DeliveryError], reason: str
) -> None:
    error = delivery_error(failure(code, description), chat="4711")
    assert (type(error), error.reason) == (family, reason)


def test_a_group_that_became_a_supergroup_says_where_it_went() -> None:
    error = delivery_error(failure(400, "group chat was upgraded", migrate_to_chat_id=-100123), chat="-5")
    assert isinstance(error, ChatMoved)
    assert error.chat == "-100123"


@pytest.mark.parametrize(
    ("chat", "seconds", "whole_bot"),
    [("4711", 3, False), ("4711", 30, False), ("4711", 31, True), ("-987", 60, False), (None, 60, True)],
)
def test_too_fast_pauses_the_chat_and_after_a_long_pause_the_bot(
    chat: str | None, seconds: int, whole_bot: bool
) -> None:
    error = delivery_error(failure(429, "Too Many Requests: retry after", retry_after=seconds), chat=chat)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.whole_bot) == (timedelta(seconds=seconds), whole_bot)


def test_too_fast_without_a_time_still_pauses() -> None:
    error = delivery_error(failure(429, "Too Many Requests"), chat="4711")
    assert isinstance(error, RateLimited)
    assert error.retry_after > timedelta(0)


@pytest.mark.parametrize("code", [401, 404])
def test_a_wrong_token_refuses_the_channel(code: int) -> None:
    assert isinstance(channel_error(failure(code, "Unauthorized")), ChannelRefused)


@pytest.mark.parametrize(
    ("code", "description", "words"),
    [
        (409, "Conflict: terminated by other getUpdates request", "Another process polls this bot"),
        (409, "Conflict: can't use getUpdates method while webhook is active", "webhook"),
        (500, "Internal Server Error", "500"),
        (400, "Bad Request: something new", "something new"),
    ],
)
def test_other_trouble_makes_the_channel_wait(code: int, description: str, words: str) -> None:
    error = channel_error(failure(code, description))
    assert isinstance(error, ChannelUnavailable)
    assert words in str(error)
    assert error.retry_after is None


def test_polling_too_fast_waits_as_long_as_asked() -> None:
    error = channel_error(failure(429, "Too Many Requests", retry_after=7))
    assert isinstance(error, ChannelUnavailable)
    assert error.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("body", [None, [], "<html>", {"ok": True}, {"error": "proxy"}])
@pytest.mark.parametrize("status", [200, 401, 403, 404, 502])
def test_an_answer_that_is_not_the_bot_apis_counts_as_none(status: int, body: Any) -> None:
    error = BotApiError("getUpdates", error_answer(status, body=body))
    assert isinstance(channel_error(error), ChannelUnavailable)
    assert isinstance(delivery_error(error), Unavailable)
    assert str(status) in str(error)


def test_the_code_in_the_answer_counts_more_than_the_status() -> None:
    assert isinstance(delivery_error(failure(403, "Forbidden: bot was blocked by the user", status=200)), Unreachable)


def test_pieces_of_a_message_that_telegram_quotes_are_not_passed_on() -> None:
    error = failure(400, 'Bad Request: can\'t parse entities: Unsupported start tag "geheim" at byte offset 4')
    assert "geheim" not in str(error) + str(delivery_error(error))
    assert "geheim" not in str(failure(400, 'Bad Request: cut in the middle of "geheim'))


def test_an_unchanged_message_is_told_from_other_refusals() -> None:
    assert is_unchanged(failure(400, "Bad Request: message is not modified: specified new message content …"))
    assert not is_unchanged(failure(400, "Bad Request: message can't be edited"))
