"""What of a sync has the shape that nio's parser needs. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def tidied_rooms(rooms: Any, whole: Callable[[Any], bool]) -> int:
    """Take out the events that are not `whole`, however they got past a homeserver; return how many that were."""
    if not isinstance(rooms, dict):
        return 0
    count = 0
    if isinstance(rooms.get("invite"), dict):
        # The inviting server makes up what is told of a room, and we need none of it.
        rooms["invite"] = {room_id: {"invite_state": {"events": []}} for room_id in rooms["invite"]}
    for section in (rooms.get("join"), rooms.get("leave")):
        for room in section.values() if isinstance(section, dict) else ():
            for part in ("state", "timeline"):
                events = room.get(part, {}).get("events") if isinstance(room, dict) else None
                if isinstance(events, list):
                    kept = [event for event in events if whole(event)]
                    count += len(events) - len(kept)
                    room[part]["events"] = kept
    return count


def is_whole(event: Any) -> bool:
    """Whether it has the shape of an event (https://spec.matrix.org/latest/client-server-api/#room-event-format)."""
    return (
        isinstance(event, dict)
        and all(isinstance(event.get(name), str) for name in ("type", "sender", "event_id"))
        and isinstance(event.get("content"), dict)
        and type(event.get("origin_server_ts")) is int
        and isinstance(event.get("unsigned", {}), dict)
        and isinstance(event.get("state_key", ""), str)
    )
