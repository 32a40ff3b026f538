"""Many people who once joined on Telegram, and what they read of a broadcast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select

from bot.domain.broadcasts.model import Content
from storage import schema
from storage.codec import dump, to_micros
from storage.driver import Database, open_database
from storage.statements import Statement, insert, many, rows
from storage.tables import addresses, broadcasts, contacts, deliveries
from tests.doubles.telegram import TelegramDouble, User

FIRST = 50_001
CONTACT = insert(contacts, ("id", "name", "language", "created_at", "joined_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))
NEW = insert(broadcasts, ("id", "state", "content", "audience", "created_at", "start_at"))
STATES = Statement(
    select(deliveries.c.chat, deliveries.c.contact_id, deliveries.c.state, deliveries.c.reason).where(
        deliveries.c.broadcast_id == bindparam("broadcast")
    ),
    name="readers' deliveries",
)
SENDING = Statement(
    select(deliveries.c.id).where(deliveries.c.state == "sending", deliveries.c.broadcast_id.is_not(None)),
    name="on their way",
)
BROADCAST = Statement(
    select(broadcasts.c.state).where(broadcasts.c.id == bindparam("broadcast")), name="broadcast's state"
)


class Ledger:
    """So many contacts of a bot, entered past it, and the deliveries of its broadcasts."""

    def __init__(self, database: Database, chats: Sequence[str], *, channel: str) -> None:
        self.database = database
        self.chats = chats
        self.channel = channel

    async def join(self, *, now: int) -> None:
        """Enter them as people who joined long ago."""
        who = range(len(self.chats))
        await self.database.write(
            lambda: many(
                CONTACT,
                [
                    {
                        "id": n + 1,
                        "name": f"Person {n}",
                        "language": ("de", "en")[n % 2],
                        "created_at": now,
                        "joined_at": now,
                    }
                    for n in who
                ],
            )
        )
        await self.database.write(
            lambda: many(
                ADDRESS,
                [
                    {
                        "id": 10_000_000 + n,
                        "channel": self.channel,
                        "chat": self.chats[n],
                        "person": self.chats[n],
                        "account": f"{self.channel}:1",
                        "contact_id": n + 1,
                        "seen_at": now,
                    }
                    for n in who
                ],
            )
        )

    async def begin_broadcast(self, words: str, *, number: int = 1) -> None:
        """Let a broadcast to all of them be confirmed now."""
        now = to_micros(datetime.now(UTC))
        row = {
            "id": number,
            "state": "scheduled",
            "content": dump(Content(texts={"de": words, "en": words})),
            "audience": "[]",
            "created_at": now,
            "start_at": now,
        }
        await self.database.write(lambda: many(NEW, [row]))

    async def states(self, broadcast: int) -> Counter[str]:
        """Return how many deliveries are in which state."""
        return Counter(row[2] for row in await self.database.read(lambda: rows(STATES, broadcast=broadcast)))

    async def unknown(self, broadcast: int) -> set[int]:
        """Return of whom nobody knows whether they got it."""
        found = await self.database.read(lambda: rows(STATES, broadcast=broadcast))
        return {int(contact) - 1 for _, contact, state, _ in found if state == "unknown"}

    async def sending(self) -> int:
        """Return how many are marked as being sent."""
        return len(await self.database.read(lambda: rows(SENDING)))

    async def state(self, broadcast: int) -> str:
        """Return a broadcast's state."""
        found = await self.database.read(lambda: rows(BROADCAST, broadcast=broadcast))
        return str(found[0][0]) if found else ""


class Readers(Ledger):
    """Contacts on Telegram; number n of them is known there by `FIRST + n`."""

    def __init__(self, double: TelegramDouble, database: Database, count: int) -> None:
        super().__init__(database, [str(FIRST + number) for number in range(count)], channel="telegram")
        self.double = double

    @property
    def users(self) -> list[User]:
        """All of them as people of the double."""
        return [self.double.user(int(chat)) for chat in self.chats]

    def heard(self, words: str) -> Counter[int]:
        """Return how often each of them has read a message with these words."""
        found: Counter[int] = Counter()
        for number, user in enumerate(self.users):
            found[number] = sum(words in seen.text for seen in user.sees())
        return found


async def enter(double: TelegramDouble, url: str, count: int, *, now: Any) -> Readers:
    """Open the database of a bot that has not begun, and let people be there."""
    await schema.upgrade(url)
    readers = Readers(double, await open_database(url), count)
    await readers.join(now=to_micros(now))
    for user in readers.users:
        user.knows_the_bot()
    return readers
