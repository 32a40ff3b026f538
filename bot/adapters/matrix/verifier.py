"""Answers contacts' clients that verify the bot: reads the events, lets the answers go out, tells people the emojis.

Nothing of it outlives the process, and nobody becomes anything more to the core by it: it serves the contact's client.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.matrix.account import Account
from bot.adapters.matrix.courier import ALL_DEVICES, Courier, Destination
from bot.adapters.matrix.crypto import Crypto
from bot.adapters.matrix.errors import MatrixError
from bot.adapters.matrix.inbound import Reader
from bot.adapters.matrix.rooms import Rooms
from bot.adapters.matrix.signing import CrossSigning
from bot.adapters.matrix.transactions import PATIENCE, Transaction, Transactions
from bot.adapters.matrix.verification import (
    METHOD,
    NO_KEYS,
    Code,
    Device,
    Emojis,
    Keys,
    Kind,
    State,
    Step,
    WrongStepError,
    cancellation,
    kind_of,
    text_of,
)
from bot.domain.messages import Address, InboundMessage, SentMedia
from bot.errors import StorageUnavailable

AHEAD = timedelta(minutes=5)
"""The clock of somebody who asks may be this much fast (`m.key.verification.request`)."""

VERIFICATION = "verification"
"""A kind of `SentMedia`: the caption has the numbers of the seven emojis that the contact's client shows."""

VERIFICATION_DECIMAL = "verification_decimal"
"""Likewise, with three numbers to compare."""

VERIFICATION_IMPOSSIBLE = "verification_impossible"
"""Likewise: the contact's client knows only ways that a bot cannot go, such as a picture to be photographed."""

_MALFORMED = (WrongStepError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
_IN_THE_MIDDLE = frozenset({Kind.READY, Kind.START, Kind.ACCEPT, Kind.KEY, Kind.MAC})

Object = Mapping[str, Any]

_log = logging.getLogger(__name__)


class Verifier:
    """Answers contacts' clients that verify the bot, for one session."""

    def __init__(
        self, courier: Courier, crypto: Crypto, rooms: Rooms, signing: CrossSigning, *, account: Account, reader: Reader
    ) -> None:
        self._courier = courier
        self._crypto = crypto
        self._rooms = rooms
        self._signing = signing
        self._account = account
        self._reader = reader
        self._transactions = Transactions(ours=Device(user_id=reader.user_id, device_id=account.device_id))
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what comes in -----------------------------------------------------------------------------------------------

    def of_room(self, event: Object, *, room_id: str, now: datetime) -> InboundMessage | None:
        """Take an event of a room, decrypted if it was encrypted; return what is to be said about it, if anything.

        The same event twice gives the same message.
        """
        try:
            return self._of_room(event, room_id=room_id, now=now)
        except _MALFORMED as error:
            _log.debug("an event of a verification is set aside: %s", type(error).__name__)
            return None

    def of_devices(self, events: Sequence[Any], *, now: datetime) -> Iterator[InboundMessage]:
        """Take what devices sent to ours; yield what is to be said about it."""
        for event in events:
            try:
                message = self._of_device(event.source, now=now)
            except _MALFORMED as error:
                _log.debug("a to-device event of a verification is set aside: %s", type(error).__name__)
                continue
            if message is not None:
                yield message

    def end_old(self, *, now: datetime) -> None:
        """End what nobody went on with, and forget what is over."""
        for old in self._transactions.take_old(now=now):
            old.due.clear()
            self._push(old, *old.verification.cancel(Code.TIMEOUT))

    async def close(self) -> None:
        """End what runs beside."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- which event belongs to which --------------------------------------------------------------------------------

    def _of_room(self, event: Object, *, room_id: str, now: datetime) -> InboundMessage | None:
        content, sender, kind = event["content"], event["sender"], _kind_in_room(event)
        if kind is None or self._rooms.is_group(room_id) or not _is_fresh(event["origin_server_ts"], now=now):
            return None
        if kind is Kind.REQUEST:
            to = Destination(
                room=room_id,
                user_id=content["to"] if sender == self._reader.user_id else sender,
                device_id=text_of(content, "from_device"),
                transaction=text_of(event, "event_id"),
            )
            if sender == self._reader.user_id:
                # Somebody signed in as the bot verifies a contact by another client: none of our business.
                self._transactions.remember(to, now=now).drop()
                return None
            return self._asked(to, content, now=now) if content["to"] == self._reader.user_id else None
        relation = content["m.relates_to"]
        if relation["rel_type"] != "m.reference":
            return None
        transaction = text_of(relation, "event_id")
        if sender == self._reader.user_id:
            # Another client of our account may have taken it up.
            if kind is Kind.READY and content["from_device"] != self._account.device_id:
                self._transactions.leave_to_others(room_id, transaction=transaction)
            return None
        to = Destination(room=room_id, user_id=sender, device_id=ALL_DEVICES, transaction=transaction)
        return self._went_on(kind, content, to=to, now=now)

    def _of_device(self, event: Object, *, now: datetime) -> InboundMessage | None:
        kind, content, sender = kind_of(event["type"]), event["content"], event["sender"]
        if kind is None or sender == self._reader.user_id:
            return None
        transaction = text_of(content, "transaction_id")
        to = Destination(room=None, user_id=sender, device_id=ALL_DEVICES, transaction=transaction)
        if kind is Kind.REQUEST or (kind is Kind.START and self._transactions.find(to) is None):
            to = Destination(
                room=None, user_id=sender, device_id=text_of(content, "from_device"), transaction=transaction
            )
            if kind is Kind.REQUEST:
                return self._asked(to, content, now=now) if _is_fresh(content["timestamp"], now=now) else None
            if (begun := self._begin(to, now=now)) is not None:
                self._push(begun, *begun.verification.receive(kind, content))
            return None
        return self._went_on(kind, content, to=to, now=now)

    def _asked(self, to: Destination, content: Object, *, now: datetime) -> InboundMessage | None:
        methods = content["methods"]
        if (known := self._transactions.find(to)) is not None:
            return known.message
        if not isinstance(methods, list) or METHOD not in methods:
            # It is not cancelled: another client of the same account may be able to.
            if not self._transactions.is_allowed(to.user_id, now=now):
                return None
            left = self._transactions.remember(to, now=now)
            left.drop()
            left.message = self._message(to, SentMedia(VERIFICATION_IMPOSSIBLE), now=now)
            return left.message
        begun = self._begin(to, now=now)
        if begun is not None and not begun.verification.is_over:
            self._push(begun, begun.verification.ready())
        return None

    def _went_on(self, kind: Kind, content: Object, *, to: Destination, now: datetime) -> InboundMessage | None:
        known = self._transactions.find(to)
        if known is None:
            # After a restart, perhaps. Remembered, so that it is said once.
            if kind in _IN_THE_MIDDLE and self._transactions.is_allowed(to.user_id, now=now):
                known = self._transactions.remember(to, now=now)
                known.drop()
                self._push(known, cancellation(Code.UNKNOWN_TRANSACTION))
            return None
        verification = known.verification
        if kind is Kind.CANCEL:
            known.due.clear()
        if kind is Kind.MAC and verification.state is State.KEYED:
            if not known.is_compared:
                known.is_compared = True
                self._push(known, content)
            return None
        self._push(known, *verification.receive(kind, content))
        if kind is not Kind.KEY:
            return None
        if known.message is None and verification.shown is not None:
            known.message = self._message(known.to, _shown(verification.shown), now=now)
        return known.message

    def _begin(self, to: Destination, *, now: datetime) -> Transaction | None:
        """Begin a verification, None if that person has begun too many.

        A device that begins a second one before the first is over loses both
        (https://spec.matrix.org/latest/client-server-api/#general-key-verification-error-handling).
        """
        if not self._transactions.is_allowed(to.user_id, now=now):
            return None
        others = self._transactions.open_of(to)
        begun = self._transactions.remember(to, now=now)
        if others:
            for each in (*others, begun):
                self._push(each, *each.verification.cancel(Code.UNEXPECTED))
        return begun

    # --- what goes out -----------------------------------------------------------------------------------------------

    def _push(self, transaction: Transaction, *items: Step | Object) -> None:
        transaction.due.extend(items)
        if transaction.due and transaction.work is None:
            transaction.work = asyncio.create_task(self._work(transaction))
            self._tasks.add(transaction.work)
            transaction.work.add_done_callback(self._tasks.discard)

    async def _work(self, transaction: Transaction) -> None:
        """Send what is due, beside the reading, which waits neither for a rate limit nor for a stranger's server."""
        to, due = transaction.to, transaction.due
        try:
            while due:
                item = due.popleft()
                if not isinstance(item, Step):
                    keys = await self._keys(to)
                    due.extend(transaction.verification.receive(Kind.MAC, item, keys=keys))
                elif not await self._courier.bring(item, to=to, within=PATIENCE.total_seconds()):
                    transaction.drop()
                elif item.kind in (Kind.DONE, Kind.CANCEL):
                    _log.info("a verification by a contact is over: %s", item.content.get("code", "done"))
        finally:
            transaction.work = None

    async def _keys(self, to: Destination) -> Keys:
        """Return what the homeserver tells of both sides at this moment; without that nothing can be vouched for."""
        account = self._account
        try:
            told = await self._crypto.device_keys(to.user_id)
            theirs = _keys_of(told, user_id=to.user_id, device_id=to.device_id)
            master = await self._signing.vouching_key(device_id=account.device_id, fingerprint=account.fingerprint)
        except (MatrixError, StorageUnavailable) as error:
            _log.warning("keys for a verification could not be learned: %s", error)
            return NO_KEYS
        vouching = {} if master is None else {f"ed25519:{master}": master}
        return Keys(theirs=theirs, ours={**vouching, f"ed25519:{account.device_id}": account.fingerprint})

    def _message(self, to: Destination, content: SentMedia, *, now: datetime) -> InboundMessage | None:
        """Return what lets the core speak: into the room, or into one with that person; None if there is none."""
        room_id = to.room or self._rooms.with_person(to.user_id)
        if room_id is None:
            return None
        name = hashlib.sha256(repr((to.room, to.user_id, to.transaction)).encode()).hexdigest()
        return InboundMessage(
            account=self._reader.account,
            native_id=f"{VERIFICATION}/{name}",
            address=Address("matrix", self._rooms.chat(room_id)),
            sender=to.user_id,
            content=content,
            received_at=now,
        )


def _kind_in_room(event: Object) -> Kind | None:
    if "state_key" in event:
        return None
    if event["type"] == "m.room.message":
        return Kind.REQUEST if event["content"].get("msgtype") == "m.key.verification.request" else None
    kind = kind_of(event["type"])
    return None if kind is Kind.REQUEST else kind


def _is_fresh(stamp: Any, *, now: datetime) -> bool:
    """Whether something was asked for just now, by the clock of whoever asked."""
    if type(stamp) is not int:
        return False
    since = now.timestamp() - stamp / 1000
    return -AHEAD.total_seconds() < since < PATIENCE.total_seconds()


def _shown(shown: Emojis) -> SentMedia:
    kind = VERIFICATION if shown.emojis else VERIFICATION_DECIMAL
    return SentMedia(kind, caption=" ".join(str(number) for number in shown.emojis or shown.decimals))


def _keys_of(told: Object, *, user_id: str, device_id: str) -> Mapping[str, str]:
    """Return the device's key and the master key of a person, by key id, as far as they are told."""
    keys: dict[str, str] = {}
    with suppress(*_MALFORMED):
        keys.update({key_id: str(key) for key_id, key in told["master_keys"][user_id]["keys"].items()})
    name = f"ed25519:{device_id}"
    with suppress(*_MALFORMED):
        # Last: a master key that is named like a device must not stand for it.
        keys[name] = str(told["device_keys"][user_id][device_id]["keys"][name])
    return keys
