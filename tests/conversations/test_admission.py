"""Registration by approval: of two who decide the first one counts, and nobody decides without the right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pytest_asyncio import fixture
from sqlalchemy import select

from bot.app import App
from bot.desk import invite, perform
from bot.domain.admission import told
from bot.domain.desk import AdmitContact, ChooseInbox, DeclineContact, GrantRole, RevokeRole, public_id
from bot.domain.messages import Address, OutboundMessage, Pressed, Said
from bot.domain.newcomers import Decision
from bot.domain.scene import Tell
from bot.errors import UsageError
from bot.house import open_house
from bot.runtime.clock import StandingClock
from storage import newcomers, tables
from storage.directory import list_contacts
from tests.contract.channels.staging import prepared
from tests.conversations.test_linking import MORNING, Town
from tests.fixtures_databases import database_kind  # noqa: F401 - a fixture

ADA, OLGA, OMAR = "telegram:ada", "telegram:olga", "matrix:omar"


@fixture
async def towns(tmp_path: Path, database_kind: str) -> AsyncIterator[tuple[Town, Town]]:  # noqa: F811 - the fixture
    """Two processes on one database."""
    with prepared(folder=tmp_path, forms=("types",), database=database_kind, registration="approval") as settings:
        clock = StandingClock(MORNING)
        async with open_house(settings, clock=clock) as house, open_house(settings, clock=clock) as beside:
            first, second = Town(house, App(house, []), clock), Town(beside, App(beside, []), clock)
            second._numbers = iter(range(1000, 2000))
            for who, name in ((OLGA, "Olga Org"), (OMAR, "Omar Org")):
                await perform(house, actor="test", command=GrantRole(person=Address.parse(who), role="organiser"))
                await first.says(who, "/start")
                await first.picks(who, first.text("consent.yes"))
                await first.says(who, name)
            yield first, second


async def asks(town: Town, who: str = ADA, *, company: str = "Testwerk", name: str = "Ada Muster") -> None:
    await town.says(who, "/start")
    await town.picks(who, town.text("consent.yes"))
    await town.says(who, company)
    await town.says(who, name)


def asked(town: Town, who: str) -> OutboundMessage:
    return next(each for each in reversed(town.heard[who]) if each.where == town.text("newcomers.title") and each.ways)


def heard(town: Town, who: str) -> str:
    return town.last(who) if who in town.heard else ""


async def admitted(town: Town) -> list[Any]:
    return [row[0] for row in await town.look(select(tables.contacts.c.admitted).where(~tables.contacts.c.staff))]


async def decisions(town: Town) -> list[str]:
    actions = select(tables.audit_log.c.action).where(
        tables.audit_log.c.action.in_(["contact admitted", "contact declined"])
    )
    return [row[0] for row in await town.look(actions)]


async def test_of_two_who_decide_in_two_processes_the_first_one_counts(towns: tuple[Town, Town]) -> None:
    town, beside = towns
    for number in range(4):
        who = f"telegram:newcomer{number}"
        await asks(town, who, name=f"Newcomer {number}")
        admits = town.message(OLGA, Pressed(asked(town, OLGA).prompt, "admit", None, None))
        declines = beside.message(OMAR, Pressed(asked(town, OMAR).prompt, "decline", None, None))
        await asyncio.gather(town.process([admits]), beside.process([declines]))
        (decision,) = (await decisions(town))[number:]
        theirs = [one for each in (town, beside) for one in each.heard.get(who, [])]
        told = "\n".join(message.text for message in theirs)
        if decision == "contact admitted":
            assert "Sie sind dabei" in told and "nicht annehmen" not in told
            assert "Olga Org hat Newcomer" in heard(beside, OMAR)
        else:
            assert "nicht annehmen" in told and "Sie sind dabei" not in told
            assert "Omar Org hat abgelehnt" in heard(town, OLGA)
            assert await town.owner(who) is None


async def test_of_two_presses_in_one_batch_the_first_one_counts(towns: tuple[Town, Town]) -> None:
    town, _ = towns
    await asks(town)
    declines = town.message(OMAR, Pressed(asked(town, OMAR).prompt, "decline", None, None))
    admits = town.message(OLGA, Pressed(asked(town, OLGA).prompt, "admit", None, None))
    begins = town.message(ADA, Said("/umfrage"))
    await town.process([declines, admits, begins])
    assert await decisions(town) == ["contact declined"]
    assert "Omar Org hat abgelehnt" in heard(town, OLGA)
    assert (await town.owner(ADA), await admitted(town)) == (None, [])
    assert not await town.look(select(tables.companies.c.id))  # the name that they had typed
    proof = await town.look(select(tables.erasures.c.person_hash))
    assert proof == [(town.house.hub.person_hash(ADA),)]


async def test_a_reply_decides_by_number_or_label_in_the_group_that_is_the_inbox_too(towns: tuple[Town, Town]) -> None:
    town, _ = towns
    await invite(town.house, actor="test", company="Testwerk GmbH", role=None, uses=1, expires_at=None)
    command = ChooseInbox(address=Address("matrix", "room"))
    await perform(town.house, actor="test", command=command)
    await asks(town)
    (message,) = town.heard["matrix:room"]
    number = (await town.look(select(tables.prompts.c.message_id).where(tables.prompts.c.id == message.prompt)))[0][0]
    await town.process([town.message(OMAR, Said("vielleicht", reply_to=number), group=True)])
    assert "möchte teilnehmen" in town.heard["matrix:room"][-1].text
    await town.process([town.message("matrix:eva", Said("1", reply_to=number), group=True)])  # who has no right to it
    assert await admitted(town) == [False]
    await town.process([town.message(OMAR, Said("2", reply_to=number), group=True)])
    assert "Ada Muster (Testwerk GmbH) ist zugelassen" in town.heard["matrix:room"][-1].text
    assert "Sie sind dabei" in heard(town, ADA)
    assert await town.look(select(tables.companies.c.name)) == [("Testwerk GmbH",)]
    await town.process([town.message(OMAR, Said("ablehnen", reply_to=number), group=True)])
    assert "Omar Org hat Ada Muster (Testwerk GmbH) zugelassen" in town.heard["matrix:room"][-1].text
    assert await admitted(town) == [True]


async def test_who_has_left_and_who_has_lost_the_right(towns: tuple[Town, Town]) -> None:
    town, _ = towns
    await asks(town)
    shown = asked(town, OLGA)
    await perform(town.house, actor="test", command=RevokeRole(person=Address.parse(OMAR), role="organiser"))
    await town.process([town.message(OMAR, Pressed(asked(town, OMAR).prompt, "admit", None, None))])
    assert (await admitted(town), await decisions(town)) == ([False], [])
    await town.says(ADA, "/vergessen")
    await town.says(ADA, town.text("forget.word"))
    await town.process([town.message(OLGA, Pressed(shown.prompt, "admit", None, None))])
    assert "nicht mehr da" in heard(town, OLGA)
    assert await decisions(town) == []


async def test_the_command_line_decides_too(towns: tuple[Town, Town]) -> None:
    town, _ = towns
    await asks(town)
    await asks(town, "telegram:eva", company="Andere", name="Eva Beispiel")
    listed = await town.house.database.read(lambda: list_contacts(waiting=True))
    ada, eva = (each["id"] for each in listed)
    assert [each["name"] for each in listed] == ["Ada Muster", "Eva Beispiel"]
    with pytest.raises(UsageError, match="no company"):
        await perform(town.house, actor="test", command=AdmitContact(contact=ada, company=1))
    assert await admitted(town) == [False, False]
    admits = AdmitContact(contact=ada, tells=await tells(town, ada, "admitted"))
    assert await perform(town.house, actor="test", command=admits) == "Ada Muster"
    with pytest.raises(UsageError, match="takes part already"):
        await perform(town.house, actor="test", command=admits)
    with pytest.raises(UsageError, match="takes part already"):
        await perform(town.house, actor="test", command=DeclineContact(contact=ada, keyed=str))
    keyed, declined = town.house.hub.person_hash, await tells(town, eva, "declined")
    await perform(town.house, actor="test", command=DeclineContact(contact=eva, keyed=keyed, tells=declined))
    await town.process([])
    assert "Sie sind dabei" in heard(town, ADA) and "nicht annehmen" in heard(town, "telegram:eva")
    for table in (tables.addresses, tables.prompts):
        assert not await town.look(select(table.c.id).where(table.c.chat == "eva"))


async def tells(town: Town, contact: int, how: Decision) -> tuple[Tell, ...]:
    newcomer = await town.house.database.read(lambda: newcomers.newcomer(contact))
    assert newcomer is not None
    say = town.house.texts.speaker("de")
    return told(say, newcomer, how, hub="Testhub", ask="", prompt_id=town.house.next_id())


async def test_an_invitation_is_the_nod(towns: tuple[Town, Town]) -> None:
    town, _ = towns
    await asks(town)
    code, made = await invite(town.house, actor="test", company="Drittwerk", role=None, uses=1, expires_at=None)
    assert made.company_id is not None
    await town.says(ADA, f"/start {code}")
    assert "Ihre Einladung gilt: Sie sind dabei" in heard(town, ADA)
    noted = select(tables.audit_log.c.actor, tables.audit_log.c.detail).where(
        tables.audit_log.c.action == "contact admitted"
    )
    ((actor, detail),) = await town.look(noted)
    assert (actor[0], detail) == ("I", public_id("C", made.company_id))
    await town.process([town.message(OLGA, Pressed(asked(town, OLGA).prompt, "decline", None, None))])
    assert "jemand aus dem Team hat Ada Muster (Drittwerk) zugelassen" in heard(town, OLGA)
    assert await admitted(town) == [True]
