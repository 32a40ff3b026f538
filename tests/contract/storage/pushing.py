"""A broadcast's ledger in a test: real rows, and a naive model that says what they must be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update

from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.broadcasts.model import Broadcast, Content
from bot.domain.desk import Command
from bot.domain.messages import Address, DeliveryId
from bot.domain.scene import Tell
from bot.ports import Mark, Push
from storage import deliveries
from storage.codec import dump, to_micros
from storage.desk import Order, carry_out
from storage.driver import Database
from storage.push_store import SqlPushStore
from storage.statements import Statement, change, insert, many, rows
from storage.tables import addresses, broadcasts, contacts
from storage.tables import deliveries as table

BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
UTC_ZONE = ZoneInfo("UTC")
BY_NIGHT = Courtesy(zone=UTC_ZONE, quiet=(time(20), time(8)))

CONTACT = insert(contacts, ("id", "name", "language", "pushes", "created_at", "joined_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "reachable", "seen_at"))
BROADCAST = insert(
    broadcasts,
    ("id", "state", "content", "audience", "not_after", "created_at", "confirmed_at", "planned_at", "channel", "chat"),
)
PUSH = insert(
    table,
    (
        "id",
        "channel",
        "chat",
        "contact_id",
        "priority",
        "state",
        "broadcast_id",
        "language",
        "params",
        "not_before",
        "created_at",
    ),
)
STATES = Statement(
    select(table.c.id, table.c.state).where(table.c.broadcast_id == bindparam("broadcast")), name="states"
)
BROADCAST_STATE = Statement(
    select(broadcasts.c.state).where(broadcasts.c.id == bindparam("broadcast")), name="broadcast's state"
)
PUSHES = Statement(
    update(contacts).where(contacts.c.id == bindparam("contact")).values(pushes=bindparam("pushes")), name="pushes"
)


MERGED = Statement(
    update(contacts).where(contacts.c.id == bindparam("gone")).values(merged_into=bindparam("kept")), name="merged"
)


class Turning:
    """A clock that tests turn."""

    def __init__(self, moment: datetime = BEGIN) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@dataclass(slots=True)
class Town:
    """A broadcast 7 to so many contacts; contact n has delivery 1000 + n."""

    database: Database
    clock: Turning = field(default_factory=Turning)
    told: list[str] = field(default_factory=list)
    numbers: int = 10_000

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def store(self, *, owner: str = "one", courtesy: Courtesy = BY_NIGHT) -> SqlPushStore:
        def tell(broadcast: Broadcast, reason: str) -> Tell | None:
            self.told.append(f"{broadcast.id} {reason}")
            return None

        return SqlPushStore(
            self.database,
            clock=self.clock,
            owner=owner,
            courtesy=courtesy,
            served=("memory", "other"),
            number=self.number,
            tell=tell,
        )

    async def settle_in(self, people: int, *, second: Sequence[int] = (), none: Sequence[int] = ()) -> None:
        """Let so many contacts be there, those of `second` with an older address on another channel too."""
        now = to_micros(self.clock.now())
        who = range(1, people + 1)
        await self.database.write(
            lambda: many(
                CONTACT,
                [
                    {"id": n, "name": f"P{n}", "language": "de", "pushes": True, "created_at": now, "joined_at": now}
                    for n in who
                ],
            )
        )
        places = [self._place(n, "memory", now) for n in who if n not in none]
        places += [self._place(n, "other", now - 1) for n in second]
        await self.database.write(lambda: many(ADDRESS, places))
        await self._enter(7, who)

    async def again(self, number: int) -> None:
        """Let another broadcast go to the same contacts 1 and 2."""
        await self._enter(number, range(1, 3))

    async def _enter(self, number: int, who: Iterable[int]) -> None:
        now = to_micros(self.clock.now())
        row = {
            "id": number,
            "state": "running",
            "content": dump(Content(texts={"de": "Guten Tag"})),
            "audience": "[]",
            "not_after": now + timedelta(days=30) // timedelta(microseconds=1),
            "created_at": now,
            "confirmed_at": now,
            "planned_at": now,
            "channel": "memory",
            "chat": "olga",
        }
        await self.database.write(lambda: many(BROADCAST, [row]))
        await self.database.write(lambda: many(PUSH, [self._push(n, now, broadcast=number) for n in who]))

    @staticmethod
    def _place(number: int, channel: str, now: int) -> dict[str, Any]:
        return {
            "id": number if channel == "memory" else 500 + number,
            "channel": channel,
            "chat": f"c{number}",
            "person": f"c{number}",
            "account": f"{channel}:bot",
            "contact_id": number,
            "reachable": True,
            "seen_at": now,
        }

    @staticmethod
    def _push(number: int, now: int, *, broadcast: int) -> dict[str, Any]:
        return {
            "id": 1000 * (broadcast - 6) + number,
            "channel": "memory",
            "chat": "",
            "contact_id": number,
            "priority": "push",
            "state": "planned",
            "broadcast_id": broadcast,
            "language": "de",
            "params": dump([f"P{number}", ""]),
            "not_before": now,
            "created_at": now,
        }

    async def order(self, command: Command[Any]) -> Any:
        order = Order(actor="test", now=to_micros(self.clock.now()), number=self.number)
        return await self.database.write(lambda: carry_out(order, command))

    async def mark(self, *marks: Mark) -> None:
        now = to_micros(self.clock.now())
        await self.database.write(lambda: deliveries.mark(marks, now=now))

    async def say_stop(self, contact: int, *, pushes: bool = False) -> None:
        await self.database.write(lambda: change(PUSHES, contact=contact, pushes=pushes))

    async def become_one(self, *, gone: int, kept: int) -> None:
        """Let a contact be merged into another one, whose deliveries of the same broadcast stay two."""
        await self.database.write(lambda: change(MERGED, gone=gone, kept=kept))

    async def silences(self) -> list[tuple[str, str, str, int]]:
        """Return whom the platform has silenced, as a start reads it."""
        now = to_micros(self.clock.now())
        found = await self.database.read(lambda: rows(deliveries.PAUSED, channels=["memory"], only="", now=now))
        return [tuple(row) for row in found]

    async def states(self) -> dict[int, str]:
        return {number - 1000: state for number, state in await self.database.read(lambda: rows(STATES, broadcast=7))}

    async def state(self) -> str:
        found = await self.database.read(lambda: rows(BROADCAST_STATE, broadcast=7))
        return str(found[0][0])


def marked(push: Push, state: str, *, reason: str = "", **more: Any) -> Mark:
    return Mark(
        delivery=DeliveryId(push.delivery),
        address=Address(push.address.channel, push.address.chat),
        state=state,  # type: ignore[arg-type]
        known=True,
        reason=reason,
        message_ids=("m1",) if state == "sent" else (),
        **more,
    )
