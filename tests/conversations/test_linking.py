"""One person on two channels: joined, told, separated; and two contacts who become one. On both databases."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_asyncio import fixture
from sqlalchemy import select

from bot.adapters.plain import plain_text
from bot.app import App
from bot.desk import invite, perform
from bot.domain.desk import GrantRole
from bot.domain.messages import Address, ChatKind, Content, InboundMessage, OutboundMessage, Outgoing, Pressed, Said
from bot.errors import Conflict
from bot.house import House, open_house
from bot.ports import Batch, Mark
from bot.runtime.clock import StandingClock
from bot.runtime.dispatcher import Decider
from handlers import ROUTES
from storage import tables
from storage.statements import Row, Statement, rows
from tests.contract.channels.staging import prepared
from tests.fixtures_databases import database_kind  # noqa: F401 - a fixture

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANNELS = ("telegram", "matrix", "memory")


@dataclass(slots=True)
class Town:
    """A hub on several channels; people are called by `channel:name`, and are heard there."""

    house: House
    app: App
    clock: StandingClock
    heard: dict[str, list[OutboundMessage]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _marks: list[Mark] = field(default_factory=list)

    def message(self, who: str, content: Content, *, language: str = "de", group: bool = False) -> InboundMessage:
        channel, _, name = who.partition(":")
        number = next(self._numbers)
        return InboundMessage(
            account=f"{channel}:bot", native_id=f"n{number}", address=Address(channel, "room" if group else name),
            sender=name, content=content, received_at=self.clock.now(), message_id=f"m{number}", language=language,
            chat_kind=ChatKind.GROUP if group else ChatKind.PRIVATE,
        )  # fmt: skip

    async def says(self, who: str, text: str, **more: Any) -> str:
        """Let somebody write; return all that they hear."""
        before = len(self.heard.get(who, ()))
        await self.process([self.message(who, Said(text), **more)])
        return "\n".join(plain_text(one) for one in self.heard.get(who, [])[before:])

    async def picks(self, who: str, label: str, **more: Any) -> str:
        """Let somebody press the newest choice of that name."""
        before = len(self.heard[who])
        for shown in reversed(self.heard[who]):
            for choice in shown.choices:
                if choice.label == label:
                    await self.process([self.message(who, Pressed(shown.prompt, choice.key, None, None), **more)])
                    return "\n".join(plain_text(one) for one in self.heard[who][before:])
        raise AssertionError(f"{who} was offered no {label!r}: {self.last(who)}")

    def last(self, who: str) -> str:
        return plain_text(self.heard[who][-1])

    async def process(self, messages: list[InboundMessage]) -> None:
        """As the dispatcher does: a batch, and what conflicts one by one."""
        store, decide = self.app.store, Decider(ROUTES)
        waiting = [messages]
        while waiting:
            batch = waiting.pop(0)
            try:
                handled = await store.process(Batch(messages=tuple(batch), marks=self.taken(), cursors={}), decide)
            except Conflict:
                waiting[:0] = [[one] for one in batch]
                continue
            for outgoing, known in handled.sends:
                self.show(outgoing, known=known)
            waiting += [[one] for one in handled.later]
        for outgoing, known, _ in await store.claim(CHANNELS):
            self.show(outgoing, known=known)
        await store.process(Batch(marks=self.taken(), cursors={}), decide)

    def taken(self) -> tuple[Mark, ...]:
        marks, self._marks = tuple(self._marks), []
        return marks

    def show(self, outgoing: Outgoing, *, known: bool) -> None:
        self.heard.setdefault(str(outgoing.address), []).append(outgoing.message)
        self._marks.append(
            Mark(
                delivery=outgoing.delivery, address=outgoing.address, state="sent", known=known,
                message_ids=(f"b{outgoing.delivery}",), prompt=outgoing.message.prompt,
            )
        )  # fmt: skip

    async def joins(self, who: str, *, company: str, called: str, language: str = "de") -> None:
        code, _ = await invite(self.house, actor="test", company=company, role=None, uses=1, expires_at=None)
        await self.says(who, f"/start {code}", language=language)
        await self.picks(who, self.text("consent.yes", language))
        await self.picks(who, self.text("joining.company_yes", language))
        await self.says(who, called)

    def text(self, key: str, language: str = "de", **fields: Any) -> str:
        return self.house.texts.speaker(language)(key, **fields)

    async def code(self, who: str) -> str:
        return (await self.says(who, "/link")).partition("!verbinden ")[2].split()[0]

    async def look(self, query: Any) -> list[Row]:
        statement = Statement(query, name="a test looks")
        return await self.house.database.read(lambda: rows(statement))

    async def owner(self, who: str) -> int | None:
        channel, _, chat = who.partition(":")
        query = select(tables.addresses.c.contact_id).where(
            tables.addresses.c.channel == channel, tables.addresses.c.chat == chat
        )
        found = await self.look(query)
        return found[0][0] if found else None


@fixture
async def town(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database_kind: str,  # noqa: F811 - the fixture
) -> AsyncIterator[Town]:
    forms = getattr(request, "param", ("types",))
    with prepared(folder=tmp_path, forms=forms, database=database_kind, registration="invitation") as settings:
        clock = StandingClock(MORNING)
        async with open_house(settings, clock=clock) as house:
            yield Town(house, App(house, []), clock)


ADA, THERE = "telegram:ada", "matrix:ada"


async def test_a_second_channel_joins_and_the_conversation_goes_on_there(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    question = await town.says(ADA, "/umfrage")
    told = await town.says(ADA, "/verbinden")
    code = told.partition("!verbinden ")[2].split()[0]
    assert "15 Minuten" in told
    typed = code.replace("-", " ").lower().replace("0", "O")
    asked = await town.says(THERE, typed, language="en")
    assert "Ada Muster, Adawerk" in asked
    assert "eine dieser Zeilen" in await town.says(THERE, "vielleicht")
    assert "Sind Sie das?" in asked, "in the language that they speak with us"
    done = await town.picks(THERE, "Verbinden", language="en")
    assert "Verbunden" in done
    assert "Wohin sollen Nachrichten kommen" in done
    assert "Ihr Chat auf Matrix gehört jetzt zu Ihrem Konto" in town.last(ADA)
    assert await town.owner(THERE) == await town.owner(ADA)
    gone_on = await town.picks(THERE, "Matrix")
    assert question.splitlines()[-1] in gone_on
    consents = await town.look(select(tables.consents.c.channel).order_by(tables.consents.c.given_at))
    assert [row[0] for row in consents] == ["telegram", "matrix"]
    assert "Matrix, seit" in await town.says(ADA, "/verbinden")
    assert "telegram:ada" in (data := await town.says(THERE, "/meinedaten"))
    assert "matrix:ada" in data


async def test_a_code_is_good_once_also_in_the_same_instant(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    code = await town.code(ADA)
    for who in (THERE, "memory:eve"):
        await town.says(who, f"/link {code}")
    yes = [town.message(who, Pressed(town.heard[who][-1].prompt, "here", None, None)) for who in (THERE, "memory:eve")]
    await town.process(yes)
    owners = [await town.owner(who) for who in (THERE, "memory:eve")]
    assert sorted(owner is not None for owner in owners) == [False, True]
    loser = THERE if owners[0] is None else "memory:eve"
    assert "Dieser Code gilt nicht" in town.last(loser)
    assert "Dieser Code gilt nicht" in await town.says("memory:sid", f"/link {code}")


async def test_two_connections_use_a_code_once(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    code = await town.code(ADA)
    whos = (THERE, "memory:eve")
    for who in whos:
        await town.says(who, f"/link {code}")
    pressed = [town.message(who, Pressed(town.heard[who][-1].prompt, "here", None, None)) for who in whos]
    async with open_house(town.house.settings, clock=town.clock) as other:
        twin = Town(other, App(other, []), town.clock)
        await asyncio.gather(town.process([pressed[0]]), twin.process([pressed[1]]))
    assert sorted([await town.owner(who) is not None for who in whos]) == [False, True]


async def test_a_code_of_yesterday_and_a_made_up_one_change_nothing(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    code = await town.code(ADA)
    town.clock.pass_by(timedelta(minutes=16))
    for bad in (code, "7KQ2-9F0D-XW3T", "hallo"):
        assert "Dieser Code gilt nicht" in await town.says(THERE, f"/link {bad}")
    first = await town.code(ADA)
    second = await town.code(ADA)
    assert "Dieser Code gilt nicht" in await town.says(THERE, f"/link {first}")
    assert "Sind Sie das?" in await town.says(THERE, f"/link {second}")
    assert "von diesem Konto" in await town.says(ADA, f"/link {second}")
    await town.says(ADA, f"/link {second}", group=True)
    assert await town.owner("telegram:room") is None


async def test_an_answer_there_makes_the_question_here_an_old_one(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.says(ADA, "/umfrage")
    await town.says(THERE, f"/link {await town.code(ADA)}")
    await town.picks(THERE, "Verbinden")
    await town.picks(THERE, "Matrix")
    for words in ("Hub", "12", "5", "1.2.2020"):
        asked = await town.says(ADA, words)
    assert "Welche Farbe?" in asked
    assert "Welche Farbe?" in await town.says(THERE, "/umfrage")
    await town.picks(THERE, "Rot")
    town.clock.pass_by(timedelta(days=1))
    given = select(tables.answers.c.value).where(tables.answers.c.path == "colour")
    red = await town.look(given)
    assert "Ändern auf" in await town.picks(ADA, "Blau"), "it was answered there, so here it is an old question"
    assert await town.look(given) == red


async def test_two_contacts_become_one_and_two_again(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.joins(THERE, company="Adawerk", called="A. Muster")
    for who in (ADA, THERE):
        await town.says(who, "/umfrage")
    first, second = await town.owner(ADA), await town.owner(THERE)
    assert "zwei Konten" in await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    asked = await town.picks(THERE, "Verbinden")
    assert "Der von Telegram: begonnen" in asked
    assert "Der von Matrix: begonnen" in asked
    united = await town.picks(THERE, "Der von Matrix")
    assert "dieselbe Person" in united
    assert "sind jetzt eines" in town.last(ADA)
    assert await town.owner(THERE) == first
    counting = select(tables.responses.c.channel).where(tables.responses.c.superseded_at.is_(None))
    assert await town.look(counting) == [("matrix",)]
    assert "zählt nicht" in await town.says(ADA, "/meinedaten")
    assert "Wieder getrennt" in await town.says(ADA, "/verbinden rückgängig")
    assert (await town.owner(ADA), await town.owner(THERE)) == (first, second)
    assert sorted(await town.look(counting)) == [("matrix",), ("telegram",)]
    assert "nichts rückgängig" in await town.says(ADA, "/verbinden undo")


async def test_of_two_companies_the_team_picks_one(town: Town) -> None:
    await perform(town.house, actor="test", command=GrantRole(person=Address("telegram", "olga"), role="organiser"))
    await town.says("telegram:olga", "/start")
    await town.picks("telegram:olga", "Einverstanden")
    await town.says("telegram:olga", "Olga Org")
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.joins(THERE, company="Benwerk", called="Ada Muster")
    await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    assert "Das Team entscheidet" in await town.picks(THERE, "Verbinden")
    assert await town.owner(THERE) != await town.owner(ADA)
    assert "warten wir noch auf das Team" in await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    assert "Welches gilt?" in town.last("telegram:olga")
    assert "das Unternehmen ist Benwerk" in await town.picks("telegram:olga", "Benwerk")
    assert await town.owner(THERE) == await town.owner(ADA)
    for who in (ADA, THERE):
        assert "Ihr Unternehmen ist Benwerk" in town.last(who)
    assert "schon jemand entschieden" in await town.picks("telegram:olga", "Adawerk")


async def test_an_address_is_taken_off_and_both_hear_of_it(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.says(THERE, f"/link {await town.code(ADA)}")
    await town.picks(THERE, "Verbinden")
    await town.says(ADA, "/verbinden")
    assert "Matrix ist gelöst" in await town.picks(ADA, "Matrix lösen")
    assert "gehört nicht mehr zu Ihrem Konto" in town.last(THERE)
    assert await town.owner(THERE) is None
    assert "Einladung" in await town.says(THERE, "hallo")


async def test_who_is_forgotten_here_is_forgotten_there(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.says(THERE, f"/link {await town.code(ADA)}")
    await town.picks(THERE, "Verbinden")
    await town.says(ADA, "/vergessen")
    await town.says(ADA, town.text("forget.word"))
    assert "Auch hier ist nichts mehr gespeichert" in town.last(THERE)
    assert await town.look(select(tables.addresses.c.id)) == []
    assert len(await town.look(select(tables.erasures.c.person_hash).distinct())) == 2


async def test_staff_and_participants_stay_two(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await perform(town.house, actor="test", command=GrantRole(person=Address("matrix", "ada"), role="organiser"))
    assert "verschiedene Rollen" in await town.says(THERE, f"/link {await town.code(ADA)}")
    assert await town.owner(THERE) is None


async def test_who_guesses_codes_waits_even_with_a_right_one(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    right = await town.code(ADA)
    for number in range(5):
        assert "Dieser Code gilt nicht" in await town.says("memory:sid", f"/link 7KQ2-9F0D-XW3{number}")
    assert "Dieser Code gilt nicht" not in (told := await town.says("memory:sid", f"/link {right}"))
    assert "Minute" in told
    assert await town.owner("memory:sid") is None
    assert "Sind Sie das?" in await town.says(THERE, f"/link {right}"), "others do not wait"


@pytest.mark.parametrize("town", [("short", "types")], indirect=True)
async def test_of_two_forms_under_way_one_waits_and_goes_on_later(town: Town) -> None:
    await town.joins(ADA, company="Adawerk", called="Ada Muster")
    await town.joins(THERE, company="Adawerk", called="A. Muster")
    await town.says(ADA, "/umfrage")
    await town.picks(ADA, "Alle Arten")
    town.clock.pass_by(timedelta(minutes=1))
    await town.says(THERE, "/umfrage")
    await town.picks(THERE, "Kurze Frage")
    await town.says(THERE, f"/verbinden {await town.code(ADA)}")
    assert "dieselbe Person" in await town.picks(THERE, "Verbinden"), "nothing has to be picked"
    assert "Was wünschen Sie sich?" in await town.picks(THERE, "Matrix")
    await town.says(ADA, "/umfrage")
    await town.says(ADA, "Werkzeug")
    await town.picks(ADA, "Absenden")
    await town.says(ADA, "/umfrage")
    assert "Welches Wort" in await town.picks(ADA, "Alle Arten")
    await town.says(ADA, "Hub")
    assert "Menschen arbeiten" in town.last(ADA)
