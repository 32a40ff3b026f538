"""Two contacts become one and two again, whatever they have; on both databases."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Table, bindparam, select, update
from typer.testing import CliRunner, Result

from bot.cli.root import app
from bot.desk import perform
from bot.domain.desk import EraseContact, MergeContacts, UnmergeContacts, public_id
from bot.domain.merging import Picks, Which, collisions, company_differs
from bot.errors import HubtalkError, UsageError
from bot.house import House
from storage import merging, tables
from storage.codec import dump, to_micros
from storage.desk import Order, carry_out
from storage.desk.merging import both
from storage.statements import Row, Statement, Steps, change, insert, many, rows

HOUR = 3_600_000_000
LEFT_BEHIND = {"merges", "audit_log", "link_codes"}
ROUNDS = 5
BEGUN_BY = [
    Statement(
        update(tables.responses)
        .where(tables.responses.c.id == bindparam("response"))
        .values({column: bindparam("contact")})
    )
    for column in ("begun_by", "submitted_by")
]
END_ALL = Statement(
    update(tables.interviews)
    .where(tables.interviews.c.contact_id == bindparam("contact"))
    .values(state="finished", touched_at=tables.interviews.c.touched_at + 1)
)


def test_whatever_points_at_a_contact_moves() -> None:
    known = {column for _, column in merging.POINTERS.values()}
    known |= {tables.invitation_uses.c.contact_id, tables.link_codes.c.contact_id}
    pointing = {
        column
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if any(key.column is tables.contacts.c.id for key in column.foreign_keys)
    }
    assert pointing == known, "a merge would lose what is not moved"


@dataclass(slots=True)
class Town:
    """Two contacts with whatever chance gives them, and a third one who must not notice anything."""

    house: House
    chance: random.Random
    now: int
    forms: list[tuple[int, int]] = field(default_factory=list)
    companies: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)

    async def build(self) -> tuple[int, int]:
        for number in range(3):
            form, version = self.new(), self.new()
            self.forms.append((form, version))
            await self.add(tables.forms, id=form, name=f"f{form}", state="open", created_at=1)
            await self.add(
                tables.form_versions, id=version, form_id=form, number=1, version="1", title='{"de":"Bedarf"}',
                file_name="f.xlsx", source=b"", compiled="{}", hash=str(number), published_at=1,
            )  # fmt: skip
        for name in ("Adawerk", "Benwerk"):
            self.companies.append(self.new())
            await self.add(tables.companies, id=self.companies[-1], name=name, state="confirmed", created_at=1)
        for company in self.companies:
            self.shared.append(await self.response(self.forms[2], None, company=company))
        first, second = await self.person("ada"), await self.person("ben")
        await self.person("cem")
        return first, second

    def new(self) -> int:
        return self.house.next_id()

    async def add(self, table: Table, **row: Any) -> None:
        statement = insert(table, tuple(row))
        await self.house.database.write(lambda: many(statement, [row]))

    def moment(self) -> int:
        return self.now - self.chance.randrange(1, 1000) * HOUR

    async def person(self, name: str) -> int:
        chance, number = self.chance, self.new()
        company = chance.choice([None, *self.companies])
        await self.add(
            tables.contacts, id=number, name=chance.choice(["", name]), company_id=company,
            mail=chance.choice(["", f"{name}@example.org"]), note=chance.choice(["", name]),
            language=chance.choice(["de", "en"]), pushes=chance.random() < 0.7,
            push_channel=chance.choice(["", "telegram"]), admitted=chance.random() < 0.8,
            joined_at=chance.choice([None, self.moment()]), created_at=self.moment(), staff=False,
        )  # fmt: skip
        for channel in chance.sample(["telegram", "matrix", "memory"], chance.randrange(3)):
            await self.add(
                tables.addresses, id=self.new(), channel=channel, chat=f"{name}-{number}", person=name, account="bot",
                contact_id=number, seen_at=self.moment(),
            )  # fmt: skip
            await self.add(
                tables.deliveries, id=self.new(), channel=channel, chat=name, contact_id=number, priority="reply",
                state="sent", created_at=1,
            )  # fmt: skip
        for purpose in chance.choices(["study", "news"], k=chance.randrange(3)):
            await self.add(
                tables.consents, id=self.new(), contact_id=number, purpose=purpose, version="1", hash="h",
                language="de", channel="telegram", given_at=self.moment(),
                withdrawn_at=self.moment() if chance.random() < 0.3 else None,
            )  # fmt: skip
        await self.asks(number)
        await self.answers(number, company)
        return number

    async def asks(self, number: int) -> None:
        for _ in range(self.chance.randrange(2)):
            inquiry = self.new()
            await self.add(
                tables.inquiries, id=inquiry, number=inquiry % 2**31, kind="question", contact_id=number, state="open",
                opened_at=1, touched_at=1, assigned_to=self.chance.choice([None, number]),
            )  # fmt: skip
            await self.add(
                tables.inquiry_messages, id=self.new(), inquiry_id=inquiry, from_team=False, author_id=number,
                body="Wann?", sent_at=1,
            )  # fmt: skip

    async def answers(self, number: int, company: int | None) -> None:
        """Own responses to some forms, and a walk through that of the company; one interview is open at most."""
        chance = self.chance
        walked = [
            await self.response(form, number, company=company)
            for form in chance.sample(self.forms[:2], chance.randrange(3))
        ]
        if company is not None and chance.random() < 0.7:
            walked.append(self.shared[self.companies.index(company)])
            await self.house.database.write(
                partial(change, chance.choice(BEGUN_BY), response=walked[-1], contact=number)
            )
            await self.answer(walked[-1], number)
        going_on = chance.choice([*walked, None])
        for response in walked:
            await self.add(
                tables.interviews, id=self.new(), contact_id=number, response_id=response, touched_at=self.moment(),
                state=chance.choice(["open", "paused"]) if response == going_on else "finished", position="q1",
            )  # fmt: skip

    async def response(self, form: tuple[int, int], contact: int | None, *, company: int | None) -> int:
        number, chance = self.new(), self.chance
        await self.add(
            tables.responses, id=number, form_id=form[0], form_version_id=form[1], contact_id=contact,
            company_id=company, respondent="contact" if contact else "company", channel="telegram", language="de",
            status=chance.choice(["partial", "submitted"]), started_at=self.moment(),
        )  # fmt: skip
        if contact is not None:
            await self.answer(number, contact)
        return number

    async def answer(self, response: int, contact: int) -> None:
        for path in self.chance.sample(["q1", "q2", "q3", "q4"], self.chance.randrange(1, 4)):
            row = {"response_id": response, "state": "given", "value": dump(path), "contact_id": contact}
            place = {"path": f"{path}/{contact}", "answered_at": self.moment()}
            await self.add(tables.answers, **row, **place, instance=0)
            await self.add(tables.answer_history, **row, **place, id=self.new(), instance=0)

    async def picks(self, kept: int, gone: int) -> Picks:
        first, second = await self.house.database.read(lambda: both(kept, gone))
        which: Sequence[Which] = ("kept", "gone")
        chosen = {each.form: self.chance.choice(which) for each in collisions(first, second)}
        return Picks(responses=chosen, company=self.chance.choice(which) if company_differs(first, second) else None)

    async def all(self) -> dict[str, list[Row]]:
        """Every row of every table."""
        found = {}
        for table in tables.metadata.sorted_tables:
            if table.name not in LEFT_BEHIND:
                found[table.name] = sorted(await self.look(select(table)), key=repr)
        return found

    async def look(self, query: Any) -> list[Row]:
        statement = Statement(query, name="a test looks")
        return await self.house.database.read(lambda: rows(statement))


async def town_in(house: House, seed: int) -> tuple[Town, int, int]:
    town = Town(house, random.Random(seed), to_micros(house.clock.now()))
    first, second = await town.build()
    return town, first, second


def ordered(kept: int, gone: int, picks: Picks) -> MergeContacts:
    return MergeContacts(kept=kept, gone=gone, picks=picks)


async def test_an_undo_leaves_everything_as_it_was(house: House) -> None:
    seed = random.randrange(2**32)
    for number in range(seed, seed + ROUNDS):
        town, kept, gone = await town_in(house, number)
        before = await town.all()
        await perform(house, actor="test", command=ordered(kept, gone, await town.picks(kept, gone)))
        merged = await town.all()
        await perform(house, actor="test", command=UnmergeContacts(contact=town.chance.choice([kept, gone])))
        assert await town.all() == before, f"seed {number}"
        assert merged != before, f"seed {number}"


async def test_a_merge_loses_nothing_and_leaves_one_interview_open(house: House) -> None:
    seed = random.randrange(2**32)
    for number in range(seed, seed + ROUNDS):
        town, kept, gone = await town_in(house, number)
        before = await town.all()
        await perform(house, actor="test", command=ordered(kept, gone, await town.picks(kept, gone)))
        await house.database.write(partial(merging.prune, now=town.now + merging.DAY + HOUR))
        after = await town.all()
        for table in ("addresses", "answers", "answer_history", "consents", "deliveries", "inquiries", "responses"):
            assert len(after[table]) == len(before[table]), f"{table}, seed {number}"
        assert [row[0] for row in after["contacts"]] == sorted(row[0] for row in before["contacts"] if row[0] != gone)
        people = {row[0] for row in after["contacts"]}
        for written in (tables.answers, tables.answer_history):
            authors = {row[0] for row in await town.look(select(written.c.contact_id))}
            assert authors <= people, f"{written.name} has an author who is gone, seed {number}"
        walks = await town.look(
            select(tables.interviews.c.state, tables.responses.c.superseded_at)
            .join_from(tables.interviews, tables.responses)
            .where(tables.interviews.c.contact_id == kept, tables.interviews.c.state != "finished")
        )
        assert len(walks) <= 1, f"seed {number}"
        assert all(row[1] is None for row in walks), f"seed {number}"


async def test_what_came_meanwhile_stays_and_one_interview_is_open_each(house: House) -> None:
    seed = random.randrange(2**32)
    for number in range(seed, seed + ROUNDS):
        town, kept, gone = await town_in(house, number)
        await perform(house, actor="test", command=ordered(kept, gone, await town.picks(kept, gone)))
        form = (town.new(), town.new())
        await town.add(tables.forms, id=form[0], name=f"n{form[0]}", state="open", created_at=1)
        await town.add(
            tables.form_versions, id=form[1], form_id=form[0], number=1, version="1", title="{}", file_name="f.xlsx",
            source=b"", compiled="{}", hash="n", published_at=1,
        )  # fmt: skip
        await house.database.write(partial(change, END_ALL, contact=kept))
        response = await town.response(form, kept, company=None)
        await town.add(
            tables.interviews, id=town.new(), contact_id=kept, response_id=response, touched_at=town.now, state="open"
        )
        await perform(house, actor="test", command=UnmergeContacts(contact=kept))
        ((owner,),) = await town.look(select(tables.responses.c.contact_id).where(tables.responses.c.id == response))
        assert owner == kept, f"seed {number}"


async def test_a_merge_is_one_transaction_of_so_many_statements_whatever_there_is(house: House) -> None:
    counts = set()
    order = Order(actor="test", now=to_micros(house.clock.now()), number=house.next_id)

    def cut(command: MergeContacts) -> Steps[None]:
        yield from carry_out(order, command)
        raise HubtalkError("the power went")

    for number in (3, 4, 5, 6):
        town, kept, gone = await town_in(house, number)
        picks, before = await town.picks(kept, gone), await town.all()
        command = ordered(kept, gone, picks)

        with pytest.raises(HubtalkError, match="the power went"):
            await house.database.write(partial(cut, command))
        assert await town.all() == before
        started = house.database.statements
        await perform(house, actor="test", command=command)
        counts.add(house.database.statements - started)
    assert max(counts) <= 42, "more statements than a merge needs"


async def test_who_is_nobody_or_somebody_else_is_refused_in_words(house: House) -> None:
    town, kept, gone = await town_in(house, 1)
    none = Picks(responses={})
    with pytest.raises(UsageError, match="with itself"):
        await perform(house, actor="test", command=ordered(kept, kept, none))
    with pytest.raises(UsageError, match="there is no contact P"):
        await perform(house, actor="test", command=ordered(kept, 5, none))
    with pytest.raises(UsageError, match="no merge of this contact"):
        await perform(house, actor="test", command=UnmergeContacts(contact=kept))
    team = town.new()
    await town.add(tables.contacts, id=team, language="de", staff=True, created_at=1)
    with pytest.raises(UsageError, match="runs the hub"):
        await perform(house, actor="test", command=ordered(kept, team, none))
    await perform(house, actor="test", command=ordered(kept, gone, await town.picks(kept, gone)))
    third = await town.person("dora")
    with pytest.raises(UsageError, match="merged into another"):
        await perform(house, actor="test", command=ordered(third, gone, none))
    await perform(house, actor="test", command=ordered(third, kept, await town.picks(third, kept)))
    with pytest.raises(UsageError, match="undo the later merge first"):
        await perform(house, actor="test", command=UnmergeContacts(contact=gone))


async def test_who_is_forgotten_is_forgotten_as_both(house: House) -> None:
    town, kept, gone = await town_in(house, 7)
    await perform(house, actor="test", command=ordered(kept, gone, await town.picks(kept, gone)))
    keyed = house.hub.person_hash
    await perform(house, actor="test", command=EraseContact(contact=kept, keyed=keyed, joined=True))
    left = await town.look(select(tables.contacts.c.name).where(tables.contacts.c.id.in_([kept, gone])))
    assert left == []
    assert {row[0] for row in await town.look(select(tables.erasures.c.contact_id))} == {kept, gone}
    assert await town.look(select(tables.merges.c.id)) == [], "what an undo would need holds names"


async def test_on_the_command_line_both_are_shown_until_everything_is_said(house: House, tmp_path: Path) -> None:
    for seed in itertools.count(1):
        town, kept, gone = await town_in(house, seed)
        first, second = await house.database.read(partial(both, kept, gone))
        if collisions(first, second) and company_differs(first, second):
            break
    ids = [public_id("P", number) for number in (kept, gone)]
    settings = house.settings
    environment = {"HUBTALK_DATABASE_URL": settings.database_url, "HUBTALK_DATA_DIR": str(tmp_path)}

    async def hubtalk(*line: str) -> Result:
        runner = CliRunner(env=environment)
        return await asyncio.to_thread(lambda: runner.invoke(app, ["contacts", *line, "--json"]))

    shown = await hubtalk("merge", *ids)
    assert shown.exit_code == 2
    told = orjson.loads((await hubtalk("merge", *ids, "--dry-run")).stdout)
    assert (told["a"]["id"], told["b"]["id"]) == tuple(ids)
    assert told["missing"][-1] == "--company A|B"
    picks = [part for each in told["forms"] for part in ("--keep", f"{each['form']}=B")]
    done = await hubtalk("merge", *ids, *picks, "--company", "B")
    assert orjson.loads(done.stdout)["superseded"] == len(told["forms"])
    ((company,),) = await town.look(select(tables.contacts.c.company_id).where(tables.contacts.c.id == kept))
    assert second.company is not None
    assert company == second.company.id
    assert orjson.loads((await hubtalk("unmerge", ids[1])).stdout) == {"kept": ids[0], "gone": ids[1]}
    assert (await hubtalk("unmerge", ids[1])).exit_code == 1
