"""Waiting for something to become true, woken by changes and never by a timer's polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Waiting:
    """Those who wait for a change of one thing; `notify` lets each look again."""

    def __init__(self) -> None:
        self._waiters: list[Callable[[], None]] = []

    def notify(self) -> None:
        """Tell everybody who waits that something changed."""
        for look in tuple(self._waiters):
            look()

    def notify_soon(self) -> None:
        """Let them look when the running step is done."""
        if self._waiters:
            asyncio.get_running_loop().call_soon(self.notify)

    async def first(self, find: Callable[[], T | None], *, timeout: float) -> T:
        """Return what `find` finds, as soon as it finds something that is not None.

        Raises:
            TimeoutError: nothing was found in `timeout` seconds.
        """
        found = find()
        if found is not None:
            return found
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if future.done():
                return
            try:
                found = find()
            except Exception as error:  # noqa: BLE001 - a wrong predicate must fail the test that waits, not the request
                future.set_exception(error)
                return
            if found is not None:
                future.set_result(found)

        self._waiters.append(look)
        try:
            return await asyncio.wait_for(future, timeout)
        finally:
            self._waiters.remove(look)

    async def until(self, holds: Callable[[], bool], *, timeout: float) -> None:
        """Return as soon as `holds()` is true.

        Raises:
            TimeoutError: it was not so in `timeout` seconds.
        """
        await self.first(lambda: True if holds() else None, timeout=timeout)
