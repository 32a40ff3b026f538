"""What the pump asks of the database, each call in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.broadcasts.model import Broadcast
from bot.domain.desk import PauseBroadcast
from bot.domain.scene import Tell
from bot.errors import UsageError
from bot.ports import Amended, Amendment, Clock, Push
from storage import amending, leaving, pushes, turns
from storage.broadcasts import load_one
from storage.codec import from_micros, to_micros
from storage.desk import Order, carry_out
from storage.driver import Database
from storage.reminding import plan
from storage.statements import Statement, Steps, change, many, one, rows, upsert
from storage.tables import pauses

LEASE = timedelta(seconds=90)  # three times the longest request of any channel (30 s), invariant 3
RECOGNISED_FOR = timedelta(hours=23)
"""How long a homeserver remembers a transaction, less an hour (Synapse: 24 h)."""

PAUSE = upsert(pauses, keys=("channel",), set_=("reason", "tries", "until"))
PAUSE_OVER = Statement(delete(pauses).where(pauses.c.channel == bindparam("channel_")), name="channel goes on")
PAUSE_OF = Statement(
    select(pauses.c.until, pauses.c.reason, pauses.c.tries).where(pauses.c.channel == bindparam("channel_")),
    name="channel's pause",
)

SELF = "hubtalk"
"""Who it is in the audit log that stops a broadcast by itself."""


class SqlPushStore:
    """`bot.ports.PushStore` on a database.

    served: the channels at work in this process; only: the one chat that is served, "" for all; tell: the words in
    which a broadcast's organiser hears that it was stopped, None if nobody is to be told.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        owner: str,
        courtesy: Courtesy,
        served: Collection[str],
        number: Callable[[], int],
        tell: Callable[[Broadcast, str], Tell | None],
        only: str = "",
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._courtesy = courtesy
        self._served = served
        self._number = number
        self._tell = tell
        self._only = only

    async def claim_pushes(self, channel: str, *, most: int) -> Sequence[Push]:
        """See `bot.ports.PushStore`."""
        now = self._clock.now()
        micros = to_micros(now)
        if not await self._database.read(lambda: rows(turns.ANY_DUE, channel_=channel, now=micros)):
            return ()  # the usual case costs one read, no transaction of the writer
        manner = pushes.Manner(
            owner=self._owner,
            leased_until=to_micros(now + LEASE),
            courtesy=self._courtesy,
            served=self._served,
            only=self._only,
        )
        while True:
            claimed, more = await self._database.write(lambda: pushes.claim(channel, most=most, now=now, manner=manner))
            if claimed or not more:
                return claimed

    async def begin_pushes(self, pushes: Sequence[Push], *, via: str) -> Collection[int]:
        """See `bot.ports.PushStore`."""
        now = self._clock.now()
        until = to_micros(now + LEASE)
        return await self._database.write(
            lambda: leaving.begin(pushes, owner=self._owner, via=via, now=to_micros(now), leased_until=until)
        )

    async def release_pushes(self, pushes: Sequence[Push]) -> None:
        """See `bot.ports.PushStore`."""
        await self._database.write(lambda: leaving.release([push.delivery for push in pushes], owner=self._owner))

    async def pause_channel(self, channel: str, *, until: datetime | None, reason: str, tries: int) -> None:
        """See `bot.ports.PushStore`."""
        if until is None:
            await self._database.write(lambda: change(PAUSE_OVER, channel_=channel))
            return
        row = {"channel": channel, "reason": reason, "tries": tries, "until": to_micros(until)}
        await self._database.write(lambda: many(PAUSE, [row]))

    async def channel_pause(self, channel: str) -> tuple[datetime, str, int] | None:
        """See `bot.ports.PushStore`."""
        row = await self._database.read(lambda: one(PAUSE_OF, channel_=channel))
        return None if row is None else (from_micros(row[0]), row[1], row[2])

    async def stop_broadcast(self, number: int, *, reason: str) -> None:
        """See `bot.ports.PushStore`."""
        await self._database.write(lambda: self._stop(number, reason))

    def _stop(self, number: int, reason: str) -> Steps[None]:
        order = Order(actor=SELF, now=to_micros(self._clock.now()), number=self._number)
        try:
            yield from carry_out(order, PauseBroadcast(broadcast=number, reason=reason))
        except UsageError:
            return  # somebody was quicker
        stopped = yield from load_one(number)
        tell = None if stopped is None else self._tell(stopped, reason)
        if tell is not None:
            yield from plan([tell], now=order.now, number=self._number)

    async def amendments(self, channel: str, *, many: int) -> Sequence[Amendment]:
        """See `bot.ports.AmendStore`."""
        if not await self._database.read(lambda: rows(amending.ANY)):
            return ()
        return await self._database.read(lambda: amending.left(channel, many=many))

    async def amended(self, amended: Sequence[Amended]) -> None:
        """See `bot.ports.AmendStore`."""
        await self._database.write(lambda: amending.note(amended))

    # --- beginnings and ends -----------------------------------------------------------------------------------------

    async def recover(self, channels: Sequence[str], *, but: Collection[str] = ()) -> None:
        """Say honestly what a dead process had on its way; the caller holds the lock of these channels.

        but: channels where a second sending is recognised; they are settled once we know who we are there.
        """
        await self._database.write(lambda: leaving.give_back(channels, only=self._only))
        for channel in channels:
            if channel not in but:
                await self.settle(channel, via="")

    async def settle(self, channel: str, *, via: str) -> None:
        """Send again what `via` recognises; what else may have left becomes unknown."""
        now = self._clock.now()
        since = to_micros(now - RECOGNISED_FOR)
        await self._database.write(
            lambda: leaving.settle(channel, via=via, since=since, now=to_micros(now), only=self._only)
        )

    async def set_free(self, channels: Sequence[str], *, via: Callable[[str], str], held: Collection[int]) -> None:
        """Settle what nobody holds although its lease ran out (a connection lost in the middle of COMMIT)."""
        now = self._clock.now()
        before, since = to_micros(now), to_micros(now - RECOGNISED_FOR)
        names = list(channels)
        if await self._database.read(lambda: rows(leaving.LEFT_OVER, since=since)):
            await self._database.write(lambda: leaving.cancel_the_rest(since=since, now=before))
        if not await self._database.read(lambda: rows(leaving.RUN_OUT, channels=names, before=before, held=list(held))):
            return  # the usual case costs one read
        await self._database.write(lambda: leaving.give_back(channels, only=self._only, before=before, held=held))
        for channel in channels:
            known = via(channel)
            await self._database.write(
                lambda name=channel, known=known: leaving.settle(  # type: ignore[misc]
                    name, via=known, since=since, now=before, before=before, held=held, only=self._only
                )
            )

    async def finish(self) -> Sequence[int]:
        """End the broadcasts of which nothing is left to be sent; return their numbers. The same for amending."""
        if await self._database.read(lambda: rows(amending.ANY)):
            await self._database.write(amending.through)
        if not await self._database.read(lambda: rows(leaving.ENDED)):
            return ()  # the usual case costs one read
        return await self._database.write(lambda: leaving.finish(now=to_micros(self._clock.now())))
