"""What a contact asks and the team answers, on the memory channel: files both ways, two who answer, erasure, rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from bot.desk import perform
from bot.domain.desk import GrantRole, RevokeRole
from bot.domain.messages import (
    Address,
    ChatKind,
    GroupMoved,
    MembershipChanged,
    Outgoing,
    Pressed,
    PromptId,
    Said,
    SentMedia,
)
from bot.errors import RateLimited, Unreachable
from storage.tables import attachments, audit_log, deliveries, inquiries, inquiry_messages, prompts, set_aside
from tests.contract.channels.matrix import MatrixStage
from tests.contract.channels.memory import MemoryPerson, MemoryStage
from tests.contract.channels.staging import staged

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@asynccontextmanager
async def hub(folder: Path, **wishes: Any) -> AsyncIterator[MemoryStage]:
    async with staged("memory", folder=folder, **wishes) as stage:
        assert isinstance(stage, MemoryStage)
        yield stage


async def team(stage: MemoryStage, name: str = "olga", called: str = "Olga Org", language: str = "de") -> MemoryPerson:
    person = stage.person(name, language=language)
    await perform(stage.house, actor="test", command=GrantRole(person=Address.parse(person.address), role="organiser"))
    await person.starts()
    await person.hears(stage.says("consent.title", language=language))
    await person.picks(stage.says("consent.yes", language=language))
    await person.hears(stage.says("joining.name", language=language))
    await person.says(called)
    await person.hears(stage.says("joining.done_staff", language=language, name=called))
    return person


async def asked(stage: MemoryStage, text: str = "Gibt es Parkplätze?") -> MemoryPerson:
    ada = await stage.joined()
    assert isinstance(ada, MemoryPerson)
    await ada.says(f"/fragen {text}")
    await ada.hears("als Anfrage 1")
    return ada


async def all_told(stage: MemoryStage) -> None:
    """Wait until what was planned for other chats is there, too."""
    on_its_way = select(deliveries.c.id).where(deliveries.c.state.in_(["planned", "claimed"]))
    await stage.settled()
    while await stage.values(on_its_way):
        await stage.settled()


def in_group(stage: MemoryStage, content: Any, *, sender: str, chat: str = "g1") -> None:
    stage.channel.put(content, chat=chat, sender=sender, chat_kind=ChatKind.GROUP)


async def heard_in(stage: MemoryStage, chat: str, words: str) -> Any:
    return await stage.first(
        lambda: next((one for one in stage.channel.chat(chat) if words in one.message.text + one.message.where), None)
    )


@DATABASES
async def test_files_go_both_ways_and_are_gone_with_the_contact(tmp_path: Path, database: str) -> None:
    async with hub(tmp_path, database=database) as stage:
        olga = await team(stage)
        ada = await stage.joined()
        assert isinstance(ada, MemoryPerson)
        stage.channel.files = {"f1": PNG, "f2": PNG + b"2"}
        stage.channel.sends("photo", chat="ada", file_id="f1", size=48, caption="So sieht die Halle aus.")
        await ada.hears("Soll ich das an das Team weitergeben?")
        await ada.picks("Ja, weitergeben")
        await ada.hears("als Anfrage 1")
        await olga.hears("So sieht die Halle aus.")
        came = await olga.hears("Datei von Ada Muster")
        assert came.file is not None and came.file[1] == PNG
        await olga.answers_to("Datei von Ada Muster", "Schön.")
        await ada.hears("Olga vom Team: Schön.")
        await olga.says("/posteingang 1")
        await olga.hears("Anfrage 1 · offen")
        await olga.picks("Antworten")
        await olga.hears("Ihre Antwort an Ada Muster")
        stage.channel.sends("photo", chat="olga", file_id="f2", size=49)
        await olga.hears("Die Datei folgt")
        brought = await ada.hears("Hier ist eine Datei für Sie")
        assert brought.file is not None and brought.file[1] == PNG + b"2"
        await ada.says("/meinedaten")
        mine = await ada.hears("1 Anfrage an das Team")
        assert mine.file is not None
        told = orjson.loads(mine.file[1])["inquiries"][0]["messages"]
        assert [(each["from"], each["text"], each["files"]) for each in told] == [
            ("you", "So sieht die Halle aus.", 1),
            ("Olga", "Schön.", 0),
            ("Olga", "", 1),
        ]
        await ada.says("/vergessen")
        await ada.settled()
        await ada.says("löschen")
        await ada.settled()
        for table in (inquiries, inquiry_messages, attachments):
            assert await stage.rows(select(table)) == []
        await stage.app.sweep()
        assert not list(stage.settings.data_dir.glob("attachments/*/*")), "the files go with them"
        await olga.answers_to("Datei von Ada Muster", "Noch etwas.")
        await olga.hears("Diese Anfrage gibt es nicht mehr")
        await olga.says("/posteingang 1 Noch etwas.")
        await olga.hears("Eine Anfrage 1 gibt es nicht")


async def test_a_file_that_cannot_be_had_is_told_to_both(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        olga = await team(stage)
        ada = await asked(stage)
        await olga.hears("Neue Anfrage 1")
        stage.channel.sends(
            "document", chat="ada", file_id="gone", name="plan.pdf", reply_to=ada_id(stage, "Anfrage 1")
        )
        await ada.hears("zu Ihrer Anfrage 1")
        await ada.hears("Die Datei zu Anfrage 1 konnte ich nicht laden")
        await olga.hears("Die Datei von Ada Muster (Testwerk GmbH) konnte ich nicht laden")


def ada_id(stage: MemoryStage, words: str) -> str:
    return next(one.id for one in reversed(stage.channel.chat("ada")) if words in one.message.text)


@DATABASES
async def test_two_who_answer_hear_of_each_other(tmp_path: Path, database: str) -> None:
    async with hub(tmp_path, database=database) as stage:
        olga = await team(stage)
        otto = await team(stage, "otto", "Otto Org")
        ada = await asked(stage)
        shown = {}
        for person in (olga, otto):
            await person.hears("Neue Anfrage 1")
            shown[person.name] = stage.channel.chat(person.name)[-1].id
        for name, message in shown.items():  # in the same instant: the bot reads both at once
            stage.channel.says(f"Antwort von {name}.", chat=name, reply_to=message)
        await ada.hears("Antwort von")
        await ada.hears("Antwort von")
        await stage.settled()
        told = "\n".join([*olga.seen(), *otto.seen()])
        assert "hat eben auch geantwortet: „Antwort von" in told, "the later one reads it with the receipt"
        assert "hat eben auch geantwortet.\n" in told, "the earlier one is told"
        # Minutes later it is asked first.
        await ada.answers_to("Antwort von olga", "Und wo?")
        await olga.hears("Mehr zu Anfrage 1")
        await olga.says("/posteingang 1")
        await olga.hears("Anfrage 1 · offen")
        await olga.picks("Antworten")
        await olga.hears("Ihre Antwort an")
        await otto.says("/posteingang 1 Hinter dem Haus.")
        await ada.hears("Hinter dem Haus.")
        stage.clock.ahead += timedelta(minutes=5)
        await olga.says("Hinter der Halle.")
        await olga.hears("Otto Org hat inzwischen schon geantwortet: „Hinter dem Haus.“")
        await olga.says("Nicht senden")
        await olga.hears("es wurde nichts verschickt")
        assert not any("Hinter der Halle" in text for text in ada.seen())


async def test_who_lost_the_right_answers_nobody(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        olga = await team(stage)
        ada = await asked(stage)
        await olga.hears("Neue Anfrage 1")
        await olga.picks("Antworten")
        await olga.hears("Ihre Antwort an Ada Muster")
        revoke = RevokeRole(person=Address.parse(olga.address), role="organiser")
        await perform(stage.house, actor="test", command=revoke)
        await olga.says("Ja, gibt es.")
        await olga.answers_to("Neue Anfrage 1", "Ja, gibt es!")
        await olga.picks("Übernehmen")
        await olga.says("/posteingang 1 Ja, gibt es?")
        await olga.hears("Diesen Befehl kenne ich nicht")
        assert not any("gibt es" in text for text in ada.seen()[1:] if "Parkplätze" not in text)
        assert await stage.values(select(inquiries.c.assigned_to)) == [None]
        assert len(await stage.rows(select(inquiry_messages))) == 1


async def test_forged_prompts_and_numbers_show_nobody_elses_inquiry(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        await team(stage)
        await asked(stage, "Streng vertraulich?")
        eve = await stage.joined("eve", company="Fremd AG", called="Eve Fremd")
        shown = await stage.rows(select(prompts.c.id, prompts.c.kind).where(prompts.c.kind.in_(["asked", "inquiry"])))
        assert {kind for _, kind in shown} == {"asked", "inquiry"}
        for number, _ in shown:
            for choice in ("add", "reply", "take", "close", "list"):
                stage.channel.put(Pressed(PromptId(number), choice, None, "b1"), chat="eve")
        for words in ("/fragen 1", "/ask 1", "/posteingang 1", "/inbox 1 Hallo"):
            await eve.says(words)
        await eve.settled()
        assert not any("vertraulich" in text for text in eve.seen())
        assert await stage.values(select(inquiries.c.state)) == ["open"]
        assert len(await stage.rows(select(inquiry_messages))) == 1


@DATABASES
async def test_a_group_is_the_inbox_until_the_bot_is_put_out(tmp_path: Path, database: str) -> None:
    async with hub(tmp_path, database=database) as stage:
        olga = await team(stage)
        stranger = await stage.joined("eve", company="Fremd AG", called="Eve Fremd")
        in_group(stage, Said("/posteingang hier"), sender="eve")
        await heard_in(stage, "g1", "Ich arbeite nur im direkten Gespräch")
        in_group(stage, Said("/posteingang hier"), sender="olga")
        await heard_in(stage, "g1", "Anfragen kommen ab jetzt hierher")
        ada = await asked(stage)
        told = await heard_in(stage, "g1", "Neue Anfrage 1")
        quiet = len(stage.channel.chat("g1"))
        for content in (
            Said("/posteingang 1"), Said("/hilfe"), Said("Ich weiß es!", reply_to=told.id),
            Pressed(told.message.prompt, "close", None, told.id),
        ):  # fmt: skip
            in_group(stage, content, sender="eve")
        await stage.settled()
        assert len(stage.channel.chat("g1")) == quiet, "who has no right to it is not heard"
        assert len(await stage.rows(select(inquiry_messages))) == 1
        in_group(stage, Said("Ja, hinter dem Haus.", reply_to=told.id), sender="olga")
        await heard_in(stage, "g1", "ist unterwegs an Ada Muster")
        await ada.hears("Olga vom Team: Ja, hinter dem Haus.")
        in_group(stage, Said("/posteingang"), sender="olga")
        listed = await heard_in(stage, "g1", "Posteingang")
        in_group(stage, Said("Und vor dem Haus auch.", reply_to=listed.id), sender="olga")
        await heard_in(stage, "g1", "Welche Anfrage meinen Sie? Es wurde nichts verschickt.")
        in_group(stage, Said("/posteingang 1 übernehmen"), sender="olga")
        await heard_in(stage, "g1", "ist jetzt bei Ihnen, Olga Org")
        in_group(stage, MembershipChanged(present=False), sender="olga")
        await olga.hears("Ich bin nicht mehr in der Gruppe")
        await ada.says("/fragen Und Busse?")
        await olga.hears("Neue Anfrage 2")
        assert not any("Neue Anfrage" in text for text in stranger.seen())
        actors = await stage.values(select(audit_log.c.actor).where(audit_log.c.action == "inbox chosen"))
        assert len(actors) == 2 and "Olga" not in str(actors) and "olga" not in str(actors)


async def test_closed_opens_again_within_two_weeks_and_a_blocked_contact_gets_nothing(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        stage.failures_expected = True
        olga = await team(stage)
        ada = await asked(stage)
        await olga.hears("Neue Anfrage 1")
        await olga.says("/posteingang 1 Ja.")
        await ada.hears("Olga vom Team: Ja.")
        await olga.says("/posteingang 1 schließen")
        await olga.hears("Anfrage 1 ist geschlossen")
        await ada.answers_to("Olga vom Team: Ja.", "Auch am Samstag?")
        await ada.hears("zu Ihrer Anfrage 1")
        await olga.hears("Anfrage 1 ist wieder offen")
        await olga.says("/posteingang 1 schließen")
        await olga.hears("Anfrage 1 ist geschlossen")
        stage.clock.ahead += timedelta(days=15)
        await ada.answers_to("Olga vom Team: Ja.", "Und im Mai?")
        await ada.hears("als Anfrage 2")
        await olga.hears("Neue Anfrage 2")
        await ada.blocks()
        await stage.settled()
        await olga.says("/posteingang 2 Ja.")
        await olga.hears("ist zurzeit nicht erreichbar")
        assert await stage.values(select(inquiries.c.state).order_by(inquiries.c.number)) == ["closed", "open"]


async def test_what_one_person_may_lay_upon_the_team_has_bounds(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        await team(stage)
        ada = await stage.joined()
        await ada.says(f"/fragen {'x' * 4001}")
        await ada.hears("mehr als 4000 Zeichen")
        for number in range(1, 11):
            await ada.says(f"/fragen Frage {number}")
            await ada.hears(f"als Anfrage {number}")
        await ada.says("/fragen Noch eine")
        await ada.hears("schon 10 offene Anfragen")
        for _ in range(20):
            await ada.answers_to("als Anfrage 1.", "Noch etwas.")
            await ada.hears("zu Ihrer Anfrage 1")
        await ada.answers_to("als Anfrage 1.", "Noch etwas.")
        await ada.hears("sehr viele Nachrichten")
        assert len(await stage.rows(select(inquiry_messages))) == 30


async def test_an_answer_disturbs_no_open_question_and_comes_after_stop(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        olga = await team(stage, language="en")
        ada = await stage.joined()
        await ada.picks("Fragebogen beginnen")
        await ada.says("/fragen Was ist gemeint?")
        await ada.hears("als Anfrage 1")
        told = await olga.hears("New inquiry 1")
        assert "About the question “" in told.text
        await ada.says("/stopp")
        await olga.says("/inbox 1 The first one.")
        answer = await ada.hears("Olga vom Team: The first one.")
        assert "Sie schrieben: „Was ist gemeint?“" in answer.text
        current = await stage.values(
            select(prompts.c.kind).where(prompts.c.superseded_at.is_(None), prompts.c.chat == "ada")
        )
        assert current == ["question"]
        await stage.settled()
        assert await stage.values(select(deliveries.c.body).where(deliveries.c.body.is_not(None))) == []
        assert await stage.rows(select(set_aside)) == []


async def test_words_line_by_line_go_as_one_and_only_once(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        olga = await team(stage)
        ada = await stage.joined()
        assert isinstance(ada, MemoryPerson)
        await ada.says("Ich habe eine Frage.")
        await ada.hears("Soll ich es an das Team weitergeben?")
        await ada.says("Wann geht es los?")
        await ada.hears("Soll ich es an das Team weitergeben?")
        shown = [one for one in stage.channel.chat("ada") if one.message.choices][-2:]
        for one in reversed(shown):
            stage.channel.presses("Ja, weitergeben", chat="ada", shown=one)
            stage.channel.presses("Ja, weitergeben", chat="ada", shown=one)
        await ada.hears("als Anfrage 1")
        assert "Ich habe eine Frage. Wann geht es los?" in (await olga.hears("Neue Anfrage 1")).text
        await stage.settled()
        assert await stage.values(select(inquiries.c.number)) == [1]
        stage.channel.put(SentMedia("sticker"), chat="ada")
        await ada.hears("Sticker")


@DATABASES
async def test_who_waits_is_recalled_five_times_on_weekdays(tmp_path: Path, database: str) -> None:
    async with hub(tmp_path, database=database) as stage:
        olga = await team(stage)
        await asked(stage)
        await olga.hears("Neue Anfrage 1")
        moments = []
        for hour in range(24 * 16):
            before = len(olga.seen())
            stage.clock.ahead += timedelta(hours=1)
            await stage.app.remind()
            await stage.app.remind()
            if hour % 6 == 5 or stage.clock.now().hour in (7, 8, 9):
                await all_told(stage)
            if len(olga.seen()) > before:
                moments.append(stage.clock.now().astimezone(stage.house.hub.timezone))
        await all_told(stage)
        assert sum("wartet auf Antwort" in text for text in olga.seen()) == 5
        assert await stage.values(select(inquiries.c.remind_at)) == [None]
        assert all(moment.weekday() < 5 and 8 <= moment.hour <= 18 for moment in moments), moments


async def test_an_answer_that_does_not_arrive_is_told_and_the_inquiry_stays_open(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        stage.failures_expected = True
        olga = await team(stage)
        await asked(stage)
        await olga.hears("Neue Anfrage 1")

        def fail(outgoing: Outgoing) -> None:
            if outgoing.address.chat == "ada":
                raise Unreachable("blocked")

        stage.channel.fail = fail
        await olga.says("/posteingang 1 Ja.")
        await olga.hears("ist unterwegs")
        await all_told(stage)
        await stage.app.remind()
        await olga.hears("Die letzte Antwort ist bei Ada Muster (Testwerk GmbH) nicht angekommen")
        await olga.says("/posteingang 1")
        await olga.hears("Olga Org: Ja. (nicht angekommen)")


async def test_a_ready_answer_is_shown_before_it_goes_in_the_contacts_language(tmp_path: Path) -> None:
    async with hub(tmp_path, forms=("shipped",)) as stage:
        olga = await team(stage, language="en")
        ada = await asked(stage)
        await olga.hears("New inquiry 1")
        await olga.says("/inbox 1")
        await olga.hears("Inquiry 1 · open")
        await olga.picks("Reply")
        offered = await olga.hears("Ready answers, by number")
        place = 1 + offered.labels.index("Thank you, we will get back to you")
        await olga.says(str(place))
        await olga.hears("Guten Tag Ada Muster,\nvielen Dank")
        assert not any("vielen Dank" in text for text in ada.seen())
        await olga.says("send")
        await ada.hears("Olga vom Team: Guten Tag Ada Muster,\nvielen Dank")
        await olga.says("One more thing.")
        await olga.settled()
        assert not any("One more thing" in text for text in ada.seen()), "the dialogue is over"


async def test_somebody_else_of_the_team_gets_an_inquiry(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        olga = await team(stage)
        otto = await team(stage, "otto", "Otto Org", "en")
        await asked(stage)
        await otto.hears("New inquiry 1")
        await olga.says("/posteingang 1")
        await olga.hears("Anfrage 1 · offen")
        await olga.picks("Weitergeben")
        await olga.hears("Wer kümmert sich um Anfrage 1?")
        await olga.says("Otto Org")
        await olga.hears("Anfrage 1 ist jetzt bei Otto Org")
        await otto.hears("This inquiry of Ada Muster (Testwerk GmbH) is with you now")
        await olga.says("/posteingang")
        assert "bei Otto Org" in (await olga.hears("1 Anfrage wartet auf Antwort")).text
        stage.clock.ahead += timedelta(days=7)
        heard = len(olga.seen())
        while not any("waiting for an answer" in text for text in otto.seen()):
            stage.clock.ahead += timedelta(hours=4)
            await stage.app.remind()
            await all_told(stage)
        assert len(olga.seen()) == heard, "who looks after it is recalled alone"


async def test_the_inbox_moves_with_its_group_and_is_given_up_when_it_cannot_be_reached(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        stage.failures_expected = True
        olga = await team(stage)
        in_group(stage, Said("/posteingang hier"), sender="olga")
        await heard_in(stage, "g1", "Anfragen kommen ab jetzt hierher")
        in_group(stage, GroupMoved("g2"), sender="olga")
        await stage.settled()
        ada = await asked(stage)
        await heard_in(stage, "g2", "Neue Anfrage 1")

        def fail(outgoing: Outgoing) -> None:
            if outgoing.address.chat == "g2":
                raise Unreachable("kicked")

        stage.channel.fail = fail
        await ada.says("/fragen Und Busse?")
        await all_told(stage)
        await stage.app.remind()
        await olga.hears("Ich bin nicht mehr in der Gruppe")
        while not any("wartet auf Antwort" in text for text in olga.seen()):
            stage.clock.ahead += timedelta(hours=4)
            await stage.app.remind()
            await all_told(stage)


async def test_nothing_of_an_erased_contact_still_leaves_for_the_team(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        olga = await team(stage)

        def fail(outgoing: Outgoing) -> None:
            if outgoing.address.chat == "olga":
                raise RateLimited("slowly", retry_after=timedelta(hours=1))

        ada = await asked(stage, "Streng vertraulich?")
        await olga.hears("Neue Anfrage 1")
        stage.channel.fail = fail
        await ada.says("/fragen Noch vertraulicher?")
        await ada.hears("als Anfrage 2")
        waits = select(deliveries.c.id).where(deliveries.c.state == "planned", deliveries.c.not_before.is_not(None))
        while not await stage.values(waits):
            await stage.settled()
        await ada.says("/vergessen")
        await ada.settled()
        await ada.says("löschen")
        await ada.settled()
        assert await stage.values(waits) == []
        bodies = await stage.values(select(deliveries.c.body)) + await stage.values(select(prompts.c.data))
        assert not any("vertraulich" in str(body) for body in bodies)
        stage.channel.fail = None


async def test_a_talk_for_two_that_others_joined_is_an_inbox_and_nobodys_own_chat(tmp_path: Path) -> None:
    async with hub(tmp_path) as stage:
        await team(stage)
        otto = await team(stage, "otto", "Otto Org")
        in_group(stage, Said("/posteingang hier"), sender="otto", chat="olga")
        await heard_in(stage, "olga", "Anfragen kommen ab jetzt hierher")
        ada = await asked(stage)
        told = await heard_in(stage, "olga", "Neue Anfrage 1")
        in_group(stage, Said("Ja.", reply_to=told.id), sender="otto", chat="olga")
        await ada.hears("Otto vom Team: Ja.")
        in_group(stage, Said("/posteingang aus"), sender="otto", chat="olga")
        await heard_in(stage, "olga", "wieder zu jedem im Team einzeln")
        quiet = len(stage.channel.chat("olga"))
        await ada.says("/fragen Und Busse?")
        await otto.hears("Neue Anfrage 2")
        await stage.settled()
        assert len(stage.channel.chat("olga")) == quiet


@pytest.mark.parametrize("channel", ["matrix", "matrix-encrypted"])
async def test_a_room_that_colleagues_join_is_the_inbox(tmp_path: Path, channel: str) -> None:
    async with staged(channel, folder=tmp_path) as stage:
        assert isinstance(stage, MatrixStage)
        olga = stage.person("olga")
        role = GrantRole(person=Address.parse(olga.address), role="organiser")
        await perform(stage.house, actor="test", command=role)
        await olga.starts()
        await olga.hears("Bevor es losgeht")
        await olga.picks("Einverstanden")
        await olga.hears("Wie dürfen wir Sie ansprechen")
        await olga.says("Olga Org")
        await olga.hears("Guten Tag, Olga Org")
        colleague = await asyncio.to_thread(stage.synapse.new_user, "bob")
        await olga.contact.call("POST", f"/rooms/{olga.room}/invite", {"user_id": colleague})
        await olga.says("!posteingang hier")
        await olga.hears("Anfragen kommen ab jetzt hierher")
        ada = await stage.joined()
        await ada.says("/fragen Gibt es Parkplätze?")
        await ada.hears("als Anfrage 1")
        await olga.hears("Gibt es Parkplätze?")
        await olga.answers_to("Neue Anfrage 1", "Ja, hinter dem Haus.")
        await olga.hears("ist unterwegs an Ada Muster")
        await ada.hears("Olga vom Team: Ja, hinter dem Haus.")
        await olga.says("!posteingang aus")
        await olga.hears("wieder zu jedem im Team einzeln")
