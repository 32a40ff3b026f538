"""Lists of companies and people on their way into both databases, and people on their way out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select

from bot.desk import perform
from bot.domain import desk
from bot.domain.importing import Imported, Tally
from bot.domain.listed import ListedRow, RowError
from bot.errors import UsageError
from bot.house import House
from storage.desk.people import look
from storage.statements import Statement, rows
from storage.tables import audit_log, companies, company_tags, contacts, erasures
from tests.contract.desk.conftest import People

ADA = ListedRow(
    row=2, company="Muster GmbH", town="Kamen", name="Ada", mail="ada@muster.example.org", tags={"size": "1"}, note="n"
)
FAST = 5.0
"""Seconds for ten thousand people."""


async def enter(house: House, *listed: ListedRow) -> Imported:
    command = desk.ImportPeople(rows=listed, keyed=house.hub.person_hash, language="de")
    return await perform(house, actor="somebody", command=command)


async def table(house: House, *columns: Any) -> list[tuple[Any, ...]]:
    return await house.database.read(lambda: rows(Statement(select(*columns).order_by(*columns))))


async def test_list_is_entered_once_and_fills_what_is_empty(house: House, people: People) -> None:
    eva = ListedRow(row=3, company="MUSTER", name="Eva", language="en")
    looked = await house.database.read(lambda: look([ADA, eva], keyed=house.hub.person_hash, language="de"))
    assert await table(house, companies.c.id) == []
    assert await enter(house, ADA, eva) == looked
    assert looked == Imported(companies=Tally(new=1, known=0, changed=0), contacts=Tally(new=2, known=0, changed=0))
    ((number, *company),) = await table(
        house,
        companies.c.id,
        companies.c.name,
        companies.c.folded,
        companies.c.town,
        companies.c.domain,
        companies.c.state,
    )
    assert company == ["Muster GmbH", "muster", "Kamen", "muster.example.org", "confirmed"]
    assert await table(
        house,
        contacts.c.name,
        contacts.c.mail,
        contacts.c.language,
        contacts.c.note,
        contacts.c.company_id,
        contacts.c.joined_at,
    ) == [("Ada", ADA.mail, "de", "n", number, None), ("Eva", "", "en", "", number, None)]
    more = ListedRow(
        row=2, company="Muster", name="Eva", mail="eva@muster.example.org", tags={"size": "2", "sector": "b"}
    )
    done = await enter(house, more, ADA)
    assert (done.companies, done.contacts) == (Tally(new=0, known=1, changed=1), Tally(new=0, known=2, changed=1))
    assert await table(house, company_tags.c.key, company_tags.c.value) == [("sector", "b"), ("size", "1")]
    assert await table(house, contacts.c.mail) == [(ADA.mail,), (more.mail,)]
    assert [row[0] for row in await table(house, audit_log.c.action)] == ["list imported"] * 2
    # Who belongs to the mail of a free hoster, or has typed a company's name, is nobody's colleague yet.
    await people.company("Typed")
    done = await enter(
        house, ListedRow(row=9, company="", mail="x@muster.example.org"), ListedRow(row=10, company="Typed")
    )
    assert (done.contacts.new, done.companies.new) == (1, 1)


async def test_who_was_erased_does_not_come_back_by_a_list(house: House, people: People) -> None:
    await enter(house, ADA)
    ((ada,),) = await table(house, contacts.c.id)
    assert (
        await perform(house, actor="somebody", command=desk.NoteContact(contact=ada, note="calls on Mondays")) == "Ada"
    )
    assert await table(house, contacts.c.note) == [("calls on Mondays",)]
    command = desk.EraseContact(contact=ada, keyed=house.hub.person_hash)
    assert await perform(house, actor="somebody", command=command) == "Ada"
    assert await table(house, contacts.c.id) == []
    ((proof, contact, person),) = await table(
        house, erasures.c.mail_hash, erasures.c.contact_id, erasures.c.person_hash
    )
    assert (proof, contact, person) == (house.hub.person_hash(f"mail:{ADA.mail}"), ada, "")
    assert "muster.example" not in str(await table(house, *audit_log.c))
    assert (await enter(house, ADA)).errors == (RowError(2, "erased"),)
    with pytest.raises(UsageError, match="no contact"):
        await perform(house, actor="somebody", command=command)
    joined = await people.contact("Tom")
    with pytest.raises(UsageError, match="consented"):
        await perform(house, actor="s", command=desk.EraseContact(contact=joined, keyed=house.hub.person_hash))
    await perform(house, actor="s", command=desk.EraseContact(contact=joined, keyed=house.hub.person_hash, joined=True))
    assert (house.hub.person_hash("terminal:tom"),) in await table(house, erasures.c.person_hash)


async def test_ten_thousand_people_are_entered_in_seconds_and_few_statements(house: House) -> None:
    listed = [
        ListedRow(
            row=number,
            company=f"Firma {number // 3} GmbH",
            name=f"Person {number}",
            mail=f"p{number}@firma{number // 3}.example.org",
            tags={"sector": "Bau", "size": "10-49"},
        )
        for number in range(10_000)
    ]
    before, began = house.database.statements, time.perf_counter()
    done = await enter(house, *listed)
    assert time.perf_counter() - began < FAST
    assert (done.companies.new, done.contacts.new, done.suspects) == (3_334, 10_000, ())
    assert house.database.statements - before < 20
    assert (await enter(house, *listed)).contacts == Tally(new=0, known=10_000, changed=0)
