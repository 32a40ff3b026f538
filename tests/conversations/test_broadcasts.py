"""What readers do with a broadcast: the questionnaire that it offers opens in whatever chat they read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.plain import plain_text
from bot.desk import perform
from bot.domain.broadcasts.model import Button, Content
from bot.domain.desk import DraftBroadcast, SetFormState
from bot.domain.messages import Pressed, PromptId, Said
from bot.house import House, open_house
from bot.runtime.clock import StandingClock
from storage.broadcasts import load_one
from tests.contract.channels.staging import prepared
from tests.conversations.townspeople import Townspeople


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Townspeople]:
    """A hub with everybody in it."""
    with prepared(folder=tmp_path, registration="invitation", forms=("types", "counting")) as chosen:
        clock = StandingClock(datetime(2027, 3, 2, 9, tzinfo=UTC))
        async with open_house(chosen, clock=clock) as house:
            yield await Townspeople.settle(house, clock)


async def offered(house: House, form: str) -> PromptId:
    content = Content(texts={"de": "Text"}, buttons=(Button("form", {"de": "Anfangen"}, form),))
    number = await perform(house, actor="P1", command=DraftBroadcast(content=content, audience=()))
    draft = await house.database.read(lambda: load_one(number))
    assert draft is not None and draft.content.prompt is not None
    return draft.content.prompt


def last(town: Townspeople, name: str) -> str:
    return plain_text(next(shown for shown in reversed(town.shown) if shown.chat == name).message)


async def test_all_readers_start_the_form_by_the_same_button_and_a_closed_one_says_so(town: Townspeople) -> None:
    prompt = await offered(town.house, "types")
    for name in ("ada", "ben"):
        await town.act(name, Pressed(prompt, "form", None, f"seen-by-{name}"))
        assert "Frage 1" in last(town, name)
    await town.act("olga", Pressed(prompt, "form", None, "x"))
    assert "Als Team" in last(town, "olga")
    await perform(town.house, actor="P1", command=SetFormState(name="types", state="closed"))
    await town.act("cem", Pressed(prompt, "form", None, "x"))
    assert "geschlossen" in last(town, "cem")


async def test_a_prompt_of_one_chat_is_still_nobody_elses(town: Townspeople) -> None:
    await town.act("ada", Said("/umfrage types"))
    prompt = next(shown for shown in reversed(town.shown) if shown.chat == "ada").message.prompt
    assert prompt is not None
    before = len(town.shown)
    await town.act("ben", Pressed(prompt, "skip", None, "x"))
    assert not any("Frage" in plain_text(shown.message) for shown in town.shown[before:])


async def test_a_form_is_opened_by_its_name_or_its_title_typed(town: Townspeople) -> None:
    await town.act("ada", Said("/umfrage nirgendwo"))
    assert "nicht gefunden" in last(town, "ada")
    await town.act("ada", Said("/umfrage TYPES"))
    assert "Frage 1" in last(town, "ada")
