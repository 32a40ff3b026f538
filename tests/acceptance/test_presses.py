"""Buttons: every press is answered, and none counts twice, for another question, or for somebody else."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from tests.acceptance.stage import HALL, NEEDS, PATIENCE, PEOPLE, PLAN, SIZE, TOWN, WISH, Stage, staged
from tests.doubles.telegram import Seen, User

pytestmark = pytest.mark.asyncio(loop_scope="module")

GONE = "Das gehört zu etwas, das es nicht mehr gibt"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("presses")) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module")
async def stage(running: Stage) -> AsyncIterator[Stage]:
    yield running
    await running.settled()
    assert running.double.take_violations() == []


def toggles(seen: Seen | None) -> set[str]:
    """Return the labels of the toggles that are on."""
    assert seen is not None
    return {label.removeprefix("☑ ") for label in seen.buttons if label.startswith("☑")}


def messages_with(user: User, text: str) -> int:
    return sum(1 for seen in user.sees() if not seen.mine and text in seen.text)


async def test_a_double_press_counts_once_and_leads_to_one_next_question(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    stage.double.hold()
    await ada.presses("Klein", message_id=question.id)
    await ada.presses("Klein", message_id=question.id)
    stage.double.release()
    await stage.asked(ada, PEOPLE)
    await stage.settled()
    assert stage.given(ada) == [("size", "small")]
    assert messages_with(ada, PEOPLE) == 1


async def test_two_buttons_pressed_fast_leave_the_second_as_the_answer(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    await ada.presses("Klein", message_id=question.id)
    await ada.presses_data(question.id, question.data["Mittel"])
    changed = await ada.hears("Geändert")
    await stage.settled()
    assert "Mittel" in changed.text
    assert stage.given(ada) == [("size", "small"), ("size", "medium")]
    assert stage.answers(ada) == {"size": "medium"}
    assert messages_with(ada, PEOPLE) == 1
    await ada.until(lambda: "✓ Mittel" in ada.sees_message(question.id).text)  # type: ignore[union-attr]


async def test_the_answered_question_shows_the_choice_and_has_no_buttons(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    await ada.presses("Groß", message_id=question.id)
    pressed = await ada.hears_edit("✓ Groß")
    assert (pressed.id, pressed.buttons) == (question.id, ())
    typed = await stage.asked(ada, PEOPLE)
    await ada.says("20")
    written = await ada.hears_edit("✓ 20")
    assert (written.id, written.buttons) == (typed.id, ())


async def test_the_ways_on_stand_in_a_row_of_their_own(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    assert question.rows[-1] == ("Pause",)  # the first question, and it must be answered: no way back, none to skip it
    await ada.says("1")
    question = await stage.asked(ada, PEOPLE)
    assert question.rows == (("‹ Zurück",), ("Überspringen", "Weiß ich nicht", "Pause"))


async def test_the_same_update_again_changes_nothing(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    press = await ada.presses("Klein", message_id=question.id)
    await stage.asked(ada, PEOPLE)
    await ada.says("20")
    await stage.asked(ada, NEEDS)
    await stage.settled()
    before = len(ada.sees())
    assert press.update_id is not None
    for _ in range(2):
        await stage.hands_out_again(press.update_id, stage.double.updates.last_id)
    await stage.settled()
    assert stage.given(ada) == [("size", "small"), ("people", 20)]
    assert len(ada.sees()) == before


async def test_presses_that_arrive_in_the_wrong_order_count_for_their_own_questions(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, PLAN)
    first = next(seen for seen in ada.sees() if SIZE in seen.text and not seen.mine)
    stage.double.hold()
    await ada.presses("1", message_id=question.id)  # the plan
    await ada.presses_data(
        first.id, next(data for label, data in _buttons(stage, ada, SIZE).items() if label == "Mittel")
    )
    await ada.says("Mehr Licht")
    stage.double.release(order=(1, 0, 2))
    await ada.hears(lambda seen: "Absenden" in seen.buttons, timeout=PATIENCE)
    assert stage.answers(ada) == {
        "size": "medium", "people": 20, "needs": ["advice", "rooms"], "town": "t07", "plan": "grow",
        "wish": "Mehr Licht",
    }  # fmt: skip


def _buttons(stage: Stage, user: User, label: str) -> dict[str, str]:
    """Return the buttons with which a question was first sent: label -> data."""
    return next(
        {
            button["text"]: button["callback_data"]
            for row in call.params["reply_markup"]["inline_keyboard"]
            for button in row
        }
        for call in stage.double.requests
        if call.method == "sendMessage" and call.params["chat_id"] == user.id and label in call.params["text"]
        and "von etwa" in call.params["text"]
    )  # fmt: skip


async def test_an_old_button_changes_that_very_answer(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    await ada.presses_data(1, _buttons(stage, ada, SIZE)["Groß"])
    changed = await ada.hears("Geändert: Frage 1")
    assert "Groß" in changed.text
    await stage.settled()
    assert stage.answers(ada) == {"size": "large", "people": 20}
    # The open question is still the one that typed text answers.
    await ada.says("2")
    await ada.hears_edit("✓ Fachkräfte")
    assert ada.sees_message(question.id).buttons == ()  # type: ignore[union-attr]


async def test_an_old_button_of_a_submitted_answer_asks_first(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    await ada.says("Ruhe")
    await ada.hears(lambda seen: "Absenden" in seen.buttons)
    await ada.presses("Absenden")
    await ada.hears("Vielen Dank")
    button = _buttons(stage, ada, SIZE)["Mittel"]
    await ada.presses_data(1, button)
    asked = await ada.hears("Ändern auf „Mittel“?")
    await stage.settled()
    assert stage.answers(ada)["size"] == "small"
    await ada.presses("So lassen", message_id=asked.id)
    await ada.hears("bleibt, wie es war")
    await ada.presses_data(1, button)
    asked = await ada.hears("Ändern auf „Mittel“?")
    await ada.presses("Ändern", message_id=asked.id)
    await ada.hears("Geändert: Frage 1")
    await stage.settled()
    assert stage.answers(ada)["size"] == "medium"
    assert stage.status(ada) == {"submitted"}


async def test_an_old_button_of_an_answer_older_than_a_day_asks_first(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    await stage.settled()
    with closing(sqlite3.connect(stage.database)) as other:
        other.execute(
            "UPDATE answers SET answered_at = answered_at - 25 * 3600 * 1000000 WHERE response_id IN (SELECT id FROM"
            " responses WHERE contact_id = (SELECT contact_id FROM addresses WHERE chat = ?))",
            (str(ada.id),),
        )
        other.commit()
    await ada.presses_data(1, _buttons(stage, ada, SIZE)["Groß"])
    asked = await ada.hears("Ändern auf „Groß“?")
    await stage.settled()
    assert stage.answers(ada)["size"] == "small"
    # The open question is still alive while this one waits.
    await ada.presses("☐ Beratung", message_id=question.id)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Beratung"})
    await ada.presses("Ändern", message_id=asked.id)
    await ada.hears("Geändert: Frage 1")
    again = await stage.asked(ada, NEEDS)
    await stage.settled()
    assert stage.answers(ada)["size"] == "large"
    await ada.presses("Fertig", message_id=again.id)
    await stage.settled()


async def test_a_confirmed_change_counts_once_however_often_it_is_pressed(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    await ada.says("Ruhe")
    await ada.hears(lambda seen: "Absenden" in seen.buttons)
    await ada.presses("Absenden")
    await ada.hears("Vielen Dank")
    buttons = _buttons(stage, ada, SIZE)
    await ada.presses_data(1, buttons["Mittel"])
    asked = await ada.hears("Ändern auf „Mittel“?")
    yes, no = asked.data["Ändern"], asked.data["So lassen"]
    await ada.presses_data(asked.id, yes)
    await ada.presses_data(asked.id, yes)
    await ada.presses_data(asked.id, no)
    await ada.hears("Geändert: Frage 1")
    await stage.settled()
    assert messages_with(ada, "Geändert: Frage 1") == 1
    await ada.presses_data(1, buttons["Groß"])
    asked = await ada.hears("Ändern auf „Groß“?")
    await ada.presses_data(asked.id, asked.data["Ändern"])
    await ada.hears("Geändert: Frage 1")
    await ada.presses_data(asked.id, yes)  # the first confirmation, once more: it was for another moment
    await stage.settled()
    assert [value for path, value in stage.given(ada) if path == "size"] == ["small", "medium", "large"]


async def test_a_button_of_another_chat_is_nobodys(stage: Stage) -> None:
    ada, bob = stage.person(), stage.person()
    question = await stage.joins(ada)
    other = await stage.joins(bob)
    press = await bob.presses_data(other.id, question.data["Klein"])
    assert GONE in (await press.hears()).text
    await stage.settled()
    assert (stage.answers(ada), stage.answers(bob)) == ({}, {})
    assert messages_with(ada, PEOPLE) == 0


@pytest.mark.parametrize(
    "data",
    ["1", "zz.1", "zzzzzzzzzzzzz.1", "9" * 60, "{}.99", "{}.0", "{}.-1", "{}.done", "{}.1+", "{}.submit", "{}.form_1",
     "{}.skip+", "0.1", "'; DROP TABLE answers;--", "😀" * 16],
)  # fmt: skip
async def test_forged_data_is_answered_and_changes_nothing(stage: Stage, data: str) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    prompt = question.data["Klein"].partition(".")[0]
    press = await ada.presses_data(question.id, data.replace("{}", prompt))
    assert (await press.hears()).alert is False
    await stage.settled()
    assert stage.answers(ada) == {}
    await ada.presses("Mittel", message_id=question.id)
    await stage.asked(ada, PEOPLE)


async def test_a_toggle_carries_the_state_it_sets(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    on = question.data["☐ Beratung"]
    first = await ada.presses_data(question.id, on)
    for _ in range(3):
        await ada.presses_data(question.id, on)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Beratung"})
    assert first.update_id is not None
    off = ada.sees_message(question.id).data["☑ Beratung"]  # type: ignore[union-attr]
    await ada.presses_data(question.id, off)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == set())
    await stage.hands_out_again(first.update_id)
    await ada.presses("☐ Räume", message_id=question.id)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Räume"})
    stage.double.hold()
    await ada.presses("Fertig", message_id=question.id)
    await ada.presses("Fertig", message_id=question.id)
    stage.double.release()
    await stage.asked(ada, TOWN)
    await stage.settled()
    assert [value for path, value in stage.given(ada) if path == "needs"] == [["rooms"]]
    assert messages_with(ada, TOWN) == 1


async def test_none_of_these_takes_the_place_of_the_others(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    for label, expected in (("Beratung", {"Beratung"}), ("Nichts davon", {"Nichts davon"}), ("Räume", {"Räume"})):
        await ada.presses(f"☐ {label}", message_id=question.id)
        await ada.until(lambda expected=expected: toggles(ada.sees_message(question.id)) == expected)  # type: ignore[misc]


async def test_done_without_a_choice_says_so_and_the_question_stays(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    press = await ada.presses("Fertig", message_id=question.id)
    assert "Noch ist nichts gewählt" in (await press.hears()).text
    await ada.presses("Überspringen", message_id=question.id)
    await stage.asked(ada, TOWN)
    assert stage.answers(ada)["needs"] is None


@pytest.mark.parametrize("interruption", ["/menue", "/sprache", "/uebersicht", "/hilfe", "/meinedaten", "/vergessen"])
async def test_toggles_live_on_after_something_else_was_shown(stage: Stage, interruption: str) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    await ada.presses("☐ Beratung", message_id=question.id)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Beratung"})
    ada.catches_up()
    await ada.says(interruption)
    await ada.hears()
    await ada.presses("☐ Räume", message_id=question.id)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Beratung", "Räume"})
    await ada.presses("Fertig", message_id=question.id)
    await stage.asked(ada, TOWN)
    assert stage.answers(ada)["needs"] == ["advice", "rooms"]


async def test_toggles_of_an_older_drawing_point_to_the_newer_one(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    await ada.presses("☐ Beratung", message_id=question.id)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Beratung"})
    await ada.says("/umfrage")
    again = await stage.asked(ada, NEEDS)
    assert toggles(again) == {"Beratung"}
    press = await ada.presses_data(question.id, question.data["☐ Räume"])
    assert "weiter unten" in (await press.hears()).text
    await ada.presses("Fertig", message_id=again.id)
    await stage.asked(ada, TOWN)
    assert stage.answers(ada)["needs"] == ["advice"]


async def test_leaving_an_old_answer_as_it_is_gives_the_open_question_back(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    await ada.says("Ruhe")
    await ada.hears(lambda seen: "Absenden" in seen.buttons)
    await ada.presses("Absenden")
    await ada.hears("Vielen Dank")
    # A submitted answer is taken up again, and then an old button asks whether another one should change.
    await ada.says("/uebersicht 3")
    open_question = await stage.asked(ada, NEEDS)
    await ada.presses_data(1, _buttons(stage, ada, SIZE)["Mittel"])
    asked = await ada.hears("Ändern auf „Mittel“?")
    await ada.presses("So lassen", message_id=asked.id)
    await ada.hears("bleibt, wie es war")
    again = await stage.asked(ada, NEEDS)
    assert again.id != open_question.id
    await ada.presses("☐ Fachkräfte", message_id=again.id)
    await ada.until(lambda: "Fachkräfte" in toggles(ada.sees_message(again.id)))


async def test_a_question_that_is_not_asked_any_more_says_so(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    await ada.presses("Groß", message_id=question.id)
    for answer, following in (("20", NEEDS), ("1", TOWN), ("3", PLAN), ("1", HALL)):
        await ada.says(answer)
        hall = await stage.asked(ada, following)
    await ada.presses_data(1, question.data["Klein"])
    await ada.hears("Geändert: Frage 1")
    await stage.asked(ada, WISH)
    press = await ada.presses_data(hall.id, hall.data["Überspringen"])
    assert "stellt sich" in (await press.hears()).text
    await ada.says("Nur das eine", reply_to=hall.id)
    await ada.hears("stellt sich")
    await stage.settled()
    assert "hall" not in stage.answers(ada) and "wish" not in stage.answers(ada)


async def test_many_choices_come_in_pages_and_long_ones_are_pressed_by_number(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, TOWN)
    assert "1 bis 20 von 34" in question.text
    assert "Stadt 20" in question.buttons and "Stadt 21" not in question.buttons
    await ada.presses("Nächste Seite ›", message_id=question.id)
    second = await ada.hears_edit("21 bis 34 von 34")
    assert (second.id, second.rows[0]) == (question.id, ("Stadt 21", "Stadt 22"))
    await ada.presses("Stadt 34", message_id=question.id)
    await ada.hears_edit("✓ Stadt 34")
    question = await stage.asked(ada, PLAN)
    assert "2  Es soll alles so bleiben, wie es heute schon ist" in question.text
    assert question.rows == (("1", "2"), ("‹ Zurück", "Überspringen", "Pause"))
    await ada.says("Es soll alles so bleiben, wie es heute schon ist")
    await stage.asked(ada, WISH)
    assert (stage.answers(ada)["town"], stage.answers(ada)["plan"]) == ("t34", "stay")


async def test_buttons_after_forget_touch_nothing(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    await ada.says("/vergessen")
    await ada.hears("LÖSCHEN")
    await ada.says("löschen")
    await ada.hears("alles gelöscht")
    press = await ada.presses_data(question.id, question.data["☐ Beratung"])
    await press.hears()
    await ada.presses_data(question.id, question.data["Fertig"])
    await stage.settled()
    assert stage.rows("SELECT count(*) FROM addresses WHERE chat = ?", str(ada.id)) == [(0,)]
    assert stage.answers(ada) == {}
    again = await stage.joins(ada)
    assert again.id > question.id


async def test_back_and_skip_by_an_old_message_never_answer_another_question(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, PEOPLE)
    await ada.says("20")
    await stage.asked(ada, NEEDS)
    press = await ada.presses_data(question.id, question.data["Überspringen"])
    assert "steht schon so" in (await press.hears()).text
    await ada.presses_data(question.id, question.data["‹ Zurück"])
    await stage.asked(ada, SIZE)
    await stage.settled()
    assert stage.answers(ada) == {"size": "small", "people": 20}


async def test_a_press_during_a_pause_and_a_second_pause(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, NEEDS)
    for _ in range(2):
        press = await ada.presses("Pause", message_id=question.id)
        await press.hears()
        await ada.hears("Alles ist gespeichert")
    await ada.presses("☐ Beratung", message_id=question.id)
    await ada.until(lambda: toggles(ada.sees_message(question.id)) == {"Beratung"})
    await ada.presses("Fertig", message_id=question.id)
    await stage.asked(ada, TOWN)


async def test_numbers_of_a_review_are_those_of_the_questions_pressed_or_typed(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    await ada.says("Klein")
    await stage.asked(ada, PEOPLE)
    await ada.presses("‹ Zurück")
    await stage.asked(ada, SIZE)
    await ada.says("/weiter")
    await stage.asked(ada, PEOPLE)
    await ada.says("/umfrage")
    await stage.asked(ada, PEOPLE)
    await ada.says("20")
    await stage.asked(ada, NEEDS)
    await ada.says("/uebersicht")
    review = await ada.hears("Ihre Antworten (1/1)")
    assert "2  Wie viele Menschen arbeiten dort? 20" in review.text
    await ada.presses("2", message_id=review.id)
    assert "Bisher: 20" in (await stage.asked(ada, PEOPLE)).text
    await ada.says("/uebersicht")
    await ada.hears("Ihre Antworten (1/1)")
    await ada.says("1")
    assert "Bisher: Klein" in (await stage.asked(ada, SIZE)).text
