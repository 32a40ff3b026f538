"""What a batch costs: the same number of statements for one message and for a hundred."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.adapters.memory import MemoryChannel
from bot.app import App
from bot.domain.messages import Address, Content, Edited, InboundMessage, Pressed, PromptId, Said
from bot.house import House, open_house
from bot.ports import Batch
from bot.runtime.clock import StandingClock
from bot.runtime.dispatcher import Decider
from handlers import ROUTES
from storage.codec import from_micros
from storage.statements import Statement
from storage.statements import rows as all_of
from storage.tables import addresses, prompts
from tests.contract.channels.staging import prepared

BASE_LIMIT = 8
MANY = range(1, 101)
STEPS = (
    "/start",
    "1",
    "Testwerk GmbH",
    "Ada Muster",
    "/umfrage",
    "Wort",
    "viele",
    "12",
    "/zurueck",
    "13",
    "/uebersicht",
    "/pause",
)


class Crowd:
    """People who write in batches that the test makes up, straight into the store."""

    def __init__(self, house: House) -> None:
        self._database = house.database
        self._store = App(house, [MemoryChannel()]).store  # the bot itself is not at work: its own looks would count
        self._number = 0

    async def cost(self, content: Content, chats: range) -> int:
        """Return how many statements one batch took."""
        return await self._cost(tuple(self._message(content, chat) for chat in chats))

    async def presses(self, shown: Mapping[str, PromptId], key: str, *, on: bool | None) -> int:
        """Return how many statements it took that everybody pressed that button of the prompt in their chat."""
        pressed = {chat: Pressed(prompt, key, on, "m1") for chat, prompt in shown.items()}
        return await self._cost(tuple(self._message(content, int(chat[1:])) for chat, content in pressed.items()))

    async def _cost(self, messages: tuple[InboundMessage, ...]) -> int:
        before = self._database.statements
        handled = await self._store.process(
            Batch(messages=messages, cursors={"memory:bot": str(self._number)}), Decider(ROUTES)
        )
        assert handled.later == ()
        return self._database.statements - before

    def _message(self, content: Content, chat: int) -> InboundMessage:
        self._number += 1
        return InboundMessage(
            account="memory:bot",
            native_id=f"n{self._number}",
            address=Address("memory", f"c{chat}"),
            sender=f"c{chat}",
            content=content,
            received_at=datetime.now(UTC),
            message_id=f"m{self._number}",
            language="de",
        )


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_hundred_messages_take_as_many_statements_as_one(database: str, tmp_path: Path) -> None:
    with prepared(folder=tmp_path, database=database) as settings:
        async with open_house(settings) as house:
            crowd = Crowd(house)
            for step in STEPS:
                await crowd.cost(Said(step), range(101, 102))  # a form is read from its row once a process
                assert await crowd.cost(Said(step), range(1)) == await crowd.cost(Said(step), MANY), step


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_the_base_of_a_batch_takes_eight_statements_at_most(database: str, tmp_path: Path) -> None:
    with prepared(folder=tmp_path, database=database) as settings:
        async with open_house(settings) as house:
            crowd = Crowd(house)
            for step in STEPS[:6]:
                await crowd.cost(Said(step), MANY)
            # An edit that had answered nothing writes but two things: that it was seen, and the cursor.
            assert await crowd.cost(Edited("nichts"), MANY) - 2 <= BASE_LIMIT


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_page_of_a_long_list_takes_no_more_statements_than_a_question(database: str, tmp_path: Path) -> None:
    with prepared(folder=tmp_path, database=database, forms=("lists",)) as settings:
        async with open_house(settings) as house:
            crowd = Crowd(house)
            for step in STEPS[:4]:
                await crowd.cost(Said(step), MANY)
            question = await crowd.cost(Said("/umfrage"), MANY)
            again = await crowd.cost(Said("/umfrage"), MANY)
            for look in ("Nächste Seite", "hausen", "nächste", "Ganze Liste"):
                assert await crowd.cost(Said(look), range(1)) <= again + 1, look  # that the message answered the prompt
                assert await crowd.cost(Said(look), MANY) <= again + 1, look
            assert again <= question


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_press_that_turns_a_page_takes_no_more_statements_than_a_tick(database: str, tmp_path: Path) -> None:
    with prepared(folder=tmp_path, database=database, forms=("lists",)) as settings:
        async with open_house(settings) as house:
            crowd = Crowd(house)
            for step in (*STEPS[:5], "57"):
                await crowd.cost(Said(step), MANY)
            rows = Statement(
                select(prompts.c.chat, prompts.c.id).where(prompts.c.path == "trades"), name="a test looks"
            )
            shown = {chat: PromptId(number) for chat, number in await house.database.read(lambda: all_of(rows))}
            ticks = await crowd.presses(shown, "3", on=True)
            assert await crowd.presses(shown, "page2", on=None) == ticks


async def test_when_somebody_wrote_last_is_noted_now_and_then_and_costs_nothing_meanwhile(tmp_path: Path) -> None:
    clock = StandingClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
    seen = Statement(select(addresses.c.seen_at), name="a test looks")
    with prepared(folder=tmp_path, database="sqlite") as settings:
        async with open_house(settings, clock=clock) as house:
            crowd = Crowd(house)
            for step in STEPS[:4]:
                await crowd.cost(Said(step), range(1))
            costs, moments = [], []
            for minutes in (9, 0, 2, 0):
                clock.pass_by(timedelta(minutes=minutes))
                costs.append(await crowd.cost(Said("/hilfe"), range(1)))
                moments.append(from_micros((await house.database.read(lambda: all_of(seen)))[0][0]))
            begin = clock.now() - timedelta(minutes=11)
            assert moments == [begin, begin, clock.now(), clock.now()]
            assert costs == [costs[0], costs[0], costs[0] + 1, costs[0]]
