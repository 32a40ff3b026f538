"""Buttons of a repeat that are pressed twice or late: no entry comes or goes that nobody meant."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.domain.messages import Pressed
from bot.forms.source import compile_source
from bot.house import open_house
from bot.runtime.clock import StandingClock
from config.settings import load_settings
from tests.contract.channels.staging import CONTROLLER
from tests.conversations.strange_forms import StrangeForm
from tests.conversations.strangers import Heard, Stranger, Town
from tests.conversations.test_strangers import NOW

SITES = """
| survey |
| | type | name | label::Deutsch (de) | label::English (en) |
| | begin repeat | r1 | Standort | Site |
| | text | q1 | Frage [q1] | Question [q1] |
| | end repeat | | | |
| | text | q2 | Frage [q2] | Question [q2] |

| settings |
| | form_id | default_language |
| | strange | Deutsch (de) |
"""


@asynccontextmanager
async def somebody(tmp_path: Path) -> AsyncIterator[Stranger]:
    """Let somebody answer for the first site, and stand before whether there is another one."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "hub.toml").touch()
    settings = load_settings(
        {}, directory=tmp_path, database_url=f"sqlite:///{tmp_path}/sites.db", content_dir=tmp_path / "content",
        hub=CONTROLLER,
    )  # fmt: skip
    clock = StandingClock(NOW)
    form = compile_source(SITES.encode(), file_name="strange.md").form
    assert form is not None
    async with open_house(settings, clock=clock) as house:
        made = StrangeForm(SITES, {"q1": "text", "q2": "text"})
        ada = await Town(house, clock).stranger(form, made, rnd=random.Random(1))
        await ada.says("/survey")
        await ada.says("Hamm")
        yield ada


def shown(ada: Stranger) -> Heard:
    return next(heard for heard in reversed(ada.heard) if heard.message.prompt is not None)


async def presses(ada: Stranger, heard: Heard, key: str) -> None:
    assert heard.message.prompt is not None
    await ada.does(Pressed(heard.message.prompt, key, None, heard.id))


def towns(ada: Stranger) -> list[object]:
    return [answer.value for key, answer in ada.memory.answers.items() if key.startswith("r1/q1@")]


async def test_a_second_press_is_no_second_entry(tmp_path: Path) -> None:
    async with somebody(tmp_path) as ada:
        another = Heard(shown(ada).id, shown(ada).message)
        await presses(ada, another, "1")
        assert len(ada.memory.instances) == 2
        await presses(ada, another, "1")
        assert len(ada.memory.instances) == 2
        await ada.says("Unna")
        assert towns(ada) == ["Hamm", "Unna"]


async def test_whether_there_is_another_is_asked_again_after_one_that_came_late(tmp_path: Path) -> None:
    async with somebody(tmp_path) as ada:
        await ada.says("2")
        assert "q2" in shown(ada).message.text
        await ada.says("/review 2")
        await ada.says("1")
        await ada.says("Unna")
        assert "r1" not in ada.memory.answers
        assert ada.memory.moved is not None and ada.memory.moved.position == "r1"


async def test_an_old_confirmation_removes_nothing_any_more(tmp_path: Path) -> None:
    async with somebody(tmp_path) as ada:
        await presses(ada, shown(ada), "remove")
        await presses(ada, shown(ada), "1")
        confirmation = Heard(shown(ada).id, shown(ada).message)
        await presses(ada, confirmation, "no")
        await presses(ada, confirmation, "yes")
        assert towns(ada) == ["Hamm"], "they had kept it"
        await presses(ada, shown(ada), "yes")
        assert towns(ada) == [], "asked again, they want it removed"
