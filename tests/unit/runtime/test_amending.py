"""What was sent is edited and taken back: side by side, whatever the platform says of one, and after it was silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from bot.adapters.memory import MemoryChannel
from bot.domain.broadcasts.model import Content
from bot.domain.messages import Abilities, Address, DeliveryId, OutboundMessage, Outgoing, Recall
from bot.errors import Refused, Unavailable, Unreachable
from bot.ports import Amended, Amendment
from bot.runtime.amending import PAGE, Amender
from bot.runtime.sender import Sender

MANY = 2 * PAGE + 3


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stubborn(MemoryChannel):
    """A platform on which taking back fails as told, and which counts how many calls are under way at once."""

    def __init__(self, *, fails: Mapping[str, Exception] | None = None, edits: bool = True) -> None:
        super().__init__(abilities=Abilities(edits=edits))
        self.fails = dict(fails or {})
        self.under_way = self.most = 0

    async def recall(self, recall: Recall) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if error := self.fails.get(recall.address.chat):
            raise error
        await super().recall(recall)


class Ledger:
    """Readers who have a message, and what came of each of them."""

    def __init__(self, message_ids: Mapping[int, str], *, recalled: bool) -> None:
        self.left = {
            number: Amendment(
                delivery=DeliveryId(number),
                address=Address("memory", f"c{number}"),
                message_ids=(message_id,),
                broadcast=7,
                edition=-1 if recalled else 1,
                content=Content(texts={"de": "neu"}),
                language="de",
                params=("", ""),
                recalled=recalled,
            )
            for number, message_id in message_ids.items()
        }
        self.came: dict[int, str] = {}
        self.changed = asyncio.Event()

    async def amendments(self, channel: str, *, many: int) -> Sequence[Amendment]:
        assert channel == "memory"
        return list(self.left.values())[:many]

    async def amended(self, amended: Sequence[Amended]) -> None:
        for each in amended:
            self.came[each.delivery] = each.why
            del self.left[each.delivery]
        self.changed.set()


class Stage:
    def __init__(self, channel: Stubborn) -> None:
        self.channel = channel
        self.sender = Sender({"memory": channel}, mark=lambda mark: None, clock=FixedClock())

    async def sent(self, many: int, *, recalled: bool) -> Ledger:
        ids = {}
        for number in range(1, many + 1):
            message, address = OutboundMessage(text="alt"), Address("memory", f"c{number}")
            outgoing = Outgoing(delivery=DeliveryId(number), address=address, message=message)
            ids[number] = (await self.channel.send(outgoing))[0]
        return Ledger(ids, recalled=recalled)

    async def works(self, ledger: Ledger, *, then: Callable[[], None] | None = None) -> None:
        """Let an amender work until nothing is left; after the first page do something and let it look again."""
        amender = Amender("memory", store=ledger, sender=self.sender, render=lambda _: OutboundMessage(text="neu"))
        amender.open()
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(amender.run())
            while ledger.left:
                ledger.changed.clear()
                await ledger.changed.wait()
                if then is not None:
                    then()
                    then = None
                    amender.look()
            task.cancel()


async def test_everybody_gets_the_new_text_several_at_once() -> None:
    stage = Stage(Stubborn())
    ledger = await stage.sent(MANY, recalled=False)
    await stage.works(ledger)
    assert {shown.message.text for shown in stage.channel.heard} == {"neu"}
    assert len(ledger.came) == MANY and set(ledger.came.values()) == {""}


async def test_one_reader_costs_no_other_whatever_is_wrong_with_them() -> None:
    wrong = {
        "c2": Refused("48 hours are over", reason="not_deletable"),
        "c3": Unreachable("they blocked us", reason="blocked"),
        "c4": TypeError("a defect of ours"),
    }
    stage = Stage(Stubborn(fails=wrong))
    ledger = await stage.sent(MANY, recalled=True)
    await stage.works(ledger)
    assert {number: why for number, why in ledger.came.items() if why} == {
        2: "not_deletable",
        3: "blocked",
        4: "defect",
    }
    assert sorted(shown.chat for shown in stage.channel.heard) == ["c2", "c3", "c4"]
    assert 1 < stage.channel.most <= PAGE


async def test_a_platform_that_does_not_answer_is_asked_again_later() -> None:
    stage = Stage(Stubborn(fails={f"c{number}": Unavailable("no answer") for number in range(3, MANY + 1)}))
    ledger = await stage.sent(MANY, recalled=True)
    await stage.works(ledger, then=stage.channel.fails.clear)
    assert set(ledger.came.values()) == {""}
    assert stage.channel.heard == []


async def test_where_nothing_can_be_edited_that_is_said_of_each() -> None:
    stage = Stage(Stubborn(edits=False))
    ledger = await stage.sent(2, recalled=False)
    await stage.works(ledger)
    assert set(ledger.came.values()) == {"not_editable"}
