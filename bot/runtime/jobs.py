"""Heavy work outside turns, one job after the other, each in its own transactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.domain.scene import Reply
from bot.errors import HubtalkError
from bot.ports import Job, JobStore

log = logging.getLogger(__name__)

Work = Callable[[Job], Awaitable[Sequence[Reply]]]
MOST_ATTEMPTS = 3
PAUSE = 5.0  # seconds before a job that failed is tried again


class Worker:
    """Takes jobs whenever told to look; `failed` says what the person hears when a job cannot be done."""

    def __init__(
        self,
        *,
        store: JobStore,
        kinds: Mapping[str, Work],
        failed: Callable[[Job], Sequence[Reply]],
        planned: Callable[[], None],
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._failed = failed
        self._planned = planned
        self._look = asyncio.Event()

    def look(self) -> None:
        """Look whether a job waits."""
        self._look.set()

    async def run(self) -> None:
        """Work until cancelled; a job in hand when the process dies is taken up again after its lease."""
        while True:
            await self._look.wait()
            self._look.clear()
            while (job := await self._store.take_job()) is not None:
                await self._store.finish_job(job, await self._do(job))
                self._planned()

    async def _do(self, job: Job) -> Sequence[Reply]:
        work = self._kinds.get(job.kind)
        for attempt in range(job.attempts, MOST_ATTEMPTS + 1):
            try:
                if work is not None:
                    return await work(job)
            except HubtalkError as error:
                log.warning("job %s (%s), attempt %d: %s", job.id, job.kind, attempt, error)
                if attempt < MOST_ATTEMPTS:
                    await asyncio.sleep(PAUSE)
        return self._failed(job)
