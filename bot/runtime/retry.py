"""What to do after a failed delivery: a value made by a pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.domain.messages import Priority
from bot.errors import DeliveryError, RateLimited, Unavailable, Unreachable

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = 60  # attempts; with the pauses above that is more than eight hours


@dataclass(frozen=True, slots=True)
class Decision:
    """`again`: after a pause; `failed` and `unknown` end the delivery."""

    kind: Literal["again", "failed", "unknown"]
    after: timedelta = timedelta(0)
    unreachable: bool = False
    whole_bot: bool = False


def decide(error: DeliveryError, *, attempts: int, priority: Priority) -> Decision:
    """Return what follows from `error` after so many attempts (this one included).

    A push that may have arrived is never sent a second time (invariant 3); a reply is sent at least once.
    """
    match error:
        case RateLimited():
            return Decision("again", error.retry_after, whole_bot=error.whole_bot)
        case Unreachable():
            return Decision("failed", unreachable=True)
        case Unavailable() if priority == "push":
            return Decision("unknown")
        case Unavailable() if attempts < GIVE_UP_AFTER:
            return Decision("again", min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10)))
        case _:
            return Decision("failed")
