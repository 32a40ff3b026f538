"""Broadcasts of the command line: tests of a draft, what readers see of them, what `hubtalk doctor` says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.checkup import look_at_broadcasts
from bot.desk import perform
from bot.domain import desk
from bot.domain.broadcasts.model import Content
from bot.domain.messages import Address
from bot.errors import UsageError
from bot.house import House
from storage.broadcasts import load_one
from tests.contract.channels.staging import staged


async def write(house: House, *texts: str, hurry: bool = True) -> None:
    for text in texts:
        draft = desk.DraftBroadcast(content=Content(texts={"de": text}), audience=(), hurry=hurry)
        number = await perform(house, actor="a test", command=draft)
        await perform(house, actor="a test", command=desk.ConfirmBroadcast(broadcast=number, revision=0))


async def test_a_test_goes_to_somebody_of_the_team_alone(tmp_path: Path) -> None:
    async with staged("memory", folder=tmp_path) as stage:
        ada = await stage.joined()
        heard = len(ada.seen())
        content = Content(texts={"de": "Guten Tag {contact}", "en": "Hello {contact}"})
        await perform(stage.house, actor="a test", command=desk.DraftBroadcast(content=content, audience=()))
        person = Address.parse(ada.address)
        for address, why in ((person, "not of the team"), (Address("memory", "nobody"), "cannot be reached")):
            with pytest.raises(UsageError, match=why):
                await perform(stage.house, actor="a test", command=desk.TryBroadcast(broadcast=1, person=address))
        await perform(stage.house, actor="a test", command=desk.GrantRole(person=person, role="organiser"))
        await perform(stage.house, actor="a test", command=desk.TryBroadcast(broadcast=1, person=person))
        await stage.due()
        await ada.hears("Hello Ada Muster")
        german, english = ada.seen()[heard:]
        assert german.startswith("Guten Tag Ada Muster") and english.startswith("Hello Ada Muster")
        draft = await stage.house.database.read(lambda: load_one(1))
        assert draft is not None
        assert draft.state == "draft"


async def test_readers_see_what_was_sent_to_them_and_doctor_what_is_paused(tmp_path: Path) -> None:
    async with staged("memory", folder=tmp_path) as stage:
        ada = await stage.joined()
        await write(stage.house, "Guten Tag {contact}, am Montag.", "Am Dienstag.")
        await perform(stage.house, actor="a test", command=desk.PauseBroadcast(broadcast=2))
        await stage.due()
        await ada.hears("Guten Tag Ada Muster, am Montag.")
        finding = await look_at_broadcasts(stage.house.database)
        assert (finding.state, finding.message) == ("warning", "2 is paused (organiser)")
        assert "broadcast resume 2" in finding.mend
        await perform(stage.house, actor="a test", command=desk.CancelBroadcast(broadcast=2))
        finding = await look_at_broadcasts(stage.house.database)
        assert (finding.state, finding.message) == ("ok", "none waits")

        await ada.says("/meinedaten")
        told = await ada.hears("Was wir über Sie gespeichert haben")
        assert "1 Rundnachricht an Sie" in told.text
        await ada.settled()
        (file,) = [message.file for message in ada.messages() if message.file is not None]
        (kept,) = json.loads(file[1])["broadcasts"]
        assert (kept["number"], kept["state"], kept["taken_back"]) == (1, "sent", False)
        assert kept["text"] == "Guten Tag {contact}, am Montag."
        assert kept["fields"]["contact"] == "Ada Muster"
        assert kept["finished_at"] is not None
