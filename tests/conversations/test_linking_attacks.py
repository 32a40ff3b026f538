"""What somebody tries who wants another one's data by `/link`, and what strands those who mean well. Both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.desk import perform
from bot.domain.desk import GrantRole, MergeCompanies
from bot.domain.messages import Address, Pressed
from storage import tables
from tests.conversations.test_linking import ADA, THERE, Town
from tests.conversations.test_linking import town as town  # noqa: PLC0414 - a fixture
from tests.fixtures_databases import database_kind  # noqa: F401 - a fixture

BEN, OLGA = "telegram:ben", "telegram:olga"


async def _organiser(town: Town, who: str = OLGA) -> None:
    channel, _, name = who.partition(":")
    await perform(town.house, actor="test", command=GrantRole(person=Address(channel, name), role="organiser"))
    await town.says(who, "/start")
    await town.picks(who, "Einverstanden")
    await town.says(who, "Olga Org")


async def _company(town: Town, name: str) -> int:
    return int((await town.look(select(tables.companies.c.id).where(tables.companies.c.name == name)))[0][0])


async def _two_companies(town: Town) -> None:
    await _organiser(town)
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.joins(THERE, company="Benwerk", called="Ada Muster")
    await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    await town.picks(THERE, "Verbinden")


async def _join_at_once(town: Town, **owners: str) -> None:
    """Let each of these visitors join that person in one batch."""
    for who, owner in owners.items():
        await town.says(f"telegram:{who}", f"/link {await town.code(owner)}")
    await town.process(
        [
            town.message(there, Pressed(town.heard[there][-1].prompt, "here", None, None))
            for there in (f"telegram:{who}" for who in owners)
        ]
    )


async def test_two_who_join_in_the_same_instant_go_on_with_their_own(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.joins(BEN, company="Benwerk", called="Ben Muster")
    await town.says(BEN, "/umfrage")
    await _join_at_once(town, eve=ADA, sid=BEN)
    assert "Welches Wort" in town.last("telegram:sid")
    assert "Welches Wort" not in town.last("telegram:eve"), "this is Ben's question"
    assert "Verbunden" in town.last("telegram:eve")


@pytest.mark.parametrize("town", [("together",)], indirect=True)
async def test_two_colleagues_join_in_the_same_instant_each_where_they_are(town: Town) -> None:
    for who, name, answer in ((ADA, "Ada Muster", "12"), (BEN, "Ben Muster", "10 bis 49")):
        await town.joins(who, company="Adawerk", called=name)
        await town.says(who, "/umfrage")
        await town.says(who, answer)
    await _join_at_once(town, eve=ADA, sid=BEN)
    assert "Wie groß ist Ihr Betrieb?" in town.last("telegram:eve")
    assert "Haben Sie eigene Maschinen?" in town.last("telegram:sid")


async def test_companies_that_became_one_need_no_decision_any_more(town: Town) -> None:
    await _two_companies(town)
    source, target = await _company(town, "Benwerk"), await _company(town, "Adawerk")
    await perform(town.house, actor="test", command=MergeCompanies(source=source, target=target))
    assert "zwei Konten" in await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    assert "das Unternehmen ist Adawerk" in await town.picks(OLGA, "Benwerk")
    assert await town.owner(THERE) == await town.owner(ADA)


async def test_a_team_that_never_decides_keeps_nobody_waiting_for_ever(town: Town) -> None:
    await _two_companies(town)
    town.clock.pass_by(timedelta(days=6))
    assert "warten wir noch auf das Team" in await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    town.clock.pass_by(timedelta(days=2))
    assert "zwei Konten" in await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    assert "schon jemand entschieden" in await town.picks(OLGA, "Benwerk")
    await town.app.store.prune()
    assert await town.look(select(tables.merges.c.id)) == []


@pytest.mark.parametrize("town", [("together",)], indirect=True)
async def test_after_the_undo_one_is_out_of_the_other_company_and_goes_on_in_ones_own(town: Town) -> None:
    await _two_companies(town)
    await town.joins(BEN, company="Benwerk", called="Ben Muster")
    await town.says(BEN, "/umfrage")
    await town.says(BEN, "777")
    await town.says(ADA, "/umfrage")
    await town.says(ADA, "12")
    await town.picks(OLGA, "Benwerk")
    assert "Ben Muster hat" in await town.says(ADA, "/umfrage")
    assert "Maschinen" in await town.says(ADA, "10 bis 49")
    assert "Wieder getrennt" in await town.says(ADA, "/verbinden rückgängig")
    assert "Wie groß ist Ihr Betrieb?" in await town.says(ADA, "/umfrage")
    seen = await town.says(ADA, "/uebersicht")
    assert "12" in seen
    assert "777" not in seen


async def test_the_undo_follows_a_company_that_was_merged_meanwhile(town: Town) -> None:
    await _two_companies(town)
    await town.picks(OLGA, "Benwerk")
    await town.joins(BEN, company="Cemwerk", called="Cem")
    await town.joins("telegram:dea", company="Deawerk", called="Dea")
    for source, target in (("Benwerk", "Cemwerk"), ("Adawerk", "Deawerk")):
        numbers = [await _company(town, source), await _company(town, target)]
        await perform(town.house, actor="test", command=MergeCompanies(source=numbers[0], target=numbers[1]))
    assert "Wieder getrennt" in await town.says(ADA, "/verbinden rückgängig")
    belongs: dict[int, str] = {
        row[0]: row[1]
        for row in await town.look(
            select(tables.contacts.c.id, tables.companies.c.name).join_from(tables.contacts, tables.companies)
        )
    }
    assert belongs[await town.owner(ADA) or 0] == "Deawerk"
    assert belongs[await town.owner(THERE) or 0] == "Cemwerk"
