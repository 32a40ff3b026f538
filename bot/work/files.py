"""The job that brings a file which somebody sent: fetch it, look at its bytes, put it on the shelf."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.domain import filing
from bot.domain.messages import ChatKind, FileLost, FileOfInquiry, FileTrouble, InboundMessage, Reading
from bot.domain.scene import Reply
from bot.errors import Refused
from bot.files.signatures import types_of
from bot.house import House
from bot.ports import Channel, Job
from bot.runtime.jobs import Crew
from storage import attachments
from storage.attachments import Waiting
from storage.shelf import Shelf, ShelfFull

log = logging.getLogger(__name__)

ACCOUNT = "files"
"""Who "reads" the messages by which we tell ourselves that a file was lost."""

PAUSES = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0)
"""Seconds between tries, an hour in all: as long as Telegram keeps the link to a file valid at least
(https://core.telegram.org/bots/api#getfile); and a channel may still be connecting."""

Take = Callable[[Reading], Awaitable[None]]


class FileWork:
    """Fetches what people sent. `take`: the dispatcher's way in, by which a lost file becomes a turn like any other."""

    def __init__(self, house: House, channels: Mapping[str, Channel], *, shelf: Shelf, take: Take) -> None:
        self._house = house
        self._channels = channels
        self._shelf = shelf
        self._take = take

    def crew(self) -> Crew:
        """Return what a worker needs to know of these jobs."""
        return Crew(kinds={filing.FETCH: self.fetch}, failed=self.given_up, pauses=PAUSES)

    async def fetch(self, job: Job) -> Sequence[Reply]:
        """Fetch a file and keep it; done twice, it is kept once.

        Raises:
            DeliveryError: the platform does not give it now.
            StorageUnavailable: the disk or the database does not take it now.
        """
        waiting = await self._waiting(job)
        if waiting is None:
            await self._tell_of(job)
            return ()
        limit = self._house.settings.attachments.limit
        try:
            content = await self._channels[waiting.channel].fetch(waiting.file_id, limit=limit)
        except Refused as error:
            why: FileTrouble = "too_large" if error.reason == "too_large" else "gone"
            return await self._lost(job, waiting, why)
        found = await asyncio.to_thread(types_of, content)
        media_type = filing.confirmed(waiting.media_type, found)
        if media_type is None:
            return await self._lost(job, waiting, "wrong_type")
        try:
            await self._keep(waiting, content, media_type=media_type)
        except ShelfFull as error:
            log.error("attachment %s was not kept: %s", waiting.id, error)  # noqa: TRY400 -- no defect of ours
            return await self._lost(job, waiting, "full")
        if waiting.response is None:
            await self._tell_of(job)
        return ()

    async def given_up(self, job: Job) -> Sequence[Reply]:
        """Say that a file could not be had."""
        waiting = await self._waiting(job)
        return () if waiting is None else await self._lost(job, waiting, "gone")

    async def sweep(self) -> None:
        """Remove files that nothing refers to any more."""
        await sweep(self._house, self._shelf)

    async def _waiting(self, job: Job) -> Waiting | None:
        return await self._house.database.read(lambda: attachments.waiting(job.data["attachment"]))

    async def _keep(self, waiting: Waiting, content: bytes, *, media_type: str) -> None:
        async with self._shelf.locked():
            sha256 = await self._shelf.put(content)
            now = self._house.clock.now()
            await self._house.database.write(
                lambda: attachments.stored(waiting.id, sha256=sha256, size=len(content), media_type=media_type, now=now)
            )

    async def _lost(self, job: Job, waiting: Waiting, why: FileTrouble) -> Sequence[Reply]:
        """Tell ourselves, in one transaction with what follows from it; its id keeps it from counting twice."""
        log.warning("attachment %s is not kept: %s", waiting.id, why)
        if waiting.response is None:
            await self._say(job, FileOfInquiry(attachment=waiting.id, why=why), native_id=f"lost {waiting.id}")
            return ()
        content = FileLost(
            attachment=waiting.id,
            response=waiting.response,
            path=waiting.path,
            instance=waiting.instance,
            value=waiting.value,
            why=why,
        )
        await self._say(job, content, native_id=f"lost {waiting.id}")
        return ()

    async def _tell_of(self, job: Job) -> None:
        """Tell ourselves that a file of an inquiry is here; also after a try that was cut short between the two."""
        attachment = job.data["attachment"]
        if await self._house.database.read(lambda: attachments.kept_for_inquiry(attachment)):
            await self._say(job, FileOfInquiry(attachment=attachment), native_id=f"kept {attachment}")

    async def _say(self, job: Job, content: FileLost | FileOfInquiry, *, native_id: str) -> None:
        message = InboundMessage(
            account=ACCOUNT,
            native_id=native_id,
            address=job.address,
            sender=job.data["sender"],
            content=content,
            received_at=self._house.clock.now(),
            chat_kind=ChatKind.PRIVATE,
        )
        await self._take(Reading(account=ACCOUNT, messages=(message,)))


async def sweep(house: House, shelf: Shelf) -> int:
    """Remove the files that no answer refers to any more; return how many."""
    async with shelf.locked():
        removed = await shelf.sweep(await house.database.read(attachments.referred))
    if removed:
        log.info("%d files that no answer refers to were removed", removed)
    return removed
