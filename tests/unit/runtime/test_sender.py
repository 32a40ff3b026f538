"""What leaves, in which order, and what becomes of it when the platform says no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.adapters.memory import MemoryChannel
from bot.domain.messages import (
    Abilities,
    Address,
    Attachment,
    DeliveryId,
    Edit,
    OutboundMessage,
    Outgoing,
    PromptId,
)
from bot.errors import ChatMoved, RateLimited, Refused, StorageUnavailable, Unavailable, Unreachable
from bot.ports import Mark
from bot.runtime.sender import Sender

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Address("memory", "ada")
BOB = Address("memory", "bob")


class FixedClock:
    def now(self) -> datetime:
        return NOW


def outgoing(number: int, *, to: Address = ADA, prompt: int | None = None, push: bool = False) -> Outgoing:
    message = OutboundMessage(text=f"text {number}", prompt=None if prompt is None else PromptId(prompt))
    return Outgoing(delivery=DeliveryId(number), address=to, message=message, priority="push" if push else "reply")


class Stage:
    def __init__(self, *, fail: Callable[[Outgoing], None] | None = None, abilities: Abilities | None = None) -> None:
        self.channel = MemoryChannel(fail=fail, abilities=abilities)
        self.marks: list[Mark] = []
        self.sender = Sender({"memory": self.channel}, mark=self.marks.append, clock=FixedClock())

    def texts(self, chat: str = "ada") -> list[str]:
        return [shown.message.text for shown in self.channel.chat(chat)]


async def test_a_chat_hears_in_order_and_each_delivery_is_marked_with_what_it_became() -> None:
    stage = Stage()
    for number in (1, 2, 3):
        stage.sender.send(outgoing(number, prompt=number), known=True)
    await stage.sender.idle()
    assert stage.texts() == ["text 1", "text 2", "text 3"]
    assert [(mark.delivery, mark.state, mark.prompt) for mark in stage.marks] == [
        (1, "sent", 1),
        (2, "sent", 2),
        (3, "sent", 3),
    ]
    assert all(mark.message_ids for mark in stage.marks)


async def test_one_chat_that_must_wait_holds_up_nobody_else() -> None:
    gate = asyncio.Event()

    class Slow(MemoryChannel):
        async def send(self, outgoing: Outgoing) -> list[str]:
            if outgoing.address == ADA:
                await gate.wait()
            return list(await super().send(outgoing))

    stage = Stage()
    stage.channel = Slow()
    marked = asyncio.Event()
    stage.sender = Sender({"memory": stage.channel}, mark=lambda _: marked.set(), clock=FixedClock())
    stage.sender.send(outgoing(1), known=True)
    stage.sender.send(outgoing(2, to=BOB), known=True)
    await marked.wait()
    assert stage.texts("bob") == ["text 2"]
    assert stage.texts() == []
    gate.set()
    await stage.sender.idle()
    assert stage.texts() == ["text 1"]


def fails_first(error: Exception, *, times: int = 1) -> Callable[[Outgoing], None]:
    left = [times]

    def fail(_: Outgoing) -> None:
        if left[0]:
            left[0] -= 1
            raise error

    return fail


async def test_a_short_pause_is_waited_out_and_the_order_stays() -> None:
    stage = Stage(fail=fails_first(RateLimited("slow down", retry_after=timedelta(milliseconds=5))))
    stage.sender.send(outgoing(1), known=True)
    stage.sender.send(outgoing(2), known=True)
    await stage.sender.idle()
    assert stage.texts() == ["text 1", "text 2"]
    assert [mark.state for mark in stage.marks] == ["sent", "sent"]


async def test_a_long_pause_goes_back_into_the_ledger_with_all_that_follows() -> None:
    stage = Stage(fail=fails_first(RateLimited("slow down", retry_after=timedelta(seconds=90))))
    stage.sender.send(outgoing(1), known=True)
    stage.sender.send(outgoing(2), known=True)
    await stage.sender.idle()
    assert stage.texts() == []
    assert [(mark.delivery, mark.state, mark.not_before) for mark in stage.marks] == [
        (1, "planned", NOW + timedelta(seconds=90)),
        (2, "planned", NOW + timedelta(seconds=90)),
    ]
    assert stage.sender.held == frozenset()


async def test_somebody_who_left_is_noted_and_nothing_is_tried_again() -> None:
    stage = Stage(fail=fails_first(Unreachable("blocked", reason="blocked")))
    stage.sender.send(outgoing(1), known=True)
    await stage.sender.idle()
    (mark,) = stage.marks
    assert (mark.state, mark.reason, mark.unreachable) == ("failed", "blocked", True)


async def test_a_message_the_platform_rejects_does_not_hold_up_the_next() -> None:
    stage = Stage(fail=fails_first(Refused("bad request")))
    stage.sender.send(outgoing(1), known=True)
    stage.sender.send(outgoing(2), known=True)
    await stage.sender.idle()
    assert stage.texts() == ["text 2"]
    assert [mark.state for mark in stage.marks] == ["failed", "sent"]


async def test_a_defect_of_an_adapter_fails_one_delivery_and_no_more() -> None:
    stage = Stage(fail=fails_first(ValueError("a defect")))
    stage.sender.send(outgoing(1), known=True)
    stage.sender.send(outgoing(2), known=True)
    await stage.sender.idle()
    assert [(mark.state, mark.reason) for mark in stage.marks] == [("failed", "defect"), ("sent", "")]


async def test_a_push_without_an_answer_is_unknown_and_never_sent_again() -> None:
    stage = Stage(fail=fails_first(Unavailable("no answer")))
    stage.sender.send(outgoing(1, push=True), known=True)
    await stage.sender.idle()
    assert [mark.state for mark in stage.marks] == ["unknown"]
    assert stage.texts() == []


async def test_the_same_delivery_handed_over_twice_leaves_once() -> None:
    stage = Stage()
    stage.sender.send(outgoing(1), known=True)
    stage.sender.send(outgoing(1), known=True)
    await stage.sender.idle()
    assert stage.texts() == ["text 1"]


async def test_of_several_edits_of_one_message_the_newest_is_made() -> None:
    stage = Stage()
    stage.sender.send(outgoing(1), known=True)
    await stage.sender.idle()
    (shown,) = stage.channel.heard
    for text in ("a", "b", "c"):
        stage.sender.edit(Edit(address=ADA, message_id=shown.id, message=OutboundMessage(text=text)))
    await stage.sender.idle()
    assert (shown.message.text, shown.edits) == ("c", 1)


async def test_messages_go_before_edits_when_the_pace_is_short() -> None:
    abilities = Abilities(buttons=True, edits=True, chat_rate=50, chat_burst=1)
    stage = Stage(abilities=abilities)
    stage.sender.send(outgoing(1), known=True)
    await stage.sender.idle()
    (first,) = stage.channel.heard
    stage.sender.edit(Edit(address=ADA, message_id=first.id, message=OutboundMessage(text="edited")))
    await asyncio.sleep(0)
    edits_when_sent: list[int] = []
    stage.channel.fail = lambda _: edits_when_sent.append(first.edits)
    stage.sender.send(outgoing(2), known=True)
    await stage.sender.idle()
    assert edits_when_sent == [0]
    assert first.message.text == "edited"


async def test_what_waits_for_a_chat_that_moved_goes_back_to_be_sent_there() -> None:
    stage = Stage(fail=fails_first(ChatMoved("moved", chat="grace")))
    for number in (1, 2):
        stage.sender.send(outgoing(number), known=True)
    await stage.sender.idle()
    assert [(mark.delivery, mark.state, mark.moved_to, mark.tried) for mark in stage.marks] == [
        (1, "planned", "grace", True),
        (2, "planned", "grace", False),
    ]


async def test_closing_leaves_what_did_not_leave_to_its_rows() -> None:
    stage = Stage(fail=fails_first(RateLimited("slow down", retry_after=timedelta(seconds=9)), times=100))
    stage.sender.send(outgoing(1), known=True)
    await stage.sender.close(within=0.01)
    assert stage.marks == []
    assert not stage.sender.busy


# --- what a form shows -----------------------------------------------------------------------------------------------


def showing(number: int) -> Outgoing:
    picture = Attachment("halle.png", "image/png", source="form:12:halle.png")
    message = OutboundMessage(text="Wie groß?", attachments=(picture,))
    return Outgoing(delivery=DeliveryId(number), address=ADA, message=message)


async def test_what_a_message_refers_to_is_brought_when_it_leaves() -> None:
    stage = Stage()

    async def fill(message: OutboundMessage) -> OutboundMessage:
        return replace(message, attachments=tuple(replace(each, content=b"picture") for each in message.attachments))

    stage.sender = Sender({"memory": stage.channel}, mark=stage.marks.append, clock=FixedClock(), fill=fill)
    stage.sender.send(showing(1), known=True)
    stage.sender.send(outgoing(2), known=True)
    await stage.sender.idle()
    assert stage.channel.chat()[0].message.attachments[0].content == b"picture"
    assert stage.texts() == ["Wie groß?", "text 2"]


async def test_a_message_waits_for_a_database_that_is_out_of_order() -> None:
    stage = Stage()

    async def fill(_: OutboundMessage) -> OutboundMessage:
        failing()
        return OutboundMessage(text="whole")

    left = [1]

    def failing() -> None:
        if left[0]:
            left[0] -= 1
            raise StorageUnavailable("locked")

    stage.sender = Sender({"memory": stage.channel}, mark=stage.marks.append, clock=FixedClock(), fill=fill)
    stage.sender.send(showing(1), known=True)
    await stage.sender.idle()
    assert stage.texts() == ["whole"]
    assert [mark.state for mark in stage.marks] == ["sent"]
