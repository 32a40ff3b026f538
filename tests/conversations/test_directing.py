"""Sending to more people than one counts at a glance, and what can be done while it goes out and after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.desk import perform
from bot.domain.desk import GrantRole
from bot.domain.messages import Address, Outgoing
from bot.errors import Unreachable
from storage.codec import to_micros
from storage.desk.preview import let_in
from storage.statements import Steps
from storage.tables import broadcasts, deliveries
from tests.contract.channels.memory import MemoryStage
from tests.contract.channels.stage import Person, Stage
from tests.contract.channels.staging import staged

MANY = 25


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub with many people, who have all joined."""
    async with staged("memory", folder=tmp_path) as stage:

        def enter() -> Steps[None]:
            for number in range(1, MANY + 1):
                yield from let_in(
                    contact=number,
                    address=number,
                    channel="memory",
                    person=f"c{number}",
                    language="de" if number % 5 else "en",
                    now=to_micros(stage.clock.now()),
                    company=True,
                )

        await stage.house.database.write(enter)
        yield stage


@pytest.fixture
async def olga(stage: Stage) -> Person:
    """An organiser."""
    person = stage.person("olga")
    await perform(stage.house, actor="a test", command=GrantRole(person=Address("memory", "olga"), role="organiser"))
    await person.starts()
    await person.hears("Bevor es losgeht")
    await person.picks("Einverstanden")
    await person.hears("Wie dürfen wir Sie")
    await person.says("Olga Org")
    await person.hears("Olga Org")
    return person


async def written(olga: Person, text: str = "Am Montag ist Workshop.") -> None:
    """Write to everybody, in one language."""
    await olga.says("/rundnachricht neu")
    await olga.hears("An wen?")
    await olga.says("1")
    await olga.hears("auf Deutsch")
    await olga.says(text)
    await olga.hears("auf Englisch")
    await olga.picks("Weglassen")
    await olga.hears("Soll noch etwas mit?")
    await olga.picks("Zur Vorschau")
    await olga.hears("· Vorschau")


async def states(stage: Stage) -> dict[str, int]:
    query = select(deliveries.c.state, func.count()).where(deliveries.c.broadcast_id == 1)
    return dict(await stage.rows(query.group_by(deliveries.c.state)))


async def state(stage: Stage) -> str:
    return str((await stage.values(select(broadcasts.c.state)))[-1])


async def test_above_twenty_the_number_is_typed_and_another_one_is_not_taken(stage: Stage, olga: Person) -> None:
    await written(olga)
    shown = next(text for text in olga.seen() if "· Vorschau" in text)
    assert "Geht an 25 Kontakte in 25 Unternehmen." in shown and "An 25 senden" not in shown
    assert "Ein Text fehlt (englisch), diese lesen den anderen (deutsch): 5" in shown
    await olga.says("24")
    await olga.hears("Sie schrieben 24, es sind aber 25 Empfänger")
    assert await state(stage) == "draft"
    await olga.says("25")
    await olga.hears("Geht gleich an 25 Personen hinaus")
    await stage.due()
    assert await states(stage) == {"sent": 25}
    await olga.sees("Gesendet: 25 von 25")
    await olga.sees("Rundnachricht 1 · fertig")


async def test_who_cannot_be_reached_is_counted_and_tried_again_on_demand(stage: Stage, olga: Person) -> None:
    assert isinstance(stage, MemoryStage)
    gone = {"memory:c3", "memory:c4"}

    def fail(outgoing: Outgoing) -> None:
        if str(outgoing.address) in gone:
            raise Unreachable("gone", reason="blocked")

    stage.channel.fail = fail
    await written(olga)
    await olga.says("25")
    await olga.hears("Geht gleich")
    await stage.due()
    await olga.sees("Gesendet: 23 von 25")
    await olga.sees("Nicht zustellbar: 2 (davon blockiert: 2)")
    stage.channel.fail = None
    await olga.picks("Wer hat es bekommen?")
    await olga.hears("Rundnachricht 1: 25 Personen")


async def test_one_for_later_is_paused_goes_on_and_is_cancelled_once_they_are_sure(stage: Stage, olga: Person) -> None:
    await written(olga)
    await olga.picks("Zeitpunkt")
    await olga.hears("Wann soll sie hinaus?")
    await olga.says("irgendwann")
    await olga.hears("Diesen Zeitpunkt habe ich nicht verstanden")
    await olga.says("gestern 10 Uhr")
    await olga.hears("liegt nicht im nächsten Jahr")
    await olga.says("übermorgen 10:30")
    await olga.hears("um 10:30.")
    await olga.says("25")
    await olga.hears("um 10:30.")
    await stage.due()
    assert (await state(stage), await states(stage)) == ("scheduled", {})
    await olga.picks("Anhalten")
    await olga.sees("Rundnachricht 1 · angehalten")
    await olga.says("2")  # the number that stands before "go on", though it is the first choice now
    await olga.hears("Es geht weiter")
    await olga.picks("Abbrechen")
    await olga.hears("Wirklich abbrechen?")
    await olga.says("nein")
    await olga.hears("es bleibt, wie es ist")
    assert await state(stage) == "scheduled"
    await olga.says("/rundnachricht 1")
    await olga.hears("vorgemerkt")
    await olga.says("3")
    await olga.hears("Wirklich abbrechen?")
    await olga.picks("Ja, abbrechen")
    await olga.hears("ist abgebrochen")
    assert await state(stage) == "cancelled"


async def test_a_draft_is_changed_in_parts_and_an_old_preview_confirms_nothing(stage: Stage, olga: Person) -> None:
    await written(olga, "Alt {company}")
    await olga.picks("Text ändern")
    await olga.hears("auf Deutsch")
    await olga.says("Neu {contact}")
    await olga.hears("auf Englisch")
    await olga.picks("Weglassen")
    await olga.hears("· Vorschau")
    assert any("Neu c" in text for text in olga.seen())
    assert isinstance(stage, MemoryStage)
    old = next(shown for shown in stage.channel.chat("olga") if "· Vorschau" in shown.message.where)
    stage.channel.presses("Verwerfen", chat="olga", shown=old)
    await olga.hears("inzwischen geändert")
    await olga.hears("· Vorschau")
    assert await state(stage) == "draft"
    await olga.picks("Verwerfen")
    await olga.hears("ist verworfen. Verschickt ist nichts.")
    assert await state(stage) == "cancelled"


async def test_a_correction_goes_to_those_who_were_reached(stage: Stage, olga: Person) -> None:
    assert isinstance(stage, MemoryStage)

    def fail(outgoing: Outgoing) -> None:
        if outgoing.address.chat == "c3":
            raise Unreachable("gone", reason="blocked")

    stage.channel.fail = fail
    await written(olga)
    await olga.says("25")
    await olga.hears("Geht gleich")
    await stage.due()
    await olga.sees("Gesendet: 24 von 25")
    await olga.picks("Nachtrag schreiben")
    await olga.hears("auf Deutsch")
    await olga.says("Der Workshop ist am Dienstag.")
    await olga.hears("auf Englisch")
    await olga.picks("Weglassen")
    await olga.hears("Soll noch etwas mit?")
    await olga.picks("Zur Vorschau")
    await olga.hears("Geht an 24 Kontakte")


@pytest.mark.parametrize("there", [True, False])
async def test_a_file_and_a_questionnaire_go_along_and_a_lost_file_loses_nothing_else(
    stage: Stage, olga: Person, there: bool
) -> None:
    assert isinstance(stage, MemoryStage)
    if there:
        stage.channel.files["f1"] = b"a plan"
    else:
        stage.failures_expected = True
    for worker in stage.app.workers:
        worker.crew = replace(worker.crew, pauses=())
    await olga.says("/rundnachricht neu")
    await olga.hears("An wen?")
    await olga.says("company=c1; company=c2")
    await olga.hears("auf Deutsch")
    stage.channel.sends("document", chat="olga", file_id="f1", name="plan.pdf", size=6, caption="Der Plan")
    await olga.hears("auf Englisch")
    await olga.says("The plan")
    await olga.hears("Geht mit: plan.pdf")
    await olga.picks("Fragebogen anbieten")
    await olga.hears("Geht mit: plan.pdf, Fragebogen öffnen")
    await olga.picks("Zur Vorschau")
    if not there:
        await olga.hears("Die Datei konnte ich nicht holen")
    await olga.hears("Geht an 2 Kontakte")
    await olga.picks("An 2 senden")
    await olga.hears("Geht gleich an 2")
    await stage.due()
    [shown] = stage.channel.chat("c1")
    assert [each.content for each in shown.message.attachments] == ([b"a plan"] if there else [])
    assert shown.message.text == "Der Plan"
    stage.channel.presses("Fragebogen öffnen", chat="c1")
    await stage.due()
    assert "Frage 1" in stage.channel.chat("c1")[-1].message.where


async def test_what_was_sent_is_corrected_and_taken_back_and_its_audience_is_kept(stage: Stage, olga: Person) -> None:
    assert isinstance(stage, MemoryStage)
    await written(olga)
    await olga.picks("Empfängerkreis merken")
    await olga.hears("Unter welchem Namen")
    await olga.says("Handwerk")
    await olga.hears("Gemerkt als „Handwerk“")
    await olga.hears("· Vorschau")
    await olga.says("25")
    await olga.hears("Geht gleich")
    await stage.due()
    await olga.sees("Gesendet: 25 von 25")
    await olga.picks("Text berichtigen")
    await olga.hears("Wie soll der Text lauten (auf Deutsch)?")
    await olga.says("Am Dienstag, {contact}.")
    await olga.hears("bekommt den neuen Text")
    await stage.due()
    await olga.sees("Mit neuem Text:")
    await olga.says("/rundnachricht 1")
    await olga.hears("Mit neuem Text:")
    await olga.picks("Zurückholen")
    await olga.hears("bei bis zu 25")
    await olga.picks("Ja, zurückholen")
    await olga.hears("wird zurückgeholt")
    await olga.says("/rundnachricht neu")
    await olga.hears("Handwerk")
