"""APScheduler as a mere clock: its ticks ask what is due; it holds no truth, and no tick of ours can fail."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)

Tick = Callable[[], Awaitable[None]]


class Ticker:
    """Calls each tick every so many seconds; a tick that is still running is not started twice."""

    def __init__(self) -> None:
        # One exception of a job store ends APScheduler for good and silently: so jobs live in memory only.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )

    def every(self, seconds: float, name: str, tick: Tick) -> None:
        """Call `tick` every so many seconds; what it raises is logged and forgotten."""
        self._scheduler.add_job(_guarded(name, tick), IntervalTrigger(seconds=seconds), name=name)

    def start(self) -> None:
        """Begin; call within a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; ticks that run are not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _guarded(name: str, tick: Tick) -> Tick:
    failing = False

    async def guarded() -> None:
        nonlocal failing
        try:
            await tick()
        except Exception as error:  # noqa: BLE001 -- a tick that raised must come again all the same
            if not failing:
                log.error("tick %s failed and is tried again: %s", name, type(error).__name__)  # noqa: TRY400
            failing = True
        else:
            failing = False

    return guarded
