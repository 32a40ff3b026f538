"""One transaction a batch; the one writer of a process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from bot.domain.guessing import KEPT_FOR
from bot.domain.messages import Acknowledgement, Address, Edit, Identity, InboundMessage, Outgoing
from bot.domain.outcomes import Outcome
from bot.domain.people import VISITOR_LIFETIME, Role
from bot.domain.rights import Right, rights_of
from bot.domain.scene import Hub, Reply, Scene, Turn
from bot.ports import Batch, Clock, Decide, Handled, Job, SetAside
from storage import deliveries, jobs, merging, needs, reminding, scenes
from storage.apply import apply
from storage.codec import from_micros, to_micros
from storage.driver import Database
from storage.rights import STAFF_CHATS, roles_of_chat
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, insert, many, one, rows, upsert
from storage.tables import (
    cursors,
    guesses,
    heartbeats,
    identities,
    inbox_seen,
    prompts,
    set_aside,
    visitors,
)
from storage.tables import (
    deliveries as deliveries_table,
)

LEASE = timedelta(seconds=90)  # three times the longest request of any channel (30 s), invariant 3
SEEN_FOR = timedelta(days=30)

SEEN = upsert(inbox_seen, keys=("account", "native_id"))
CURSOR = upsert(cursors, keys=("account",), set_=("cursor", "moved_at"))
CURSOR_OF = Statement(
    select(cursors.c.cursor, cursors.c.moved_at).where(cursors.c.account == bindparam("account")), name="cursor"
)
SET_ASIDE = insert(set_aside)
IDENTITY = upsert(identities, keys=("channel",), set_=("account", "name", "link", "seen_at"))
IDENTITIES = Statement(
    select(identities.c.channel, identities.c.account, identities.c.name, identities.c.link), name="identities"
)
HEARTBEAT = upsert(heartbeats, keys=("name",), set_=("beat_at", "detail"))
_OLD_VISITORS = (visitors.c.created_at < bindparam("before"),)
OLD_VISITORS = Statement(select(visitors.c.channel, visitors.c.chat).where(*_OLD_VISITORS), name="old visitors")
VISITORS_GONE = Statement(delete(visitors).where(*_OLD_VISITORS), name="old visitors gone")
OLD_GUESSES_GONE = Statement(delete(guesses).where(guesses.c.last_at < bindparam("before")), name="old guesses gone")
OLD_SEEN_GONE = Statement(delete(inbox_seen).where(inbox_seen.c.seen_at < bindparam("before")), name="old seen gone")
_BY_CHAT = tuple(
    Statement(
        delete(table).where(table.c.channel == bindparam("channel_"), table.c.chat == bindparam("chat_")),
        name=f"{table.name} of visitor",
    )
    for table in (deliveries_table, prompts)
)


@dataclass(slots=True)
class _Decided:
    """Turns of a batch, and what must wait."""

    turns: list[tuple[Scene, Turn]]
    aside: list[tuple[Scene, SetAside]]
    later: list[InboundMessage]


class SqlStore:
    """`bot.ports.Store` on a database."""

    def __init__(
        self, database: Database, around: Surroundings, *, clock: Clock, owner: str, only_chat: str = ""
    ) -> None:
        self.database = database
        self.around = around
        self._clock = clock
        self._owner = owner
        self._only = only_chat

    def speak_for(self, hub: Hub) -> None:
        """Use what the hub says now (its texts were changed by another process)."""
        self.around = replace(self.around, hub=hub)

    async def process(self, batch: Batch, decide: Decide) -> Handled:
        """See `bot.ports.Store`."""
        return await self.database.write(lambda: self._process(batch, decide))

    def _process(self, batch: Batch, decide: Decide) -> Steps[Handled]:
        now = self._clock.now()
        micros = to_micros(now)
        yield from deliveries.mark(batch.marks, now=micros)
        handled = Handled()
        if batch.messages:
            handled = yield from self._messages(batch.messages, decide, now=now)
        # A cursor confirms every message up to it: it moves only when none of its account still waits.
        waiting = {message.account for message in handled.later}
        moved = [(account, cursor) for account, cursor in batch.cursors.items() if account not in waiting]
        yield from many(
            CURSOR, [{"account": account, "cursor": cursor, "moved_at": micros} for account, cursor in moved]
        )
        return handled

    def _messages(self, messages: Sequence[InboundMessage], decide: Decide, *, now: datetime) -> Steps[Handled]:
        micros = to_micros(now)
        base = yield from scenes.load(messages, self.around, now=now)
        routes = [decide.route(scene) for scene in base]
        loaded = yield from needs.load(base, [route.needs for route in routes], self.around)
        decided = _decide(loaded, [lambda scene, route=route: decide.turn(route, scene) for route in routes])  # type: ignore[misc]
        sends = yield from apply(
            decided.turns,
            owner=self._owner,
            leased_until=to_micros(now + LEASE),
            abilities=self.around.abilities,
        )
        waiting = {(message.account, message.native_id) for message in decided.later}
        yield from many(
            SEEN,
            [
                {"account": message.account, "native_id": message.native_id, "seen_at": micros}
                for message in messages
                if (message.account, message.native_id) not in waiting
            ],
        )
        yield from many(
            SET_ASIDE,
            [
                {
                    "id": aside.reference,
                    "account": scene.message.account,
                    "native_id": scene.message.native_id,
                    "error": aside.error,
                    "set_aside_at": micros,
                }
                for scene, aside in decided.aside
            ],
        )
        return _handled(decided, sends, messages)

    async def claim(self, channels: Sequence[str]) -> Sequence[tuple[Outgoing, bool, int]]:
        """See `bot.ports.Store`."""
        now = self._clock.now()
        due = await self.database.read(
            lambda: rows(deliveries.DUE_AT_ALL, channels=list(channels), only=self._only, now=to_micros(now))
        )
        if not due:  # the usual case costs one read, no transaction of the writer
            return []
        return await self.database.write(
            lambda: deliveries.claim(
                channels, owner=self._owner, now=to_micros(now), leased_until=to_micros(now + LEASE), only=self._only
            )
        )

    async def take_job(self, kinds: Sequence[str], *, channels: Sequence[str]) -> Job | None:
        """See `bot.ports.JobStore`."""
        waiting = await self.database.read(lambda: rows(jobs.WAITING_AT_ALL, kinds=list(kinds)))
        if not waiting:  # the usual case costs one read
            return None
        now = self._clock.now()
        return await self.database.write(lambda: jobs.take(kinds, channels=channels, now=now, only=self._only))

    async def put_back_job(self, job: Job, *, until: datetime) -> None:
        """See `bot.ports.JobStore`."""
        await self.database.write(lambda: jobs.put_back(job, until=until))

    async def finish_job(self, job: Job, replies: Sequence[Reply]) -> None:
        """See `bot.ports.JobStore`."""
        abilities = self.around.abilities.get(job.address.channel)
        await self.database.write(
            lambda: jobs.finish(job, replies, now=self._clock.now(), number=self.around.next_id, abilities=abilities)
        )

    async def recover(self, channels: Sequence[str]) -> None:
        """Free what a dead process held; the caller holds the lock of these channels."""
        now = to_micros(self._clock.now())
        await self.database.write(lambda: deliveries.recover(channels, now=now, only=self._only))
        await self.database.write(lambda: jobs.recover(channels, only=self._only))

    async def set_free(self, channels: Sequence[str], *, held: Collection[int]) -> int:
        """Give back deliveries whose lease ran out and that this process does not hold; return how many."""
        now = to_micros(self._clock.now())
        names = list(channels)
        if not await self.database.read(lambda: rows(deliveries.RUN_OUT, channels=names, only=self._only, now=now)):
            return 0
        return await self.database.write(lambda: deliveries.set_free(names, held=held, now=now, only=self._only))

    async def pauses(self, channels: Sequence[str]) -> list[tuple[Address, bool, timedelta]]:
        """Return the pauses that platforms asked for and that still last: whose, whether of the whole bot, how long."""
        now = self._clock.now()
        found = await self.database.read(
            lambda: rows(deliveries.PAUSED, channels=list(channels), only=self._only, now=to_micros(now))
        )
        return [
            (Address(channel, chat), reason == "rate_limited_bot", from_micros(until) - now)
            for channel, chat, reason, until in found
        ]

    async def cursor(self, account: str, *, lifetime: timedelta | None = None) -> str | None:
        """See `bot.ports.Store`."""
        row = await self.database.read(lambda: one(CURSOR_OF, account=account))
        if row is None:
            return None
        if lifetime is not None and self._clock.now() - from_micros(row[1]) > lifetime:
            return None
        return str(row[0])

    async def staff_chats(self, channel: str) -> dict[str, tuple[frozenset[Role], bool]]:
        """Return, by their private chats, people's roles on a channel, and whether they run the hub alone (`staff`)."""
        found: dict[str, tuple[frozenset[Role], bool]] = {}
        for chat, role, staff in await self.database.read(lambda: rows(STAFF_CHATS, channel=channel)):
            found[chat] = (found.get(chat, (frozenset(), False))[0] | {role}, bool(staff))
        return found

    async def may(self, address: Address, right: Right) -> bool:
        """See `bot.ports.JobStore`."""
        roles = await self.database.read(lambda: roles_of_chat(address.channel, address.chat))
        return right in rights_of(roles)

    async def meet(self, channel: str, identity: Identity) -> None:
        """Remember who we are on a channel, for links."""
        row = {
            "channel": channel,
            "account": identity.account,
            "name": identity.name,
            "link": identity.link,
            "seen_at": to_micros(self._clock.now()),
        }
        await self.database.write(lambda: many(IDENTITY, [row]))

    async def beat(self, name: str, detail: str = "") -> None:
        """Say that a part of the process lives."""
        row = {"name": name, "beat_at": to_micros(self._clock.now()), "detail": detail}
        await self.database.write(lambda: many(HEARTBEAT, [row]))

    async def remind(self) -> int:
        """Plan the reminders that are due; return how many messages that makes."""
        now = self._clock.now()
        if not await self.database.read(lambda: rows(reminding.DUE_AT_ALL, now=to_micros(now))):
            return 0  # the usual case costs one read
        return await self.database.write(lambda: reminding.remind(self.around, now=now))

    async def prune(self) -> None:
        """Drop visitors who did not consent within their days, and what is only kept to recognise repeats."""
        now = self._clock.now()
        await self.database.write(
            lambda: _prune(
                visitors_before=to_micros(now - VISITOR_LIFETIME),
                seen_before=to_micros(now - SEEN_FOR),
                guesses_before=to_micros(now - KEPT_FOR),
            )
        )
        await self.database.write(lambda: merging.prune(now=to_micros(now)))


def _prune(*, visitors_before: int, seen_before: int, guesses_before: int) -> Steps[None]:
    gone = yield from rows(OLD_VISITORS, before=visitors_before)
    for statement in _BY_CHAT:
        yield from many(statement, [{"channel_": channel, "chat_": chat} for channel, chat in gone])
    yield from many(VISITORS_GONE, [{"before": visitors_before}])
    yield from many(OLD_SEEN_GONE, [{"before": seen_before}])
    yield from many(OLD_GUESSES_GONE, [{"before": guesses_before}])


def _decide(loaded: Sequence[Scene], turns: Sequence[Callable[[Scene], tuple[Turn, SetAside | None]]]) -> _Decided:
    """Decide message by message; who was in this batch already (by another address, or a colleague) waits."""
    decided = _Decided([], [], [])
    busy: set[tuple[str, object]] = set()
    for scene, turn_of in zip(loaded, turns, strict=True):
        # A person may have several chats, and would try as many codes at once.
        keys: set[tuple[str, object]] = {
            ("address", scene.address),
            ("person", (scene.address.channel, scene.message.sender)),
        }
        if scene.contact is not None:
            keys.add(("contact", scene.contact.id))
            if scene.contact.company is not None:  # colleagues may share a response
                keys.add(("company", scene.contact.company.id))
        if scene.inbox.chosen is not None:  # who answers the same inquiry shall see what the other one said
            keys.add(("inquiry", scene.inbox.chosen.id))
        if scene.newcomers.chosen is not None:  # two who decide, or the person themselves: one after the other
            keys.add(("contact", scene.newcomers.chosen.contact))
        if busy & keys:
            decided.later.append(scene.message)
            continue
        busy |= keys
        turn, aside = turn_of(scene)
        decided.turns.append((scene, turn))
        if aside is not None:
            decided.aside.append((scene, aside))
    return decided


def _handled(decided: _Decided, sends: Sequence[tuple[Outgoing, bool]], messages: Sequence[InboundMessage]) -> Handled:
    toasts = {(scene.message.account, scene.message.native_id): turn.toast for scene, turn in decided.turns}
    waiting = {(message.account, message.native_id) for message in decided.later}
    acknowledgements = [
        Acknowledgement(
            address=message.address, ack=message.ack, text=toasts.get((message.account, message.native_id), "")
        )
        for message in messages
        if message.ack is not None and (message.account, message.native_id) not in waiting
    ]
    edits: list[Edit] = [edit for _, turn in decided.turns for edit in turn.edits]
    outcomes: list[tuple[Address, Outcome]] = [
        (scene.address, outcome) for scene, turn in decided.turns for outcome in turn.outcomes
    ]
    return Handled(
        sends=tuple(sends),
        edits=tuple(edits),
        acknowledgements=tuple(acknowledgements),
        later=tuple(decided.later),
        outcomes=tuple(outcomes),
        told=any(turn.tells for _, turn in decided.turns),
    )
