"""Heavy work outside turns, one job of a worker's kinds after the other, each in its own transactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.rights import Right
from bot.domain.scene import Reply
from bot.errors import HubtalkError, StorageUnavailable
from bot.ports import Clock, Job, JobStore

log = logging.getLogger(__name__)

Work = Callable[[Job], Awaitable[Sequence[Reply]]]
"""What a job does; a HubtalkError means: perhaps later."""

PAUSES = (5.0, 5.0)
"""Seconds before a job that failed is tried again; after the last of them it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The kinds of jobs that wait for each other, and what is done when one of them is given up.

    rights: what it takes to order a job of a kind. Who has lost that right by the time the job is taken up, or done,
    gets nothing of it.
    """

    kinds: Mapping[str, Work]
    failed: Work
    pauses: Sequence[float] = PAUSES
    rights: Mapping[str, Right] = field(default_factory=dict)


class Worker:
    """Takes jobs of its crew whenever told to look. Workers side by side do not wait for each other."""

    def __init__(
        self,
        crew: Crew,
        *,
        store: JobStore,
        channels: Sequence[str],
        clock: Clock,
        planned: Callable[[], None],
    ) -> None:
        self.crew = crew
        self._store = store
        self._channels = channels
        self._clock = clock
        self._planned = planned
        self._look = asyncio.Event()
        self._idle = asyncio.Event()

    def look(self) -> None:
        """Look whether a job waits."""
        self._idle.clear()
        self._look.set()

    async def idle(self) -> None:
        """Wait until nothing is left that can be done now."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled; a job in hand when the process dies is taken up again at the next start."""
        while True:
            await self._look.wait()
            self._look.clear()
            while (job := await self._store.take_job(list(self.crew.kinds), channels=self._channels)) is not None:
                await self._do(job)
            if not self._look.is_set():
                self._idle.set()

    async def _do(self, job: Job) -> None:
        # One that took its process down so often is given up as well.
        if not await self._may(job):
            await self._store.finish_job(job, ())
            return
        work = self.crew.kinds[job.kind] if job.attempts <= len(self.crew.pauses) + 1 else self.crew.failed
        try:
            replies = await work(job)
        except StorageUnavailable:
            raise  # about the database, not about this job: everything waits
        except HubtalkError as error:
            log.warning("job %s (%s), attempt %d: %s", job.id, job.kind, job.attempts, error)
            if job.attempts <= len(self.crew.pauses):
                await self._later(job, self.crew.pauses[job.attempts - 1])
                return
            replies = await self.crew.failed(job)
        await self._store.finish_job(job, replies if await self._may(job) else ())
        self._planned()

    async def _may(self, job: Job) -> bool:
        """Whether who ordered the job may still do so: a role is gone the moment it is taken."""
        right = self.crew.rights.get(job.kind)
        return right is None or await self._store.may(job.address, right)

    async def _later(self, job: Job, seconds: float) -> None:
        """Put a job back, so that others are done meanwhile and a restart forgets nothing."""
        await self._store.put_back_job(job, until=self._clock.now() + timedelta(seconds=seconds))
        asyncio.get_running_loop().call_later(seconds + 0.1, self.look)
