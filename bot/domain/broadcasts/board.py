"""Broadcasts as one of the team looks at them in the chat."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.broadcasts.model import Broadcast, Counts

PREVIEW, LIVE, LIST, SURE = "broadcast_preview", "broadcast_live", "broadcasts", "broadcast_sure"
KINDS = frozenset({PREVIEW, LIVE, LIST, SURE})
"""Of the prompts under a preview, under what shows how a broadcast goes, under the list, and of "are you sure"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """chosen: the broadcast that a message is about; by: who confirmed it, by name; newest: the latest ones; audiences:
    the names of those that were saved.
    """

    chosen: Broadcast | None = None
    counts: Counts | None = None
    by: str = ""
    newest: tuple[Broadcast, ...] = ()
    audiences: tuple[str, ...] = ()


NO_BOARD = Board()
