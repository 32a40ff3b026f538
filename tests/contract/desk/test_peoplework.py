"""A list sent in by chat: what an organiser sees before deciding, and what the decision does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select

from bot.adapters.memory import MemoryChannel
from bot.domain.messages import Address
from bot.domain.scene import Reply
from bot.house import House
from bot.ports import Job
from bot.work.forms import FormWork
from bot.work.people import KEPT, PeopleWork
from storage.statements import Statement, rows
from storage.tables import audit_log, contacts

OLGA = Address("memory", "olga")
LIST = """Firma;Ansprechpartner;E-Mail;Telefon
Muster GmbH;Ada;ada@muster.example.org;1
Anders;Eva;eva@muster.example.org;2
Dritte;Tom;falsch;3
"""
FORM = '"survey",,\n,type,name\n,text,wish\n'


class Sent:
    """A channel from which one file can be fetched."""

    def __init__(self) -> None:
        self.file = b""

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        del file_id, limit
        return self.file


class Desk:
    """An organiser's jobs."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.sent = Sent()
        channels = {"memory": cast("MemoryChannel", self.sent)}
        self.work = PeopleWork(house, channels, forms=FormWork(house, channels))

    async def check(self, table: str, *, forms: bool = False, language: str = "de") -> Reply:
        self.sent.file = table.encode()
        (shown,) = await self.work.check(self._job("check_list", language, file_id="1", name="l.csv", forms=forms))
        return shown

    async def decide(self, kind: str, shown: Reply) -> Sequence[Reply]:
        assert shown.prompt is not None
        job = self._job(kind, "en", sha256=shown.prompt.data["sha256"], actor="P1")
        return await (self.work.enter if kind == "enter_list" else self.work.drop)(job)

    def waiting(self) -> list[str]:
        return [path.name for path in (self.house.settings.data_dir / "uploads" / "lists").glob("*")]

    @staticmethod
    def _job(kind: str, language: str, **data: Any) -> Job:
        return Job(id=1, kind=kind, address=OLGA, data={"language": language, **data}, attempts=1)


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def names(house: House) -> list[str]:
    found = await house.database.read(lambda: rows(Statement(select(contacts.c.name).order_by(contacts.c.name))))
    return [row[0] for row in found]


async def test_list_is_shown_with_its_errors_and_doubts_then_entered_once(house: House, desk: Desk) -> None:
    shown = await desk.check(LIST)
    assert shown.message.text.splitlines() == [
        "Unternehmen: 2 neu, 0 bekannt, davon 0 ergänzt",
        "Kontakte: 2 neu, 0 bekannt, davon 0 ergänzt",
        "Diese Spalten kenne ich nicht und lasse sie weg: Telefon",
        "Eine Zeile kann ich nicht übernehmen:",
        "· Zeile 4: keine E-Mail-Adresse: falsch",
        "Vielleicht gibt es sie schon:",
        "· Zeile 3: Anders hat dieselbe Mail-Domain wie Muster GmbH",
    ]
    assert [choice.label for choice in shown.message.choices] == ["Übernehmen", "Verwerfen"]
    assert await names(house) == []
    (done,) = await desk.decide("enter_list", shown)
    assert done.message.text.startswith("Entered: 2 new companies, 2 new contacts, 0 filled up.")
    assert (await names(house), desk.waiting()) == (["Ada", "Eva"], [])
    ((actor,),) = await house.database.read(lambda: rows(Statement(select(audit_log.c.actor))))
    assert actor == "P1"
    (again,) = await desk.decide("enter_list", shown)
    assert again.message.text.startswith("This list is gone")
    nothing = await desk.check(LIST, language="en")
    assert nothing.message.text.startswith("There is nothing new in this list") and nothing.prompt is None


async def test_list_that_is_dropped_or_forgotten_lies_nowhere(house: House, desk: Desk) -> None:
    assert await desk.decide("drop_list", await desk.check(LIST)) == ()
    assert desk.waiting() == []
    shown = await desk.check(LIST)
    assert shown.prompt is not None
    long_ago = (house.clock.now() - KEPT - timedelta(minutes=1)).timestamp()
    os.utime(house.settings.data_dir / "uploads" / "lists" / shown.prompt.data["sha256"], (long_ago, long_ago))
    desk.work.crew()
    assert (desk.waiting(), await names(house)) == ([], [])


async def test_form_is_one_only_for_who_may_change_forms(desk: Desk) -> None:
    assert "Spalte „Unternehmen“" in (await desk.check(FORM)).message.text
    checked = await desk.check(FORM, forms=True)
    assert "Spalte" not in checked.message.text
    assert "„Unternehmen“" in (await desk.check("Name;Ort\nAda;Kamen\n", forms=True)).message.text
    assert "20000" in (await desk.check("Firma\n" + "A\n" * 20_001)).message.text
