"""Matrix as a channel: our own loop of syncs with the core's cursor, and sends that are serialised by room."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.adapters.matrix import inbound, media, outbound, polls
from bot.adapters.matrix.account import AccountFile
from bot.adapters.matrix.api import RELATIONS, HomeserverClient
from bot.adapters.matrix.courier import Locks
from bot.adapters.matrix.crypto import NOT_SEALED, PATIENCE, quoted
from bot.adapters.matrix.errors import MatrixError, channel_error, delivery_error
from bot.adapters.matrix.guard import StoreTrouble
from bot.adapters.matrix.signin import Credentials, Session, SignIn
from bot.adapters.matrix.vault import Vault
from bot.domain.messages import (
    Abilities,
    Acknowledgement,
    Edit,
    Fact,
    Identity,
    OutboundMessage,
    Outgoing,
    Reading,
    Recall,
)
from bot.errors import (
    ChannelRefused,
    ChannelUnavailable,
    NotSent,
    StorageUnavailable,
    Unavailable,
    Unreachable,
)

POLL_SECONDS = 25.0
SEND_SECONDS = 30.0
"""A third of a delivery's lease (invariant 3); sharing a key with the people of a room counts in."""

READY_WITHIN = 10.0
"""Seconds that a send waits for the first sync, which alone tells who is in a room."""

_log = logging.getLogger(__name__)

USUAL_RATE, USUAL_BURST = 0.2, 10
"""Messages a second and at once that Synapse allows an account unless told otherwise
(https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#rc_message).
"""


class MatrixChannel:
    """One account on a homeserver.

    Args:
        credentials: where, who, and what signs in.
        data_dir: token and keys lie in its folder `matrix`, readable by their owner alone.
        pickle_key: locks the keys there; derived from the installation's secret.
        vault: keeps the seeds of the signing keys.
        groups: stay in rooms of more than two instead of declining and leaving.
        polls: questions with a single choice go out as polls; who is in the room sees the votes.
        edits: change sent messages; each change is one more event of the few that a homeserver grants by default.
    """

    name = "matrix"

    def __init__(
        self,
        credentials: Credentials,
        *,
        data_dir: Path,
        pickle_key: str,
        vault: Vault,
        groups: bool = False,
        polls: bool = False,
        edits: bool = False,
    ) -> None:
        # No rate: nobody tells it, it is learned from each 429.
        self.abilities = Abilities(
            edits=edits,
            files=True,
            idempotent=True,
            text_limit=outbound.TEXT_LIMIT,
            file_limit=outbound.FILE_LIMIT,
            choice_limit=outbound.CHOICE_LIMIT,
            usual_rate=USUAL_RATE,
            usual_burst=USUAL_BURST,
        )
        self._polls = polls
        self._credentials = credentials
        self._locks: Locks = defaultdict(asyncio.Lock)
        self._sign_in = SignIn(
            credentials,
            files=AccountFile(data_dir),
            pickle_key=pickle_key,
            vault=vault,
            groups=groups,
            locks=self._locks,
        )
        self._session: Session | None = None
        self._is_first = True
        self._read_from: str | None = None
        self._ready = asyncio.Event()

    async def connect(self) -> Identity:
        """Sign in: by the kept token if there is one, else once by what the settings say.

        Raises:
            ChannelRefused, ChannelUnavailable.
        """
        session = await self._signed_in()
        account = session.account
        link = f"https://matrix.to/#/{account.user_id}"
        return Identity(account=session.reader.account, name=account.user_id, link=link, device=account.device_id)

    async def read(self, cursor: str | None) -> Reading:
        """Make one sync after `cursor` and return what people said in it.

        Raises:
            ChannelRefused, ChannelUnavailable.
        """
        session = await self._signed_in()
        session.rooms.confirmed(cursor)
        session.crypto.begin(again=cursor is not None and cursor == self._read_from)
        self._read_from = cursor
        seconds = PATIENCE.total_seconds() if session.crypto.is_waiting else POLL_SECONDS
        try:
            response = await session.timeline.sync(cursor, seconds=seconds, full=self._is_first)
            messages = await session.intake.take(response, cursor=cursor, now=datetime.now(UTC))
            await session.crypto.keep_up()
            await session.crypto.save_kept()
            await session.intake.save()
            await session.rooms.save()
            if self._is_first:
                self._begin(session)
            session.rooms.leave_due()
        except MatrixError as error:
            raise await self._lost(error) from error
        except StorageUnavailable as error:
            raise ChannelUnavailable("What was read could not be kept.") from error
        except StoreTrouble as error:
            # What is in memory is ahead of the file now, and could not open what comes again.
            await self._end()
            raise ChannelUnavailable("The Matrix key store takes nothing; is the disk full?") from error
        return Reading(account=session.reader.account, messages=tuple(messages), cursor=response.next_batch)

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        """Send text, then attachments; return the event ids, the one with the choices last.

        The delivery's id is the transaction's, so the same delivery sent twice within a day is one message.

        Raises:
            DeliveryError: one of its family.
        """
        session, room_id = await self._to(outgoing.address.chat)
        thread = session.intake.thread(room_id) if outgoing.priority == "reply" else None
        texts: list[str] = []
        files: list[str] = []

        async def attach(*, shown: bool) -> None:
            for number, attachment in enumerate(outgoing.message.attachments):
                if bool(attachment.source) is shown:
                    encrypted = session.client.rooms[room_id].encrypted
                    content = await media.upload(session.client, attachment, encrypted=encrypted)
                    transaction = f"d{outgoing.delivery}-f{number}"
                    whole = content | outbound.in_thread(thread)
                    files.append(await self._put(session, room_id, whole, transaction=transaction))

        async with self._locks[room_id], _bounded():
            await attach(shown=True)  # what a question shows stands before it
            for number, (kind, content) in enumerate(self._contents(outgoing.message, thread=thread)):
                transaction = f"d{outgoing.delivery}-{number}"
                texts.append(await self._put(session, room_id, content, transaction=transaction, kind=kind))
            await attach(shown=False)
        if session.rooms.is_to_leave(room_id):
            await session.rooms.leave_after_last_word(room_id)
        return [*texts[:-1], *files, *texts[-1:]]

    async def edit(self, edit: Edit) -> None:
        """Change a message of ours by another event that takes its place.

        Raises:
            DeliveryError: one of its family.
        """
        session, room_id = await self._to(edit.address.chat)
        content = outbound.edit_content(edit.message, message_id=edit.message_id)
        async with self._locks[room_id], _bounded():
            await self._put(session, room_id, content, transaction=outbound.edit_transaction(content))

    async def recall(self, recall: Recall) -> None:
        """Redact the events of a message and what they were changed to; done twice it is done once.

        Raises:
            DeliveryError: one of its family.
        """
        session, room_id = await self._to(recall.address.chat)
        async with self._locks[room_id], _bounded():
            try:
                for event_id in recall.message_ids:
                    # A server tells of edits only as long as the event itself is there, so that goes last.
                    for each in (*await _edits_of(session.client, room_id, event_id), event_id):
                        transaction = outbound.redaction_transaction(each)
                        path = f"/rooms/{quoted(room_id)}/redact/{quoted(each)}/{transaction}"
                        await session.client.call("PUT", path, {})
            except MatrixError as error:
                raise delivery_error(error) from error

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """There are no buttons to acknowledge."""

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        """Download a file, decrypted if it was encrypted.

        Raises:
            DeliveryError: `Refused` with reason `too_large` or `gone`, or another of its family.
        """
        session = self._session
        if session is None:
            raise Unavailable("Matrix is not connected.")
        return await media.download(session.client, file_id, limit=limit)

    async def offer_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]], *, chat: str | None = None) -> None:
        """There is no menu."""

    async def close(self) -> None:
        """Close the connections and the key store; never raises."""
        if self._session is not None:
            await self._session.close()

    async def check(self) -> Sequence[Fact]:
        """Return what `doctor` tells of a connected channel: device, fingerprint, whether others see it signed.

        Raises:
            ChannelRefused, ChannelUnavailable.
        """
        session = await self._signed_in()
        account = session.account
        try:
            chain = await session.signing.look(device_id=account.device_id, fingerprint=account.fingerprint)
        except MatrixError as error:
            raise channel_error(error) from error
        letters = account.fingerprint
        spaced = " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))
        signing = {
            None: "there are no signing keys: start the bot once, it makes them",
            False: "the account's signing keys are not ours; if nobody uses them, reset them in a client of it",
            True: "verified" if chain.verified else "the signing keys do not vouch for this device",
        }[chain.ours]
        limit = f"POST /_synapse/admin/v1/users/{account.user_id}/override_ratelimit"
        return (
            Fact(name="device", ok=None, detail=account.device_id),
            Fact(name="fingerprint", ok=None, detail=spaced),
            Fact(name="signed", ok=chain.ours is True and chain.verified, detail=signing),
            Fact(name="pace", ok=None, detail=f"Synapse grants 0.2 messages/s; its admin lifts that: {limit}"),
        )

    # --- the session -------------------------------------------------------------------------------------------------

    async def _signed_in(self) -> Session:
        if self._session is None:
            try:
                self._session = await self._sign_in.open()
            except MatrixError as error:
                raise channel_error(error) from error
            except StorageUnavailable as error:
                raise ChannelUnavailable("The vault of the signing keys is out of order.") from error
            self._is_first = True
        return self._session

    async def _lost(self, error: MatrixError) -> ChannelRefused | ChannelUnavailable:
        """Return what a failed reading means; a dead token ends the session, and the next reading begins another."""
        found = channel_error(error)
        if error.is_dead_token:
            await self._end()
            if self._credentials.password is not None:
                return ChannelUnavailable(f"{found} Signing in anew.")
        return found if isinstance(found, ChannelRefused | ChannelUnavailable) else ChannelUnavailable(str(found))

    async def _end(self) -> None:
        """End the session; the next reading begins another."""
        self._ready.clear()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _begin(self, session: Session) -> None:
        """Take up, once a run, what an earlier one left undone."""
        session.rooms.take_up_open()
        for room_id in list(session.client.rooms):
            if session.rooms.is_deserted(room_id):
                session.rooms.leave(room_id)
        self._is_first = False
        self._ready.set()

    # --- out ---------------------------------------------------------------------------------------------------------

    async def _to(self, chat: str) -> tuple[Session, str]:
        """Return the session and the room for a send, once the first sync has told who is where."""
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._ready.wait()
        except TimeoutError:
            raise NotSent("Matrix is not read yet.") from None
        session = self._session
        if session is None:
            raise NotSent("Matrix is not connected.")
        room_id = session.rooms.current(chat)
        if room_id not in session.client.rooms:
            raise Unreachable("The bot is not in that room (any more).", reason="not_in_room")
        return session, room_id

    def _contents(
        self, message: OutboundMessage, *, thread: inbound.Thread | None
    ) -> Sequence[tuple[str, outbound.Contents]]:
        poll = outbound.poll_content(message, thread=thread) if self._polls else None
        if poll is not None:
            return [(polls.START, poll)]
        return [("m.room.message", content) for content in outbound.text_contents(message, thread=thread)]

    async def _put(
        self,
        session: Session,
        room_id: str,
        content: Mapping[str, Any],
        *,
        transaction: str,
        kind: str = "m.room.message",
    ) -> str:
        is_out = False
        try:
            kind, sealed = await session.crypto.seal(room_id, kind=kind, content=content)
            is_out = True
            path = f"/rooms/{quoted(room_id)}/send/{kind}/{quoted(transaction)}"
            answer = await session.client.call("PUT", path, sealed)
        except MatrixError as error:
            raise delivery_error(error, is_out=is_out) from error
        except NOT_SEALED as error:
            raise NotSent("The message could not be encrypted yet.") from error
        event_id = answer.get("event_id")
        if not isinstance(event_id, str):
            raise Unavailable("The homeserver took the message without naming it.")
        return event_id


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    """Bound a send in time; what takes longer may or may not have arrived."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            yield
    except TimeoutError:
        raise Unavailable("Sending took too long.") from None


async def _edits_of(client: HomeserverClient, room_id: str, event_id: str) -> list[str]:
    """Return the events that took an event's place (Matrix 1.3, "Relationships API").

    Raises:
        MatrixError: an error answer other than that there is nothing, or none.
    """
    path = f"/rooms/{quoted(room_id)}/relations/{quoted(event_id)}/m.replace?limit=100"
    try:
        found = await client.call("GET", path, root=RELATIONS)
    except MatrixError as error:
        if error.answer.status == 404:
            return []
        raise
    chunk = found.get("chunk")
    events = chunk if isinstance(chunk, list) else []
    return [str(each["event_id"]) for each in events if isinstance(each, dict) and "event_id" in each]
