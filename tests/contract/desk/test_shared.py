"""A form that a company answers together, on both databases: who begins, who has access, who leaves, what stays."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pytest_asyncio import fixture
from sqlalchemy import bindparam, select, update

from bot.adapters.memory import MemoryChannel
from bot.app import App
from bot.desk import invite, perform, table_of
from bot.domain.desk import MergeCompanies, PublishForm
from bot.domain.messages import Address, InboundMessage, Pressed, Said
from bot.domain.scene import Scene, Turn
from bot.errors import Conflict, UsageError
from bot.forms.model import Form
from bot.forms.source import compile_source
from bot.house import House, open_house
from bot.ports import Batch, Route, SetAside
from bot.runtime.clock import StandingClock, SystemClock
from bot.runtime.dispatcher import Decider
from handlers import ROUTES
from storage import reports
from storage.invited import list_invitations
from storage.reported import Selection
from storage.statements import Statement, change
from storage.tables import (
    addresses,
    answer_history,
    answers,
    companies,
    contacts,
    interviews,
    responses,
)
from tests.conversations.townspeople import ACCOUNT, CHANNEL, Townspeople
from tests.fixtures_databases import in_thread

SOURCE = (Path(__file__).parents[2] / "content" / "forms" / "together.md").read_bytes()

MOVED = Statement(update(contacts).where(contacts.c.id == bindparam("contact")).values(company_id=bindparam("company")))


def together(source: bytes = SOURCE) -> Form:
    form = compile_source(source, file_name="together.md").form
    assert form is not None
    return form


async def publish(house: House, source: bytes = SOURCE) -> None:
    command = PublishForm(form=together(source), name="together", file_name="together.md", source=source)
    await perform(house, actor="command line", command=command)


class Town(Townspeople):
    """People who say things, and what they read upon it."""

    async def says(self, name: str, text: str) -> str:
        """Return all that the person was told, and at last what others were told because of it."""
        shown = await self.act(name, Said(text))
        return "\n".join(f"{one.chat}: {one.message.text}" for one in shown)

    async def comes(self, name: str, company: str) -> None:
        code, _ = await invite(self.house, actor="command line", company=company, role=None, uses=1, expires_at=None)
        await self.joins(name, code=code)


@fixture
async def town(house: House) -> AsyncIterator[Town]:
    await publish(house)
    yield Town(house=house, app=App(house, [MemoryChannel()]), clock=StandingClock(SystemClock().now()))


async def test_access_comes_with_an_invitation_or_an_organisers_nod_and_goes_with_them(town: Town) -> None:
    for name, company in (("ada", "Adawerk"), ("ben", "Adawerk"), ("sid", "Sidwerk")):
        await town.comes(name, company)
    assert "gemeinsam" in await town.says("ada", "/survey")
    await town.says("ada", "12")
    joined = await town.says("ben", "/survey")
    assert "wortada" in joined and "1 von 4" in joined and "Wie groß" in joined
    assert "wortada" not in await town.says("sid", "/survey")

    code, _ = await invite(town.house, actor="command line", company=None, role=None, uses=1, expires_at=None)
    await town.act("cem", Said(f"/start {code}"))  # who types a company's name begins a company of their own
    await town.press_newest("cem", "yes")
    await town.says("cem", "Adawerk")
    await town.says("cem", "Cem")
    ((claimed,),) = await town.table(select(companies.c.id).where(companies.c.state == "claimed"))
    ((adawerk,),) = await town.table(
        select(companies.c.id).where(companies.c.name == "Adawerk", companies.c.id != claimed)
    )
    for text in ("/menu", "/review", "/mydata"):
        assert "wortada" not in await town.says("cem", text)
    merged = MergeCompanies(source=claimed, target=adawerk)
    await perform(town.house, actor="command line", command=merged)
    assert "wortada" in await town.says("cem", "/survey")
    assert len(await town.table(select(responses.c.id).where(responses.c.company_id == adawerk))) == 1

    await town.says("ben", "klein")  # no choice of the form
    await town.says("ben", "1")
    ((sidwerk,),) = await town.table(select(companies.c.id).where(companies.c.name == "Sidwerk"))
    ((ben,),) = await town.table(select(addresses.c.contact_id).where(addresses.c.chat == "ben"))
    await town.house.database.write(lambda: change(MOVED, contact=ben, company=sidwerk))
    seen = [await town.says("ben", text) for text in ("/review", "/back", "3")]
    assert not any("unter 10" in text or "wortada" in text for text in seen)
    assert "wortsid" in await town.says("ben", "/survey")  # what the new company has begun
    left = select(interviews.c.state).where(interviews.c.contact_id == ben).order_by(interviews.c.id)
    assert await town.table(left) == [("finished",), ("open",)]
    assert "unter 10" not in await town.says("ben", "/mydata")
    await town.says("ada", "/review")
    assert any("unter 10 (wortben" in choice.label for choice in town.shown[-1].message.choices)


async def test_a_code_brings_who_typed_the_companys_name_to_the_company(town: Town) -> None:
    await town.comes("ada", "Adawerk GmbH")
    for text in ("/survey", "12"):
        await town.says("ada", text)
    general, _ = await invite(town.house, actor="command line", company=None, role=None, uses=1, expires_at=None)
    for text in (f"/start {general}", "1", "adawerk", "Cem", "/survey", "44"):
        assert "wortada" not in await town.says("cem", text)
    foreign, _ = await invite(town.house, actor="command line", company="Sidwerk", role=None, uses=1, expires_at=None)
    assert "Sie sind schon für adawerk dabei" in await town.says("cem", f"/start {foreign}")
    code, _ = await invite(town.house, actor="command line", company="Adawerk GmbH", role=None, uses=1, expires_at=None)
    heard = await town.says("cem", f"/start {code}")
    assert "gehören jetzt mit Einladung zu Adawerk GmbH" in heard and "bei „adawerk“" in heard
    joined = await town.says("cem", "/survey")
    assert "wortada" in joined and "1 von 4" in joined
    assert "44" not in await town.says("ada", "/review")  # what was typed before stays where it was
    used = await town.house.database.read(lambda: list_invitations(now=1))
    assert [(each["company"], each["used"]) for each in used] == [
        ("Adawerk GmbH", 1),
        ("Sidwerk", 0),
        (None, 1),
        ("Adawerk GmbH", 1),
    ]
    assert used[0]["used_by"] == ["Cem"]


async def test_who_leaves_takes_their_name_along_and_leaves_the_companys_answers(town: Town) -> None:
    for name in ("ada", "ben"):
        await town.comes(name, "Adawerk")
    for text in ("/survey", "12"):
        await town.says("ada", text)
    for text in ("/survey", "2"):
        await town.says("ben", text)
    given = json.loads((await town.act("ben", Said("/mydata")))[0].message.attachments[0].content)
    (own,) = given["responses"]
    assert own["respondent"] == "company"
    assert [one["question"] for one in own["answers"]] == ["plant/size"]
    assert "bleiben beim Unternehmen" in await town.says("ada", "/forget")
    assert "ohne Ihren Namen" in await town.says("ada", "LÖSCHEN")
    kept = await town.table(
        select(answers.c.path, answers.c.value, answers.c.contact_id)
        .where(answers.c.state == "given")
        .order_by(answers.c.path)
    )
    assert [row[:2] for row in kept] == [("plant/size", '"middle"'), ("plant/staff", "12")]
    assert kept[1][2] is None and kept[0][2] is not None
    history = await town.table(select(answer_history.c.path, answer_history.c.contact_id).order_by(answer_history.c.id))
    assert history == [("plant/staff", None), ("plant/size", kept[0][2])]
    assert (await town.table(select(responses.c.begun_by, responses.c.contact_id))) == [(None, None)]
    assert "Jemand aus Ihrem Unternehmen" in (await town.says("ben", "/review")) + "".join(
        choice.label for choice in town.shown[-1].message.choices
    )
    await town.says("ben", "LÖSCHEN")  # nobody has asked
    await town.says("ben", "/forget")
    await town.says("ben", "LÖSCHEN")
    assert len(await town.table(select(responses.c.id))) == 1  # of a confirmed company it stays
    assert await town.table(select(contacts.c.id)) == []

    code, _ = await invite(town.house, actor="command line", company=None, role=None, uses=1, expires_at=None)
    await town.act("dora", Said(f"/start {code}"))
    await town.press_newest("dora", "yes")
    for text in ("Doras Laden", "Dora", "/survey", "3", "/forget", "LÖSCHEN"):
        await town.says("dora", text)
    assert len(await town.table(select(responses.c.id))) == 1  # that of a company that she alone had named goes


async def test_its_export_has_the_company_and_no_contact(town: Town) -> None:
    for name in ("ada", "ben"):
        await town.comes(name, "Adawerk")
    for text in ("/survey", "12", "2", "nein", "Ruhe"):
        await town.says("ada", text)
    await town.press_newest("ada", "submit")
    assert "wortada" in (await town.says("ben", "/survey"))
    chosen = await town.house.database.read(lambda: reports.versions("together"))
    table = table_of(town.house, chosen, values="codes", pseudonymise=True)
    pages = [page async for page in reports.stream_responses(town.house.database, chosen, Selection())]
    ((response,),) = pages
    row: dict[str, Any] = dict(table.nested(response))
    assert row["contact"] is None and str(row["company"]).startswith("C-") and row["staff"] == 12


async def test_a_new_version_keeps_the_respondent_once_there_are_responses(town: Town) -> None:
    changed = SOURCE.replace(b"| Deutsch (de) | company |", b"| Deutsch (de) | contact |")
    await publish(town.house, changed)
    await publish(town.house)
    await town.comes("ada", "Adawerk")
    await town.says("ada", "/survey")
    with pytest.raises(UsageError, match="respondent 'company'"):
        await publish(town.house, changed)


class Late(Decider):
    """Decides after something else has happened, in another process, while its own transaction is open."""

    def __init__(self, before: Callable[[], None]) -> None:
        super().__init__(ROUTES)
        self._before: list[Callable[[], None]] = [before]

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        while self._before:
            self._before.pop()()
        return super().turn(route, scene)


def message(name: str, text: str) -> InboundMessage:
    number = f"{name}-{uuid4()}"
    return InboundMessage(
        account=f"{ACCOUNT}-{name}", native_id=number, address=Address(CHANNEL, name), sender=name, content=Said(text),
        received_at=SystemClock().now(), message_id=number, language="de",
    )  # fmt: skip


async def says_elsewhere(house: House, name: str, text: str) -> None:
    """Let another process deal with a message."""
    async with open_house(house.settings) as other:
        store = App(other, [MemoryChannel()]).store
        await store.process(Batch(messages=(message(name, text),), cursors={}), Decider(ROUTES))


async def says_late(town: Town, name: str, text: str, before: tuple[str, str]) -> str:
    """Handle a message while another process deals with a colleague's; on SQLite only one of them writes at a time."""
    batch, store = Batch(messages=(message(name, text),), cursors={}), town.app.store
    if town.house.settings.database_url.startswith("sqlite"):
        await says_elsewhere(town.house, *before)
    else:
        late = Late(lambda: in_thread(lambda: says_elsewhere(town.house, *before)))
        with pytest.raises(Conflict):
            await store.process(batch, late)
    handled = await store.process(batch, Decider(ROUTES))
    return "\n".join(outgoing.message.text for outgoing, _ in handled.sends)


async def test_what_two_processes_do_at_once_is_decided_one_after_the_other(town: Town) -> None:
    for name in ("ada", "ben"):
        await town.comes(name, "Adawerk")
    joined = await says_late(town, "ben", "/survey", ("ada", "/survey"))
    assert "wortada" in joined and "Sie machen weiter" in joined
    assert len(await town.table(select(responses.c.id))) == 1
    told = await says_late(town, "ben", "12", ("ada", "11"))
    assert "„11“" in told and "„12“" in told
    history = select(answer_history.c.value).where(answer_history.c.path == "plant/staff").order_by(answer_history.c.id)
    assert await town.table(history) == [("11",), ("12",)]
    now = await town.table(select(answers.c.value).where(answers.c.path == "plant/staff"))
    assert now == [("12",)]


async def test_of_one_batch_a_company_has_one_message_at_a_time(town: Town) -> None:
    for name in ("ada", "ben"):
        await town.comes(name, "Adawerk")
    await town.both(("ada", Said("/survey")), ("ben", Said("/survey")))
    await town.both(("ada", Said("11")), ("ben", Said("12")))
    assert len(await town.table(select(responses.c.id))) == 1
    texts = [one.message.text for one in town.shown if one.chat == "ben"]
    assert any("hatte hier inzwischen „11“ geantwortet" in text for text in texts)
    assert any("Möchten Sie lieber die andere nehmen?" in text for text in texts), (
        "yes takes it, so it is asked like that"
    )
    told = [one.message.text for one in town.shown if one.chat == "ada"][-1]
    assert "Jetzt gilt „12“ statt „11“" in told
    await town.press_newest("ben", "yes")
    assert await town.table(select(answers.c.value).where(answers.c.path == "plant/staff")) == [("11",)]


async def test_one_is_in_one_questionnaire_at_a_time_whatever_an_old_menu_offers(town: Town) -> None:
    source = SOURCE.replace(b"| together | Gemeinsam |", b"| other | Anderer |")
    command = PublishForm(form=together(source), name="other", file_name="other.md", source=source)
    await perform(town.house, actor="command line", command=command)
    await town.comes("ada", "Adawerk")
    await town.says("ada", "/survey")
    menu = town.shown[-1]
    await town.says("ada", "1")
    await town.says("ada", "12")
    for key, wanted in (("1", "Wie groß"), ("2", "anderen Fragebogen")):
        shown = await town.act("ada", Pressed(menu.message.prompt, key, None, menu.id))
        assert wanted in shown[-1].message.text
    assert len(await town.table(select(responses.c.id))) == 1


async def test_a_running_response_moves_to_a_new_version_with_all_colleagues(town: Town) -> None:
    for name in ("ada", "ben"):
        await town.comes(name, "Adawerk")
        await town.says(name, "/survey")
    await town.says("ada", "12")
    newer = SOURCE.replace(b"| integer | staff |", b"| integer | people |")
    command = PublishForm(form=together(newer), name="together", file_name="together.md", source=newer, migrate=True)
    published = await perform(town.house, actor="command line", command=command)
    assert published.outlook is not None and (published.outlook.moves, published.outlook.moved) == (1, True)
    assert "Wie groß" in await town.says("ben", "/survey")
    await town.says("ben", "/review")
    assert any("12 (wortada" in choice.label for choice in town.shown[-1].message.choices)
