"""Back, skip, pause, go on, look through, change, send in, and switch the language on the way."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from storage.tables import interviews, responses
from tests.contract.channels.staging import OpenStage
from tests.contract.channels.test_questions import TYPED, begun, up_to


async def test_back_shows_the_question_before_with_its_answer(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("/zurueck")
    await ada.hears("Das ist die erste Frage")
    await up_to(ada, 3)
    stage.restarts = restarts
    await ada.picks("‹ Zurück")
    second = await ada.hears("Frage 2")
    assert "Bisher: 12" in second.text
    await ada.says("/zurueck")
    await ada.hears("Frage 1")
    await ada.says("Anderes")
    await ada.hears("Frage 3")
    assert (await stage.answers())["basics/word"][2] == "Anderes"


async def test_skip_keeps_an_answer_that_was_given(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 2)
    await ada.says("/zurueck")
    await ada.hears("Frage 1")
    await ada.says("/weiter")
    await ada.hears("Frage 2")
    assert (await stage.answers())["basics/word"] == ("given", True, "Wort")


async def test_pause_and_go_on_where_one_stood(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 4)
    stage.restarts = restarts
    await ada.picks("Pause")
    await ada.hears("Alles ist gespeichert. Weiter geht es, wann Sie wollen: /umfrage")
    assert await stage.values(select(interviews.c.state)) == ["paused"]
    stage.clock.ahead = timedelta(days=21)
    await ada.says("/umfrage")
    await ada.hears("bei Frage 4 von etwa 8")
    await ada.hears("Wann wurde gegründet?")
    await ada.says("31.01.2020")
    await ada.hears("Frage 5")


async def test_a_greeting_after_weeks_is_a_greeting(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    stage.clock.ahead = timedelta(days=21)
    await ada.says("Hallo!")
    await ada.hears("bei Frage 1 von etwa 8")
    await ada.says("Wort")
    await ada.hears("Frage 2")
    assert (await stage.answers())["basics/word"][2] == "Wort"


async def test_start_in_the_middle_leads_back_to_the_question(open_stage: OpenStage) -> None:
    _, ada = await begun(open_stage)
    await up_to(ada, 2)
    await ada.says("/start")
    await ada.hears("bei Frage 2 von etwa 8")
    await ada.hears("Wie viele Menschen")


async def test_the_overview_lists_and_changes_any_answer(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 6)
    stage.restarts = restarts
    await ada.says("/uebersicht")
    overview = await ada.hears("Ihre Antworten (1/1)")
    for line in (
        "Welches Wort fällt Ihnen ein? Wort",
        "Welcher Anteil in Prozent? 12,5",
        "Wann wurde gegründet? 31.01.2020",
    ):
        assert line in overview.text
    await ada.picks("Wie viele Menschen arbeiten bei Ihnen? 12")
    second = await ada.hears("Frage 2")
    assert "Bisher: 12" in second.text
    await ada.says("20")
    await ada.hears("Frage 6")
    assert (await stage.answers())["basics/staff"][2] == 20


async def test_each_answer_can_be_changed_by_its_number(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 8)
    changed = ("Anders", "13", "1,5", "1.2.2021", "blau", "3", "ok")
    for number, text in enumerate(changed, start=1):
        await ada.says(f"/uebersicht {number}")
        await ada.hears(f"Frage {number}")
        await ada.says(text)
        await ada.hears("Frage 8")
    found = await stage.answers()
    assert [found[path][2] for _, _, path, _ in TYPED[:7]] == ["Anders", 13, 1.5, "2021-02-01", "blue", ["none"], "OK"]
    await ada.says("/uebersicht 99")
    await ada.hears("Eine Antwort 99 gibt es nicht")


async def test_many_answers_are_paged(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(forms=("shipped",))
    ada = await stage.joined()
    await ada.picks("Fragebogen beginnen")
    await ada.hears("Frage 1 ")
    for number in range(2, 13):
        await ada.says("1")
        await ada.hears(f"Frage {number} ")
    stage.restarts = restarts
    await ada.says("/uebersicht")
    await ada.hears("Ihre Antworten (1/2)")
    await ada.picks("Weiter ›")
    second = await ada.hears("Ihre Antworten (2/2)")
    assert "9  " in second.text and "1  Wie viele" not in second.text
    await ada.says("9")
    await ada.hears("Frage 9 ")


async def test_cancel_ends_no_answer(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 3)
    before = await stage.answers()
    await ada.says("/abbrechen")
    await ada.hears("Abzubrechen gibt es nichts")
    assert await stage.answers() == before
    await ada.says("12,5")
    await ada.hears("Frage 4")


async def test_the_language_changes_in_the_middle(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 5)
    stage.restarts = restarts
    await ada.says("/sprache")
    await ada.hears("Welche Sprache ist Ihnen lieber?")
    await ada.picks("English")
    question = await ada.hears("Which colour?")
    assert {"Red", "Green", "Blue"} <= set(question.labels)
    await ada.picks("Blue")
    await ada.hears("Which tools?")
    await ada.says("/language de")
    await ada.hears("Welche Werkzeuge?")
    assert (await stage.answers())["colour"][2] == "blue"


async def test_sent_in_looked_at_and_changed_it_is_still_one_response(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, forms=("short",), restarts=restarts)
    await ada.says("Mehr Platz")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank. Eine Antwort")
    await ada.picks("Kopie meiner Antworten")
    copy = await ada.hears("Kopie Ihrer Antworten")
    assert "Was wünschen Sie sich? Mehr Platz" in copy.text
    await ada.says("/umfrage")
    await ada.hears("„Kurze Frage“ haben Sie schon abgesendet")
    await ada.picks("Etwas ändern")
    await ada.hears("Ihre Antworten (1/1)")
    await ada.says("1")
    await ada.hears("Was wünschen Sie sich?")
    await ada.says("Mehr Zeit")
    await ada.hears("Danke, Ihre Änderung ist gespeichert.")
    assert await stage.rows(select(responses.c.status, responses.c.revision)) == [("submitted", 1)]
    assert (await stage.answers())["wish"] == ("given", True, "Mehr Zeit")


async def test_nothing_changes_in_a_closed_form(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 2)
    await stage.closes_form()
    before = await stage.answers()
    await ada.says("12")
    await ada.hears("Dieser Fragebogen ist geschlossen")
    await ada.says("/umfrage")
    await ada.hears("geschlossen")
    await ada.says("/uebersicht")
    overview = await ada.hears("die Antworten lassen sich nicht mehr ändern")
    assert "Welches Wort fällt Ihnen ein? Wort" in overview.text
    assert await stage.answers() == before


async def test_a_form_that_was_sent_in_and_closed_can_be_looked_at(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("short",))
    await ada.says("Mehr Platz")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank")
    await stage.closes_form("short")
    await ada.says("/umfrage")
    await ada.hears("kein Fragebogen offen")
    await ada.says("/uebersicht")
    overview = await ada.hears("lassen sich nicht mehr ändern")
    assert "Mehr Platz" in overview.text
    await ada.says("/uebersicht 1")
    await ada.hears("Dieser Fragebogen ist geschlossen")


async def test_several_forms_are_offered_by_title(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(forms=("types", "short"), restarts=restarts)
    ada = await stage.joined()
    await ada.picks("Fragebogen beginnen")
    which = await ada.hears("Welchen Fragebogen möchten Sie öffnen?")
    assert {"Alle Arten", "Kurze Frage"} <= set(which.labels)
    await ada.picks("Kurze Frage")
    await ada.hears("Was wünschen Sie sich?")
    await ada.says("Mehr Platz")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank")
    await ada.says("/umfrage")
    await ada.hears("Welchen Fragebogen möchten Sie öffnen?")
    await ada.picks("Alle Arten")
    await ada.hears("Welches Wort")
    await ada.says("/umfrage")
    await ada.hears("bei Frage 1 von etwa 8")


async def test_without_an_open_form_one_is_told(open_stage: OpenStage) -> None:
    stage = await open_stage(forms=("short",))
    await stage.closes_form("short")
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Für welches")
    await ada.says("Testwerk")
    await ada.hears("Wie dürfen")
    await ada.says("Ada Muster")
    await ada.hears("Zurzeit ist kein Fragebogen offen")
    for command, answer in (
        ("/umfrage", "kein Fragebogen offen"),
        ("/zurueck", "in keinem Fragebogen"),
        ("/weiter", "in keinem Fragebogen"),
        ("/uebersicht", "noch keine Antworten"),
        ("/abbrechen", "läuft gerade nichts"),
    ):
        await ada.says(command)
        await ada.hears(answer)


async def test_a_misspelt_command_is_no_answer(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    for typed, meant in (("!hlep", "hilfe"), ("/hlep", "hilfe"), ("!UMFRGE", "umfrage")):
        await ada.says(typed)
        assert f"{meant}?" in (await ada.hears("Meinten Sie ")).text
        assert "basics/word" not in await stage.answers()
    await ada.says("!Achtung bitte")
    await ada.hears("Frage 2")
    assert (await stage.answers())["basics/word"][2] == "!Achtung bitte"
