"""The whole bot over Matrix, beyond what all channels have in common (`tests/contract/channels`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from storage.tables import addresses, deliveries
from tests.contract.channels.matrix import MatrixPerson, MatrixStage
from tests.contract.channels.staging import staged

OpenStage = Callable[..., Awaitable[MatrixStage]]


@pytest.fixture
async def open_stage(encrypted: bool, tmp_path: Path) -> AsyncIterator[OpenStage]:
    async with AsyncExitStack() as stack:

        async def opened(**wishes: Any) -> MatrixStage:
            channel = "matrix-encrypted" if encrypted else "matrix"
            stage = await stack.enter_async_context(staged(channel, folder=tmp_path, **wishes))
            assert isinstance(stage, MatrixStage)
            return stage

        yield opened


async def test_no_restart_asks_a_question_twice(open_stage: OpenStage) -> None:
    stage = await open_stage(forms=("short",))
    ada = await stage.joined()
    stage.restarts = True
    await ada.picks("Fragebogen beginnen")
    await ada.hears("Was wünschen Sie sich?")
    await ada.says("Mehr Zeit")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Antwort")
    assert (await stage.answers())["wish"] == ("given", True, "Mehr Zeit")
    await ada.settled()
    assert len(set(ada.seen())) == len(ada.seen()), "a question came twice"


async def test_who_leaves_is_marked_as_not_reachable(open_stage: OpenStage) -> None:
    stage = await open_stage(forms=("short",))
    ada = await stage.joined()
    assert isinstance(ada, MatrixPerson)
    await ada.contact.call("POST", f"/rooms/{ada.room}/leave")
    # Who comes after is read after it.
    bob = await stage.joined("bob", called="Bob Beispiel")
    await bob.settled()
    assert isinstance(bob, MatrixPerson)
    reachable = await stage.rows(select(addresses.c.chat, addresses.c.reachable))
    assert {chat: bool(found) for chat, found in reachable} == {ada.room: False, bob.room: True}


async def test_a_room_that_refuses_the_bot_costs_a_failed_delivery_and_no_more(open_stage: OpenStage) -> None:
    stage = await open_stage(forms=("short",))
    stage.failures_expected = True
    ada = await stage.joined()
    assert isinstance(ada, MatrixPerson)
    power = {"events_default": 50}
    room = await ada.contact.opens_room(
        stage.user_id, encrypted=stage.encrypted, preset="private_chat", power_level_content_override=power
    )
    failed = select(deliveries.c.reason, deliveries.c.attempts).where(
        deliveries.c.chat == room, deliveries.c.state == "failed"
    )
    reasons: list[object] = []
    async with asyncio.timeout(20):
        while not reasons:  # the homeserver tells nobody what it refused
            await asyncio.sleep(0.05)
            reasons = [tuple(row) for row in await stage.rows(failed)]
    levels = f"/rooms/{room}/state/m.room.power_levels/"
    power = await ada.contact.call("GET", levels)
    await ada.contact.call("PUT", levels, power | {"events_default": 0})
    ada.reads_all()
    await ada.contact.says(room, "!start")
    heard = ada.contact.heard
    await stage.first(lambda: next((message for message in heard.get(room, []) if "Ada Muster" in message.text), None))
    assert reasons == [("no_rights", 1)]
    assert [tuple(row) for row in await stage.rows(failed)] == reasons
