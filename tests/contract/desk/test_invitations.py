"""Invitations from the desk to the one who comes by them, on both databases; two at once, by two connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_asyncio import fixture
from sqlalchemy import select

from bot.desk import invite, perform
from bot.domain import desk
from bot.domain.guessing import FREE_TRIES, KEPT_FOR
from bot.domain.inviting import SHOWN
from bot.domain.messages import Address, InboundMessage, Said
from bot.errors import Conflict, UsageError
from bot.house import House, open_house
from bot.ports import Batch, Handled
from bot.runtime.dispatcher import Decider
from bot.work.invitations import InviteWork, letters, make
from handlers import ROUTES
from handlers.onboarding import code_in
from storage.codec import to_micros
from storage.invited import list_invitations
from storage.scenes import Surroundings
from storage.statements import Row, Statement, insert, many, rows
from storage.tables import addresses, audit_log, consents, contacts, guesses
from storage.unit_of_work import SqlStore
from tests.contract.channels.stage import TurnedClock
from tests.contract.desk.conftest import People

ENTERED = insert(contacts, ("id", "name", "mail", "language", "company_id", "created_at"))
WRONG = "0000-0000-0000"


class Process:
    """A process of the bot on the house's database: messages go in, words come back."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.clock = TurnedClock()
        around = Surroundings(
            hub=house.hub, catalogue=house.texts, library=house.library, next_id=house.next_id, code_in=code_in
        )
        self.store = SqlStore(house.database, around, clock=self.clock, owner="o")

    async def says(self, who: str, *texts: str) -> str:
        """Let somebody write; return what they hear upon the last message."""
        heard = ""
        for text in texts:
            handled = await self._handled(who, text)
            heard = "\n".join(outgoing.message.text for outgoing, _ in handled.sends)
        return heard

    async def _handled(self, who: str, text: str) -> Handled:
        message = InboundMessage(
            account="memory:bot",
            native_id=str(self.house.next_id()),
            address=Address("memory", who),
            sender=who,
            content=Said(text),
            received_at=self.clock.now(),
            language="de",
        )
        batch = Batch(messages=(message,), cursors={})
        try:
            return await self.store.process(batch, Decider(ROUTES))
        except Conflict:  # the dispatcher does the same: once more, as things are now
            return await self.store.process(batch, Decider(ROUTES))


@pytest.fixture
def process(house: House) -> Process:
    return Process(house)


@fixture
async def other(house: House) -> AsyncIterator[Process]:
    """A second process, with a connection of its own."""
    async with open_house(house.settings) as opened:
        yield Process(opened)


async def table(house: House, *columns: Any) -> list[Row]:
    return await house.database.read(lambda: rows(Statement(select(*columns).order_by(columns[0]))))


async def listed(house: House, *, later: timedelta = timedelta()) -> list[dict[str, Any]]:
    now = to_micros(house.clock.now() + later)
    return await house.database.read(lambda: list_invitations(now=now))


async def entered(house: House, *, company: int | None, name: str = "Ada Muster") -> int:
    """Enter a person, as an import does."""
    number = house.next_id()
    row = {"id": number, "name": name, "mail": "ada@example.org", "language": "en", "company_id": company}
    await house.database.write(lambda: many(ENTERED, [{**row, "created_at": 1}]))
    return number


async def test_who_opened_and_who_came_is_seen_in_the_list(house: House, process: Process) -> None:
    until = house.clock.now() + timedelta(days=3)
    code, _ = await invite(house, actor="P1", company="Testwerk", uses=3, expires_at=until)
    assert [(each["opened"], each["used"], each["left"]) for each in await listed(house)] == [(0, 0, 3)]
    await process.says("ada", f"/start {code}", f"/start {code}", "1", "1", "Ada Muster")
    await process.says("bob", code)
    (shown,) = await listed(house)
    assert (shown["state"], shown["company"], shown["role"], shown["created_by"]) == ("open", "Testwerk", None, "P1")
    # Begun anew with the same code is not opened twice.
    assert (shown["opened"], shown["used"], shown["left"], shown["used_by"]) == (2, 1, 2, ["Ada Muster"])
    assert shown["opened_at"] is not None
    assert (await listed(house, later=timedelta(days=4)))[0]["state"] == "expired"


async def test_a_code_for_any_number_counts_who_came(house: House, process: Process) -> None:
    code, _ = await invite(house, actor="P1", company="Testwerk", uses=None, expires_at=None)
    for who in ("ada", "bob"):
        await process.says(who, code, "1")
    assert [(each["uses"], each["left"], each["used"]) for each in await listed(house)] == [(None, None, 2)]


async def test_a_revoked_invitation_lets_nobody_in_and_who_came_stays(house: House, process: Process) -> None:
    code, _ = await invite(house, actor="P1", company="Testwerk", uses=9, expires_at=None)
    await process.says("ada", code, "1")
    number = (await listed(house))[0]["id"]
    assert await perform(house, actor="P1", command=desk.RevokeInvitation(invitation=number)) == "Testwerk"
    assert "zurückgezogen" in await process.says("bob", code)
    assert len(await table(house, contacts.c.id)) == 1
    assert [(each["state"], each["used"]) for each in await listed(house)] == [("revoked", 1)]
    for wrong in (number, 4711):
        with pytest.raises(UsageError, match=r"revoked already|no invitation"):
            await perform(house, actor="P1", command=desk.RevokeInvitation(invitation=wrong))
    noted = await table(house, audit_log.c.id, audit_log.c.action, audit_log.c.detail)
    assert [row[1] for row in noted] == ["invitation made", "invitation revoked"]
    assert desk.public_id("I", number) in noted[1][2]


async def test_a_personal_invitation_knows_its_person(house: House, process: Process, people: People) -> None:
    company = await people.company("Testwerk", state="confirmed")
    person = await entered(house, company=company)
    code, invited = await invite(house, actor="P1", contact=person, uses=1, expires_at=None)
    assert (invited.contact, invited.company) == ("Ada Muster", "Testwerk")
    assert "Testwerk" in await process.says("ada", code, "1")
    assert await process.says("ada", "1") == "Sie sind Ada Muster. Stimmt das?"
    assert "Guten Tag, Ada Muster" in await process.says("ada", "1")
    assert await table(house, contacts.c.id, contacts.c.name, contacts.c.mail, contacts.c.language) == [
        (person, "Ada Muster", "ada@example.org", "de")
    ]
    assert await table(house, consents.c.contact_id) == [(person,)]
    assert "schon verbraucht" in await process.says("bob", code)
    with pytest.raises(UsageError, match="has joined already"):
        await invite(house, actor="P1", contact=person, uses=1, expires_at=None)


async def test_a_person_who_is_called_otherwise_says_so(house: House, process: Process) -> None:
    code, _ = await invite(house, actor="P1", contact=await entered(house, company=None), uses=1, expires_at=None)
    await process.says("ada", code, "1", "Neuwerk")
    assert "Wie dürfen wir" in await process.says("ada", "2")
    assert "Wie dürfen wir" in await process.says("ada", "/start")
    assert "Adele Muster" in await process.says("ada", "Adele Muster")
    assert await table(house, contacts.c.name) == [("Adele Muster",)]


@pytest.mark.parametrize("wrong", [{"uses": 2}, {"uses": None}, {"uses": 1, "role": "admin"}])
async def test_a_personal_invitation_is_good_once_and_for_no_role(house: House, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="good once"):
        await invite(house, actor="P1", contact=await entered(house, company=None), expires_at=None, **wrong)


async def test_a_code_for_one_lets_one_in_when_two_use_it_at_once(
    house: House, process: Process, other: Process, people: People
) -> None:
    company = await people.company("Testwerk", state="confirmed")
    for turn in range(5):
        person = await entered(house, company=company) if turn % 2 else None
        name = None if person else f"Werk {turn}"
        code, _ = await invite(house, actor="P1", company=name, contact=person, uses=1, expires_at=None)
        ada, bob = f"ada{turn}", f"bob{turn}"
        await process.says(ada, code)
        await other.says(bob, code)
        heard = await asyncio.gather(process.says(ada, "1"), other.says(bob, "1"))
        assert sorted("Ihre Einladung ist für" in each for each in heard) == [False, True]
        assert sum("schon verbraucht" in each for each in heard) == 1
    assert {(each["left"], each["used"], each["opened"]) for each in await listed(house)} == {(0, 1, 2)}


async def test_two_codes_for_one_person_let_one_in(
    house: House, process: Process, other: Process, people: People
) -> None:
    company = await people.company("Testwerk", state="confirmed")
    for turn in range(5):
        person = await entered(house, company=company)
        one, two = [(await invite(house, actor="P1", contact=person, uses=1, expires_at=None))[0] for _ in "12"]
        ada, bob = f"ada{turn}", f"bob{turn}"
        await process.says(ada, one)
        await other.says(bob, two)
        heard = await asyncio.gather(process.says(ada, "1"), other.says(bob, "1"))
        assert sorted("schon verbraucht" in each for each in heard) == [False, True]
    came = [row[0] for row in await table(house, addresses.c.contact_id)]
    assert len(came) == len(set(came)) == 5


async def test_who_is_erased_while_they_are_asked_is_not_brought_back(house: House, process: Process) -> None:
    person = await entered(house, company=None)
    code, _ = await invite(house, actor="P1", contact=person, uses=1, expires_at=None)
    await process.says("ada", code)
    await perform(house, actor="P1", command=desk.EraseContact(contact=person, keyed=house.hub.person_hash))
    assert "Diesen Code kenne ich nicht" in await process.says("ada", "1")
    assert await table(house, contacts.c.id) == []


async def test_a_job_asks_for_the_right_to_invite_and_for_the_team_for_that_to_give_roles(house: House) -> None:
    crew = InviteWork(house).crew()
    assert dict(crew.rights) == {"invite": "send", "invite_team": "grant"}
    assert crew.kinds.keys() == crew.rights.keys()


async def test_the_chat_lists_the_newest_and_says_how_to_find_the_others(house: House, process: Process) -> None:
    await perform(house, actor="P1", command=desk.GrantRole(person=Address("memory", "olga"), role="organiser"))
    await process.says("olga", "/start", "1", "Olga")
    for number in range(SHOWN + 2):
        await invite(house, actor="P1", company=f"Werk {number}", uses=1, expires_at=None)
    heard = await process.says("olga", "/einladen")
    assert "Werk 9," in heard and "Werk 1," not in heard and "Und 2 weitere" in heard
    assert "Werk 1," in await process.says("olga", "/einladen zurückziehen werk 1")


async def test_a_letter_says_until_which_time_of_the_last_day(house: House) -> None:
    until = datetime(2026, 3, 24, 22, 30, tzinfo=UTC)
    made = await make(house, actor="P1", company="Testwerk", uses=3, expires_at=until)
    assert "Er gilt bis zum 24. März 2026, 23:30 Uhr." in letters(house, made, ["de"])
    assert "It is good until 24 March 2026, 23:30." in letters(house, made, ["en"])


async def test_wrong_codes_make_one_wait_and_no_one_else(house: House, process: Process) -> None:
    code, _ = await invite(house, actor="P1", company="Testwerk", uses=9, expires_at=None)
    for _ in range(FREE_TRIES):
        assert "Diesen Code kenne ich nicht" in await process.says("eve", f"/start {WRONG}")
    assert "in einer Minute" in await process.says("eve", f"/start {code}")
    assert "Bevor es" not in await process.says("eve", f"https://t.me/testhub_bot?start={code}")
    process.clock.ahead = timedelta(minutes=1)
    assert "Diesen Code kenne ich nicht" in await process.says("eve", WRONG)
    assert "in 5 Minuten" in await process.says("eve", code)
    assert "Ihre Einladung" in await process.says("ada", code, "1")
    # A contact's codes are no others.
    for _ in range(FREE_TRIES):
        await process.says("ada", f"/start {WRONG}")
    assert "in einer Minute" in await process.says("ada", f"/start {code}")
    kept = await table(house, guesses.c.tries, guesses.c.key)
    assert [row[0] for row in kept] == [5, 6, 11]
    assert not any(name in str(kept) for name in ("eve", "ada"))
    process.clock.ahead = KEPT_FOR + timedelta(hours=1)
    await process.store.prune()
    assert await table(house, guesses.c.key) == []
