"""The families of what can go wrong; every error of ours is a `HubtalkError`."""

from __future__ import annotations

from datetime import timedelta


class HubtalkError(Exception):
    """Root of all errors raised on purpose. `str(error)` is one plain sentence without personal data."""


class ConfigurationError(HubtalkError):
    """A setting is wrong or missing; the message names it and says what to put there."""


class UsageError(HubtalkError):
    """A command was asked for something it cannot do; the message says what to do instead (exit code 1)."""


class StorageError(HubtalkError):
    """The database did not do what was asked."""


class StorageUnavailable(StorageError):
    """Locked, full, read-only or gone: nothing was changed, the same work may be tried again later."""


class Conflict(StorageError):
    """A unique key or a revision decided for somebody else: nothing was changed, the work must be done anew."""


class SchemaTooNew(StorageError):
    """The database was written by a newer hubtalk than this one."""


class AlreadyRunning(HubtalkError):
    """Another `hubtalk run` holds this database or channel."""


class FormError(HubtalkError):
    """A form cannot be used; details are `Problem`s with sheet, row and column."""


class ChannelError(HubtalkError):
    """A channel as a whole failed (not one message)."""


class ChannelRefused(ChannelError):
    """The platform rejects our credentials: waiting will not mend it."""


class ChannelUnavailable(ChannelError):
    """The platform cannot be reached or is out of order; try again after a pause.

    `retry_after` is the platform's own wish, if it gave one.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryError(HubtalkError):
    """One message could not be delivered. `reason` is a short code that organisers may read."""

    reason = "failed"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class Unreachable(DeliveryError):
    """The person cannot be reached at this address any more (blocked, left, deactivated)."""

    reason = "unreachable"


class RateLimited(DeliveryError):
    """Too fast: the chat (or, with `whole_bot`, everything) pauses for `retry_after`."""

    reason = "rate_limited"

    def __init__(self, message: str, *, retry_after: timedelta, whole_bot: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.whole_bot = whole_bot


class Refused(DeliveryError):
    """The platform rejects this very message; sending it again cannot help. Usually our fault."""

    reason = "refused"


class Unavailable(DeliveryError):
    """No answer, or a server error: the message may or may not have arrived."""

    reason = "unavailable"


class NotSent(DeliveryError):
    """Something before the message itself failed (a connection, a key): trying again can double nothing."""

    reason = "not_sent"


class ChatMoved(DeliveryError):
    """The chat has a new id (a group became a supergroup)."""

    reason = "moved"

    def __init__(self, message: str, *, chat: str) -> None:
        super().__init__(message)
        self.chat = chat
