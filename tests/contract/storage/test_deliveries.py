"""The delivery ledger on both databases: claimed once, marked, and recovered after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.messages import Abilities, Address, DeliveryId, OutboundMessage, PromptId
from bot.domain.scene import NewPrompt, Reply
from bot.ports import DeliveryState, Job, Mark
from storage import deliveries, jobs
from storage.codec import dump, to_micros
from storage.driver import Database
from storage.statements import Statement, insert, many, rows
from storage.tables import addresses, contacts, dialogues, hub_settings, prompts, visitors
from storage.tables import deliveries as table
from storage.tables import jobs as jobs_table

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROS = to_micros(NOW)
LEASE = to_micros(NOW + timedelta(seconds=90))
ADA = Address("memory", "ada")
SHORT = Abilities(text_limit=24)

INSERT = insert(
    table,
    (
        "id",
        "channel",
        "chat",
        "priority",
        "state",
        "prompt_id",
        "body",
        "owner",
        "leased_until",
        "not_before",
        "created_at",
        "contact_id",
    ),
)
LEDGER = Statement(
    select(table.c.id, table.c.state, table.c.reason, table.c.attempts, table.c.body).order_by(table.c.id)
)
PROMPT = insert(prompts, ("id", "channel", "chat", "kind", "created_at", "superseded_at"))
PROMPTS = Statement(select(prompts.c.id, prompts.c.message_id).order_by(prompts.c.id))
CONTACT = insert(contacts, ("id", "language", "created_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))
REACHABLE = Statement(select(addresses.c.reachable, addresses.c.trouble, addresses.c.chat))
CHATS = Statement(select(table.c.id, table.c.chat))
PROMPT_CHAT = Statement(select(prompts.c.chat))
DIALOGUE = insert(dialogues, ("channel", "chat", "name", "step"))
DIALOGUE_CHAT = Statement(select(dialogues.c.chat))
INBOX = insert(hub_settings, ("key", "value", "changed_at"))
INBOX_AT = Statement(select(hub_settings.c.value).where(hub_settings.c.key == "inbox"))
VISITOR = insert(visitors, ("id", "channel", "chat", "person", "account", "language", "step", "created_at"))
JOB = insert(jobs_table, ("id", "kind", "channel", "chat", "data", "state", "created_at"))


def row(number: int, **more: object) -> dict[str, Any]:
    return {
        "id": number,
        "channel": "memory",
        "chat": "ada",
        "priority": "reply",
        "state": "claimed",
        "prompt_id": None,
        "body": dump(OutboundMessage(text=f"text {number}")),
        "owner": "one",
        "leased_until": LEASE,
        "not_before": None,
        "created_at": MICROS,
        "contact_id": 1,
    } | more


def marked(number: int, state: DeliveryState = "sent") -> Mark:
    return Mark(delivery=DeliveryId(number), address=ADA, state=state, known=True, message_ids=("m7",))


@pytest.fixture
async def ledger(database: Database) -> Database:
    await database.write(lambda: many(CONTACT, [{"id": 1, "language": "de", "created_at": MICROS}]))
    place = {
        "id": 2,
        "channel": "memory",
        "chat": "ada",
        "person": "ada",
        "account": "memory:bot",
        "contact_id": 1,
        "seen_at": MICROS,
    }
    await database.write(lambda: many(ADDRESS, [place]))
    return database


async def planned(ledger: Database, *deliveries_: dict[str, Any]) -> None:
    await ledger.write(lambda: many(INSERT, deliveries_))


async def states(ledger: Database) -> dict[int, tuple[str, str]]:
    return {number: (state, reason) for number, state, reason, _, _ in await ledger.read(lambda: rows(LEDGER))}


async def test_a_reply_that_was_sent_keeps_no_body_and_its_prompt_knows_its_message(ledger: Database) -> None:
    shown = {"id": 5, "channel": "memory", "chat": "ada", "kind": "menu", "created_at": MICROS, "superseded_at": None}
    await ledger.write(lambda: many(PROMPT, [shown]))
    await planned(ledger, row(10, prompt_id=5), row(11, priority="push"))
    marks = [replace(marked(10), prompt=PromptId(5)), marked(11)]
    await ledger.write(lambda: deliveries.mark(marks, now=MICROS))
    found = {
        number: (state, attempts, body) for number, state, _, attempts, body in await ledger.read(lambda: rows(LEDGER))
    }
    assert found[10] == ("sent", 1, None)
    assert found[11][:2] == ("sent", 1)
    assert "text 11" in found[11][2], "a push keeps what it said"
    assert await ledger.read(lambda: rows(PROMPTS)) == [(5, "m7")]


async def test_what_was_said_to_a_stranger_leaves_no_row(ledger: Database) -> None:
    visitor = {
        "id": 3,
        "channel": "memory",
        "chat": "guest",
        "person": "guest",
        "account": "memory:bot",
        "language": "de",
        "step": "consent",
        "created_at": MICROS,
    }
    await ledger.write(lambda: many(VISITOR, [visitor]))
    await planned(ledger, row(10, chat="stranger", contact_id=None), row(11, chat="guest", contact_id=None))
    marks = [replace(marked(number), known=False) for number in (10, 11)]
    await ledger.write(lambda: deliveries.mark(marks, now=MICROS))
    assert set(await states(ledger)) == {11}, "a visitor's deliveries stay with the visitor's row"


async def test_somebody_who_left_is_unreachable(ledger: Database) -> None:
    await planned(ledger, row(10))
    gone = replace(marked(10, "failed"), reason="blocked", unreachable=True, message_ids=())
    await ledger.write(lambda: deliveries.mark([gone], now=MICROS))
    assert await states(ledger) == {10: ("failed", "blocked")}
    found = await ledger.read(lambda: rows(REACHABLE))
    assert [(bool(reachable), trouble, chat) for reachable, trouble, chat in found] == [(False, "blocked", "ada")]


async def test_a_chat_that_moved_takes_with_it_what_waits_and_keeps_what_was_sent(ledger: Database) -> None:
    await planned(ledger, row(10), row(11, state="planned", owner=None), row(12, state="sent"), row(13, chat="bob"))
    await ledger.write(lambda: many(INBOX, [{"key": "inbox", "value": "memory:ada", "changed_at": MICROS}]))
    await ledger.write(lambda: many(DIALOGUE, [{"channel": "memory", "chat": "ada", "name": "ask", "step": "text"}]))
    prompt = {"id": 5, "channel": "memory", "chat": "ada", "kind": "menu", "created_at": MICROS, "superseded_at": None}
    await ledger.write(lambda: many(PROMPT, [prompt]))
    moved = replace(marked(10, "planned"), reason="moved", moved_to="grace", message_ids=())
    await ledger.write(lambda: deliveries.mark([moved], now=MICROS))
    chats: dict[int, str] = dict(await ledger.read(lambda: rows(CHATS)))
    assert chats == {10: "grace", 11: "grace", 12: "ada", 13: "bob"}
    found = await ledger.read(lambda: rows(REACHABLE))
    assert [(bool(reachable), trouble, chat) for reachable, trouble, chat in found] == [(True, "", "grace")]
    for statement in (PROMPT_CHAT, DIALOGUE_CHAT, INBOX_AT):
        assert [value.rpartition(":")[2] for (value,) in await ledger.read(lambda: rows(statement))] == ["grace"]  # noqa: B023
    claim = await ledger.write(lambda: deliveries.claim(["memory"], owner="two", now=MICROS, leased_until=LEASE))
    assert [(outgoing.delivery, outgoing.address.chat) for outgoing, _, _ in claim] == [(10, "grace"), (11, "grace")]


async def test_what_is_due_is_claimed_once_replies_first(ledger: Database) -> None:
    later = to_micros(NOW + timedelta(minutes=1))
    await planned(
        ledger,
        row(10, state="planned", priority="push", owner=None),
        row(11, state="planned", owner=None),
        row(12, state="planned", owner=None, not_before=later),
        row(13, state="planned", owner=None, channel="other"),
    )
    claim = await ledger.write(lambda: deliveries.claim(["memory"], owner="two", now=MICROS, leased_until=LEASE))
    again = await ledger.write(lambda: deliveries.claim(["memory"], owner="three", now=MICROS, leased_until=LEASE))
    assert [outgoing.delivery for outgoing, _, _ in claim] == [11, 10]
    assert [outgoing.message.text for outgoing, _, _ in claim] == ["text 11", "text 10"]
    assert again == []


async def test_after_a_crash_replies_go_again_and_answered_ones_do_not(ledger: Database) -> None:
    old = {
        "id": 5,
        "channel": "memory",
        "chat": "ada",
        "kind": "question",
        "created_at": MICROS,
        "superseded_at": MICROS + 1,
    }
    await ledger.write(lambda: many(PROMPT, [old, old | {"id": 6, "superseded_at": None}]))
    await planned(
        ledger,
        row(10, prompt_id=5),
        row(11, prompt_id=6),
        row(12),
        row(15, channel="other"),
    )
    await ledger.write(lambda: deliveries.recover(["memory"], now=MICROS))
    assert await states(ledger) == {
        10: ("cancelled", "superseded"),
        11: ("planned", ""),
        12: ("planned", ""),
        15: ("claimed", ""),
    }


async def test_a_lease_that_ran_out_is_given_back_unless_somebody_holds_it(ledger: Database) -> None:
    past = to_micros(NOW - timedelta(seconds=1))
    await planned(
        ledger,
        row(10, leased_until=past),
        row(11, leased_until=past),
        row(13),
    )
    freed = await ledger.write(lambda: deliveries.set_free(["memory"], held={11}, now=MICROS))
    assert freed == 1
    assert await states(ledger) == {
        10: ("planned", ""),
        11: ("claimed", ""),
        13: ("claimed", ""),
    }


# --- jobs ------------------------------------------------------------------------------------------------------------


async def waiting_job(ledger: Database, number: int = 20) -> None:
    work = {
        "id": number,
        "kind": "check_form",
        "channel": "memory",
        "chat": "ada",
        "data": dump({"name": "x"}),
        "state": "planned",
        "created_at": MICROS,
    }
    await ledger.write(lambda: many(JOB, [work]))


def numbers() -> Iterator[int]:
    yield from range(100, 200)


async def test_a_job_is_taken_once_and_again_when_its_process_died(ledger: Database) -> None:
    await waiting_job(ledger)
    first = await ledger.write(lambda: jobs.take(["check_form"], channels=["memory"], now=NOW))
    assert first == Job(id=20, kind="check_form", address=ADA, data={"name": "x"}, attempts=1)
    assert await ledger.write(lambda: jobs.take(["check_form"], channels=["memory"], now=NOW)) is None
    later = await ledger.write(
        lambda: jobs.take(["check_form"], channels=["memory"], now=NOW + jobs.LEASE + timedelta(seconds=1))
    )
    assert later is not None
    assert later.attempts == 2


async def taken(ledger: Database, *, kind: str = "check_form", channel: str = "memory", **more: Any) -> Job | None:
    facts = {"now": NOW} | more
    return await ledger.write(lambda: jobs.take([kind], channels=[channel], **facts))


async def test_a_job_is_only_for_who_knows_its_kind_and_has_its_chat(ledger: Database) -> None:
    await waiting_job(ledger)
    assert await taken(ledger, kind="fetch") is None
    assert await taken(ledger, channel="telegram") is None
    assert await taken(ledger, only="bob") is None
    assert await taken(ledger, only="ada") is not None


async def test_a_job_that_was_put_back_waits(ledger: Database) -> None:
    await waiting_job(ledger)
    job = await taken(ledger)
    assert job is not None
    await ledger.write(lambda: jobs.put_back(job, until=NOW + timedelta(seconds=60)))
    assert await taken(ledger, now=NOW + timedelta(seconds=59)) is None
    assert await taken(ledger, now=NOW + timedelta(seconds=61)) is not None


async def test_what_a_dead_process_had_begun_is_free_at_the_next_start(ledger: Database) -> None:
    await waiting_job(ledger)
    await taken(ledger)
    await ledger.write(lambda: jobs.recover(["telegram"]))
    await ledger.write(lambda: jobs.recover(["memory"], only="bob"))
    assert await taken(ledger) is None
    await ledger.write(lambda: jobs.recover(["memory"]))
    assert await taken(ledger) is not None


async def test_a_job_done_twice_says_its_word_once(ledger: Database) -> None:
    await waiting_job(ledger)
    job = await ledger.write(lambda: jobs.take(["check_form"], channels=["memory"], now=NOW))
    assert job is not None
    made = numbers()
    prompt = NewPrompt(id=PromptId(30), kind="form", data={"choices": []})
    replies = [Reply(message=OutboundMessage(text="fine", prompt=PromptId(30)), prompt=prompt)]
    await ledger.write(lambda: jobs.finish(job, replies, now=NOW, number=lambda: next(made)))
    await ledger.write(
        lambda: jobs.finish(job, [Reply(message=OutboundMessage(text="fine"))], now=NOW, number=lambda: next(made))
    )
    assert list((await states(ledger)).values()) == [("planned", "")]
    assert (
        await ledger.write(lambda: jobs.take(["check_form"], channels=["memory"], now=NOW + timedelta(days=1))) is None
    )


async def test_what_is_too_long_is_several_deliveries_and_the_last_has_the_prompt(ledger: Database) -> None:
    await waiting_job(ledger)
    job = await ledger.write(lambda: jobs.take(["check_form"], channels=["memory"], now=NOW))
    assert job is not None
    made = numbers()
    prompt = NewPrompt(id=PromptId(30), kind="form", data={"choices": []})
    message = OutboundMessage(text="Erste Hälfte.\n\nZweite Hälfte.", prompt=PromptId(30))
    for reply in (Reply(message=message, prompt=prompt), Reply(message=message)):  # its prompt's row is there by then
        await ledger.write(partial(jobs.finish, job, [reply], now=NOW, number=lambda: next(made), abilities=SHORT))
    claim = await ledger.write(lambda: deliveries.claim(["memory"], owner="two", now=MICROS, leased_until=LEASE))
    assert [(each.message.text, each.message.prompt) for each, _, _ in claim] == [
        ("Erste Hälfte.", None),
        ("Zweite Hälfte.", 30),
    ]


async def test_a_job_of_somebody_who_was_erased_says_nothing(ledger: Database) -> None:
    job = Job(id=20, kind="check_form", address=Address("memory", "gone"), data={}, attempts=1)
    made = numbers()
    replies = [Reply(message=OutboundMessage(text="fine"))]
    await ledger.write(lambda: jobs.finish(job, replies, now=NOW, number=lambda: next(made)))
    assert await states(ledger) == {}
