"""One person who writes from several chats (rooms on Matrix) is one contact, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.messages import ChatKind, MembershipChanged
from storage.directory import list_contacts
from storage.tables import addresses, companies, contacts, deliveries, responses, visitors
from tests.contract.channels.memory import MemoryPerson, MemoryStage
from tests.contract.channels.staging import staged

COMING = MembershipChanged(present=True)


class Place(MemoryPerson):
    """A chat of its own, in which the person of that name writes."""

    def __init__(self, stage: MemoryStage, *, chat: str, person: str) -> None:
        super().__init__(stage, name=chat, language="de")
        self.person = person

    async def _says(self, text: str) -> None:
        self.channel.says(text, chat=self.name, language=self.language, sender=self.person)

    def opens(self) -> None:
        """The bot came into this chat; that counts as hello."""
        self.channel.put(COMING, chat=self.name, sender=self.person)
        self.channel.says("/start", chat=self.name, language=self.language, sender=self.person)


@pytest.fixture(params=("sqlite", "postgresql"))
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MemoryStage]:
    async with AsyncExitStack() as stack:
        wishes: dict[str, Any] = {"folder": tmp_path, "database": request.param}
        opened = await stack.enter_async_context(staged("memory", **wishes))
        assert isinstance(opened, MemoryStage)
        yield opened


def place(stage: MemoryStage, chat: str, *, person: str = "ada") -> Place:
    return Place(stage, chat=chat, person=person)


async def begun(stage: MemoryStage) -> None:
    ada = await stage.joined()
    await ada.picks("Fragebogen beginnen")
    await ada.hears("Frage 1")


async def test_a_second_room_goes_on_where_the_first_one_stands(stage: MemoryStage) -> None:
    await begun(stage)
    await stage.person().says("Wort")
    await stage.person().hears("Frage 2")
    second = place(stage, "!second")
    second.opens()
    await second.hears("bei Frage 2 von etwa 8")
    await second.hears("Wie viele Menschen")
    await second.says("12")
    await second.hears("Frage 3")
    assert await stage.values(select(func.count()).select_from(contacts)) == [1]
    assert await stage.values(select(func.count()).select_from(responses)) == [1]
    assert await stage.values(select(visitors.c.chat)) == []
    assert sorted(await stage.values(select(addresses.c.chat))) == ["!second", "ada"]
    assert await stage.values(select(deliveries.c.id).where(deliveries.c.contact_id.is_(None))) == []
    [known] = await stage.house.database.read(list_contacts)
    assert known["addresses"] == ["memory:ada"]


async def test_what_is_said_first_there_counts_as_hello(stage: MemoryStage) -> None:
    await begun(stage)
    second = place(stage, "!second")
    await second.says("Hallo?")
    await second.hears("bei Frage 1 von etwa 8")
    assert (await stage.answers()).get("basics/word", ("", False, None))[2] is None


async def test_each_room_answers_its_own_question_and_the_last_one_counts(stage: MemoryStage) -> None:
    await begun(stage)
    second = place(stage, "!second")
    second.opens()
    await second.hears("Frage 1")
    await second.says("Zwei")
    await second.hears("Frage 2")
    await stage.person().says("Eins")
    await stage.person().hears("Frage 2")
    assert (await stage.answers())["basics/word"][2] == "Eins"
    assert await stage.values(select(func.count()).select_from(responses)) == [1]


async def test_joining_goes_on_in_the_second_room_and_ends_in_both(stage: MemoryStage) -> None:
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Für welches Unternehmen")
    second = place(stage, "!second")
    second.opens()
    await second.hears("Für welches Unternehmen")
    await second.says("Testwerk GmbH")
    await second.hears("Wie dürfen wir Sie ansprechen")
    await second.says("Ada Muster")
    await second.hears("Guten Tag, Ada Muster")
    await ada.says("Noch ein Werk")
    await ada.hears("Ada Muster")
    assert await stage.values(select(companies.c.name)) == ["Testwerk GmbH"]
    assert await stage.values(select(contacts.c.name)) == ["Ada Muster"]


async def test_two_rooms_at_once_before_the_consent_become_one_contact(stage: MemoryStage) -> None:
    first, second = place(stage, "!first"), place(stage, "!second")
    first.opens()
    second.opens()
    await first.hears("Bevor es losgeht")
    await second.hears("Bevor es losgeht")
    await first.says("1")
    await second.says("1")
    await first.hears("Für welches Unternehmen")
    await second.hears("Für welches Unternehmen")
    assert await stage.values(select(func.count()).select_from(contacts)) == [1]
    assert await stage.values(select(visitors.c.chat)) == []


async def test_forgetting_in_one_room_forgets_in_all(stage: MemoryStage) -> None:
    await begun(stage)
    second = place(stage, "!second")
    second.opens()
    await second.hears("Frage 1")
    await second.says("/vergessen")
    await second.hears("LÖSCHEN")
    await second.says("LÖSCHEN")
    await stage.settled()
    assert await stage.values(select(addresses.c.chat)) == []
    await stage.person().says("Hallo")
    await stage.person().hears("Bevor es losgeht")


async def test_somebody_else_in_a_room_of_their_own_is_somebody_else(stage: MemoryStage) -> None:
    await begun(stage)
    eve = place(stage, "!eve", person="eve")
    eve.opens()
    await eve.hears("Bevor es losgeht")
    assert await stage.values(select(func.count()).select_from(contacts)) == [1]


async def test_a_group_is_no_place_of_the_contact(stage: MemoryStage) -> None:
    await begun(stage)
    stage.channel.put(COMING, chat="!group", sender="ada", chat_kind=ChatKind.GROUP)
    await place(stage, "!group").hears("nur im direkten Gespräch")
    assert await stage.values(select(addresses.c.chat)) == ["ada"]
    await place(stage, "!group").settled()
    stage.channel.says("!hlep", chat="!group", sender="ada", chat_kind=ChatKind.GROUP)
    await stage.settled()
    assert len(stage.channel.chat("!group")) == 1, "what looks like a command among others is not for us"
