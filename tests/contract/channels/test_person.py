"""What one can do here, and what one may ask about one's data."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.commands import COMMANDS
from storage.tables import addresses, answers, contacts, erasures, responses
from tests.contract.channels.staging import OpenStage
from tests.contract.channels.test_questions import begun, up_to


async def test_help_lists_only_what_is_there(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = await stage.joined()
    await ada.says("/hilfe")
    text = (await ada.hears("Was Sie hier tun können")).text
    listed = [line.split(" ")[0].removeprefix("/") for line in text.splitlines() if line.startswith("/")]
    assert listed == [command.german for command in COMMANDS if command.listed and command.right is None]
    for name in listed:
        if name not in ("vergessen", "stopp"):
            await ada.says(f"/{name}")
    assert not any("Diesen Befehl kenne ich nicht" in message.text for message in await ada.settled())


async def test_the_menu_offers_what_works(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(restarts=restarts)
    ada = await stage.joined()
    await ada.says("/menü")
    menu = await ada.hears("Was möchten Sie tun?")
    assert {"Fragebogen", "Das Team fragen", "Meine Daten", "Datenschutz", "Hilfe"} <= set(menu.labels)
    await ada.picks("Das Team fragen")
    await ada.hears("Frage an das Team")
    await ada.says("/abbrechen")
    await ada.says("/menue")
    await ada.hears("Was möchten Sie tun?")
    await ada.picks("Datenschutz")
    await ada.hears("Der ganze Hinweis von Testhub")
    await ada.says("/menue")
    await ada.hears("Was möchten Sie tun?")
    await ada.picks("Fragebogen")
    await ada.hears("Frage 1")
    await ada.says("/menue")
    assert "Weitermachen" in (await ada.hears("Was möchten Sie tun?")).labels
    await ada.picks("Weitermachen")
    await ada.hears("bei Frage 1")


@pytest.mark.values
@pytest.mark.parametrize(
    ("typed", "meant"),
    [("/umfrge", "/umfrage"), ("/hife", "/hilfe"), ("/langage", "/sprache"), ("/zurük", "/zurueck")],
)
async def test_an_unknown_command_suggests_the_nearest(open_stage: OpenStage, typed: str, meant: str) -> None:
    stage = await open_stage()
    ada = await stage.joined()
    await ada.says(typed)
    await ada.hears(f"Meinten Sie {meant}?")


async def test_a_command_like_no_other_points_to_help(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("/xyzzy")
    await ada.hears("Alle Befehle: /hilfe")
    assert (await stage.answers()).get("basics/word") is None


@pytest.mark.values
@pytest.mark.parametrize("command", ["/HILFE", "/Hilfe", "!help", " /help ", "/help@hubtalk_test_bot"])
async def test_a_command_is_understood_however_it_is_written(open_stage: OpenStage, command: str) -> None:
    stage = await open_stage()
    ada = await stage.joined()
    await ada.says(command)
    await ada.hears("Was Sie hier tun können")


async def test_a_greeting_leads_to_the_menu_and_a_question_to_the_team(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = await stage.joined()
    await ada.picks("Später")
    await ada.hears("Wenn Sie so weit sind")
    await ada.says("Hallo")
    await ada.hears("Was möchten Sie tun?")
    await ada.says("Und was nun?")
    await ada.hears("Soll ich es an das Team weitergeben?")


async def test_the_notice_can_be_read_at_any_time(open_stage: OpenStage) -> None:
    _, ada = await begun(open_stage)
    await ada.says("/datenschutz")
    await ada.hears("Der ganze Hinweis von Testhub")
    await ada.says("Wort")
    await ada.hears("Frage 2")


@pytest.mark.encrypted
async def test_my_data_tells_everything_in_words_and_as_a_file(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 6)
    stage.restarts = restarts
    await ada.says("/meinedaten")
    told = await ada.hears("Was wir über Sie gespeichert haben")
    for line in ("Name: Ada Muster", "Unternehmen: Testwerk GmbH", f"Adresse: {ada.address}", "Antworten: 5"):
        assert line in told.text
    await ada.settled()
    (file,) = [message.file for message in ada.messages() if message.file is not None]
    data = json.loads(file[1])
    channel, _, chat = ada.place.partition(":")
    assert file[0] == "meine-daten.json"
    assert (data["name"], data["company"], data["language"]) == ("Ada Muster", "Testwerk GmbH", "de")
    assert [(place["channel"], place["chat"]) for place in data["addresses"]] == [(channel, chat)]
    assert data["consents"][0]["version"] == "7"
    (response,) = data["responses"]
    assert response["form"] == "types"
    values = {answer["question"]: answer["value"] for answer in response["answers"]}
    assert values["basics/word"] == "Wort" and values["basics/share"] == 12.5 and values["double"] == 24
    await ada.says("1 und 2")
    await ada.hears("Frage 7")


async def test_stop_ends_pushes_and_start_undoes_it(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 2)
    stage.restarts = restarts
    await ada.says("/stopp")
    await ada.hears("von uns aus kommt nichts mehr")
    assert await stage.values(select(contacts.c.pushes)) in ([0], [False])
    assert (await stage.answers())["basics/word"][2] == "Wort"
    await ada.says("/start")
    await ada.hears("wir dürfen Ihnen wieder schreiben")
    await ada.hears("bei Frage 2")
    assert await stage.values(select(contacts.c.pushes)) in ([1], [True])


SECRETS = ("quirinus", "Xanthippe", "Zwetschgenwerk", "Pfirsichblau", "Mirabellenrot")


async def test_forget_leaves_no_trace_in_any_table(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage()
    ada = await stage.joined("quirinus", company="Zwetschgenwerk", called="Xanthippe Muster")
    await ada.picks("Fragebogen beginnen")
    await ada.hears("Frage 1")
    await ada.says("Pfirsichblau")
    await ada.hears("Frage 2")
    await ada.says("/zurueck")
    await ada.hears("Frage 1")
    await ada.says("Mirabellenrot")
    await ada.hears("Frage 2")
    stage.restarts = restarts
    await ada.says("/vergessen")
    await ada.hears("schreiben Sie bitte: LÖSCHEN")
    await ada.says("löschen")
    await ada.hears("Wir haben alles gelöscht")
    await ada.settled()
    assert await stage.mentions(*SECRETS, *ada.traces) == []
    for table in (contacts, addresses, responses, answers):
        assert await stage.rows(select(table)) == []
    assert len(await stage.rows(select(erasures.c.id))) == 1


async def test_who_was_forgotten_can_begin_anew(open_stage: OpenStage) -> None:
    _, ada = await begun(open_stage)
    await ada.says("/forget")
    await ada.hears("schreiben Sie bitte: LÖSCHEN")
    await ada.says("LÖSCHEN")
    await ada.hears("Wir haben alles gelöscht")
    await ada.says("Hallo")
    await ada.tells_language()
    await ada.hears("Bevor es losgeht")


@pytest.mark.values
@pytest.mark.parametrize("instead", ["nein", "Mehr Platz", "/abbrechen"])
async def test_anything_but_the_word_erases_nothing(open_stage: OpenStage, instead: str, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 2)
    before = await stage.answers()
    stage.restarts = restarts
    await ada.says("/vergessen")
    await ada.hears("schreiben Sie bitte: LÖSCHEN")
    await ada.says(instead)
    await ada.hears("Abgebrochen" if instead == "/abbrechen" else "Es wurde nichts gelöscht")
    assert await stage.answers() == before
    await ada.says("LÖSCHEN")
    await ada.hears("eine ganze Zahl")


async def test_the_word_counts_for_a_quarter_of_an_hour(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("/vergessen")
    await ada.hears("schreiben Sie bitte: LÖSCHEN")
    stage.clock.ahead = timedelta(minutes=16)
    await ada.says("LÖSCHEN")
    await ada.settled()
    assert len(await stage.values(select(contacts.c.id))) == 1


@pytest.mark.encrypted
async def test_blocking_and_letting_in_again_is_noticed(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = await stage.joined()
    if stage.blockable:
        await ada.blocks()
        await stage.settled()
        assert await stage.values(select(addresses.c.reachable)) in ([0], [False])
        assert await stage.values(select(addresses.c.trouble)) == ["blocked"]
        await ada.unblocks()
        await stage.settled()
    assert await stage.values(select(addresses.c.reachable)) in ([1], [True])
    assert await stage.values(select(addresses.c.trouble)) == [""]
    await ada.says("/umfrage")
    await ada.hears("Frage 1")


@pytest.mark.encrypted
async def test_groups_are_declined(open_stage: OpenStage) -> None:
    stage = await open_stage()
    if stage.groups:
        assert "nur im direkten Gespräch" in await stage.heard_in_a_group()
    assert await stage.values(select(contacts.c.id)) == []
