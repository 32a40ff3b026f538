"""Workers: side by side, patient with what is away, and done with what cannot be done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.messages import Address, OutboundMessage
from bot.domain.rights import Right
from bot.domain.scene import Reply
from bot.errors import StorageUnavailable, Unavailable
from bot.ports import Job
from bot.runtime.jobs import Crew, Worker

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SORRY = Reply(message=OutboundMessage(text="sorry"))


class FixedClock:
    def now(self) -> datetime:
        return NOW


class Ledger:
    """Jobs as a database would keep them."""

    def __init__(self, *jobs: Job) -> None:
        self.waiting = list(jobs)
        self.put_back: list[tuple[Job, datetime]] = []
        self.done: list[tuple[int, Sequence[Reply]]] = []
        self.asked: set[tuple[str, ...]] = set()
        self.rights: list[bool] = []

    async def take_job(self, kinds: Sequence[str], *, channels: Sequence[str]) -> Job | None:
        self.asked.add(tuple(channels))
        found = next((job for job in self.waiting if job.kind in kinds), None)
        if found is None:
            return None
        self.waiting.remove(found)
        return replace(found, attempts=found.attempts + 1)

    async def may(self, address: Address, right: Right) -> bool:
        del address, right
        return self.rights.pop(0)

    async def put_back_job(self, job: Job, *, until: datetime) -> None:
        self.put_back.append((job, until))

    async def finish_job(self, job: Job, replies: Sequence[Reply]) -> None:
        self.done.append((job.id, replies))


def job(number: int, kind: str = "slow", *, attempts: int = 0) -> Job:
    return Job(id=number, kind=kind, address=Address("memory", "ada"), data={}, attempts=attempts)


async def failed(_: Job) -> Sequence[Reply]:
    return [SORRY]


def worker(ledger: Ledger, crew: Crew) -> Worker:
    return Worker(crew, store=ledger, channels=["memory"], clock=FixedClock(), planned=lambda: None)


async def worked(ledger: Ledger, crew: Crew) -> None:
    """Let a worker do all that can be done now."""
    one = worker(ledger, crew)
    running = asyncio.create_task(one.run())
    one.look()
    await asyncio.wait({asyncio.create_task(one.idle()), running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_slow_file_holds_up_no_form() -> None:
    gate, checked = asyncio.Event(), asyncio.Event()

    async def slow(_: Job) -> Sequence[Reply]:
        await gate.wait()
        return ()

    async def check(_: Job) -> Sequence[Reply]:
        checked.set()
        return ()

    ledger = Ledger(job(1), job(2, "check"))
    crews = (Crew(kinds={"slow": slow}, failed=failed), Crew(kinds={"check": check}, failed=failed))
    workers = [worker(ledger, crew) for crew in crews]
    running = [asyncio.create_task(each.run()) for each in workers]
    for each in workers:
        each.look()
    await checked.wait()
    await workers[1].idle()
    assert [number for number, _ in ledger.done] == [2]
    gate.set()
    await workers[0].idle()
    assert [number for number, _ in ledger.done] == [2, 1]
    assert ledger.asked == {("memory",)}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def away(_: Job) -> Sequence[Reply]:
    raise Unavailable("away")


async def test_what_fails_waits_longer_each_time_and_others_are_done_meanwhile() -> None:
    crew = Crew(kinds={"slow": away, "quick": failed}, failed=failed, pauses=(2.0, 60.0))
    ledger = Ledger(job(1), job(2, attempts=1), job(3, "quick"))
    await worked(ledger, crew)
    assert [(each.id, until - NOW) for each, until in ledger.put_back] == [
        (1, timedelta(seconds=2)),
        (2, timedelta(seconds=60)),
    ]
    assert [number for number, _ in ledger.done] == [3]


async def test_what_failed_too_often_is_given_up_with_a_word() -> None:
    ledger = Ledger(job(1, attempts=2))
    await worked(ledger, Crew(kinds={"slow": away}, failed=failed, pauses=(2.0, 60.0)))
    assert ledger.done == [(1, [SORRY])]
    assert ledger.put_back == []


async def test_what_took_its_process_down_too_often_is_not_begun_again() -> None:
    begun: list[int] = []

    async def deadly(each: Job) -> Sequence[Reply]:
        begun.append(each.id)
        return ()

    ledger = Ledger(job(1, attempts=3), job(2, attempts=2))
    await worked(ledger, Crew(kinds={"slow": deadly}, failed=failed, pauses=(2.0, 60.0)))
    assert begun == [2]
    assert dict(ledger.done) == {1: [SORRY], 2: ()}


async def test_a_database_that_is_out_of_order_ends_no_job() -> None:
    async def locked(_: Job) -> Sequence[Reply]:
        raise StorageUnavailable("locked")

    ledger = Ledger(job(1))
    with pytest.raises(StorageUnavailable):
        await worked(ledger, Crew(kinds={"slow": locked}, failed=failed))
    assert (ledger.done, ledger.put_back) == ([], [])


@pytest.mark.parametrize(("rights", "begun", "heard"), [([True, True], 1, 1), ([True, False], 1, 0), ([False], 0, 0)])
async def test_who_has_lost_the_right_gets_nothing_of_a_job(rights: list[bool], begun: int, heard: int) -> None:
    ledger = Ledger(job(1))
    ledger.rights = rights
    taken: list[int] = []

    async def work(given: Job) -> Sequence[Reply]:
        taken.append(given.id)
        return [SORRY]

    await worked(ledger, Crew(kinds={"slow": work}, failed=failed, rights={"slow": "forms"}))
    assert (len(taken), [len(replies) for _, replies in ledger.done]) == (begun, [heard])
