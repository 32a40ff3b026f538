"""What becomes of a shared response whose people go: apart again, and forgotten."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.desk import perform
from bot.domain.desk import MergeCompanies, UnmergeCompanies
from storage import tables
from tests.conversations.test_linking import ADA, Town
from tests.conversations.test_linking import town as town  # noqa: PLC0414 - a fixture
from tests.fixtures_databases import database_kind  # noqa: F401 - a fixture

BEN = "telegram:ben"


async def _company(town: Town, name: str) -> int:
    return int((await town.look(select(tables.companies.c.id).where(tables.companies.c.name == name)))[0][0])


@pytest.mark.parametrize("town", [("together",)], indirect=True)
async def test_who_was_a_colleague_for_an_hour_is_forgotten_in_what_they_answered(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.joins(BEN, company="Benwerk", called="Ben Muster")
    await town.says(ADA, "/umfrage")
    await town.says(ADA, "12")
    numbers = [await _company(town, name) for name in ("Benwerk", "Adawerk")]
    await perform(town.house, actor="test", command=MergeCompanies(source=numbers[0], target=numbers[1]))
    await town.says(BEN, "/umfrage")
    await town.says(BEN, "10 bis 49")
    ben = await town.owner(BEN)
    await perform(town.house, actor="test", command=UnmergeCompanies(company=numbers[1]))
    assert "12" not in await town.says(BEN, "/uebersicht")
    assert "Wie viele Menschen" in await town.says(BEN, "/umfrage"), "their own company's, from the beginning"
    await town.says(BEN, "/vergessen")
    assert "gelöscht" in await town.says(BEN, town.text("forget.word"))
    for table in (tables.answers, tables.answer_history):
        assert ben not in {row[0] for row in await town.look(select(table.c.contact_id))}
    assert "10 bis 49" in await town.says(ADA, "/uebersicht"), "what they said stays the company's"
