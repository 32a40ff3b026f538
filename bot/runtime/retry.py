"""What to do after a failed delivery: a value made by a pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.domain.messages import Priority
from bot.errors import DeliveryError, NotSent, RateLimited, Unavailable, Unreachable

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = 60  # attempts; with the pauses above that is more than eight hours
PUSHES_AGAIN = (
    4  # attempts after the first where they are recognised: within a quarter of a minute, by the same process
)


@dataclass(frozen=True, slots=True)
class Decision:
    """`again`: after a pause; `failed` and `unknown` end the delivery."""

    kind: Literal["again", "failed", "unknown"]
    after: timedelta = timedelta(0)
    unreachable: bool = False
    whole_bot: bool = False


def decide(error: DeliveryError, *, attempts: int, priority: Priority, idempotent: bool = False) -> Decision:
    """Return what follows from `error` after so many attempts (this one included).

    A push that may have arrived is never sent a second time (invariant 3), unless the platform recognises it
    (`idempotent`); a reply is sent at least once.
    """
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
    match error:
        case RateLimited():
            return Decision("again", error.retry_after, whole_bot=error.whole_bot)
        case Unreachable():
            return Decision("failed", unreachable=True)
        case Unavailable() if priority == "push" and not (idempotent and attempts <= PUSHES_AGAIN):
            return Decision("unknown")
        case Unavailable() | NotSent() if attempts < GIVE_UP_AFTER:
            return Decision("again", pause)
        case _:
            return Decision("failed")
