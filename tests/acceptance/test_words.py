"""Words, files, edits, codes, groups, blocking: each gets a sensible reaction, and only an answer counts as one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.acceptance.processes import command
from tests.acceptance.stage import HALL, NEEDS, PATIENCE, PEOPLE, PLAN, SIZE, TOWN, WISH, Stage, staged
from tests.doubles.telegram import User

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMIN = 77_001


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("words"), ADMINS=json.dumps([f"telegram:{ADMIN}"])) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module")
async def stage(running: Stage) -> AsyncIterator[Stage]:
    yield running
    await running.settled()
    assert running.double.take_violations() == []


def said_by_bot(user: User) -> list[str]:
    return [seen.text for seen in user.sees() if not seen.mine]


# --- edited messages -------------------------------------------------------------------------------------------------


async def test_an_edited_answer_corrects_that_answer(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, PEOPLE)
    message = await ada.says("20")
    await stage.asked(ada, NEEDS)
    await ada.edits(message, "25")
    await ada.hears("Frage 2 ist jetzt „25“")
    await ada.hears_edit("✓ 25")
    await stage.settled()
    assert stage.given(ada) == [("size", "small"), ("people", 20), ("people", 25)]
    await ada.edits(message, "30")
    await ada.hears("Frage 2 ist jetzt „30“")
    await ada.says("1")
    await stage.asked(ada, TOWN)
    assert stage.answers(ada) == {"size": "small", "people": 30, "needs": ["advice"]}


async def test_an_edited_answer_that_cannot_be_read_leaves_the_old_one(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, PEOPLE)
    message = await ada.says("20")
    await stage.asked(ada, NEEDS)
    await ada.edits(message, "sehr viele")
    await ada.hears("ganze Zahl")
    await stage.settled()
    assert stage.answers(ada)["people"] == 20
    await ada.says("1")
    await stage.asked(ada, TOWN)
    assert stage.answers(ada) == {"size": "small", "people": 20, "needs": ["advice"]}


async def test_an_unreadable_answer_is_read_anew_when_it_is_edited(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, PEOPLE)
    for words, better in (("ein paar", "12"), ("lieber nichts", "Beratung")):
        message = await ada.says(words)
        await ada.hears(lambda seen: "Hier brauche ich" in seen.text or "passt zu keiner" in seen.text)
        await ada.edits(message, better)
        await ada.hears(lambda seen: "von etwa" in seen.text)
    await stage.settled()
    assert stage.answers(ada) == {"size": "small", "people": 12, "needs": ["advice"]}


async def test_editing_the_first_of_two_unreadable_answers_does_no_harm(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, PEOPLE)
    first = await ada.says("ein paar")
    await ada.hears("ganze Zahl")
    second = await ada.says("mehrere")
    await stage.asked(ada, PEOPLE)
    await ada.edits(first, "14")
    await ada.edits(second, "15")
    await stage.asked(ada, NEEDS)
    assert stage.answers(ada)["people"] == 15


async def test_edits_of_other_things_are_harmless(stage: Stage) -> None:
    ada = stage.person()
    start = await ada.starts()
    await stage.agrees(ada)
    await ada.hears(lambda seen: "Fragebogen beginnen" in seen.buttons)
    await stage.settled()
    said = said_by_bot(ada)
    await ada.edits(start, "Klein")
    company = next(seen for seen in ada.sees() if seen.mine and seen.text.startswith("Betrieb"))
    await ada.edits(company.id, "Anderer Betrieb")
    await ada.hears("nur das Team")
    name = next(seen for seen in ada.sees() if seen.mine and seen.text.startswith("Person"))
    await ada.edits(name.id, "Ada Muster")
    await ada.hears("Ada Muster")
    await ada.presses("Fragebogen beginnen")
    await stage.asked(ada, SIZE)
    command_ = await ada.says("/hilfe")
    await ada.hears("Was Sie hier tun")
    await ada.edits(command_, "/vergessen")
    await ada.edits(command_, "Groß")
    await stage.settled()
    assert stage.answers(ada) == {}
    assert len(said_by_bot(ada)) == len(said) + 4


async def test_an_edit_that_overtakes_its_message_is_not_lost(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, PEOPLE)
    stage.double.hold()
    message = await ada.says("20")
    await ada.edits(message, "25")
    stage.double.release(order=(1, 0))
    await stage.asked(ada, NEEDS)
    await stage.settled()
    assert stage.answers(ada)["people"] in {20, 25}
    assert len([path for path, _ in stage.given(ada) if path == "people"]) == 1


async def test_a_reply_to_an_old_question_answers_that_one(stage: Stage) -> None:
    ada = stage.person()
    question = await stage.comes_to(ada, PEOPLE)
    await ada.says("20")
    await stage.asked(ada, NEEDS)
    await stage.settled()
    await ada.says("22", reply_to=question.id)
    await ada.hears("Frage 2 ist jetzt „22“")
    await stage.settled()
    assert stage.answers(ada) == {"size": "small", "people": 22}


# --- what is no answer -----------------------------------------------------------------------------------------------


async def test_files_and_the_like_get_a_word_and_count_for_nothing(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    for send, reaction in (
        (ada.sends_sticker, "Sticker"), (ada.sends_voice, "Sprachnachrichten"), (ada.sends_photo, "Bilder"),
        (ada.sends_video, "Videos"), (ada.sends_location, "Standorte"), (ada.sends_contact, "Kontaktkarten"),
        (ada.sends_dice, "nicht lesen"),
    ):  # fmt: skip
        await send()
        heard = await ada.hears(reaction)
        assert "Die Frage oben ist noch offen" in heard.text
    await ada.sends_document("wunsch.pdf", b"%PDF", caption="Mehr Licht")
    await ada.hears("Dateien")
    await ada.forwards("Mehr Licht")
    await ada.hears("Weitergeleitete")
    await stage.settled()
    assert "wish" not in stage.answers(ada)
    await ada.says("Mehr Licht")
    await ada.hears(lambda seen: "Absenden" in seen.buttons)
    assert stage.answers(ada)["wish"] == "Mehr Licht"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\u202eאור\u202c und Licht", "Licht"),
        ("a\u0000b\u0007c\u001b[31md", "d"),
        ('=HYPERLINK("x")', "=HYPERLINK"),
        ("<b>fett</b> & <script>", "<script>"),
        ("👩‍👩‍👧‍👦" * 300, "👩"),
        ("/", "/"),
    ],
    ids=["right to left", "control characters", "formula", "markup", "emoji", "slash"],
)  # fmt: skip
async def test_odd_text_is_an_answer_like_any_other(stage: Stage, text: str, kept: str) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    await ada.says(text)
    await ada.hears(lambda seen: "Absenden" in seen.buttons, timeout=PATIENCE)
    assert kept in stage.answers(ada)["wish"]
    assert "\u0000" not in stage.answers(ada)["wish"]


async def test_a_long_text_that_the_app_cuts_is_one_answer(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    for words, following in (("Groß", PEOPLE), ("20", NEEDS), ("1", TOWN), ("7", PLAN), ("2", HALL)):
        await ada.says(words)
        await stage.asked(ada, following)
    long = " ".join(f"Wort{number}" for number in range(1000))
    assert len(long) > 4096
    await ada.says(long)
    await stage.asked(ada, WISH)
    await stage.settled()
    assert stage.answers(ada)["hall"] == long
    assert "wish" not in stage.answers(ada)


async def test_fifty_thousand_characters_get_one_clear_answer_and_the_question_stays(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    await stage.settled()
    said = len(said_by_bot(ada))
    await ada.says("wort " * 10_000)
    await ada.hears("höchstens")
    await stage.settled()
    assert len(said_by_bot(ada)) == said + 1
    assert "wish" not in stage.answers(ada)
    await ada.says("Nur ein Wort")
    await ada.hears(lambda seen: "Absenden" in seen.buttons)
    assert stage.answers(ada)["wish"] == "Nur ein Wort"


async def test_an_unknown_command_is_no_answer_and_the_nearest_is_named(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, WISH)
    for typed, reaction in (("/umfrgae", "/umfrage"), ("/xyzzy", "/hilfe"), ("/export", "kenne ich nicht")):
        await ada.says(typed)
        await ada.hears(reaction)
    await stage.settled()
    assert "wish" not in stage.answers(ada)


async def test_typed_numbers_and_labels_in_any_case(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    for words, following in (("gross", PEOPLE), ("1.200", NEEDS), ("beratung, räume", TOWN), ("STADT 12", PLAN)):
        await ada.says(words)
        await stage.asked(ada, following)
    await stage.settled()
    assert stage.answers(ada) == {"size": "large", "people": 1200, "needs": ["advice", "rooms"], "town": "t12"}


# --- codes, roles, menus ---------------------------------------------------------------------------------------------


async def invitation(stage: Stage, *words: str) -> str:
    code, out, complaints = await command(stage.environ, "invite", *words, "--json", directory=stage.data)
    assert code == 0, complaints
    return str(json.loads(out)["code"])


async def test_a_deep_link_knows_the_company(stage: Stage) -> None:
    ada = stage.person()
    await ada.starts(await invitation(stage, "--company", "Testwerk GmbH"))
    consent = await ada.hears(lambda seen: "Einverstanden" in seen.buttons)
    await ada.presses("Einverstanden", message_id=consent.id)
    right = await ada.hears("Testwerk GmbH. Stimmt das?")
    press = await ada.presses("Ja", message_id=right.id)
    await press.hears()
    await ada.presses_data(right.id, right.data["Nein, ein anderes"])  # too late, and the step is another one by now
    await ada.says("Ada Muster")
    await ada.hears("Wollen wir anfangen?")
    await stage.settled()
    found = stage.rows(
        "SELECT companies.name, companies.state, contacts.name FROM contacts JOIN companies ON companies.id ="
        " contacts.company_id JOIN addresses ON addresses.contact_id = contacts.id WHERE addresses.chat = ?",
        str(ada.id),
    )
    assert [(name, contact) for name, _, contact in found] == [("Testwerk GmbH", "Ada Muster")]


async def test_a_role_by_invitation_brings_its_menu_and_is_used_up(stage: Stage) -> None:
    code = await invitation(stage, "--role", "admin")
    ada, bob = stage.person(), stage.person(language_code="en")
    await stage.joins(ada)
    before = ada.menu()
    assert "frageboegen" not in [name for name, _ in before]
    await ada.starts(code)
    await ada.hears("mit allen Rechten")
    await stage.double.until(lambda: "frageboegen" in [name for name, _ in ada.menu()])
    press_again = await ada.starts(code)
    await ada.hears(lambda seen: seen.id > press_again)
    assert bob.menu() != before
    assert "help" in [name for name, _ in bob.menu()]
    await bob.starts(code)
    await bob.hears(lambda seen: "Einverstanden" in seen.buttons or "I agree" in seen.buttons or bool(seen.buttons))
    await stage.settled()
    assert stage.rows("SELECT role FROM rights WHERE person = ?", str(ada.id)) == [("admin",)]
    assert stage.rows("SELECT role FROM rights WHERE person = ?", str(bob.id)) == []


async def test_an_admin_by_settings_joins_as_staff_and_sees_the_menu(stage: Stage) -> None:
    boss = stage.double.user(ADMIN, language_code="de")
    await boss.starts()
    consent = await boss.hears(lambda seen: "Einverstanden" in seen.buttons)
    await boss.presses("Einverstanden", message_id=consent.id)
    await boss.hears("ansprechen")
    await boss.says("Berta Boss")
    await boss.hears("Team")
    await stage.double.until(lambda: "frageboegen" in [name for name, _ in boss.menu()])
    await boss.says("/umfrage")
    await boss.hears("Als Team")


async def test_a_code_that_is_none_lets_nobody_become_staff(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    for code in ("AAAA-BBBB", "0", "x" * 64, "_-_"):
        await ada.starts(code)
        await ada.hears("Diesen Code kenne ich nicht")
    await stage.settled()
    assert stage.rows("SELECT role FROM rights WHERE person = ?", str(ada.id)) == []


# --- presence, groups ------------------------------------------------------------------------------------------------


async def test_who_blocked_the_bot_hears_nothing_and_can_come_back(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, NEEDS)
    await ada.hears_edit("✓ 20")
    await stage.settled()
    stage.double.hold()
    await ada.says("/sprache de")  # leads to two messages: a word, and the question again
    ada._chat.blocked = True  # the block's own update comes later than what was said before
    asked = len(stage.double.requests)
    stage.double.release()
    await stage.settled()
    await stage.until(
        lambda: stage.rows("SELECT reachable FROM addresses WHERE chat = ?", str(ada.id)) == [(0,)], timeout=PATIENCE
    )
    tried = [call for call in list(stage.double.requests)[asked:] if call.params.get("chat_id") == ada.id]
    assert [(call.method, call.error) for call in tried] == [("sendMessage", 403)]  # the one that found out
    await ada.unblocks()
    await stage.until(lambda: stage.rows("SELECT reachable FROM addresses WHERE chat = ?", str(ada.id)) == [(1,)])
    await ada.says("1 und 3")
    await stage.asked(ada, TOWN)


async def test_blocking_and_coming_back_without_a_word_is_noted_silently(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, NEEDS)
    await stage.settled()
    said = len(said_by_bot(ada))
    await ada.blocks()
    await stage.settled()
    assert stage.rows("SELECT reachable FROM addresses WHERE chat = ?", str(ada.id)) == [(0,)]
    await ada.unblocks()
    await stage.settled()
    assert stage.rows("SELECT reachable FROM addresses WHERE chat = ?", str(ada.id)) == [(1,)]
    assert len(said_by_bot(ada)) == said


async def test_a_group_is_declined_politely_and_left_alone(stage: Stage) -> None:
    ada = stage.person()
    await stage.comes_to(ada, NEEDS)
    group = stage.double.group(-5001)
    await group.adds_bot(by=ada)
    await group.hears("direkten Gespräch")
    await ada.says("@hubtalk_test_bot 20", chat=group)
    await ada.says("1 und 3", chat=group)
    await ada.says("/wetter", chat=group)
    await ada.says("/wetter@weather_bot", chat=group)
    await group.removes_bot(by=ada)
    await stage.settled()
    assert len([seen for seen in group.sees() if not seen.mine]) == 1
    assert "needs" not in stage.answers(ada)
    assert stage.rows("SELECT count(*) FROM visitors WHERE chat = ?", "-5001") == [(0,)]


async def test_a_command_for_us_in_a_group_leads_to_the_private_chat(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    group = stage.double.group(-5002)
    await group.adds_bot(by=ada)
    await group.hears("direkten Gespräch")
    await ada.says("/umfrage@hubtalk_test_bot", chat=group)
    await group.hears("direkten Gespräch")
    await ada.says("/vergessen@hubtalk_test_bot", chat=group)
    await group.hears("direkten Gespräch")
    await stage.settled()
    assert all(SIZE not in seen.text and "LÖSCHEN" not in seen.text for seen in group.sees())
    moved = await group.becomes_supergroup(-1005002, by=ada)
    await stage.settled()
    assert [seen for seen in moved.sees() if not seen.mine] == []


async def test_a_year_old_message_is_taken_as_it_comes(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    before = datetime.now(UTC)
    stage.double.clock.advance(-timedelta(days=365).total_seconds())
    await ada.says("Klein")
    stage.double.clock.advance(timedelta(days=365).total_seconds())
    await stage.asked(ada, PEOPLE)
    answered_at = stage.rows(
        "SELECT max(answer_history.answered_at) FROM answer_history JOIN addresses ON addresses.contact_id ="
        " answer_history.contact_id WHERE addresses.chat = ?", str(ada.id),
    )[0][0]  # fmt: skip
    assert abs(answered_at / 1_000_000 - before.timestamp()) < PATIENCE
