"""The message that follows a broadcast: how often it changes, and that the end is said once, restart or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.adapters.memory import MemoryChannel
from bot.desk import perform
from bot.domain.broadcasts.model import Content
from bot.domain.desk import ConfirmBroadcast, DraftBroadcast
from bot.domain.messages import Abilities, Address, Edit, PromptId
from bot.house import House, open_house
from bot.runtime.clock import StandingClock
from bot.work.live import LiveReports
from storage.statements import Statement, change, rows
from storage.tables import broadcasts, deliveries, prompts
from tests.contract.channels.staging import prepared
from tests.conversations.test_strangers import NOW

QUICK, SLOW = Abilities(edits=True, rate=30), Abilities(edits=True, usual_rate=0.2)


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A house with a broadcast that runs, which somebody follows."""
    with prepared(folder=tmp_path, database=request.param) as settings:
        async with open_house(settings, clock=StandingClock(NOW)) as house:
            draft = DraftBroadcast(content=Content(texts={"de": "Text"}), audience=())
            number = await perform(house, actor="P1", command=draft)
            here = {"channel": "memory", "chat": "olga", "message_id": "m1", "created_at": 1}
            await put(house, insert(prompts).values(id=5, kind="broadcast_live", data="{}", **here))
            order = ConfirmBroadcast(
                broadcast=number, revision=0, prompt=PromptId(5), report_to=Address("memory", "olga"), language="de"
            )
            await perform(house, actor="P1", command=order)
            await put(house, update(broadcasts).values(state="running", planned_at=1))
            for each in (11, 12, 13):
                row = {"id": each, "channel": "memory", "chat": "x", "priority": "push", "state": "planned"}
                await put(house, insert(deliveries).values(broadcast_id=number, body="", created_at=1, **row))
            yield house


async def put(house: House, query: Any) -> None:
    statement = Statement(query, name="a test writes")
    await house.database.write(lambda: change(statement))


async def sent(house: House, number: int) -> None:
    await put(house, update(deliveries).where(deliveries.c.id == number).values(state="sent"))


def following(house: House, abilities: Abilities) -> tuple[LiveReports, list[Edit]]:
    edits: list[Edit] = []
    return LiveReports(house, {"memory": MemoryChannel(abilities=abilities)}, edit=edits.append), edits


@pytest.mark.parametrize(("abilities", "every"), [(QUICK, 5), (SLOW, 60)])
async def test_it_changes_as_often_as_the_platform_likes_and_at_the_end_at_once(
    house: House, abilities: Abilities, every: int
) -> None:
    reports, edits = following(house, abilities)
    clock = house.clock
    assert isinstance(clock, StandingClock)
    await reports.refresh()
    assert [edit.message_id for edit in edits] == ["m1"] and "Gesendet: 0 von 3" in edits[0].message.text
    await sent(house, 11)
    clock.pass_by(timedelta(seconds=every - 1))
    await reports.refresh()
    assert len(edits) == 1
    clock.pass_by(timedelta(seconds=2))
    await reports.refresh()
    await reports.refresh()
    assert len(edits) == 2 and "Gesendet: 1 von 3" in edits[1].message.text
    await put(house, update(broadcasts).values(state="done", finished_at=int(NOW.timestamp() * 1_000_000)))
    await reports.refresh()
    await reports.refresh()
    assert len(edits) == 3 and "fertig" in edits[2].message.where


async def test_a_channel_that_does_not_answer_is_named_until_it_does(house: House) -> None:
    trouble = {"memory": NOW + timedelta(minutes=5)}
    edits: list[Edit] = []
    channels = {"memory": MemoryChannel(abilities=QUICK)}
    reports = LiveReports(house, channels, edit=edits.append, trouble=lambda: trouble)
    await reports.refresh()
    assert "Memory antwortet gerade nicht. Nächster Versuch um" in edits[-1].message.text
    trouble = {}
    house.clock.pass_by(timedelta(seconds=6))  # type: ignore[attr-defined]
    await reports.refresh()
    assert "antwortet" not in edits[-1].message.text


async def test_where_nothing_can_be_edited_the_end_is_told_once_even_after_a_restart(house: House) -> None:
    reports, edits = following(house, Abilities())
    await reports.refresh()
    await put(house, update(broadcasts).values(state="done", finished_at=int(NOW.timestamp() * 1_000_000)))
    for each in (reports, following(house, Abilities())[0], following(house, Abilities())[0]):
        await each.refresh()
        await each.refresh()
    told = Statement(select(deliveries.c.body).where(deliveries.c.broadcast_id.is_(None)), name="what was told")
    assert len(await house.database.read(lambda: rows(told))) == 1
    assert edits == []
