"""What waits to leave for one chat."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from bot.domain.messages import Edit, Outgoing


@dataclass(slots=True)
class Item:
    """A delivery that waits for its chat. known: the chat is a contact's; attempts: this one too."""

    outgoing: Outgoing
    known: bool
    attempts: int


class ChatQueue:
    """What waits to leave for one chat. Of several edits of one message only the newest is worth sending."""

    __slots__ = ("edits", "news", "sends")

    def __init__(self) -> None:
        self.sends: deque[Item] = deque()
        self.edits: dict[str, Edit] = {}
        self.news = asyncio.Event()
