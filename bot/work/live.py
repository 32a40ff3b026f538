"""The message that shows how a broadcast goes: it edits itself while that changes, and says the end in any case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.domain.broadcasts.model import ALIVE, Broadcast, Counts
from bot.domain.broadcasts.report import progress
from bot.domain.messages import Edit, OutboundMessage
from bot.house import House
from bot.ports import Channel
from storage import broadcasts_live
from storage.broadcasts import counts_of

EVERY = timedelta(seconds=5)
SELDOM = timedelta(minutes=1)
"""Where an edit takes the place of a message that somebody waits for."""

AFTERWARDS = timedelta(days=1)
"""How long the message goes on to follow a broadcast that has ended: its text may be corrected, or it is taken back."""

CHEAP = 5.0
"""Messages a second; where a platform takes fewer, edits are seldom."""

_Figures = tuple[Any, ...]


class LiveReports:
    """Keeps those messages up to date; `refresh` is called every second and mostly costs one read.

    edit: changes a message, best effort; trouble: which channels do not answer, and when they are tried again.
    """

    def __init__(
        self,
        house: House,
        channels: Mapping[str, Channel],
        *,
        edit: Callable[[Edit], None],
        trouble: Callable[[], Mapping[str, datetime]] = dict,
    ) -> None:
        self._house = house
        self._channels = channels
        self._edit = edit
        self._trouble = trouble
        self._ended: dict[int, _Figures] = {}
        self._shown: dict[int, tuple[_Figures, datetime]] = {}

    async def refresh(self) -> None:
        """Show what has changed; one that has just ended, or is changed after its end, is looked at once more."""
        house = self._house
        since = house.clock.now() - AFTERWARDS
        at_work, amended = await house.database.read(broadcasts_live.at_work)
        over = await house.database.read(lambda: broadcasts_live.ended_since(since))
        busy = {broadcast.id for broadcast in at_work}
        stands = {each.id: (each.state, each.edition, each.recalled) for each in over if each.id not in busy}
        news = [each for each in over if each.id in stands and self._ended.get(each.id) != stands[each.id]]
        self._ended = stands
        found = [*at_work, *news]
        if not found:
            return
        followed = [each for each in found if each.prompt is not None and each.report_to is not None]
        counted = await house.database.read(lambda: counts_of([each.id for each in followed]))
        for broadcast in followed:
            ended = broadcast.state not in ALIVE and broadcast.id not in amended
            await self._show(broadcast, counted[broadcast.id], over=ended)

    async def _show(self, broadcast: Broadcast, counts: Counts, *, over: bool) -> None:
        assert broadcast.report_to is not None and broadcast.prompt is not None
        channel = self._channels.get(broadcast.report_to.channel)
        now = self._house.clock.now()
        figures = (broadcast.state, broadcast.edition, broadcast.recalled, str(counts), sorted(self._trouble()))
        before = self._shown.get(broadcast.id)
        if channel is None or (before is not None and before[0] == figures):
            return
        if not channel.abilities.edits:
            if over:
                self._shown[broadcast.id] = (figures, now)
                await self._tell(broadcast, self._message(broadcast, counts))
            return
        abilities = channel.abilities
        slow = 0 < (abilities.rate or abilities.usual_rate) < CHEAP
        moved = before is not None and before[0][0] != broadcast.state
        if before is not None and not over and not moved and now - before[1] < (SELDOM if slow else EVERY):
            return
        shown_as = await self._house.database.read(lambda: broadcasts_live.message_of(broadcast.prompt))
        if shown_as is None:  # it is still on its way
            self._ended.pop(broadcast.id, None)
            return
        self._shown[broadcast.id] = (figures, now)
        self._edit(Edit(address=broadcast.report_to, message_id=shown_as, message=self._message(broadcast, counts)))

    def _message(self, broadcast: Broadcast, counts: Counts) -> OutboundMessage:
        say = self._house.texts.speaker(broadcast.language)
        return progress(broadcast, counts, say, trouble=self._trouble())

    async def _tell(self, broadcast: Broadcast, message: OutboundMessage) -> None:
        house = self._house
        now, number = house.clock.now(), house.next_id()
        await house.database.write(lambda: broadcasts_live.tell_end(broadcast, message, now=now, number=number))
