"""A form changes while somebody is in the middle of it, and their response moves over."""

from __future__ import annotations

from pathlib import Path

from bot.desk import compile_form, perform
from bot.domain.desk import PublishForm
from tests.contract.channels.stage import Stage
from tests.contract.channels.staging import OpenStage
from tests.contract.channels.test_questions import TYPED, begun, up_to

SHEET = (Path(__file__).parents[2] / "content" / "forms" / "types.md").read_text(encoding="utf-8")


async def moves(stage: Stage, sheet: str) -> None:
    """Publish the changed form; the one running response moves over."""
    assert sheet != SHEET
    form, problems = compile_form(sheet.encode(), file_name="types.md")
    assert form is not None, problems
    command = PublishForm(form=form, name="types", file_name="types.md", source=sheet.encode(), migrate=True)
    done = await perform(stage.house, actor="somebody", command=command)
    assert done.outlook is not None
    assert (done.outlook.running, done.outlook.moves, done.outlook.stays) == (1, 1, ())


async def test_who_is_in_the_middle_goes_on_in_the_new_version(open_stage: OpenStage, restarts: bool) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 4)
    renamed = SHEET.replace("| integer | staff |", "| integer | people |").replace("${staff}", "${people}")
    await moves(
        stage,
        renamed.replace("| date | founded |", "| text | town | Wo? | Where? | | | | | | | |\n| | date | founded |"),
    )
    stage.restarts = restarts
    await ada.says("31.01.2020")
    await ada.hears("Frage 6 von etwa 9")
    found = await stage.answers()
    assert (found["basics/people"], "basics/staff" in found) == (("given", True, 12), False)
    assert found["basics/founded"] == ("given", True, "2020-01-31")
    for place, (_, text, _, _) in enumerate(TYPED[4:7], start=7):
        await ada.says(text)
        await ada.hears(f"Frage {place}")
    await ada.says("Nein danke")
    await ada.hears("Wo?")
    await ada.says("Bergkamen")
    await ada.hears("Wollen Sie absenden?")
    await ada.picks("Absenden")
    await ada.hears("9 Antworten")
    assert (await stage.answers())["double"] == ("calculated", True, 24)


async def test_a_number_never_means_a_choice_that_was_not_shown_under_it(open_stage: OpenStage) -> None:
    stage, ada = await begun(open_stage)
    await up_to(ada, 5)
    red, blue = "| | colour | red | Rot | Red |", "| | colour | blue | Blau | Blue |"
    await moves(stage, SHEET.replace(red, "X").replace(blue, red).replace("X", blue))
    if stage.buttons:
        await ada.picks("Rot")
        await ada.hears(stage.says("press.dead"))
    await ada.says("1")
    await ada.hears("bei Frage 5 von etwa 8")
    await ada.hears("Welche Farbe?")
    assert "colour" not in await stage.answers()
    await ada.says("1")
    await ada.hears("Frage 6")
    assert (await stage.answers())["colour"] == ("given", True, "blue")
