"""From the first word to a contact: language, notice, consent, company, name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.tables import addresses, companies, consents, contacts, invitations, rights, visitors
from tests.contract.channels.stage import CODE, text_of
from tests.contract.channels.staging import OpenStage


@pytest.mark.encrypted
async def test_a_german_joins(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(restarts=restarts)
    ada = stage.person()
    await ada.starts()
    welcome = await ada.hears("Guten Tag, schön, dass Sie da sind.")
    # Who may read another language is greeted in each, and told more once one is known.
    assert ("Worum es hier geht" in welcome.text) is stage.language_hints
    await ada.sees("Worum es hier geht")
    notice = await ada.hears("Bevor es losgeht")
    assert "Verantwortlich: Hochschule Muster" in notice.text
    await ada.picks("Einverstanden")
    await ada.hears("Für welches Unternehmen")
    await ada.says("  Testwerk \t GmbH,  Bergkamen ")
    await ada.hears("Wie dürfen wir Sie ansprechen")
    await ada.says("Ada Muster")
    end = await ada.hears("Guten Tag, Ada Muster. Wollen wir anfangen?")
    assert {"Fragebogen beginnen", "Später"} <= set(end.labels)
    await ada.settled()
    assert await stage.rows(select(companies.c.name, companies.c.state)) == [("Testwerk GmbH, Bergkamen", "claimed")]
    assert await stage.rows(select(contacts.c.name, contacts.c.language)) == [("Ada Muster", "de")]
    assert await stage.rows(select(consents.c.purpose, consents.c.version, consents.c.language)) == [
        ("study", "7", "de")
    ]
    assert await stage.values(select(visitors.c.id)) == []


async def test_an_englishwoman_joins(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(restarts=restarts)
    bob = stage.person("bob", language="en-GB")
    await bob.starts()
    await bob.hears("What this is about")
    await bob.hears("Responsible: Hochschule Muster")
    await bob.picks("I agree")
    await bob.hears("company")
    await bob.says("Test Works Ltd")
    await bob.hears(stage.says("joining.name", language="en"))
    await bob.says("Bob Sample")
    await bob.hears("Bob Sample")
    assert await stage.rows(select(contacts.c.name, contacts.c.language)) == [("Bob Sample", "en")]


@pytest.mark.values
@pytest.mark.parametrize("hint", [None, "fr", "tlh-Latn"])
async def test_who_brings_no_language_we_know_is_asked_in_all_of_them(open_stage: OpenStage, hint: str | None) -> None:
    stage = await open_stage(restarts=True)
    eve = stage.person("eve", language=hint)
    await eve.starts()
    which = await eve.hears("Welche Sprache ist Ihnen lieber?")
    assert "language" in which.text and {"Deutsch", "English"} <= set(which.labels)
    await eve.picks("English")
    await eve.hears("What this is about")
    await eve.hears("Responsible:")
    await eve.picks("I agree")
    await eve.hears(stage.says("joining.company", language="en"))


async def test_a_visitor_changes_the_language_by_its_name(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.says("english")
    await ada.hears(stage.says("consent.title", language="en"))
    assert await stage.values(select(visitors.c.language)) == ["en"]


async def test_before_the_consent_there_is_nothing_but_a_visitors_row(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person("quirinus")
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.says("Ich heiße Xanthippe")
    await ada.hears("Ja oder ein Nein")
    await ada.settled()
    assert await stage.values(select(contacts.c.id)) == []
    assert await stage.values(select(addresses.c.id)) == []
    assert len(await stage.values(select(visitors.c.id))) == 1
    assert await stage.mentions("Xanthippe") == []


async def test_a_refusal_leaves_nothing_behind(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(restarts=restarts)
    ada = stage.person("quirinus")
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Nicht einverstanden")
    goodbye = await ada.hears("Wir haben nichts von Ihnen gespeichert")
    assert "/start" in goodbye.text
    await ada.settled()
    assert await stage.mentions(*ada.traces) == []


async def test_who_refused_can_come_back(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Nicht einverstanden")
    await ada.hears("Wir haben nichts von Ihnen gespeichert")
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Für welches Unternehmen")


async def test_the_full_notice_can_be_read_before_deciding(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(restarts=restarts)
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Ganzer Hinweis")
    notice = await ada.hears("Der ganze Hinweis von Testhub")
    assert "hub@example.org" in notice.text and "datenschutz@example.org" in notice.text
    again = await ada.hears("Bevor es losgeht")
    assert "Einverstanden" in again.labels
    await ada.picks("Einverstanden")
    await ada.hears("Für welches Unternehmen")


async def test_a_typed_company_never_joins_one_of_the_same_name(open_stage: OpenStage) -> None:
    stage = await open_stage()
    await stage.joined("ada", company="Testwerk GmbH")
    await stage.joined("bob", company="Testwerk GmbH", called="Bob Beispiel")
    found = await stage.rows(select(companies.c.name, companies.c.state))
    assert found == [("Testwerk GmbH", "claimed")] * 2
    assert len(set(await stage.values(select(contacts.c.company_id)))) == 2


@pytest.mark.values
@pytest.mark.parametrize("name", ["…", "?!", "👍", "x" * 121, "\u202e\u200b"])
async def test_what_is_no_company_name_is_asked_again(open_stage: OpenStage, name: str) -> None:
    stage = await open_stage()
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Für welches Unternehmen")
    await ada.says(name)
    await ada.hears("Das kann ich nicht als Namen lesen")
    await ada.says("Testwerk")
    await ada.hears("Wie dürfen wir Sie ansprechen")


async def test_an_invitation_knows_the_company(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(registration="invitation", restarts=restarts)
    code = await stage.invites(company="Eingeladen AG")
    ada = stage.person()
    await ada.starts(code)
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Ihre Einladung ist für: Eingeladen AG. Stimmt das?")
    await ada.picks("Ja")
    await ada.hears("Wie dürfen wir Sie ansprechen")
    await ada.says("Ada Muster")
    await ada.hears("Wollen wir anfangen")
    assert await stage.rows(select(companies.c.name, companies.c.state)) == [("Eingeladen AG", "confirmed")]
    assert await stage.values(select(contacts.c.company_id)) == await stage.values(select(companies.c.id))
    assert await stage.values(select(invitations.c.uses_left)) == [0]


async def test_an_invitations_company_can_be_wrong(open_stage: OpenStage) -> None:
    stage = await open_stage(registration="invitation")
    code = await stage.invites(company="Eingeladen AG")
    ada = stage.person()
    await ada.starts(code.lower().replace("-", ""))
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Ihre Einladung ist für")
    await ada.picks("Nein, ein anderes")
    await ada.hears("Für welches Unternehmen")
    await ada.says("Eingeladen AG")
    await ada.hears("Wie dürfen wir Sie ansprechen")
    assert sorted(await stage.rows(select(companies.c.name, companies.c.state))) == [
        ("Eingeladen AG", "claimed"),
        ("Eingeladen AG", "confirmed"),
    ]


async def test_a_stranger_is_turned_away_with_their_address(open_stage: OpenStage) -> None:
    stage = await open_stage(registration="invitation")
    ada = stage.person()
    await ada.starts()
    away = await ada.hears("arbeitet mit Einladungen")
    # Who was not asked yet, on a platform that tells nothing, is spoken to in all languages.
    assert ("works by invitation" in away.text) is not stage.language_hints
    assert ada.address in away.text
    await ada.says("Ich möchte aber")
    await ada.hears("arbeitet mit Einladungen")
    assert await stage.values(select(contacts.c.id)) == []
    await ada.says(await stage.invites())
    await ada.tells_language()
    await ada.hears("Bevor es losgeht")


@pytest.mark.values
@pytest.mark.parametrize("why", ["wrong", "expired", "used up"])
async def test_a_code_that_is_not_good_is_named_as_such(open_stage: OpenStage, why: str) -> None:
    stage = await open_stage(registration="invitation")
    if why != "wrong":
        await stage.invites(
            uses=0 if why == "used up" else 1, expires_in=timedelta(seconds=-1) if why == "expired" else None
        )
    ada = stage.person()
    await ada.starts(CODE)
    words = {"wrong": "kenne ich nicht", "expired": "ist abgelaufen", "used up": "schon verbraucht"}
    away = await ada.hears(words[why])
    assert ada.address in away.text and stage.says("code.ask_team", contact="hub@example.org") in away.text


async def test_where_anyone_may_start_a_bad_code_is_named_and_the_way_is_open(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person()
    await ada.starts(CODE)
    await ada.hears(stage.says("code.not_needed"))
    await ada.hears("Bevor es losgeht")


async def test_a_code_for_one_lets_one_in(open_stage: OpenStage) -> None:
    stage = await open_stage(registration="invitation")
    code = await stage.invites(company="Eingeladen AG", uses=1)
    ada, bob = stage.person("ada"), stage.person("bob")
    for person in (ada, bob):
        await person.starts(code)
        await person.hears("Bevor es losgeht")
    await bob.picks("Einverstanden")
    await bob.hears("Ihre Einladung ist für")
    await ada.picks("Einverstanden")
    await ada.hears("Dieser Code ist schon verbraucht")
    assert len(await stage.values(select(contacts.c.id))) == 1


async def test_a_code_for_the_team_that_died_leads_to_no_other_consent(open_stage: OpenStage) -> None:
    stage = await open_stage()
    code = await stage.invites(role="organiser", expires_in=timedelta(minutes=5))
    ada = stage.person()
    await ada.starts(code)
    await ada.hears("Hinweis für das Team")
    stage.clock.ahead = timedelta(minutes=6)
    await ada.picks("Einverstanden")
    await ada.hears("Wir speichern Ihren Namen und Ihre Antworten")
    assert await stage.values(select(contacts.c.id)) == []
    assert await stage.values(select(rights.c.role)) == []


async def test_an_admin_by_the_settings_joins_the_team(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(registration="invitation", admins=("ada",), restarts=restarts)
    ada = stage.person()
    await ada.starts()
    notice = await ada.hears("Bevor es losgeht")
    assert "Hinweis für das Team" in notice.text
    await ada.picks("Einverstanden")
    await ada.hears("Wie dürfen wir Sie ansprechen")
    await ada.says("Ada Admin")
    await ada.hears("Sie gehören zum Team")
    await ada.says("/umfrage")
    await ada.hears("Als Team nehmen Sie am Fragebogen nicht teil")
    await ada.says("/hilfe")
    assert "/frageboegen" in (await ada.hears("Was Sie hier tun können")).text
    assert await stage.values(select(companies.c.id)) == []
    assert await stage.rows(select(contacts.c.staff, contacts.c.company_id)) in ([(1, None)], [(True, None)])
    assert await stage.values(select(consents.c.purpose)) == ["staff"]


async def test_an_organiser_joins_by_an_invitation(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(registration="invitation", restarts=restarts)
    code = await stage.invites(role="organiser")
    ada = stage.person()
    await ada.starts(code)
    await ada.hears("Hinweis für das Team")
    await ada.picks("Einverstanden")
    await ada.hears("Wie dürfen wir Sie ansprechen")
    await ada.says("Olga Organisiert")
    await ada.hears("Sie gehören zum Team")
    await ada.says("/umfrage")
    await ada.hears("Als Team nehmen Sie am Fragebogen nicht teil")
    await ada.says("/hilfe")
    assert "/frageboegen" not in (await ada.hears("Was Sie hier tun können")).text
    assert await stage.values(select(rights.c.role)) == ["organiser"]


async def test_commands_before_the_consent_have_sensible_answers(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    for command, answer in (
        ("/hilfe", "Hier beantworten Unternehmen Fragen"),
        ("/datenschutz", "Der ganze Hinweis"),
        ("/meinedaten", "Über Sie ist nichts gespeichert außer"),
        ("/umfrage", "Bevor es losgeht"),
        ("/vergessen", "Wir haben nichts von Ihnen gespeichert"),
    ):
        await ada.says(command)
        await ada.hears(answer)
    await ada.settled()
    assert await stage.values(select(visitors.c.id)) == []


async def test_commands_in_the_middle_of_joining_lead_back_to_its_step(open_stage: OpenStage) -> None:
    stage = await open_stage()
    ada = stage.person()
    await ada.starts()
    await ada.hears("Bevor es losgeht")
    await ada.picks("Einverstanden")
    await ada.hears("Für welches Unternehmen")
    for command in ("/umfrage", "/start", "/menue", "/zurueck", "/weiter", "/pause", "/uebersicht"):
        await ada.says(command)
        await ada.hears("Für welches Unternehmen")
    await ada.says("/sprache en")
    await ada.hears(stage.says("joining.company", language="en"))
    await ada.says("Testwerk")
    await ada.hears(stage.says("joining.name", language="en"))
    assert "Für welches" not in text_of(await ada.settled())


async def test_the_questionnaire_can_wait(open_stage: OpenStage, restarts: bool) -> None:
    stage = await open_stage(restarts=restarts)
    ada = await stage.joined()
    await ada.picks("Später")
    await ada.hears("Wenn Sie so weit sind: /umfrage")
    await ada.says("/umfrage")
    await ada.hears("Frage 1")


ON_MATRIX = {"homeserver": "https://matrix.example.org", "user_id": "@hub:example.org", "password": "secret"}


@pytest.mark.parametrize("also", [True, False])
async def test_the_notice_says_what_is_true_of_the_channel_one_is_on(
    open_stage: OpenStage, place: tuple[str, str], also: bool
) -> None:
    stage = await open_stage(forms=("shipped",), **({"matrix": ON_MATRIX} if also else {}))
    ada = stage.person()
    await ada.starts()
    notice = (await ada.hears("Bevor es losgeht")).text
    assert ("Telegram ist bei Bots nicht Ende-zu-Ende verschlüsselt." in notice) is (place[0] == "telegram")
    is_there = place[0].startswith("matrix")
    assert ("Die beteiligten Server sehen" in notice) is is_there
    # Where one is already, nobody has to be told that one can be reached.
    assert ("Auf Matrix erreichen Sie uns auch: @hub:example.org" in notice) is (also and not is_there)
    assert ("Matrix" in notice) is (also and not is_there)
