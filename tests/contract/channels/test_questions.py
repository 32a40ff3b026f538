"""Every question type, every way to answer it, and what cannot be an answer."""

from __future__ import annotations

import pytest

from tests.contract.channels.stage import Person, Stage
from tests.contract.channels.staging import OpenStage

TYPED = (
    ("Frage 1", "Wort", "basics/word", "Wort"),
    ("Frage 2", "12", "basics/staff", 12),
    ("Frage 3", "12,5", "basics/share", 12.5),
    ("Frage 4", "31.01.2020", "basics/founded", "2020-01-31"),
    ("Frage 5", "grün", "colour", "green"),
    ("Frage 6", "1 und 2", "tools", ["saw", "drill"]),
    ("Frage 7", "gelesen", "ready", "OK"),
    ("Frage 8", "Nein danke", "remark", "Nein danke"),
)


async def begun(open_stage: OpenStage, *, restarts: bool = False, **wishes: object) -> tuple[Stage, Person]:
    stage = await open_stage(**wishes)
    ada = await stage.joined()
    await ada.picks("Fragebogen beginnen")
    await ada.hears("Frage 1")
    stage.restarts = restarts
    return stage, ada


async def up_to(ada: Person, number: int) -> None:
    """Answer what comes before the question of that number."""
    for place, (_, text, _, _) in enumerate(TYPED[: number - 1], start=2):
        await ada.says(text)
        await ada.hears(f"Frage {place}")


@pytest.mark.encrypted
async def test_every_type_can_be_typed(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    for place, (_, text, path, value) in enumerate(TYPED, start=2):
        await ada.says(text)
        heard = await ada.hears(f"Frage {place}" if place <= len(TYPED) else "Wollen Sie absenden?")
        assert (await stage.answers())[path] == ("given", True, value)
        if place == 7:
            assert "Jetzt kommt das Ende." in heard.text
        if place == 8:
            assert "das Doppelte ist 24." in heard.text
    await ada.picks("Absenden")
    thanks = await ada.hears("8 Antworten")
    assert "Wir melden uns." in thanks.text
    assert (await stage.answers())["double"] == ("calculated", True, 24)


async def test_every_choice_can_be_picked(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 5)
    stage.restarts = restarts
    await ada.picks("Grün")
    await ada.hears("Frage 6")
    await ada.chooses("Säge", "Bohrer")
    await ada.hears("Frage 7")
    await ada.picks("Gelesen")
    await ada.hears("Frage 8")
    await ada.picks("Überspringen")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank. 7 Antworten")
    found = await stage.answers()
    assert found["colour"][2] == "green" and found["tools"][2] == ["saw", "drill"] and found["ready"][2] == "OK"
    assert found["remark"] == ("skipped", True, None)
    if stage.buttons:
        assert any("✓ Säge, Bohrer" in text for text in ada.seen()), "the answered message shows what was chosen"


async def test_a_choice_can_be_typed_in_many_ways(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 5)
    for text in ("2", "2.", "grün", "GRÜN", "gruen", "Green", "green"):
        await ada.says(text)
        await ada.hears("Frage 6")
        assert (await stage.answers())["colour"][2] == "green"
        await ada.says("/zurueck")
        await ada.hears("Frage 5")
        await ada.says("Rot")
        await ada.hears("Frage 6")
        await ada.says("/zurueck")
        await ada.hears("Frage 5")


WRONG = (
    (2, "viele", "eine ganze Zahl", "7"),
    (2, "1001", "Bitte eine Zahl von 1 bis 1000, Sie schrieben etwas anderes.", "7"),
    (2, "0", "Bitte eine Zahl von 1 bis 1000, Sie schrieben etwas anderes.", "7"),
    (2, "99999999999999999999", "zu groß", "7"),
    (3, "halb", "eine Zahl, zum Beispiel 3,5", "50"),
    (3, "1.234", "1,234", "1,234"),
    (4, "neulich", "einen Tag, zum Beispiel 31.01.2026", "1.2.1999"),
    (4, "30.02.2020", "einen Tag", "1.2.1999"),
    (5, "lila", "passt zu keiner der Antworten", "rot"),
    (5, "4", "passt zu keiner der Antworten", "3"),
    (6, "9", "passt zu keiner der Antworten", "1"),
    (6, "1, Hammer", "passt zu keiner der Antworten", "1"),
    (6, "1, 3", "geht nur allein.", "3"),
    (7, "vielleicht", "„Gelesen“", "ok"),
)


async def test_a_wrong_answer_is_named_and_the_question_stays(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("Wort")
    await ada.hears("Frage 2")
    stage.restarts = restarts
    for number, wrong, complaint, right in WRONG:
        before = await stage.answers()
        await ada.says(wrong)
        await ada.hears(complaint)
        assert await stage.answers() == before, wrong
        await ada.says(right)
        await ada.hears(f"Frage {number + 1}")
        if (following := WRONG.index((number, wrong, complaint, right)) + 1) < len(WRONG) and WRONG[following][
            0
        ] == number:
            await ada.says("/zurueck")
            await ada.hears(f"Frage {number}")


async def test_the_second_wrong_answer_shows_the_question_again(open_stage: OpenStage, restarts: bool) -> None:
    _, ada = await begun(open_stage, restarts=restarts)
    await up_to(ada, 2)
    for _ in range(2):
        await ada.says("viele")
        await ada.hears("eine ganze Zahl")
    await ada.hears("Wie viele Menschen arbeiten bei Ihnen?")
    await ada.says("3")
    await ada.hears("Frage 3")


async def test_none_of_these_goes_alone(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 6)
    stage.restarts = restarts
    if not stage.buttons:
        await ada.chooses("Säge", "Nichts davon")
        await ada.hears("geht nur allein.")
        await ada.chooses("Nichts davon")
    else:
        await ada.picks("Säge")
        await ada.settled()
        await ada.chooses("Nichts davon")
    await ada.hears("Frage 7")
    assert (await stage.answers())["tools"][2] == ["none"]


async def test_a_text_of_the_form_is_said_as_its_author_wrote_it(open_stage: OpenStage) -> None:
    _, ada = await begun(open_stage)
    await up_to(ada, 8)
    assert any("Sie sagten „Wort“, das Doppelte ist 24." in text for text in ada.seen())


async def test_done_with_nothing_chosen_leaves_the_question_open(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 6)
    before = await stage.answers()
    await ada.chooses()
    await ada.settled()
    assert await stage.answers() == before
    await ada.chooses("Bohrer")
    await ada.hears("Frage 7")


async def test_a_required_question_cannot_be_skipped(open_stage: OpenStage, restarts: bool) -> None:
    _, ada = await begun(open_stage)
    await up_to(ada, 2)
    question = next(text for text in reversed(ada.seen()) if "Frage 2" in text)
    assert "Überspringen" not in question
    ada.stage.restarts = restarts
    await ada.says("/weiter")
    await ada.hears("Diese Antwort brauchen wir")
    await ada.says("5")
    await ada.hears("Frage 3")
    await ada.says("/weiter")
    await ada.hears("Frage 4")


LONG = "Wort " * 10_000


KEPT = (
    ("Viele \u202emarkierte\u202c שלום مرحبا Wörter", "Viele \u202emarkierte\u202c שלום مرحبا Wörter"),
    ("Ein\x07 Glöckchen\x1b[31m", "Ein Glöckchen[31m"),
    ("👍🏽", "👍🏽"),
    ("  <b>fett</b> & *Stern* ${word} {name} %s  ", "<b>fett</b> & *Stern* ${word} {name} %s"),
    ("x" * 4000, "x" * 4000),
)


@pytest.mark.encrypted
async def test_a_text_is_kept_as_it_was_meant(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    for text, stored in KEPT:
        await ada.says(text)
        await ada.hears("Frage 2")
        assert (await stage.answers())["basics/word"] == ("given", True, stored)
        await ada.says("/uebersicht")
        await ada.hears("Ihre Antworten (1/1)")
        await ada.says("/uebersicht 1")
        await ada.hears("Frage 1")


async def test_what_is_too_long_is_said_to_be_so(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("long",))
    before = await stage.answers()
    await ada.says(LONG)
    await ada.hears("höchstens 10000 Zeichen")
    await ada.settled()
    assert await stage.answers() == before, "nothing of it counts as an answer, in pieces or whole"
    await ada.says("Ort 7")
    await ada.hears("Frage 2")


async def test_invisible_signs_are_no_answer(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    before = await stage.answers()
    await ada.says("\x07\x08")
    await ada.hears("keinen Text erkannt")
    assert await stage.answers() == before


async def test_an_answer_opens_and_closes_questions_and_nothing_is_lost(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, forms=("paths",), restarts=restarts)
    await ada.picks("Ja")
    await ada.hears("Wie viele Maschinen?")
    await ada.says("3")
    await ada.hears("Welche Art Maschinen?")
    await ada.says("Drehbänke")
    await ada.hears("In welchem Ort?")
    await ada.says("/uebersicht 1")
    await ada.hears("Haben Sie Maschinen?")
    await ada.picks("Nein")
    await ada.hears("In welchem Ort?")
    aside = await stage.answers()
    assert aside["count"] == ("given", False, 3) and aside["kind"] == ("given", False, "Drehbänke")
    await ada.says("/uebersicht 1")
    await ada.hears("Haben Sie Maschinen?")
    await ada.picks("Ja")
    await ada.hears("In welchem Ort?")
    back = await stage.answers()
    assert back["count"] == ("given", True, 3) and back["kind"] == ("given", True, "Drehbänke")


async def test_what_was_put_aside_does_not_count_at_the_end(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("paths",))
    for text, heard in (
        ("ja", "Wie viele"),
        ("2", "Welche Art"),
        ("Fräsen", "In welchem Ort"),
        ("/uebersicht 1", "Haben Sie"),
        ("nein", "In welchem Ort"),
        ("Unna", "Seit welchem"),
        ("2001", "Bis zu"),
        ("2009", "absenden"),
    ):
        await ada.says(text)
        await ada.hears(heard)
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank. 4 Antworten")
    assert {path for path, (_, relevant, _) in (await stage.answers()).items() if relevant} == {
        "machines",
        "town",
        "first",
        "last",
    }


async def test_a_default_is_shown_and_can_be_kept_or_changed(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("paths",))
    await ada.says("nein")
    question = await ada.hears("In welchem Ort?")
    assert "Bisher: Bergkamen" in question.text
    assert (await stage.answers())["town"] == ("default", True, "Bergkamen")
    await ada.says("Unna")
    await ada.hears("Seit welchem Jahr?")
    assert (await stage.answers())["town"] == ("given", True, "Unna")


async def test_an_answer_that_fits_no_more_is_asked_again_before_the_end(open_stage: OpenStage, restarts: bool) -> None:
    _, ada = await begun(open_stage, forms=("paths",), restarts=restarts)
    for text, heard in (
        ("nein", "In welchem Ort"),
        ("Unna", "Seit welchem"),
        ("2001", "Bis zu"),
        ("2000", "Das Ende liegt vor dem Anfang."),
        ("2009", "absenden"),
        ("/uebersicht 3", "Seit welchem"),
        ("2010", "absenden"),
    ):
        await ada.says(text)
        await ada.hears(heard)
    await ada.picks("Absenden")
    await ada.hears("passt nicht mehr zu den anderen")
    await ada.hears("Bis zu welchem Jahr?")
    await ada.says("2011")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("Vielen Dank. 4 Antworten")


async def test_long_lists_and_long_labels_are_all_within_reach(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, forms=("long",), restarts=restarts)
    question = next(text for text in reversed(ada.seen()) if "Welcher Ort?" in text)
    assert "1 bis 20 von 40" in question
    await ada.picks("Nächste Seite ›")
    await ada.sees("21 bis 40 von 40")
    await ada.picks("Ort 40")
    services = await ada.hears("Welche Angebote?")
    assert all(f"Ein Angebot, das mit Nummer {number} sehr lang" in services.text for number in range(1, 6))
    await ada.chooses(*(f"Ein Angebot, das mit Nummer {number} sehr lang beschrieben ist" for number in (1, 5)))
    await ada.hears("Noch ein Wort?")
    found = await stage.answers()
    assert found["place"][2] == "p40" and found["services"][2] == ["s1", "s5"]


async def test_a_number_typed_where_choices_are_numbered_means_that_number(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage, forms=("long",))
    await ada.says("39")
    await ada.hears("Welche Angebote?")
    await ada.says("2-4")
    await ada.hears("Noch ein Wort?")
    found = await stage.answers()
    assert found["place"][2] == "p39" and found["services"][2] == ["s2", "s3", "s4"]
