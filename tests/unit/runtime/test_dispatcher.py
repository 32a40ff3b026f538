"""Batches, cursors and failures, over a store that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.messages import Address, InboundMessage, Outgoing, Reading, Said
from bot.errors import Conflict, StorageUnavailable
from bot.ports import Batch, Decide, Handled, Mark
from bot.runtime import dispatcher as room
from bot.runtime.dispatcher import Decider, Dispatcher

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(number: int, *, chat: str = "ada") -> InboundMessage:
    return InboundMessage(
        account="fake:bot",
        native_id=str(number),
        address=Address("fake", chat),
        sender=chat,
        content=Said(f"text {number}"),
        received_at=NOW,
    )


def reading(*messages: InboundMessage, cursor: str = "9") -> Reading:
    return Reading(account="fake:bot", messages=messages, cursor=cursor)


class FakeStore:
    """Remembers batches; `fail` may raise for a batch, `later` may put messages off."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.committed: list[str] = []
        self.cursors: dict[str, str] = {}
        self.apologies: list[str] = []
        self.fail: Callable[[Batch], None] = lambda _: None
        self.later: Callable[[InboundMessage], bool] = lambda _: False

    async def process(self, batch: Batch, decide: Decide) -> Handled:
        self.batches.append(batch)
        if isinstance(decide, Decider):
            self.fail(batch)
        else:
            self.apologies += [message.native_id for message in batch.messages]
        waiting = tuple(message for message in batch.messages if self.later(message))
        self.committed += [message.native_id for message in batch.messages if message not in waiting]
        if not waiting:
            self.cursors.update(batch.cursors)
        return Handled(later=waiting)

    async def claim(self, channels: object) -> tuple[tuple[Outgoing, bool, int], ...]:
        del channels
        return ()

    async def cursor(self, account: str, *, lifetime: timedelta | None = None) -> str | None:
        return self.cursors.get(account)


@asynccontextmanager
async def at_work(store: FakeStore) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(store=store, decide=Decider(()))
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_waits_is_one_batch_and_the_cursor_comes_with_it() -> None:
    store = FakeStore()
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(said(1, chat="ada"), said(2, chat="bob")))
    assert [len(batch.messages) for batch in store.batches] == [2]
    assert store.cursors == {"fake:bot": "9"}


async def test_a_chats_second_message_waits_for_the_next_batch_and_so_does_the_cursor() -> None:
    store = FakeStore()
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(said(1), said(2), said(3, chat="bob")))
    assert [[message.native_id for message in batch.messages] for batch in store.batches] == [["1", "3"], ["2"]]
    assert [dict(batch.cursors) for batch in store.batches] == [{}, {"fake:bot": "9"}]


async def test_what_the_store_puts_off_is_done_next_and_only_then_confirmed() -> None:
    store = FakeStore()
    put_off = iter([True])
    store.later = lambda message: message.native_id == "2" and next(put_off, False)
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(said(1, chat="ada"), said(2, chat="bob")))
    assert store.committed == ["1", "2"]
    assert store.cursors == {"fake:bot": "9"}
    assert len(store.batches) == 2


async def test_an_empty_reading_still_moves_the_cursor() -> None:
    store = FakeStore()
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(cursor="12"))
    assert store.cursors == {"fake:bot": "12"}


async def test_a_database_out_of_order_confirms_nothing_and_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(room, "LONGEST_PAUSE", 0.002)
    store = FakeStore()
    failures = iter([StorageUnavailable("full")] * 4)

    def fail(_: Batch) -> None:
        error = next(failures, None)
        if error is not None:
            assert store.cursors == {}
            raise error

    store.fail = fail
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(said(1)))
    assert store.committed == ["1"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"], "said once, and once that it works"


async def test_a_defect_hits_one_message_and_the_others_pass() -> None:
    store = FakeStore()

    def fail(batch: Batch) -> None:
        if any(message.native_id == "2" for message in batch.messages):
            raise RuntimeError("a defect")

    store.fail = fail
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(said(1, chat="ada"), said(2, chat="bob"), said(3, chat="eve")))
    assert sorted(store.committed) == ["1", "2", "3"]
    assert store.apologies == ["2"]
    assert store.cursors == {"fake:bot": "9"}


async def test_the_loser_of_a_race_is_done_again_and_told() -> None:
    store = FakeStore()
    tries = iter(range(10))

    def fail(batch: Batch) -> None:
        if any(message.native_id == "2" for message in batch.messages) and next(tries) < 2:
            raise Conflict("somebody was faster")

    store.fail = fail
    async with at_work(store) as dispatcher:
        await dispatcher.take(reading(said(1, chat="ada"), said(2, chat="bob")))
    assert store.committed == ["1", "2"]
    assert store.apologies == []


async def test_marks_share_the_commit_of_the_messages_that_follow() -> None:
    store = FakeStore()
    async with at_work(store) as dispatcher:
        mark = Mark(delivery=7, address=Address("fake", "ada"), state="sent", known=True)  # type: ignore[arg-type]
        dispatcher.mark(mark)
        await dispatcher.take(reading(said(1)))
        await dispatcher.quiet()
    assert [batch.marks for batch in store.batches] == [(mark,)]


async def test_marks_alone_are_committed_too() -> None:
    store = FakeStore()
    async with at_work(store) as dispatcher:
        mark = Mark(delivery=7, address=Address("fake", "ada"), state="sent", known=True)  # type: ignore[arg-type]
        dispatcher.mark(mark)
        await dispatcher.quiet()
    assert [batch.marks for batch in store.batches] == [(mark,)]
