"""What a sync brought, room by room and in order, with the gaps filled that a homeserver leaves in long timelines."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nio import Event, MegolmEvent, SyncResponse

from bot.adapters.matrix.api import HomeserverClient, checked, no_answer
from bot.adapters.matrix.crypto import Crypto, quoted
from bot.adapters.matrix.inbound import OLD
from bot.adapters.matrix.polls import START as POLL
from bot.adapters.matrix.shape import is_whole

TIMELINE = 100
"""The most that Synapse gives of a room, in a sync and in a page."""

GAP_PAGES = 20
"""What somebody may write while nobody reads; who writes more than that does not wait for each answer."""

# Who writes, reads along or is online changes no answer; the members are needed all at once, to encrypt.
FILTER = {
    "presence": {"types": []},
    "room": {
        "timeline": {"limit": TIMELINE},
        "ephemeral": {"types": []},
        "account_data": {"types": []},
        "state": {"lazy_load_members": False},
    },
}

Object = Mapping[str, Any]

_log = logging.getLogger(__name__)


class Timeline:
    """Reads syncs for one client."""

    def __init__(self, client: HomeserverClient, crypto: Crypto) -> None:
        self._client = client
        self._crypto = crypto

    async def sync(self, cursor: str | None, *, seconds: float, full: bool) -> SyncResponse:
        """Wait for what comes after `cursor`.

        Raises:
            MatrixError: an error answer, or none.
        """
        # nio skips a response that ends where the last one did, and we may have to read the same one again.
        self._client.next_batch = ""
        timeout = 0 if full or cursor is None else int(seconds * 1000)
        response = await self._client.sync(
            timeout=timeout, sync_filter=FILTER, since=cursor, full_state=full or cursor is None
        )
        return checked(response, call="sync")

    async def events(self, room_id: str, timeline: Any, *, cursor: str | None, now: datetime) -> Sequence[Any]:
        """Return all events of a room since the cursor, oldest first, gap included.

        Raises:
            MatrixError: an error answer, or none.
        """
        events = list(timeline.events)
        if cursor is None:
            return _after_our_last(events, user_id=self._client.user_id)
        if not timeline.limited or not timeline.prev_batch or self._has_own_join(events):
            return events
        gap = await self._gap(room_id, start=timeline.prev_batch, cursor=cursor, now=now)
        return [*gap, *events]

    async def _gap(self, room_id: str, *, start: str, cursor: str, now: datetime) -> Sequence[Any]:
        found: list[Any] = []
        for _ in range(GAP_PAGES):
            query = f"?dir=b&limit={TIMELINE}&from={quoted(start)}&to={quoted(cursor)}"
            answer = await self._client.call("GET", f"/rooms/{quoted(room_id)}/messages{query}")
            chunk = answer.get("chunk")
            if not isinstance(chunk, list):
                raise no_answer("messages", cause="an answer that is not as specified")
            page = [event for source in chunk if (event := _parsed(source)) is not None]
            found += page
            end = answer.get("end")
            is_old = bool(page) and now.timestamp() * 1000 - page[-1].server_timestamp > OLD.total_seconds() * 1000
            # What is older is answered together anyway, and a room's history before us is none of our business.
            if not page or not isinstance(end, str) or is_old or self._has_own_join(page):
                break
            start = end
        else:
            _log.warning("a gap of more than %d events was not filled to its beginning", GAP_PAGES * TIMELINE)
        found.reverse()
        return found

    def _has_own_join(self, events: Sequence[Any]) -> bool:
        return any(
            event.source.get("type") == "m.room.member"
            and event.source.get("state_key") == self._client.user_id
            and event.source.get("content", {}).get("membership") == "join"
            for event in events
        )


def _parsed(source: Any) -> Any:
    if not is_whole(source):
        return None
    event = Event.parse_event(source)
    return event if hasattr(event, "server_timestamp") else None


def _after_our_last(events: Sequence[Any], *, user_id: str) -> Sequence[Any]:
    """Without a cursor: what came after our last word. What is older may have been answered by an earlier run."""
    spoken = [
        place
        for place, event in enumerate(events)
        if event.source.get("sender") == user_id
        and (isinstance(event, MegolmEvent) or event.source.get("type") in ("m.room.message", POLL))
    ]
    return events[spoken[-1] + 1 :] if spoken else events
