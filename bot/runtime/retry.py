"""What to do after a failed delivery: a value made by a pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.domain.messages import Priority
from bot.errors import ChatMoved, DeliveryError, NotSent, RateLimited, Unavailable, Unreachable

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = 60  # attempts; with the pauses above that is more than eight hours
SPREAD = 0.25  # of a pause, shorter or longer
MOVES_FOLLOWED = 3  # attempts; a chat that moves on and on is nowhere
PUSHES_AGAIN = (
    4  # attempts after the first where they are recognised: within a quarter of a minute, by the same process
)


@dataclass(frozen=True, slots=True)
class Decision:
    """`again`: after a pause; `moved`: at once, to the chat `to`; `failed` and `unknown` end the delivery."""

    kind: Literal["again", "moved", "failed", "unknown"]
    after: timedelta = timedelta(0)
    unreachable: bool = False
    whole_bot: bool = False
    to: str = ""


def decide(
    error: DeliveryError, *, attempts: int, priority: Priority, idempotent: bool = False, chance: float = 0.5
) -> Decision:
    """Return what follows from `error` after so many attempts (this one included).

    A push that may have arrived is never sent a second time (invariant 3), unless the platform recognises it
    (`idempotent`); a reply is sent at least once.

    chance: a random number from 0 to 1 that spreads the pauses, so that not all come back in the same moment.
    """
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10)) * (1 - SPREAD + 2 * SPREAD * chance)
    match error:
        case RateLimited():
            return Decision("again", error.retry_after, whole_bot=error.whole_bot)
        case ChatMoved() if attempts < MOVES_FOLLOWED:
            return Decision("moved", to=error.chat)
        case Unreachable():
            return Decision("failed", unreachable=True)
        case Unavailable() if priority == "push" and not (idempotent and attempts <= PUSHES_AGAIN):
            return Decision("unknown")
        case Unavailable() | NotSent() if attempts < GIVE_UP_AFTER:
            return Decision("again", pause)
        case _:
            return Decision("failed")
