"""Lets the pushes of one channel leave: never more in hand than the pace takes in a moment, replies always first.

What is marked as being sent when a process dies is of unknown fate; so little is marked at a time, and late.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.domain.messages import Abilities, DeliveryId, OutboundMessage, Outgoing
from bot.errors import DeliveryError, NotSent, StorageUnavailable, Unavailable
from bot.ports import Clock, Mark, Push, PushStore
from bot.runtime.sender import OF_WHOLE_BOT, Sender

log = logging.getLogger(__name__)

AHEAD = 0.1
"""Seconds of the pace that are marked as being sent in one commit."""

CLAIMED_AHEAD = 5.0
"""Seconds of the pace that are claimed at a time; a claim costs a handful of statements whatever it brings."""

FEWEST, MOST = 4, 64
"""In hand where no pace is known: what refusals leave, and what a quick platform takes."""

LOOKS_AGAIN = 15.0
"""Seconds after which the ledger is looked at unasked."""

IN_TROUBLE_AFTER = 3
"""Attempts in a row that a platform does not answer, until its channel pauses itself."""

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
"""Seconds of such a pause; each next one is about twice as long."""

WATCHED, TOLERATED, SHARE = 50, 10, 0.2
"""Of the last so many deliveries of a broadcast, so many may fail for a reason that is not their readers' fault, and
that share of them; beyond both it stops by itself.
"""

READERS_FAULT = frozenset(
    ("blocked", "deactivated", "kicked", "not_started", "unknown_chat", "unreachable", "not_in_room", "unknown_room")
)


@dataclass(slots=True)
class _Trouble:
    """How often in a row a platform has not answered, and the pause that follows."""

    failures: int = 0
    answered: bool = False
    tries: int = 0
    until: datetime | None = None


class Pump:
    """The pushes of one channel. It starts when the channel is connected (`open`) and looks whenever told to.

    render: what a push says to its reader; random: spreads the pauses.
    """

    def __init__(
        self,
        channel: str,
        *,
        abilities: Abilities,
        store: PushStore,
        sender: Sender,
        clock: Clock,
        render: Callable[[Push], OutboundMessage],
        random: Random,
    ) -> None:
        self.channel = channel
        self._rate = abilities.rate
        self._store = store
        self._sender = sender
        self._clock = clock
        self._render = render
        self._random = random
        self._via = ""
        self._opened = asyncio.Event()
        self._news = asyncio.Event()
        self._due = True
        self._ready: deque[Push] = deque()
        self._in_hand: dict[DeliveryId, int] = {}
        self._window = FEWEST
        self._trouble = _Trouble()
        self._tallies: defaultdict[int, deque[bool]] = defaultdict(lambda: deque(maxlen=WATCHED))
        self._to_stop: set[int] = set()

    def open(self, via: str) -> None:
        """Begin: the channel is connected. via: who recognises a second sending there, "" for nobody."""
        self._via = via
        self._opened.set()

    def look(self) -> None:
        """Look whether something is due."""
        self._due = True
        self._news.set()

    @property
    def held(self) -> Collection[DeliveryId]:
        """The deliveries claimed here, whose leases are ours however long they take."""
        return {*self._in_hand, *(push.delivery for push in self._ready)}

    @property
    def paused_until(self) -> datetime | None:
        """Until when the channel has paused itself, None if it has not."""
        until = self._trouble.until
        return until if until is not None and until > self._clock.now() else None

    def room(self) -> None:
        """Hear that a push has left the queue."""
        self._news.set()

    def tried(self, error: DeliveryError | None) -> None:
        """Hear how an attempt to send anything on this channel ended."""
        if isinstance(error, Unavailable | NotSent):
            self._trouble.failures += 1
        else:  # a refusal is an answer too
            self._trouble.failures, self._trouble.answered = 0, True
        if self._trouble.tries or self._trouble.failures:
            self._news.set()

    def done(self, mark: Mark) -> None:
        """Hear what became of a delivery; only those from here matter."""
        broadcast = self._in_hand.pop(mark.delivery, None)
        if broadcast is None:
            return
        if mark.state == "sent":
            self._window = min(MOST, self._window + 1)
        elif mark.reason == OF_WHOLE_BOT:
            self._window = max(FEWEST, self._window // 2)
        if mark.state in ("sent", "failed", "unknown"):
            # A platform that does not answer is its channel's trouble, which has a pause of its own.
            is_outage = mark.state == "unknown" and bool(self._trouble.tries)
            self._count(broadcast, wrong=mark.state != "sent" and mark.reason not in READERS_FAULT and not is_outage)
        self._news.set()

    def _count(self, broadcast: int, *, wrong: bool) -> None:
        tally = self._tallies[broadcast]
        tally.append(wrong)
        if sum(tally) >= TOLERATED and sum(tally) > SHARE * len(tally):
            self._to_stop.add(broadcast)
            del self._tallies[broadcast]

    # --- the loop ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until cancelled; what is claimed and has not begun is given back then."""
        await self._opened.wait()
        await self._restore()
        try:
            while True:
                self._news.clear()
                wait = await self._round()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), wait)
                    continue
                self._due = True
        finally:
            await self._give_back()

    async def _round(self) -> float:
        """Do what can be done now, and return after how many seconds to look again at the latest."""
        await self._stop_what_goes_wrong()
        await self._look_after_channel()
        silence = self._silence()
        if silence > 0:
            if silence > CLAIMED_AHEAD:
                await self._give_back()
            return min(silence, LOOKS_AGAIN)
        while (room := self._room()) > 0:
            if len(self._ready) < room and self._due:
                await self._claim()
            if not self._ready:
                break
            await self._begin([self._ready.popleft() for _ in range(min(room, len(self._ready)))])
        return LOOKS_AGAIN

    def _room(self) -> int:
        """Return how many more may be marked as being sent; 0 until a few are worth a commit."""
        if self._trouble.tries:  # one at a time, until it is known to work
            return 0 if self._in_hand else 1
        if not self._rate:
            room = self._window - len(self._in_hand)
            return room if room >= max(1, self._window // 2) else 0
        target = math.ceil(self._rate * AHEAD) + 1
        room = target - self._sender.queued(self.channel)
        return room if room >= max(1, target // 2) else 0

    async def _claim(self) -> None:
        most = math.ceil(self._rate * CLAIMED_AHEAD) if self._rate else 4 * self._window
        claimed = await self._store.claim_pushes(self.channel, most=max(FEWEST, most))
        self._ready.extend(claimed)
        self._due = bool(claimed)

    async def _begin(self, pushes: list[Push]) -> None:
        begun = await self._store.begin_pushes(pushes, via=self._via)
        for push in pushes:
            if push.delivery not in begun:
                self._due = True  # it was given back, and is judged anew
                continue
            self._in_hand[push.delivery] = push.broadcast
            outgoing = Outgoing(
                delivery=push.delivery, address=push.address, message=self._render(push), priority="push"
            )
            self._sender.send(outgoing, known=True, attempts=push.attempts)

    async def _give_back(self) -> None:
        pushes = list(self._ready)
        self._ready.clear()
        if pushes:
            self._due = True
            with suppress(StorageUnavailable):  # they are found at the next start
                await self._store.release_pushes(pushes)

    # --- trouble -----------------------------------------------------------------------------------------------------

    def _silence(self) -> float:
        until = self._trouble.until
        own = (until - self._clock.now()).total_seconds() if until is not None else 0.0
        return max(own, self._sender.silence(self.channel))

    async def _restore(self) -> None:
        found = await self._store.channel_pause(self.channel)
        if found is not None:
            self._trouble.until, _, self._trouble.tries = found

    async def _look_after_channel(self) -> None:
        """Pause a channel whose platform does not answer, longer each time; go on when it does."""
        trouble = self._trouble
        if trouble.failures >= IN_TROUBLE_AFTER or (trouble.tries and trouble.failures):
            seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2**trouble.tries) * self._random.uniform(0.75, 1.25)
            trouble.tries += 1
            trouble.failures, trouble.answered = 0, False
            trouble.until = self._clock.now() + timedelta(seconds=seconds)
            log.error("%s does not answer: broadcasts pause there for %.0f s", self.channel, seconds)
            await self._remember(trouble.until)
        elif trouble.tries and trouble.answered:
            trouble.tries, trouble.until = 0, None
            log.warning("%s answers again: broadcasts go on", self.channel)
            await self._remember(None)

    async def _remember(self, until: datetime | None) -> None:
        await self._store.pause_channel(self.channel, until=until, reason=Unavailable.reason, tries=self._trouble.tries)

    async def _stop_what_goes_wrong(self) -> None:
        while self._to_stop:
            number = next(iter(self._to_stop))
            log.error("broadcast %d stops by itself: too many deliveries failed", number)
            await self._store.stop_broadcast(number, reason="errors")
            self._to_stop.discard(number)
