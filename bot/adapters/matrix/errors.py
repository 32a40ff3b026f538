"""What an error answer of a homeserver means: status and error code -> a family of `bot.errors`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.errors import (
    ChannelError,
    ChannelRefused,
    ChannelUnavailable,
    DeliveryError,
    HubtalkError,
    NotSent,
    RateLimited,
    Refused,
    Unavailable,
    Unreachable,
)

NO_ANSWER = 0
"""Stands where a status would: connection, time-out, or an answer that is not a homeserver's."""

LONGEST_PAUSE = timedelta(hours=1)
_DEFAULT_PAUSE = 5.0
_LONGEST_DESCRIPTION = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """A standard error response, or none at all (`status` is then `NO_ANSWER`).

    https://spec.matrix.org/latest/client-server-api/#standard-error-response
    """

    status: int
    code: str = ""
    description: str = ""
    retry_after: float | None = None
    soft_logout: bool = False
    body: Mapping[str, Any] | None = None


class MatrixError(HubtalkError):
    """A call failed; stays inside this adapter, which turns it into a family the core knows."""

    def __init__(self, call: str, answer: ErrorAnswer) -> None:
        super().__init__(_sentence(call, answer=answer))
        self.call = call
        self.answer = answer

    @property
    def is_dead_token(self) -> bool:
        """Whether the access token is not accepted (any more)."""
        return self.answer.status == 401 and self.answer.code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")


def error_answer(status: int, *, body: Any, retry_after: str | None = None) -> ErrorAnswer:
    """Read what came instead of a result; a page that no homeserver wrote counts as no answer.

    Args:
        status: the HTTP status.
        body: the JSON that came with it, None if it was none.
        retry_after: the header of that name, which took the place of `retry_after_ms` in Matrix 1.10.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("errcode"), str):
        # A redirect, a login page, a proxy's 502 or 404: the homeserver has not spoken. A 401 to an interactive
        # authentication has no error code, but says which stages there are.
        if status == 401 and isinstance(body, Mapping) and "flows" in body:
            return ErrorAnswer(status=status, code="M_UNAUTHORIZED", body=body)
        pause = _seconds(retry_after) if status == 429 else None
        return ErrorAnswer(
            status=429 if status == 429 else NO_ANSWER,
            description=f"HTTP status {status} without an answer of a homeserver",
            retry_after=pause,
        )
    pause_ms = body.get("retry_after_ms")
    pause = pause_ms / 1000 if isinstance(pause_ms, int | float) else _seconds(retry_after)
    return ErrorAnswer(
        status=status,
        code=body["errcode"],
        description=str(body.get("error") or ""),
        retry_after=pause,
        soft_logout=body.get("soft_logout") is True,
        body=body,
    )


def delivery_error(error: MatrixError, *, is_out: bool = True) -> DeliveryError:
    """Return what a failed send, edit or download means for that one message.

    A dead token is `Unavailable` here: the message is as good as before, and the next read tells that the channel
    as a whole is refused.

    Args:
        error: what the homeserver said.
        is_out: whether the message itself may have arrived; if not, trying again can double nothing.
    """
    answer, said = error.answer, str(error)
    match answer.status, answer.code:
        case (429, _) | (_, "M_LIMIT_EXCEEDED"):
            # Synapse counts messages by account, not by room.
            return RateLimited(said, retry_after=pause_of(answer), whole_bot=True)
        case (_, "M_TOO_LARGE") | (413, _):
            return Refused(said, reason="too_large")
        case (_, "M_RESOURCE_LIMIT_EXCEEDED" | "M_USER_DEACTIVATED" | "M_USER_SUSPENDED" | "M_CONSENT_NOT_GIVEN"):
            # About us, not about this room: somebody has to act, and the message can go out later.
            return _unavailable(said, is_out=is_out)
        case (403, "M_FORBIDDEN") if "not in room" in answer.description or "not joined" in answer.description:
            return Unreachable(said, reason="not_in_room")
        case (403, _):
            return Refused(said, reason="no_rights")
        case (404, _):
            return Unreachable(said, reason="unknown_room")
        case (400 | 405 | 409, _):
            return Refused(said)
        case _:
            return _unavailable(said, is_out=is_out)


def download_error(error: MatrixError) -> DeliveryError:
    """Return what a failed download means: a file that is gone has nothing to do with the person's presence."""
    if error.answer.status in (403, 404):
        return Refused(str(error), reason="gone")
    return delivery_error(error)


def channel_error(error: MatrixError) -> ChannelError:
    """Return what a failed sign-in or read means for the channel as a whole."""
    answer, said = error.answer, str(error)
    if error.is_dead_token:
        return ChannelRefused("The homeserver does not accept the bot's access token (any more).")
    if answer.code == "M_USER_DEACTIVATED":
        return ChannelRefused("The bot's Matrix account is deactivated.")
    if answer.status == 429:
        return ChannelUnavailable(said, retry_after=pause_of(answer))
    if answer.status == 403 and error.call == "login":
        return ChannelRefused("The homeserver does not accept the bot's user id and password.")
    return ChannelUnavailable(said)


def pause_of(answer: ErrorAnswer) -> timedelta:
    """Return how long a 429 asks to wait, within reason."""
    seconds = _DEFAULT_PAUSE if answer.retry_after is None else max(0.0, answer.retry_after)
    return min(LONGEST_PAUSE, timedelta(seconds=min(seconds, LONGEST_PAUSE.total_seconds())))


def _unavailable(said: str, *, is_out: bool) -> DeliveryError:
    return Unavailable(said) if is_out else NotSent(said)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _sentence(call: str, *, answer: ErrorAnswer) -> str:
    # A server's words may name people and rooms; those belong into no log.
    words = [word if word[:1] not in "@!#$'\"" else "…" for word in answer.description.split()]
    description = " ".join(words)[:_LONGEST_DESCRIPTION]
    if answer.status == NO_ANSWER:
        return f"{call} got no answer from the homeserver: {description}."
    return f"The homeserver refused {call} ({answer.status} {answer.code}): {description}."
