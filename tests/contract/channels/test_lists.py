"""Long lists of choices: shown in pages, with numbers, labels and parts of labels that work on each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.content.lists import places, sheet, trades
from tests.contract.channels.memory import MemoryStage
from tests.contract.channels.stage import Person, Stage
from tests.contract.channels.staging import OpenStage, staged

PLACES = places()
TRADES = [german for german, _ in trades()]
FORM = {"forms": ("lists",)}


async def begun(open_stage: OpenStage, *, restarts: bool = False) -> tuple[Stage, Person]:
    """Stand before the question with 412 choices."""
    stage = await open_stage(**FORM)
    ada = await stage.joined()
    await ada.picks("Fragebogen beginnen")
    first = await ada.hears("Welcher Ort?")
    assert "1 bis 20 von 412" in first.text
    assert set(PLACES[:20]) <= set(first.labels) and not set(PLACES[20:]) & set(first.labels)
    stage.restarts = restarts
    return stage, ada


async def before_trades(open_stage: OpenStage, *, restarts: bool = False) -> tuple[Stage, Person]:
    """Stand before the question with 100 choices, of which one may choose several."""
    stage, ada = await begun(open_stage)
    await ada.says("57")
    question = await ada.hears("Welche Branchen?")
    assert "1 bis 20 von 100" in question.text
    stage.restarts = restarts
    return stage, ada


async def test_pages_are_turned_back_and_forth(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    await ada.picks("Nächste Seite ›")
    await ada.sees("21 bis 40 von 412")
    await ada.picks("Nächste Seite ›")
    third = await ada.sees("41 bis 60 von 412")
    assert set(PLACES[40:60]) <= set(third.labels) and not set(PLACES[:40]) & set(third.labels)
    await ada.picks("‹ Vorige Seite")
    await ada.settled()
    newest = next(message for message in reversed(ada.messages()) if "Welcher Ort?" in message.text)
    assert "21 bis 40 von 412" in newest.text
    await ada.picks(PLACES[29])
    await ada.hears("Welche Branchen?")
    assert (await stage.answers())["place"] == ("given", True, "p30")


async def test_a_page_is_turned_by_words(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    for typed, shown in (
        ("Nächste Seite", "21 bis 40 von 412"),
        ("naechste", "41 bis 60 von 412"),
        ("NEXT PAGE", "61 bis 80 von 412"),
        ("vorige", "41 bis 60 von 412"),
    ):
        await ada.says(typed)
        await ada.hears(shown)
    assert "place" not in await stage.answers()


@pytest.mark.values
@pytest.mark.parametrize(("typed", "name"), [("57", "p57"), (PLACES[411], "p412"), ("412.", "p412"), ("p300", "p300")])
async def test_numbers_and_labels_mean_the_same_on_every_page(
    open_stage: OpenStage, restarts: bool, typed: str, name: str
) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    await ada.picks("Nächste Seite ›")
    await ada.sees("21 bis 40 von 412")
    await ada.says(typed)
    await ada.hears("Welche Branchen?")
    assert (await stage.answers())["place"][2] == name


async def test_a_part_of_a_label_shows_what_fits(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    await ada.says("hagen")
    found = await ada.hears("Dazu passen 21 Antworten von 412.")
    fitting = [place for place in PLACES if place.endswith("hagen")]
    assert "1 bis 20 von 21" in found.text
    assert set(fitting[:20]) <= set(found.labels) and "Ahlach" not in found.labels
    await ada.picks("Nächste Seite ›")
    last = await ada.sees("21 bis 21 von 21")
    assert fitting[20] in last.labels
    await ada.says("mühl")
    assert "Mühlenhagen" in (await ada.hears("Dazu passen 20 Antworten von 412.")).labels
    await ada.picks("Ganze Liste")
    await ada.settled()
    newest = next(message for message in reversed(ada.messages()) if "Welcher Ort?" in message.text)
    assert "1 bis 20 von 412" in newest.text
    assert "place" not in await stage.answers()
    await ada.says("waldfur")
    await ada.hears("Welche Branchen?")
    assert (await stage.answers())["place"][2] == f"p{PLACES.index('Waldfurt') + 1}"


async def test_a_part_that_fits_one_label_only_is_that_answer(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await ada.says("inkamen")  # it stands in Finkamen, Linkamen and Steinkamen
    await ada.hears("Dazu passen 3 Antworten von 412.")
    await ada.says("linkam")
    await ada.hears("Welche Branchen?")
    assert (await stage.answers())["place"][2] == f"p{PLACES.index('Linkamen') + 1}"


async def test_what_fits_too_much_or_nothing_leaves_the_question(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    await ada.says("e")
    await ada.hears("Dazu passen 40 Antworten von 412.")  # a single letter begins the word
    await ada.says("en")
    await ada.hears("Bitte schreiben Sie etwas mehr davon.")
    await ada.says("Paris")
    await ada.hears("passt zu keiner der Antworten")
    await ada.says("413")
    await ada.hears("passt zu keiner der Antworten")
    assert "place" not in await stage.answers()
    assert "1 bis 20 von 412" in (await ada.hears("Welcher Ort?")).text


async def test_ticks_survive_the_turning_of_pages(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await before_trades(open_stage, restarts=restarts)
    if stage.buttons:
        await ada.picks(TRADES[2])
        await ada.settled()
        await ada.picks("Nächste Seite ›")
        await ada.sees("21 bis 40 von 100")
        await ada.picks(TRADES[24])
        await ada.settled()
        await ada.picks("Nächste Seite ›")
        await ada.sees("41 bis 60 von 100")
        await ada.says("händler")
        await ada.hears("Dazu passen 10 Antworten von 100.")
        await ada.picks(TRADES[83])
        await ada.settled()
        await ada.picks("Fertig")
    else:
        await ada.picks("Nächste Seite ›")
        await ada.sees("21 bis 40 von 100")
        await ada.says("händler")
        await ada.hears("Dazu passen 10 Antworten von 100.")
        await ada.says("3, 25, 84")
    await ada.hears("Noch ein Wort?")
    assert (await stage.answers())["trades"] == ("given", True, ["t3", "t25", "t84"])


async def test_the_unclear_piece_of_several_is_looked_up(open_stage: OpenStage) -> None:
    stage, ada = await before_trades(open_stage)
    await ada.says("1 und glas")
    found = await ada.hears("Dazu passen 9 Antworten von 100.")
    assert any(label.endswith("Glasplaner") for label in found.labels)
    await ada.says("1 und glaspl")
    await ada.hears("Noch ein Wort?")
    assert (await stage.answers())["trades"][2] == ["t1", f"t{TRADES.index('Glasplaner') + 1}"]


async def test_one_that_goes_alone_takes_the_place_of_ticks_on_other_pages(open_stage: OpenStage) -> None:
    stage, ada = await before_trades(open_stage)
    if stage.buttons:
        await ada.picks(TRADES[0])
        await ada.settled()
        await ada.says("nichts da")
        await ada.hears("Dazu passt eine Antwort von 100.")
        await ada.picks("Fertig")
        await ada.hears("Noch ein Wort?")
    else:
        await ada.says("1, nichts davon")
        await ada.hears("passt nicht zur Frage")
        await ada.says("100")
        await ada.hears("Noch ein Wort?")
    assert (await stage.answers())["trades"][2] == ["t100"]


async def test_lists_speak_english_too(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage, restarts=restarts)
    await ada.says("/language en")
    first = await ada.hears("Which place?")
    assert "1 to 20 of 412" in first.text and "You can also write part of the answer." in first.text
    assert "Town of Ahlach" in first.labels
    await ada.picks("Next page ›")
    await ada.sees("21 to 40 of 412")
    await ada.says("hausen")
    found = await ada.hears("21 answers of 412 fit that.")
    assert "Town of Berghausen" in found.labels
    await ada.picks("Town of Berghausen")
    trades_asked = await ada.hears("Which trades?")
    assert "1 to 20 of 100" in trades_asked.text
    assert (await stage.answers())["place"][2] == f"p{PLACES.index('Berghausen') + 1}"


async def test_an_admins_preview_names_only_the_beginning_of_a_long_list(tmp_path: Path) -> None:
    async with staged("memory", folder=tmp_path, admins=["ada"]) as stage:
        assert isinstance(stage, MemoryStage)
        ada = stage.person()
        await ada.starts()
        await ada.hears("Bevor es losgeht")
        await ada.picks("Einverstanden")
        await ada.hears("Wie dürfen wir Sie ansprechen?")
        await ada.says("Ada Muster")
        await ada.hears("Sie gehören zum Team.")
        stage.channel.files["f1"] = sheet().encode()
        stage.channel.sends("document", file_id="f1", name="lists.md", size=len(sheet()))
        preview = await ada.hears("ist in Ordnung: 3 Fragen.")
        assert "1. Welcher Ort? [Ahlach / Ahlau / Ahlbach / Ahlbeck / Ahlberg … und 407 weitere]" in preview.text
        assert len(preview.text) < 1000


async def test_what_is_typed_joins_what_is_ticked_on_other_pages(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await before_trades(open_stage, restarts=restarts)
    if stage.buttons:
        await ada.picks(TRADES[2])
        await ada.settled()
        for typed in ("papierprü", "57, 58"):
            await ada.says(typed)
            await ada.hears("Dazu pass")
            assert "trades" not in await stage.answers()
        await ada.picks("Fertig")
    else:
        await ada.says("3, papierprü, 57, 58")
    await ada.hears("Noch ein Wort?")
    number = TRADES.index("Papierprüfer") + 1
    assert (await stage.answers())["trades"][2] == ["t3", "t57", "t58", f"t{number}"]
    await ada.says("/zurueck")
    await ada.hears("Bisher: ")
    await ada.says("4")
    await ada.hears("Noch ein Wort?")
    assert (await stage.answers())["trades"][2] == ["t4"], "nothing is ticked anew, so what is typed is the answer"


async def test_a_guess_joins_what_is_ticked_too(open_stage: OpenStage) -> None:
    stage, ada = await before_trades(open_stage)
    if stage.buttons:
        await ada.picks(TRADES[2])
        await ada.settled()
    await ada.says("Glasplanr" if stage.buttons else "3 und Glasplanr")
    await ada.hears("Ich lese daraus:")
    await ada.picks("Ja, stimmt")
    if stage.buttons:
        await ada.hears("Welche Branchen?")
        await ada.picks("Fertig")
    await ada.hears("Noch ein Wort?")
    assert (await stage.answers())["trades"][2] == ["t3", f"t{TRADES.index('Glasplaner') + 1}"]
