"""What the figures of a form's progress count, as docs/progress.md says, and how they are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from bench.crowd import Crowd, fill
from bot.domain import desk
from bot.domain.interviews import END
from bot.domain.messages import Address
from bot.domain.progress import Counts, Group
from bot.domain.reporting import FILE, PICTURE
from bot.errors import UsageError
from bot.house import House
from bot.ports import Job
from bot.work.progress import ProgressWork, look
from storage import progress, standing
from storage.codec import to_micros
from storage.driver import Database, open_database
from storage.statements import Row, Statement, insert, many, rows
from storage.tables import addresses, companies, company_tags, contacts, interviews, invitations, responses, rights
from tests.contract.desk.conftest import form_ids
from tests.contract.desk.plans import analyse
from tests.contract.desk.sheets import FIRST, publish
from tests.contract.desk.test_desk import do

TEAM = Statement(
    select(addresses.c.contact_id).select_from(
        addresses.join(rights, (rights.c.channel == addresses.c.channel) & (rights.c.person == addresses.c.person))
    ),
    name="a test looks for staff",
)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LONG_AGO, JUST_NOW = NOW - timedelta(days=3, seconds=1), NOW - timedelta(days=3)


class Hub:
    """People at every stage, written straight into the tables."""

    def __init__(self, house: House, form: tuple[int, int]) -> None:
        self.house = house
        self.form = form

    async def put(self, table: Table, **row: Any) -> int:
        if "id" in table.c:
            row = {"id": self.house.next_id(), **row}
        await self.house.database.write(lambda: many(insert(table, tuple(row)), [row]))
        return int(row.get("id", 0))

    async def company(self, name: str, **tags: str) -> int:
        made = await self.put(companies, name=name, folded=name.lower(), state="confirmed", created_at=1)
        for key, value in tags.items():
            await self.put(company_tags, company_id=made, key=key, value=value)
        return made

    async def contact(self, name: str, *, joined: bool = True, channel: str = "telegram", **more: Any) -> int:
        row = {"joined_at": to_micros(LONG_AGO) if joined else None, "created_at": 1, "language": "de", **more}
        made = await self.put(contacts, name=name, **row)
        if joined:
            await self.put(addresses, channel=channel, chat=name, person=name, account="a", contact_id=made, seen_at=1)
        return made

    async def invitation(self, **more: Any) -> int:
        return await self.put(invitations, code_hash=str(self.house.next_id()), created_at=1, **more)

    async def response(
        self, contact: int, *, at: str = "wish", touched: datetime = LONG_AGO, status: str = "partial", **more: Any
    ) -> int:
        row = {"contact_id": contact, "channel": "matrix", "language": "de", "started_at": 1, **more}
        made = await self.put(responses, form_id=self.form[0], form_version_id=self.form[1], status=status, **row)
        state = "finished" if status == "submitted" else "open"
        await self.put(
            interviews, contact_id=contact, response_id=made, state=state, position=at, touched_at=to_micros(touched)
        )
        return made

    async def counts(self) -> tuple[Counts, int]:
        form = await self.house.database.read(lambda: progress.find_form(""))
        return await self.house.database.read(lambda: progress.counts(form, now=NOW))


@pytest.fixture
async def hub(house: House) -> Hub:
    await do(house, publish(FIRST))
    return Hub(house, await form_ids(house))


async def test_each_contact_counts_once_at_the_furthest_stage_and_at_all_before(hub: Hub) -> None:
    past, future = to_micros(NOW) - 1, to_micros(NOW) + 1
    asked = await hub.contact("invited", joined=False)
    await hub.invitation(contact_id=asked, expires_at=past)  # a second one is alive
    await hub.invitation(contact_id=asked, expires_at=future)
    seen = await hub.contact("opened", joined=False)
    await hub.invitation(contact_id=seen, opened=2, revoked_at=1)  # used once, so it counts whatever became of it
    await hub.contact("consented")
    await hub.contact("waits for a nod", admitted=False)
    await hub.response(await hub.contact("partial"))
    await hub.response(await hub.contact("sent in"), status="submitted")
    assert await hub.counts() == (Counts(invited=6, opened=5, consented=4, started=2, submitted=1), 0)


async def test_who_does_not_count(hub: Hub) -> None:
    for name, more in (("nobody asked", {}), ("too late", {"expires_at": 1}), ("taken back", {"revoked_at": 1})):
        entered = await hub.contact(name, joined=False)
        if more:
            await hub.invitation(contact_id=entered, **more)
    await hub.contact("staff", staff=True)
    await hub.response(await hub.contact("gone", merged_into=7), status="submitted")
    helper = await hub.contact("helper")
    await hub.response(helper, status="submitted")
    await do(hub.house, desk.GrantRole(person=Address("telegram", "helper"), role="organiser"))
    two = await hub.contact("two of hers")
    await hub.response(two, status="submitted", superseded_at=1)
    early = await hub.contact("not admitted", admitted=False)
    await hub.response(early, status="submitted")
    assert await hub.counts() == (Counts(invited=2, opened=2, consented=2), 3)


async def test_codes_of_a_company_invite_those_who_were_entered_for_it(hub: Hub) -> None:
    live, dead = await hub.company("Live"), await hub.company("Dead")
    await hub.invitation(company_id=live)
    await hub.invitation(company_id=dead, revoked_at=1)
    for company in (live, dead):
        await hub.contact("entered", joined=False, company_id=company)
    assert await hub.counts() == (Counts(invited=1), 1)


async def test_colleagues_count_by_the_response_of_their_company(hub: Hub) -> None:
    company = await hub.company("Shared")
    ada, ben = [await hub.contact(name, company_id=company) for name in ("ada", "ben")]
    shared = await hub.response(ada, company_id=company, contact_id=None, respondent="company")
    assert (await hub.counts())[0] == Counts(invited=2, opened=2, consented=2, started=2)
    assert (await look_stalled(hub)) == {"wish": 1}
    # A colleague who is at it keeps the whole response from standing still.
    later = {"state": "open", "position": "size", "touched_at": to_micros(JUST_NOW)}
    await hub.put(interviews, contact_id=ben, response_id=shared, **later)
    assert (await look_stalled(hub)) == {}


async def look_stalled(hub: Hub) -> dict[str, int]:
    form = await hub.house.database.read(lambda: progress.find_form(""))
    found = await hub.house.database.read(lambda: progress.stalled(form, None, now=NOW))
    return {stall.path: stall.responses for stall in found}


async def test_standing_still_begins_after_three_days_at_a_question_in_any_entry(hub: Hub) -> None:
    places = ["size", "size@12", "size@13", "wish", END]
    for number, place in enumerate(places):
        await hub.response(await hub.contact(f"c{number}"), at=place)
    await hub.response(await hub.contact("fresh"), at="wish", touched=JUST_NOW)
    await hub.response(await hub.contact("done"), at="", status="submitted")
    assert await look_stalled(hub) == {"size": 3, "wish": 1, "": 1}
    figures = await look(hub.house, "needs")
    assert figures.stalled[0].label  # as the newest version calls it
    with pytest.raises(UsageError, match="no form 'nothing'"):
        await look(hub.house, "nothing")


async def test_groups_add_up_to_the_whole(hub: Hub) -> None:
    metal, wood = await hub.company("Metall", sector="Metall"), await hub.company("Holz")
    await hub.response(await hub.contact("ada", company_id=metal), status="submitted")
    await hub.contact("ben", company_id=metal, channel="terminal")
    await hub.invitation(contact_id=await hub.contact("cy", joined=False, company_id=wood))
    read, whole = hub.house.database.read, (await hub.counts())[0]
    form = await read(lambda: progress.find_form(""))
    told: dict[str, dict[str, tuple[int, int]]] = {}
    for by, key in (("company", ""), ("tag", "sector"), ("channel", "")):
        found: tuple[Group, ...] = await read(lambda by=by, key=key: progress.groups(form, by, key, now=NOW))  # type: ignore[misc]
        assert sum(group.counts.invited for group in found) == whole.invited
        assert sum(group.counts.submitted for group in found) == whole.submitted
        told[by] = {group.name: (group.counts.invited, group.counts.submitted) for group in found}
    assert told == {
        "company": {"Metall": (2, 1), "Holz": (1, 0)},
        "tag": {"Metall": (2, 1), "": (1, 0)},
        "channel": {"matrix": (1, 1), "terminal": (1, 0), "": (1, 0)},
    }
    assert await read(lambda: progress.company_counts(form, now=NOW)) == Counts(
        invited=2, opened=1, consented=1, started=1, submitted=1
    )
    page, total = await read(lambda: progress.company_page(form, now=NOW, many=1, before=1))
    assert ([group.name for group in page], total) == (["Metall"], 2)
    missing = await read(lambda: progress.missing(form, now=NOW, many=9))
    assert [(each.name, each.company, each.stage) for each in missing] == [
        ("ben", "Metall", "consented"),
        ("cy", "Holz", "invited"),
    ]


async def test_jobs_make_a_picture_and_a_list(hub: Hub) -> None:
    company = await hub.company("=1+1 GmbH")
    await hub.contact("ada", company_id=company)
    work = ProgressWork(hub.house)
    assert work.crew().rights == {PICTURE: "send", FILE: "names"}
    job = Job(id=1, kind=FILE, address=Address("memory", "o"), data={"form": "", "language": "de"}, attempts=1)
    (listed,) = await work.file(job)
    (file,) = listed.message.attachments
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Kennung;Name;Unternehmen;Stand;seit"
    assert ";ada;'=1+1 GmbH;einverstanden, nicht begonnen;2026-03-17" in lines[1]
    (drawn,) = await work.picture(job)
    (picture,) = drawn.message.attachments
    assert picture.content.startswith(b"\x89PNG") and "Eingeladen 1" in drawn.message.text


async def plan(database: Database, statement: Statement, **parameters: Any) -> list[str]:
    """Return the lines of a statement's plan."""
    words = "EXPLAIN QUERY PLAN " if database.kind == "sqlite" else "EXPLAIN "
    explained = Statement(statement.construct_for(database.kind), name="plan")
    if database.kind == "sqlite":
        explained.__dict__["for_sqlite"] = words + explained.for_sqlite
    else:
        known = explained.for_postgresql
        explained.__dict__["for_postgresql"] = known._replace(text=words + known.text)
    found: list[Row] = await database.read(lambda: rows(explained, **parameters))
    return [str(row[-1]) for row in found]


async def test_plans_use_the_indexes_and_read_no_answers(database_url: str) -> None:
    moment = {"form": 7, "now": to_micros(NOW), "staff": [1, 2]}
    async with await open_database(database_url) as database:
        await fill(database, Crowd(contacts=3_000, now=to_micros(NOW)))
        if database.kind == "postgresql":
            await analyse(database.url)
        whole = await plan(database, standing.CONTACTS, **moment)
        still = await plan(database, standing.STALLED, form=7, since=to_micros(NOW - timedelta(days=3)), staff=[1, 2])
        kind = database.kind
    text = "\n".join([*whole, *still])
    assert "answer" not in text
    assert "ix_invitations_contact_id" in text
    if kind == "sqlite":
        scanned = [line.split()[1] for line in (*whole, *still) if line.startswith("SCAN")]
        # Each contact is looked at once; all else is found.
        assert [name for name in scanned if name != "json_each"] == ["contacts"]
        for index in (
            "uq_responses_of_contact",
            "uq_responses_of_company",
            "ix_responses_form_id_status",
            "ix_interviews_response_id",
        ):
            assert index in text


async def test_sum_is_the_same_whichever_way_it_is_added_up(database_url: str) -> None:
    async with await open_database(database_url) as database:
        await fill(database, Crowd(contacts=500, now=to_micros(NOW)))
        form = await database.read(lambda: progress.find_form(""))
        team = [row[0] for row in await database.read(lambda: rows(TEAM))]
        each: dict[int | None, int] = dict(
            await database.read(lambda: rows(standing.CONTACTS, form=form.id, now=to_micros(NOW), staff=team))
        )
        waiting = each.pop(None, 0)
        by_contact = Counts.adding_up({stage: count for stage, count in each.items() if stage is not None})
        assert await database.read(lambda: progress.counts(form, now=NOW)) == (by_contact, waiting)
        assert by_contact.submitted > 0 < by_contact.started - by_contact.submitted
        quick = [
            line
            for statement in (standing.BY_ENTRY, standing.OWN_RESPONSES)
            for line in await plan(database, statement, form=form.id, now=to_micros(NOW), staff=team)
        ]
        assert "answer" not in "\n".join(quick)
        if database.kind == "sqlite":
            assert any("responses" in line and "USING" in line and "INDEX" in line for line in quick), quick
