"""What somebody hears who wrote several messages while the bot was away: where they stand, and that nothing counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.messages import Missed
from storage.tables import contacts, interviews
from tests.contract.channels.memory import MemoryStage
from tests.contract.channels.stage import Stage
from tests.contract.channels.staging import OpenStage, staged
from tests.contract.channels.test_questions import begun, up_to

SORRY = {
    "de": "Ihre letzten Nachrichten haben uns erst jetzt erreicht, bitte entschuldigen Sie.",
    "en": "Your last messages have only reached us now, we are sorry about that.",
}


@pytest.fixture
async def open_stage(tmp_path: Path) -> AsyncIterator[OpenStage]:
    """Only a channel whose platform keeps messages for long has them; the core takes them from any."""
    async with AsyncExitStack() as stack:

        async def opened(**wishes: Any) -> MemoryStage:
            stage = await stack.enter_async_context(staged("memory", folder=tmp_path, **wishes))
            assert isinstance(stage, MemoryStage)
            return stage

        yield opened


def writes_in_vain(stage: Stage, *, language: str = "de", days: int = 31) -> None:
    """Let a month pass in which several messages are not read."""
    assert isinstance(stage, MemoryStage)
    stage.clock.ahead += timedelta(days=days)
    stage.channel.put(Missed(), language=language)


@pytest.mark.parametrize("restarting", [False, True])
async def test_an_open_question_is_asked_again_and_stays_open(open_stage: OpenStage, restarting: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarting)
    await up_to(ada, 3)
    before = await stage.answers()
    writes_in_vain(stage)
    sorry = await ada.hears(SORRY["de"])
    assert "Als Antworten haben wir sie nicht gezählt." in sorry.text
    question = await ada.hears("Frage 3 von etwa 8")
    assert "Welcher Anteil" in question.text
    assert await stage.answers() == before
    assert len(await ada.settled()) == 0
    await ada.says("12,5")
    await ada.hears("Frage 4")


async def test_it_is_said_in_english_too(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("/language en")
    await ada.hears("Question 1 of about 8")
    writes_in_vain(stage, language="en")
    await ada.hears(SORRY["en"])
    await ada.hears("Question 1 of about 8")


async def test_who_paused_goes_on_where_they_stood(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("/pause")
    await ada.hears("Alles ist gespeichert.")
    writes_in_vain(stage)
    await ada.hears(SORRY["de"])
    await ada.hears("Frage 1 von etwa 8")
    await ada.settled()
    assert await stage.values(select(interviews.c.state)) == ["open"]


async def test_who_has_answered_everything_is_asked_to_send_it_in(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("short",))
    await ada.says("Mehr Platz")
    await ada.hears("Wollen Sie absenden?")
    writes_in_vain(stage)
    await ada.hears(SORRY["de"])
    await ada.hears("Wollen Sie absenden?")


async def test_who_has_finished_hears_what_they_can_do(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("short",))
    await ada.says("Mehr Platz")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank.")
    writes_in_vain(stage)
    assert "Was Sie hier tun können: /menue" in (await ada.hears(SORRY["de"])).text
    assert await ada.settled() == []


async def test_whose_form_was_closed_meanwhile_is_told_so(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await stage.closes_form()
    writes_in_vain(stage)
    assert "Dieser Fragebogen ist geschlossen." in (await ada.hears(SORRY["de"])).text
    assert await ada.settled() == []
    await ada.says("/start")
    await ada.hears("Dieser Fragebogen ist geschlossen.")
    assert await ada.settled() == []


async def test_a_member_of_the_team_hears_what_they_can_do(open_stage: OpenStage) -> None:
    stage = await open_stage(admins=["ada"])
    ada = stage.person()
    await ada.starts()
    await ada.hears("Hinweis für das Team")
    await ada.picks("Einverstanden")
    await ada.hears("Wie dürfen wir Sie ansprechen?")
    writes_in_vain(stage)
    await ada.hears(SORRY["de"])
    await ada.hears("Wie dürfen wir Sie ansprechen?")
    await ada.says("Ada Muster")
    await ada.hears("Sie gehören zum Team.")
    writes_in_vain(stage)
    assert "Was Sie hier tun können: /menue" in (await ada.hears(SORRY["de"])).text


async def test_a_visitor_is_greeted_and_asked_as_at_the_beginning(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person()
    writes_in_vain(stage)
    await ada.hears("Guten Tag, schön, dass Sie da sind.")
    await ada.hears("Bevor es losgeht")
    writes_in_vain(stage, days=2)
    await ada.hears("Bevor es losgeht")
    await ada.settled()
    assert await stage.values(select(contacts.c.id)) == []


async def test_who_wants_no_messages_is_not_signed_up_again(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("/stopp")
    await ada.hears("von uns aus kommt nichts mehr")
    writes_in_vain(stage)
    await ada.hears(SORRY["de"])
    await ada.settled()
    assert [bool(wanted) for wanted in await stage.values(select(contacts.c.pushes))] == [False]
