"""A defect of ours hits one message: that is set aside with an apology, the others pass, the log tells no words."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.memory import MemoryChannel
from bot.app import App
from bot.domain.messages import Said
from bot.domain.outcomes import ContactNamed
from bot.domain.people import ContactId
from bot.domain.scene import Draft, Scene
from bot.house import House, open_house
from bot.ports import Route
from bot.runtime.dispatcher import Decider, Dispatcher
from bot.runtime.sender import Sender
from config.settings import load_settings
from handlers import ROUTES
from tests.acceptance.stage import HERE

SECRET_WORDS = "geheime-worte-4711"
Failing = Callable[[Draft], None]


def _says(word: str) -> Callable[[Scene], bool]:
    return lambda scene: isinstance(scene.message.content, Said) and word in scene.message.content.text


def breaks(draft: Draft) -> None:
    content = draft.scene.message.content
    assert isinstance(content, Said)
    raise ValueError(f"cannot take {content.text}")


def cannot_be_stored(draft: Draft) -> None:
    # A name for a contact that is none: fine, but one that is no text at all is refused by the database.
    draft.record(ContactNamed(contact=ContactId(1), name=object()))  # type: ignore[arg-type]
    draft.reply("stored")


def cannot_be_routed(_: Scene) -> bool:
    raise KeyError(SECRET_WORDS)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("HUBTALK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUBTALK_CONTENT_DIR", str(HERE / "content"))
    monkeypatch.setenv("HUBTALK_REGISTRATION", "open")
    monkeypatch.chdir(tmp_path)
    async with open_house(load_settings()) as house:
        yield house


@asynccontextmanager
async def core(house: House, *routes: Route) -> AsyncIterator[tuple[MemoryChannel, Dispatcher, Sender]]:
    """Run dispatcher and sender over the real store, with some more routes before our own."""
    channel = MemoryChannel()
    store = App(house, [channel]).store
    dispatcher = Dispatcher(store=store, decide=Decider((*routes, *ROUTES)))
    sender = Sender({channel.name: channel}, mark=dispatcher.mark, clock=house.clock)
    dispatcher.send_with(sender)
    work = asyncio.create_task(dispatcher.run())
    try:
        yield channel, dispatcher, sender
        assert not work.done(), work.exception()
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.mark.parametrize(
    "route",
    [
        Route(name="breaks", when=_says(SECRET_WORDS), handle=breaks),
        Route(name="cannot be stored", when=_says(SECRET_WORDS), handle=cannot_be_stored),
        Route(
            name="cannot be routed",
            when=lambda scene: _says(SECRET_WORDS)(scene) and cannot_be_routed(scene),
            handle=breaks,
        ),
    ],
    ids=lambda route: str(route.name),
)
async def test_one_message_is_set_aside_and_the_others_pass(
    house: House, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with core(house, route) as (channel, dispatcher, sender):
        for person in ("ada", "bob", "carla"):
            channel.says(f"hier ist {SECRET_WORDS}" if person == "bob" else "/start", chat=person)
        reading = await channel.read(None)
        assert len(reading.messages) == 3
        await dispatcher.take(reading)
        await sender.idle()
        await dispatcher.quiet()
        assert all("Bevor es losgeht" in channel.chat(person)[-1].message.where for person in ("ada", "carla"))
        (apology,) = channel.chat("bob")
        reference = re.search(r"Nummer (\d{8})", apology.message.text)
        assert reference is not None
        # Handed out again, it is known: nobody apologises twice.
        await dispatcher.take(reading)
        await sender.idle()
        assert len(channel.chat("bob")) == 1
        channel.says("/start", chat="bob")
        await dispatcher.take(await channel.read(reading.cursor))
        await sender.idle()
        assert "Bevor es losgeht" in channel.chat("bob")[-1].message.where
    assert reference[1] in caplog.text
    assert SECRET_WORDS not in caplog.text
