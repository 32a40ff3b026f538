"""What goes wrong between a question and its answer: pressed twice, the right gone, the chat another one's by then."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select

from bot.app import App
from bot.desk import perform
from bot.domain.desk import GrantRole, RevokeRole
from bot.domain.messages import Address, Pressed, Said
from bot.house import open_house
from storage import tables
from tests.conversations.test_linking import ADA, THERE, Town
from tests.conversations.test_linking import town as town  # noqa: PLC0414 - a fixture
from tests.fixtures_databases import database_kind  # noqa: F401 - a fixture

OLGA = "telegram:olga"


async def _organiser(town: Town, who: str = OLGA) -> None:
    channel, _, name = who.partition(":")
    await perform(town.house, actor="test", command=GrantRole(person=Address(channel, name), role="organiser"))
    await town.says(who, "/start")
    await town.picks(who, "Einverstanden")
    await town.says(who, "Olga Org")


async def _asked(town: Town) -> None:
    await _organiser(town)
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.says(ADA, "/fragen Wann geht es los?")


async def _answers(town: Town) -> list[str]:
    told = tables.inquiry_messages.c
    return [row[0] for row in await town.look(select(told.body).where(told.from_team).order_by(told.id))]


async def test_an_answer_pressed_twice_in_the_same_instant_is_sent_once(town: Town) -> None:
    await _asked(town)
    await _organiser(town, "telegram:otto")
    await town.says("telegram:otto", "/inbox 1 Am Montag")
    town.clock.pass_by(timedelta(minutes=5))
    assert "Am Montag" in await town.says(OLGA, "/inbox 1 Am Dienstag")
    yes = town.heard[OLGA][-1].prompt
    first, second = (town.message(OLGA, Pressed(yes, "yes", None, None)) for _ in range(2))
    async with open_house(town.house.settings, clock=town.clock) as other:
        twin = Town(other, App(other, []), town.clock)
        await asyncio.gather(town.process([first]), twin.process([second]))
    assert await _answers(town) == ["Am Montag", "Am Dienstag"]


async def test_who_loses_the_right_in_the_middle_of_an_answer_sends_none(town: Town) -> None:
    await _asked(town)
    await town.says(OLGA, "/inbox 1")
    await town.picks(OLGA, "Antworten")
    await perform(town.house, actor="test", command=RevokeRole(person=Address("telegram", "olga"), role="organiser"))
    for words in ("Am Montag", "Ja", "/inbox 1 Am Montag", "hallo"):
        assert "Anfrage" not in await town.says(OLGA, words)
    assert await _answers(town) == []


async def test_an_answer_comes_to_no_chat_that_is_taken_off_in_the_same_instant(town: Town) -> None:
    await _asked(town)
    await town.says(THERE, f"/link {await town.code(ADA)}")
    await town.picks(THERE, "Verbinden")
    await town.says(THERE, "/fragen Und wo?")
    await town.says(OLGA, "/inbox 2")
    await town.picks(OLGA, "Antworten")
    await town.says(ADA, "/verbinden")
    shown = town.heard[ADA][-1]
    off = next(choice.key for choice in shown.choices if choice.label == "Matrix lösen")
    await town.process(
        [town.message(ADA, Pressed(shown.prompt, off, None, None)), town.message(OLGA, Said("Geheimnis"))]
    )
    assert not any("Geheimnis" in message.text for message in town.heard[THERE])
    assert any("Geheimnis" in message.text for message in town.heard[ADA])
    assert "über Telegram" in town.last(OLGA)
