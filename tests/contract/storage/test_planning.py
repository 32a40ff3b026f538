"""Planning on both databases: one delivery a contact of the audience, in pieces, and why the others get nothing."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.domain import desk
from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.broadcasts.model import Content
from bot.errors import UsageError
from bot.runtime.clock import Ids
from storage import audience, planning, preview
from storage.broadcasts import counts
from storage.codec import load, to_micros
from storage.driver import Database
from storage.statements import Statement, change, insert, many, rows
from storage.tables import addresses, audiences, companies, company_tags, contacts, deliveries, forms, rights
from tests.contract.storage.pushing import BEGIN, UTC_ZONE, Town, Turning, marked

NOW = to_micros(BEGIN)
DAY = 86_400_000_000
COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
TAG = insert(company_tags)
CONTACT = insert(
    contacts,
    (
        "id",
        "name",
        "company_id",
        "mail",
        "language",
        "staff",
        "pushes",
        "admitted",
        "joined_at",
        "created_at",
        "push_channel",
    ),
)
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "reachable", "seen_at"))
RIGHT = insert(rights)
LEDGER = Statement(
    select(
        deliveries.c.contact_id,
        deliveries.c.state,
        deliveries.c.reason,
        deliveries.c.channel,
        deliveries.c.language,
        deliveries.c.params,
    ).order_by(deliveries.c.id)
)


def person(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"P{number}",
        "company_id": None,
        "mail": "",
        "language": "de",
        "staff": False,
        "pushes": True,
        "admitted": True,
        "joined_at": NOW,
        "created_at": NOW,
        "push_channel": "",
    } | more


def place(
    number: int, contact: int, channel: str = "telegram", *, days: int = 1, reachable: bool = True
) -> dict[str, Any]:
    return {
        "id": number,
        "channel": channel,
        "chat": f"c{number}",
        "person": f"p{number}",
        "account": f"{channel}:1",
        "contact_id": contact,
        "reachable": reachable,
        "seen_at": NOW - days * DAY,
    }


@pytest.fixture
async def town(database: Database) -> Town:
    named = [(1, "Testwerk GmbH", "testwerk"), (2, "O'Hara & Söhne: %s", "o hara söhne s")]
    companies_ = [
        {"id": n, "name": name, "folded": folded, "state": "confirmed", "created_at": NOW} for n, name, folded in named
    ]
    await database.write(lambda: many(COMPANY, companies_))
    await database.write(lambda: many(TAG, [{"company_id": 1, "key": "sector", "value": "Bau"}]))
    people = [
        person(1, company_id=1),
        person(2, company_id=2, language="en", push_channel="matrix"),
        person(3, pushes=False),
        person(4),
        person(5),
        person(6, mail="eva@example.org"),
        person(7, mail="eva@example.org"),
        person(8, staff=True),
        person(9, joined_at=None),
        person(10, admitted=False),
    ]
    await database.write(lambda: many(CONTACT, people))
    places = [
        place(21, 1),
        place(22, 2, "telegram"),
        place(23, 2, "matrix", days=40),
        place(24, 3),
        place(25, 4, reachable=False),
        place(26, 6, days=9),
        place(27, 7, days=2),
        place(28, 8),
        place(29, 10),
    ]
    await database.write(lambda: many(ADDRESS, places))
    role = {
        "channel": "telegram",
        "person": "p28",
        "role": "organiser",
        "source": "command",
        "granted_by": "",
        "granted_at": NOW,
    }
    await database.write(lambda: many(RIGHT, [role]))
    return Town(database, clock=Turning())


async def planned(town: Town, *rules: str, piece: int = 3, text: str = "Guten Tag") -> list[tuple[Any, ...]]:
    number = await town.order(desk.DraftBroadcast(content=Content(texts={"de": text}), audience=rules))
    await town.order(desk.ConfirmBroadcast(broadcast=number, revision=0))
    assert await town.database.write(lambda: planning.start_due(now=NOW)) == [number]
    found = await town.database.read(lambda: audience.resolved(rules))
    ids = Ids()
    while not await town.database.write(
        lambda: planning.plan_piece(
            number,
            where=audience.conditions(found, now=BEGIN),
            languages=("de", "en"),
            now=NOW,
            block=ids.block,
            most=piece,
        )
    ):
        pass
    return await town.database.read(lambda: rows(LEDGER))


async def who(town: Town, *rules: str) -> set[int]:
    found = await town.database.read(lambda: audience.resolved(rules))
    query = Statement(select(contacts.c.id).where(*audience.conditions(found, now=BEGIN)))
    return {row[0] for row in await town.database.read(lambda: rows(query))}


@pytest.mark.parametrize("piece", [1, 3, 100])
async def test_one_delivery_a_contact_and_why_others_get_nothing(town: Town, piece: int) -> None:
    found = await planned(town, piece=piece)
    assert [(contact, state, reason, channel) for contact, state, reason, channel, _, _ in found] == [
        (1, "planned", "", "telegram"),
        (2, "planned", "", "matrix"),
        (3, "skipped", "opted_out", "telegram"),
        (4, "skipped", "blocked", ""),
        (5, "skipped", "no_address", ""),
        (6, "skipped", "same_person", "telegram"),
        (7, "planned", "", "telegram"),
    ]
    assert await town.database.write(lambda: planning.start_due(now=NOW)) == []
    shown = await town.database.read(lambda: counts(1))
    assert (shown.audience, shown.open, shown.reasons[("skipped", "blocked")]) == (7, 3, 1)


async def test_the_preview_counts_what_planning_then_does(town: Town) -> None:
    rules = await town.database.read(lambda: audience.resolved(()))
    courtesy = Courtesy(zone=UTC_ZONE, most=1)
    shown = await town.database.read(lambda: preview.count(rules, now=BEGIN, courtesy=courtesy))
    assert +shown.goes == {("telegram", "de", ""): 2, ("matrix", "en", ""): 1}
    assert shown.excluded == {
        "opted_out": 1,
        "blocked": 1,
        "no_address": 1,
        "same_person": 1,
        "no_consent": 1,
        "waiting": 1,
    }
    assert (shown.companies, shown.without_company, shown.capped) == (2, 2, 0)
    people = await town.database.read(lambda: preview.sample(rules, now=BEGIN, languages=("de", "en")))
    assert people == {"de": ("P1", "Testwerk GmbH"), "en": ("P2", "O'Hara & Söhne: %s")}
    await planned(town)
    store = town.store()
    claimed = await store.claim_pushes("telegram", most=1)
    await store.begin_pushes(claimed, via="")
    await town.mark(marked(claimed[0], "sent"))
    shown = await town.database.read(lambda: preview.count(rules, now=BEGIN, courtesy=courtesy))
    assert (shown.capped, shown.capped_until) == (1, BEGIN + courtesy.within)


async def test_who_has_had_enough_is_counted_in_passing(town: Town) -> None:
    crowd = range(1_000, 5_000)
    await town.database.write(lambda: many(CONTACT, [person(number) for number in crowd]))
    await town.database.write(lambda: many(ADDRESS, [place(number, number) for number in crowd]))
    await planned(town, piece=10_000)
    sent = update(deliveries).values(state="sent", finished_at=NOW)
    await town.database.write(lambda: change(Statement(sent)))
    rules = await town.database.read(lambda: audience.resolved(()))
    courtesy = Courtesy(zone=UTC_ZONE, most=1)
    began = process_time()
    shown = await town.database.read(lambda: preview.count(rules, now=BEGIN, courtesy=courtesy, among=crowd))
    took = process_time() - began
    assert shown.capped == len(crowd)
    assert took < 1, "every contact is compared with every other one's deliveries"


async def test_names_are_frozen_where_the_text_has_them_and_the_language_is_one_that_is_written(town: Town) -> None:
    found = await planned(town, "company=Testwerk GmbH", "company=O'Hara & Söhne: %s", text="Hallo {contact}")
    assert [(row[0], row[4], load(row[5])) for row in found] == [
        (1, "de", ["P1", "Testwerk GmbH"]),
        (2, "de", ["P2", "O'Hara & Söhne: %s"]),
    ]


RULES: list[tuple[list[str], set[int]]] = [
    (["all"], {1, 2, 3, 4, 5, 6, 7}),
    (["company=testwerk"], {1}),
    (["company=Testwerk", "company=O'Hara & Söhne: %s"], {1, 2}),
    (["tag=sector:BAU"], {1}),
    (["tag=Branche=bau"], {1}),
    (["not tag=sector:bau", "not language=en"], {3, 4, 5, 6, 7}),
    (["role=organiser"], {8}),
    (["language=en"], {2}),
    (["channel=telegram", "language=de"], {1, 3, 6, 7}),
    (["last=7d"], {1, 2, 3, 4, 7}),
    (["last>7d"], {5, 6}),
    (["got=1"], set()),
    (["form=needs:never"], {1, 2, 3, 4, 5, 6, 7}),
    (["form=needs:submitted:3"], set()),
]


async def test_rules_name_people(town: Town) -> None:
    form = {"id": 1, "name": "needs", "state": "open", "created_at": NOW}
    await town.database.write(lambda: many(insert(forms, tuple(form)), [form]))
    for rules, expected in RULES:
        assert await who(town, *rules) == expected, rules


async def test_a_correction_goes_to_exactly_those_who_were_reached(town: Town) -> None:
    await planned(town)

    store = town.store()
    claimed = await store.claim_pushes("telegram", most=9)
    await store.begin_pushes(claimed, via="")
    await town.mark(marked(claimed[0], "sent"), marked(claimed[1], "failed", reason="refused"))
    assert (await who(town, "got=1"), await who(town, "missed=1")) == ({1}, {7})


async def test_named_audiences_stand_for_their_rules(town: Town) -> None:
    row = {"name": "Bau", "rules": '["tag=sector:Bau", "language=de"]', "created_by": "", "created_at": NOW}
    await town.database.write(lambda: many(insert(audiences), [row, row | {"name": "rund", "rules": '["saved=rund"]'}]))
    assert await who(town, "saved=Bau") == {1}
    with pytest.raises(UsageError, match="there is no such audience; there is Bau, rund"):
        await who(town, "saved=Handwerk")
    with pytest.raises(UsageError, match="too deeply"):
        await who(town, "saved=rund")


COMPLAINTS = [
    ("compny=X", "did you mean company=Testwerk GmbH"),
    ("form=needs", "write it like form=needs:unfinished"),
    ("form=other:never", "there is no such form"),
    ("company=Nobody", "there is no such company"),
    ("tag=sector:Bauu", "no company has that tag; of sector there is Bau"),
    ("role=king", "there is organiser and admin"),
    ("last=soon", "write a duration"),
    ("got=me", "the number of a broadcast"),
    ("event=7:yes", "later version"),
    ("tag>3", "only last> compares"),
    ("", "is no rule"),
]


async def test_what_is_no_rule_is_said(town: Town) -> None:
    for rule, complaint in COMPLAINTS:
        with pytest.raises(UsageError, match=complaint):
            await town.database.read(lambda: audience.resolved([rule]))  # noqa: B023 -- read at once
