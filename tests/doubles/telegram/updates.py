"""The queue of updates: waiting until confirmed, handed out by long polling to one poller at a time.

Source: https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.doubles.telegram.facts import facts
from tests.doubles.telegram.refusals import conflict, violation

Update = dict[str, Any]

# "Specify an empty list to receive all update types except chat_member, message_reaction, and message_reaction_count"
NOT_BY_DEFAULT = frozenset(("chat_member", "message_reaction", "message_reaction_count"))
POLL_LIMIT = 100
# The longest time-out that the servers keep to.
LONGEST_POLL = 50
REMEMBERED = 20_000


class Updates:
    """What happened and was not confirmed yet."""

    def __init__(self, *, first_id: int) -> None:
        self._next_id = first_id
        self._pending: dict[int, Update] = {}
        self._again: list[Update] = []
        self._held: list[Update] | None = None
        self._disordered = False
        self._recent: dict[int, Update] = {}
        self._recent_order: deque[int] = deque()
        self._allowed: frozenset[str] | None = None
        self._poller: asyncio.Future[bool] | None = None
        self.arrived = asyncio.Event()
        self.confirmed_below = first_id
        self.webhook_url = ""
        self.polls = 0

    def put(self, kind: str, content: Mapping[str, Any]) -> int | None:
        """Queue an update and return its id; None if the bot did not ask for updates of this kind."""
        if not self._is_allowed(kind):
            return None
        number = self._next_id
        update = {"update_id": number, kind: content}
        self._next_id += 1
        if self._held is None:
            self._queue(update)
        else:
            self._held.append(update)
        return number

    def allow(self, kinds: Sequence[str] | None) -> None:
        """Remember which kinds the bot asks for; None keeps the earlier wish, an empty list is the default."""
        if kinds is None:
            return
        unknown = sorted(set(kinds) - facts().all_updates)
        if unknown:
            raise violation(f"allowed_updates: there is no update {unknown[0]!r}")
        self._allowed = frozenset(kinds) or None

    @property
    def allowed(self) -> list[str]:
        """Say which kinds were asked for, empty for the default."""
        return sorted(self._allowed or ())

    def hold(self) -> None:
        """Keep new updates back until `release`."""
        self._held = [] if self._held is None else self._held

    def release(self, *, order: Iterable[int] | None = None, renumber: bool = True) -> list[int]:
        """Hand out what was held back, in `order` (places in the order it happened); return the update ids.

        With `renumber` the ids still count up (what happened later has the smaller id); without, they do not.
        """
        held, self._held = self._held or [], None
        ids = [update["update_id"] for update in held]
        chosen = [held[place] for place in (range(len(held)) if order is None else order)]
        if renumber:
            chosen = [{**update, "update_id": number} for number, update in zip(ids, chosen, strict=False)]
        self._disordered = self._disordered or not renumber
        for update in chosen:
            self._queue(update)
        return [update["update_id"] for update in chosen]

    def redeliver(self, update_id: int) -> None:
        """Hand an update out once more, even if it was confirmed."""
        self._again.append(self._recent[update_id])
        self._wake()

    def drop_pending(self) -> None:
        """Forget what was not confirmed (`drop_pending_updates`)."""
        self._pending.clear()
        self._again.clear()
        self.confirmed_below = self._next_id

    @property
    def pending(self) -> tuple[Update, ...]:
        """Return what was not confirmed yet."""
        return tuple(self._pending.values())

    @property
    def last_id(self) -> int:
        """Return the id of the newest update."""
        return self._next_id - 1

    async def poll(self, *, offset: int, limit: int, timeout: int) -> list[Update]:
        """Confirm everything below `offset` and return what waits, at once or as soon as something comes.

        Raises:
            Refusal: a webhook is set, or another poller came (409).
        """
        if self.webhook_url:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        if not 1 <= limit <= POLL_LIMIT:
            raise violation(f"limit must lie between 1 and {POLL_LIMIT}")
        self.polls += 1
        self.end_poll(superseded=True)
        self.confirm(offset)
        if not (self._pending or self._again) and timeout > 0:
            await self._sleep(min(timeout, LONGEST_POLL))
        return self.take(limit)

    def end_poll(self, *, superseded: bool) -> None:
        """Answer whoever polls now: with a 409 if `superseded`, else with what there is."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(superseded)
        self._poller = None

    def confirm(self, offset: int) -> None:
        """Forget updates below `offset`; a negative one keeps only that many of the newest."""
        if offset < 0:
            newest = list(self._pending)[offset:]
            offset = newest[0] if newest else self._next_id
        self.confirmed_below = max(self.confirmed_below, offset)
        if self._disordered:
            self._pending = {number: update for number, update in self._pending.items() if number >= offset}
            self._disordered = bool(self._pending)
            return
        while self._pending and (first := next(iter(self._pending))) < offset:
            del self._pending[first]

    def take(self, limit: int) -> list[Update]:
        """Return what waits, repeated updates first; those leave the queue with it."""
        again, self._again = self._again[:limit], self._again[limit:]
        taken = again
        for update in self._pending.values():
            if len(taken) >= limit:
                break
            taken.append(update)
        return taken

    async def _sleep(self, timeout: float) -> None:
        poller: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._poller = poller
        try:
            superseded = await asyncio.wait_for(poller, timeout)
        except TimeoutError:
            superseded = False
        finally:
            if self._poller is poller:
                self._poller = None
        if superseded:
            raise conflict(
                "terminated by other getUpdates request; make sure that only one bot instance is running",
            )

    def _queue(self, update: Update) -> None:
        number = update["update_id"]
        self._pending[number] = update
        if number not in self._recent:
            self._recent_order.append(number)
        self._recent[number] = update
        if len(self._recent_order) > REMEMBERED:
            del self._recent[self._recent_order.popleft()]
        self._wake()

    def _wake(self) -> None:
        self.end_poll(superseded=False)
        self.arrived.set()

    def _is_allowed(self, kind: str) -> bool:
        return kind not in NOT_BY_DEFAULT if self._allowed is None else kind in self._allowed
