"""Two companies become one, and within a day two again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.desk import perform
from bot.domain import desk
from bot.errors import UsageError
from bot.house import House
from storage import directory
from storage.desk.company_merges import collide, shared
from storage.statements import Statement, change, insert, many, rows
from storage.tables import companies, contacts, interviews, merges, responses
from tests.contract.desk.conftest import People, form_ids
from tests.contract.desk.sheets import FIRST, publish

INTERVIEW = insert(interviews)


class Pair:
    """Muster, typed by Eva, and Muster GmbH, where Tom is; both may have a response of their own."""

    def __init__(self, house: House, people: People) -> None:
        self.house = house
        self.people = people

    async def made(self) -> Pair:
        await self.do(publish(FIRST))
        self.version = await form_ids(self.house)
        self.source = await self.people.company("Muster")
        self.target = await self.people.company("Muster GmbH", state="confirmed")
        self.eva = await self.people.contact("Eva", company=self.source)
        self.tom = await self.people.contact("Tom", company=self.target)
        self.own = await self.people.response(self.eva, self.version, {"size": 1}, company=self.source)
        await self.do(desk.TagCompany(company=self.source, tags={"size": "1", "sector": "a"}))
        await self.do(desk.TagCompany(company=self.target, tags={"size": "2"}))
        await self.do(desk.NoteCompany(company=self.source, note="from"))
        await self.do(desk.NoteCompany(company=self.target, note="into"))
        return self

    async def shared(self) -> tuple[int, int]:
        """Give both a response of their own, at which Eva and Tom are at work."""
        made = []
        for contact, company, given in (
            (self.eva, self.source, {"size": 1, "wish": "x"}),
            (self.tom, self.target, {"size": 2}),
        ):
            number = await self.people.response(
                contact, self.version, given, company=company, shared=True, submitted=False
            )
            row = {"id": self.house.next_id(), "contact_id": contact, "response_id": number, "state": "open"}
            row |= {"position": "size", "tries": 0, "touched_at": 1}
            await self.house.database.write(lambda row=row: many(INTERVIEW, [row]))  # type: ignore[misc]
            made.append(number)
        return made[0], made[1]

    async def do(self, command: desk.Command[Any]) -> Any:
        return await perform(self.house, actor="somebody", command=command)

    async def merge(self, **keep: desk.Side) -> desk.Merged:
        done = await self.do(desk.MergeCompanies(source=self.source, target=self.target, keep=keep))
        assert isinstance(done, desk.Merged)
        return done

    async def look(self, *columns: Any) -> list[tuple[Any, ...]]:
        return await self.house.database.read(lambda: rows(Statement(select(*columns).order_by(*columns))))

    async def picture(self) -> tuple[object, ...]:
        """All that a merge may move, to compare."""
        shown = await self.house.database.read(directory.list_companies)
        texts = sorted((each["name"], each["note"], str(each["tags"]), each["contacts"]) for each in shown)
        theirs = await self.look(responses.c.id, responses.c.company_id, responses.c.superseded_at)
        return texts, await self.look(contacts.c.id, contacts.c.company_id), theirs


@pytest.fixture
async def pair(house: House, people: People) -> Pair:
    return await Pair(house, people).made()


async def test_merge_fills_tags_and_joins_notes_and_is_undone_to_the_letter(pair: Pair) -> None:
    before = await pair.picture()
    assert await pair.merge() == desk.Merged(source="Muster", target="Muster GmbH", contacts=1, responses=1)
    (shown,) = await pair.house.database.read(directory.list_companies)
    assert (shown["note"], shown["tags"], shown["contacts"]) == ("into\nfrom", {"sector": "a", "size": "2"}, 2)
    undone = await pair.do(desk.UnmergeCompanies(company=pair.target))
    assert (undone.source, undone.source_id, undone.target) == ("Muster", pair.source, "Muster GmbH")
    assert (undone.contacts, undone.responses) == (1, 1)
    assert await pair.picture() == before
    assert await pair.look(merges.c.kind, merges.c.state, merges.c.actor) == [("company", "undone", "somebody")]
    with pytest.raises(UsageError, match="24 hours"):
        await pair.do(desk.UnmergeCompanies(company=pair.target))


async def test_two_responses_of_companies_are_never_merged_unasked(pair: Pair) -> None:
    eva, tom = await pair.shared()
    with pytest.raises(UsageError, match=r"both have a response to needs.*--keep needs=from"):
        await pair.merge()
    own = await pair.house.database.read(lambda: shared([pair.source, pair.target]))
    (seen,) = collide(own, pair.source, pair.target)
    assert (seen.form, seen.source.id, seen.source.answers, seen.target.id) == ("needs", eva, 2, tom)
    assert seen.target.answers == 1 and seen.target.status == "partial"


@pytest.mark.parametrize("keep", ["from", "into"])
async def test_picked_response_counts_and_the_other_one_comes_back_by_undoing(pair: Pair, keep: desk.Side) -> None:
    eva, tom = await pair.shared()
    before = await pair.picture()
    assert (await pair.merge(needs=keep)).superseded == 1
    counting, gone = (eva, tom) if keep == "from" else (tom, eva)
    marked = dict(await pair.look(responses.c.id, responses.c.superseded_at))
    assert marked[counting] is None and marked[gone] is not None
    states = {row[0]: row[1] for row in await pair.look(interviews.c.response_id, interviews.c.state)}
    assert states == {counting: "open", gone: "finished"}
    await pair.do(desk.UnmergeCompanies(company=pair.source))
    assert await pair.picture() == before
    states = {row[0]: row[1] for row in await pair.look(interviews.c.response_id, interviews.c.state)}
    assert states == {counting: "open", gone: "paused"}


async def test_undoing_leaves_what_was_changed_since_and_puts_nobody_at_a_strangers_response(pair: Pair) -> None:
    _, tom = await pair.shared()
    await pair.merge(needs="into")
    # Eva has joined her new colleagues, and somebody has written another note.
    row = {"id": 77, "contact_id": pair.eva, "response_id": tom, "state": "open", "position": "", "tries": 0}
    await pair.house.database.write(lambda: many(INTERVIEW, [row | {"touched_at": 1}]))
    await pair.do(desk.NoteCompany(company=pair.target, note="new"))
    await pair.do(desk.TagCompany(company=pair.target, tags={"sector": "b"}))
    await pair.do(desk.UnmergeCompanies(company=pair.target))
    # What she said there can be forgotten with her: that she was part of it stays known, and nothing else.
    assert await pair.look(interviews.c.contact_id, interviews.c.state) == sorted(
        [(pair.eva, "paused"), (pair.eva, "finished"), (pair.tom, "open")]
    )
    shown = {each["name"]: each for each in await pair.house.database.read(directory.list_companies)}
    assert (shown["Muster GmbH"]["note"], shown["Muster GmbH"]["tags"]) == ("new", {"sector": "b", "size": "2"})
    assert (shown["Muster"]["note"], shown["Muster"]["tags"]) == ("from", {"sector": "a", "size": "1"})


async def test_merge_is_not_undone_after_a_day_or_once_merged_on(pair: Pair, people: People) -> None:
    await pair.merge()
    third = await people.company("Third", state="confirmed")
    await pair.do(desk.MergeCompanies(source=pair.target, target=third))
    with pytest.raises(UsageError, match="no company"):
        await pair.do(desk.UnmergeCompanies(company=pair.source))
    await pair.do(desk.UnmergeCompanies(company=third))
    moment = int((pair.house.clock.now() - timedelta(hours=25)).timestamp() * 1_000_000)
    late = Statement(update(merges).values(made_at=moment))
    await pair.house.database.write(lambda: change(late))
    with pytest.raises(UsageError, match="24 hours"):
        await pair.do(desk.UnmergeCompanies(company=pair.target))
    assert len(await pair.look(companies.c.id)) == 2


async def test_companies_are_looked_up_by_name_town_tag_and_state(pair: Pair) -> None:
    async def names(**wishes: Any) -> list[str]:
        found = await pair.house.database.read(lambda: directory.list_companies(**wishes))
        return [each["name"] for each in found]

    assert await names() == ["Muster", "Muster GmbH"]
    assert await names(search="USTER ag") == ["Muster", "Muster GmbH"]
    assert await names(search="nobody") == []
    assert await names(state="confirmed") == await names(tag=("size", "2")) == ["Muster GmbH"]
    assert await names(tag=("sector", "")) == await names(limit=1) == ["Muster"]
    assert await names(limit=1, offset=1) == ["Muster GmbH"]
    shown = (await pair.house.database.read(lambda: directory.companies_by_id([pair.source])))[pair.source]
    assert [each["name"] for each in shown["people"]] == ["Eva"]
    found = await pair.house.database.read(lambda: directory.list_contacts(search="EV", company=pair.source))
    assert [(each["name"], each["addresses"]) for each in found] == [("Eva", ["terminal:eva"])]
    assert await pair.do(desk.TagCompany(company=pair.source, remove=("size",))) == {"sector": "a"}
    with pytest.raises(UsageError, match="20 tags"):
        await pair.do(desk.TagCompany(company=pair.source, tags={f"k{number}": "" for number in range(20)}))
