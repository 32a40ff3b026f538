"""The table of routes: each is reached by some message, and the last takes whatever is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain import roles
from bot.domain.interviews import Interview
from bot.domain.messages import (
    Address,
    ChatKind,
    Content,
    Edited,
    FileLost,
    FileOfInquiry,
    InboundMessage,
    Located,
    MembershipChanged,
    Missed,
    Pressed,
    PromptId,
    Said,
    SentMedia,
)
from bot.domain.newcomers import MEANWHILE
from bot.domain.people import Contact, ContactId, Role, Visitor
from bot.domain.scene import Dialogue, Draft, Hub, OpenInvitation, Prompt, Scene
from bot.forms.model import Form, Question
from bot.runtime.clock import Ids
from bot.runtime.router import find
from bot.texts import load_texts
from handlers import ROUTES
from handlers.account import FORGET
from handlers.onboarding import DIALOGUE

NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HUB = Hub(
    name="Testhub",
    languages=("de", "en"),
    timezone=BERLIN,
    registration="open",
    texts={},
    hashes={},
    notice_version="1",
    code_hash=lambda code: code,
    person_hash=str,
)
ADA = Contact(id=ContactId(1), name="Ada", language="de", company=None, staff=False, pushes=True, created_at=NOW)
FORM = Form(name="f", title={}, version="", languages=("de",), questions=())
INTERVIEW = Interview(
    id=1, response=5, state="open", position="", tries=0, touched_at=NOW, form=FORM, form_state="open",
    status="partial", submitted_at=None, language="de", answers={},
)  # fmt: skip
QUESTION = Prompt(id=PromptId(1), kind="question", response=5, path="word")
MENU = Prompt(id=PromptId(2), kind="menu", data={"choices": [["survey", "Fragebogen"]]})
LINK = Prompt(id=PromptId(9), kind="link", data={"choices": [["yes", "Verbinden"], ["no", "Nicht"]]})
STEP = Prompt(id=PromptId(3), kind="dialogue", data={"step": "name", "choices": []})
COMPANY = Prompt(id=PromptId(4), kind="company", data={"company": 1, "choices": [["tag", "Merkmal setzen"]]})
OFFERED = Prompt(id=PromptId(40), kind="broadcast", data={"form": "needs"})
BROADCASTS = Prompt(id=PromptId(41), kind="broadcasts", data={"choices": [["1", "Neue Rundnachricht"]]})
WRITING = Dialogue(name="broadcasting", step="text", data={})
TAGGING = Dialogue(name="company", step="tag", data={"company": 1})
VISITOR = Visitor(language="de", code_hash="", step="consent")


def scene(content: Content, *, kind: ChatKind = ChatKind.PRIVATE, known: bool = True, **facts: Any) -> Scene:
    message = InboundMessage(
        account="memory:bot",
        native_id="1",
        address=Address("memory", "ada"),
        sender="ada",
        content=content,
        received_at=NOW,
        chat_kind=kind,
        message_id="p1",
        language="de",
    )
    base = Scene(
        hub=HUB, catalogue=load_texts(("de", "en"), timezone=BERLIN), message=message, now=NOW, next_id=Ids(),
        contact=ADA if known else None,
    )  # fmt: skip
    return replace(base, **facts)


def pressed(prompt: Prompt | None) -> Pressed:
    return Pressed(prompt.id if prompt else None, "1", None, "b1")


JOINING = Dialogue(name=DIALOGUE, step="name", data={})
ASKING_WHOM = Dialogue(name=roles.DIALOGUE, step="who", data={})
FORGETTING = Dialogue(name=FORGET, step="confirm", data={})
OPEN = {5: INTERVIEW}
FILE_FORM = replace(FORM, questions=(Question(path="word", name="word", type="image"),))
FILES = {5: replace(INTERVIEW, form=FILE_FORM, position="word")}
PLACE_FORM = replace(FORM, questions=(Question(path="word", name="word", type="geopoint"),))
PLACES = {5: replace(INTERVIEW, form=PLACE_FORM, position="word")}
LOST = FileLost(attachment=1, response=5, path="word", instance=0, value="photo-1.jpg", why="gone")
STAFF = frozenset({"organiser"})
ASKING = Dialogue(name="ask", step="text", data={})
REPLYING = Dialogue(name="reply", step="text", data={"inquiry": 7})
ASK = Prompt(id=PromptId(4), kind="ask", data={"choices": []})
ANSWER = Prompt(id=PromptId(5), kind="answer", data={"inquiry": 7, "choices": [["add", "Antworten"]]})
OFFER = Prompt(id=PromptId(6), kind="pass_on", data={"text": "Wann?", "choices": [["yes", "Ja"], ["no", "Nein"]]})
INQUIRY = Prompt(id=PromptId(7), kind="inquiry", data={"inquiry": 7, "choices": [["reply", "Antworten"]]})
REPLY = Prompt(id=PromptId(8), kind="reply", data={"inquiry": 7, "choices": []})
INVITING = Dialogue(name="inviting", step="company", data={})
ORGANISER: frozenset[Role] = frozenset({"organiser"})
WAITING = replace(ADA, admitted=False)
NEWCOMER = Prompt(id=PromptId(11), kind="newcomer", data={"contact": 5, "choices": [["admit", "Zulassen"]]})
EXPECTED: list[tuple[str, Scene]] = [
    ("joining, where the team lets people in", scene(Said("Ada"), contact=WAITING, dialogue=JOINING)),
    *(("waits for the team", scene(Said(text), contact=WAITING)) for text in ("/survey", "/menü", "/skip", "hallo")),
    ("waits for the team", scene(SentMedia("photo"), contact=WAITING)),
    ("waits for the team", scene(pressed(MENU), contact=WAITING, referred=MENU)),
    ("waits for the team", scene(Said("1"), contact=WAITING, current=MENU)),
    ("survey", scene(Said("/survey"), contact=WAITING, roles=ORGANISER)),
    *((name, scene(Said(f"/{name}"), contact=WAITING)) for name in sorted(MEANWHILE)),
    ("unknown command", scene(Said("/inbox"), contact=WAITING)),
    ("forget?", scene(Said("löschen"), contact=WAITING, dialogue=FORGETTING)),
    ("words for the team", scene(Said("Wann?"), contact=WAITING, dialogue=ASKING, current=ASK)),
    ("reply about an inquiry", scene(Said("Danke"), contact=WAITING, referred=ANSWER)),
    ("press about a newcomer", scene(pressed(NEWCOMER), roles=ORGANISER, referred=NEWCOMER)),
    ("words about a newcomer", scene(Said("zulassen"), roles=ORGANISER, referred=NEWCOMER)),
    ("words about a newcomer", scene(Said("vielleicht"), roles=ORGANISER, referred=NEWCOMER)),
    ("words about a newcomer", scene(Said("1"), roles=ORGANISER, current=NEWCOMER)),
    ("not understood", scene(Said("vielleicht"), roles=ORGANISER, current=NEWCOMER)),
    ("press of a menu", scene(pressed(NEWCOMER), referred=NEWCOMER)),
    ("not understood", scene(Said("zulassen"), referred=NEWCOMER)),
    ("invite", scene(Said("/invite"), roles=ORGANISER)),
    ("unknown command", scene(Said("/invite"))),
    ("inviting", scene(Said("Testwerk"), dialogue=INVITING, roles=ORGANISER)),
    ("not understood", scene(Said("Testwerk"), dialogue=INVITING)),
    ("group", scene(Said("/help"), kind=ChatKind.GROUP)),
    ("group", scene(MembershipChanged(present=True), kind=ChatKind.PUBLIC, known=False)),
    ("another address", scene(Said("Hallo"), new_address=True)),
    ("another address", scene(MembershipChanged(present=True), new_address=True)),
    ("file lost", scene(LOST, interviews=FILES)),
    ("file lost", scene(LOST, known=False)),
    ("file", scene(SentMedia("photo"), interviews=FILES)),
    ("file", scene(SentMedia("photo"), interviews=FILES, roles=frozenset({"admin"}))),
    ("file", scene(SentMedia("document", reply_to="b1"), referred=QUESTION, interviews=FILES)),
    ("media", scene(SentMedia("unreadable"), interviews=FILES)),
    ("media", scene(SentMedia("photo"), interviews={5: replace(FILES[5], state="paused")})),
    ("joining", scene(Located(51.6, 7.6), dialogue=JOINING)),
    ("place", scene(Located(51.6, 7.6), interviews=PLACES)),
    ("place", scene(Located(51.6, 7.6, reply_to="b1"), referred=QUESTION, interviews=PLACES)),
    ("place of nothing", scene(Located(51.6, 7.6), interviews=OPEN)),
    ("group", scene(SentMedia("verification", caption="1"), kind=ChatKind.GROUP)),
    ("verification", scene(SentMedia("verification", caption="1"), current=QUESTION, interviews=OPEN)),
    ("verification", scene(SentMedia("verification_decimal", caption="1"), dialogue=JOINING)),
    ("verification", scene(SentMedia("verification_impossible"), known=False)),
    ("membership", scene(MembershipChanged(present=False))),
    ("visitor starts", scene(Said("/start"), known=False)),
    ("visitor brings a code", scene(Said("/start 7KQ2"), known=False)),
    ("visitor brings a code", scene(Said("7kq2 9f0d xw3t"), known=False)),
    ("visitor brings a code", scene(Said("/link"), known=False, visitor=VISITOR)),
    ("choice about linking", scene(pressed(LINK), referred=LINK)),
    ("choice about linking", scene(Said("ja"), known=False, current=LINK)),
    ("no choice about linking", scene(Said("vielleicht"), current=LINK, interviews=OPEN)),
    ("visitor brings a code", scene(Said("7kq2 9f0d xw3t"), known=False, current=LINK)),
    ("link", scene(Said("/verbinden"), current=LINK, interviews=OPEN)),
    ("start", scene(Said("/start 7KQ2-9F0D-XW3T"))),
    ("visitor's help", scene(Said("/hilfe"), known=False, visitor=VISITOR)),
    ("visitor's notice", scene(Said("/privacy"), known=False, visitor=VISITOR)),
    ("visitor's data", scene(Said("/mydata"), known=False, visitor=VISITOR)),
    ("visitor's language", scene(Said("/sprache"), known=False, visitor=VISITOR)),
    ("visitor forgets", scene(Said("/vergessen"), known=False, visitor=VISITOR)),
    ("visitor stops", scene(Said("/stopp"), known=False, visitor=VISITOR)),
    ("visitor was not heard", scene(Missed(), known=False, visitor=VISITOR)),
    ("not heard", scene(Missed())),
    ("visitor", scene(Said("hallo"), known=False)),
    ("visitor", scene(Said("/umfrage"), known=False)),
    ("visitor", scene(SentMedia("sticker"), known=False)),
    ("visitor", scene(pressed(MENU), known=False, referred=MENU)),
    ("visitor edits", scene(Edited("hallo"), known=False)),
    ("unknown command", scene(Said("/xyzzy"))),
    ("unknown command", scene(Said("/forms"))),
    ("forms", scene(Said("/forms"), roles=frozenset({"admin"}))),
    ("progress", scene(Said("/fortschritt"), roles=frozenset({"organiser"}))),
    ("unknown command", scene(Said("/fortschritt"))),
    ("roles", scene(Said("/rollen"), roles=frozenset({"admin"}))),
    ("unknown command", scene(Said("/rollen"), roles=frozenset({"organiser"}))),
    ("roles: who?", scene(Said("Ada"), dialogue=ASKING_WHOM, roles=frozenset({"admin"}))),
    ("not understood", scene(Said("Ada"), dialogue=ASKING_WHOM)),
    ("press of nothing we know", scene(pressed(None))),
    ("press of a question", scene(pressed(QUESTION), referred=QUESTION, interviews=OPEN)),
    ("press of a menu", scene(pressed(MENU), referred=MENU)),
    ("correction", scene(Edited("neu"), answered=QUESTION, interviews=OPEN)),
    ("correction of a name", scene(Edited("neu"), answered=STEP)),
    ("edit of nothing", scene(Edited("neu"))),
    ("joining", scene(Said("Ada"), dialogue=JOINING)),
    ("joining", scene(SentMedia("voice"), dialogue=JOINING)),
    ("joining", scene(pressed(STEP), dialogue=JOINING, referred=STEP)),
    ("forget?", scene(Said("nein"), dialogue=FORGETTING, interviews=OPEN)),
    ("companies", scene(Said("/unternehmen"), roles=frozenset({"organiser"}))),
    ("unknown command", scene(Said("/unternehmen"))),
    ("press about companies", scene(pressed(COMPANY), referred=COMPANY, roles=frozenset({"organiser"}))),
    ("press of a menu", scene(pressed(COMPANY), referred=COMPANY)),
    ("typed choice about companies", scene(Said("1"), current=COMPANY, roles=frozenset({"admin"}))),
    ("typed choice of a menu", scene(Said("1"), current=COMPANY)),
    ("press in a broadcast", scene(pressed(OFFERED), referred=OFFERED)),
    ("broadcast", scene(Said("/rundnachricht"), roles=STAFF)),
    ("unknown command", scene(Said("/broadcast"))),
    ("press about a broadcast", scene(pressed(BROADCASTS), referred=BROADCASTS, roles=STAFF)),
    ("press of a menu", scene(pressed(BROADCASTS), referred=BROADCASTS)),
    ("typed choice about a broadcast", scene(Said("1"), current=BROADCASTS, roles=STAFF)),
    ("writing a broadcast", scene(Said("Guten Tag"), dialogue=WRITING, roles=STAFF)),
    ("not understood", scene(Said("Guten Tag"), dialogue=WRITING)),
    ("written about a company", scene(Said("Bau"), dialogue=TAGGING, roles=frozenset({"organiser"}))),
    ("not understood", scene(Said("Bau"), dialogue=TAGGING)),
    ("list or form sent in", scene(SentMedia("document", name="f.XLSX"), roles=frozenset({"admin"}))),
    ("list or form sent in", scene(SentMedia("document", name="f.csv"), roles=frozenset({"organiser"}))),
    ("form sent in by an admin", scene(SentMedia("document", name="f.md"), roles=frozenset({"admin"}))),
    ("media", scene(SentMedia("document", name="f.md"), roles=frozenset({"organiser"}))),
    ("media", scene(SentMedia("document", name="f.xlsx"))),
    ("media", scene(SentMedia("photo"), roles=frozenset({"admin"}))),
    ("forwarded", scene(Said("Wort", forwarded=True), interviews=OPEN)),
    ("typed choice of a menu", scene(Said("1"), current=MENU)),
    *(
        (f"{name}, {how}", given)
        for name in ("ask", "inbox", "invite", "broadcast", "companies")
        for menu in [Prompt(id=MENU.id, kind="menu", data={"choices": [[name, "Da lang"]]})]
        for how, given in (
            ("pressed", scene(replace(pressed(menu), choice=name), referred=menu, roles=STAFF)),
            ("typed", scene(Said("da lang"), current=menu, roles=STAFF)),
        )
    ),
    ("answer", scene(Said("Wort"), current=QUESTION, interviews=OPEN)),
    ("answer", scene(Said("Wort"), current=MENU, interviews=OPEN)),
    ("press of a dialogue that is over", scene(pressed(STEP), referred=STEP)),
    ("not understood", scene(Said("Wort"))),
    ("file of an inquiry", scene(FileOfInquiry(attachment=1))),
    ("file of an inquiry", scene(FileOfInquiry(attachment=1), kind=ChatKind.GROUP, known=False)),
    ("inbox of a group", scene(Said("/inbox here"), kind=ChatKind.GROUP, roles=STAFF)),
    ("inbox of a group", scene(Said("Ja"), kind=ChatKind.GROUP, roles=STAFF, referred=INQUIRY)),
    ("group", scene(Said("/inbox here"), kind=ChatKind.GROUP)),
    ("group", scene(Said("Ja"), kind=ChatKind.GROUP, referred=INQUIRY)),
    ("group", scene(Said("Ja"), kind=ChatKind.GROUP, roles=STAFF)),
    ("ask while joining", scene(Said("/ask"), dialogue=JOINING)),
    ("ask", scene(Said("/fragen Wann?"), interviews=OPEN)),
    ("inbox", scene(Said("/inbox 12 Morgen."), roles=STAFF)),
    ("unknown command", scene(Said("/inbox 12"))),
    ("words for the team", scene(Said("Wann?"), dialogue=ASKING, current=ASK, interviews=OPEN)),
    ("words for the team", scene(SentMedia("voice"), dialogue=ASKING, current=ASK)),
    ("answer", scene(Said("Wort"), dialogue=ASKING, current=QUESTION, interviews=OPEN)),
    ("reply about an inquiry", scene(Said("Danke"), referred=ANSWER, current=QUESTION, interviews=OPEN)),
    ("press about an inquiry", scene(pressed(ANSWER), referred=ANSWER)),
    ("typed choice about an inquiry", scene(Said("ja"), current=OFFER)),
    ("not understood", scene(Said("Noch etwas"), current=OFFER)),
    ("press in the inbox", scene(pressed(INQUIRY), referred=INQUIRY, roles=STAFF)),
    ("press of a menu", scene(pressed(INQUIRY), referred=INQUIRY)),
    ("reply in the inbox", scene(Said("Morgen."), referred=INQUIRY, roles=STAFF)),
    ("reply in the inbox", scene(SentMedia("document"), referred=INQUIRY, roles=frozenset({"admin"}))),
    ("not understood", scene(Said("Morgen."), referred=INQUIRY)),
    ("answer to an inquiry", scene(Said("Morgen."), dialogue=REPLYING, current=REPLY, roles=STAFF)),
    ("not understood", scene(Said("Morgen."), dialogue=REPLYING, current=REPLY)),
    ("typed choice of the inbox", scene(Said("1"), current=INQUIRY, roles=STAFF)),
    *(
        (name, scene(Said(f"/{name}"), interviews=OPEN))
        for name in (
            "start", "help", "menu", "survey", "back", "skip", "pause", "review", "language", "cancel", "privacy",
            "mydata", "stop", "forget",
        )
    ),
    *(
        (f"{name} while joining", scene(Said(f"/{name}"), dialogue=JOINING))
        for name in ("menu", "survey", "back", "skip", "pause", "review")
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given"), EXPECTED, ids=[f"{number} {name}" for number, (name, _) in enumerate(EXPECTED)]
)
def test_a_message_takes_its_route(name: str, given: Scene) -> None:
    assert find(ROUTES, given).name == name


def test_every_route_is_reached_by_one_of_these() -> None:
    assert {route.name for route in ROUTES} == {name for name, _ in EXPECTED}


def test_the_last_route_takes_everything() -> None:
    assert all(ROUTES[-1].when(given) for _, given in EXPECTED)


def test_routes_are_told_apart_by_their_names() -> None:
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))


def test_who_typed_is_told_what_a_press_would_show_in_passing() -> None:
    checked = Prompt(id=PromptId(4), kind="form", data={"choices": [["publish", "Veröffentlichen"]]})
    typed, pressed_it = scene(Said("1"), current=checked), scene(pressed(checked), referred=checked)
    for met, heard in ((typed, ["Das steht hier nicht mehr zur Wahl."]), (pressed_it, [])):
        draft = Draft(met)
        find(ROUTES, met).handle(draft)  # Ada was an admin when she sent the form in
        turn = draft.turn()
        assert [reply.message.text for reply in turn.replies] == heard
        assert turn.toast == "Das steht hier nicht mehr zur Wahl."


@pytest.mark.parametrize("facts", [{"known": False}, {"dialogue": JOINING}, {"current": QUESTION, "interviews": OPEN}])
@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (SentMedia("verification", caption="0 63 7 7 1 2 3"), "\n🐶 Hund, 📌 Stecknadel, 🐰 Hase, 🐰 Hase, 🐱 Katze, "),
        (SentMedia("verification_decimal", caption="1000 9191 4711"), "\n1000 – 9191 – 4711\n"),
        (SentMedia("verification_impossible"), "Vergleich von Emojis"),
    ],
)
def test_a_verification_is_told_and_changes_nothing(content: SentMedia, wanted: str, facts: dict[str, Any]) -> None:
    draft = Draft(scene(content, **facts))
    find(ROUTES, draft.scene).handle(draft)
    turn = draft.turn()
    assert (turn.outcomes, turn.edits, len(turn.replies)) == ((), (), 1)
    [reply] = turn.replies
    assert wanted in reply.message.text
    assert (reply.prompt, "{" in reply.message.text) == (None, False)


def test_two_invitations_of_one_company_are_told_apart() -> None:
    twice = tuple(
        OpenInvitation(id=number, whom="Testwerk", role=None, uses=10, used=0, until=None) for number in (1, 2)
    )
    draft = Draft(scene(Said("/einladen"), roles=ORGANISER, open_invitations=twice))
    find(ROUTES, draft.scene).handle(draft)
    (shown,) = draft.turn().replies
    labels = [choice.label for choice in shown.message.choices]
    assert labels == ["Zurückziehen: Testwerk (1)", "Zurückziehen: Testwerk (2)"]
