"""The way to Telegram is broken, slow or refused: what is said arrives in the end, in order, and counts once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.acceptance.stage import NEEDS, PATIENCE, PEOPLE, PLAN, SIZE, TOWN, WISH, Stage, staged
from tests.doubles.telegram import TOKEN, Fault, User

AT_ONCE = 2.0  # seconds; what is not held back is there much sooner, also on a busy machine
LONG_PAUSE = 33  # seconds; beyond 30 a 429 is read as one of the whole bot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("transport")) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module")
async def stage(running: Stage) -> AsyncIterator[Stage]:
    yield running
    running.double.limit()
    await running.settled()
    assert running.double.take_violations() == []


def said_by_bot(user: User) -> list[str]:
    """Return the first lines of what the bot said, in the order in which it came."""
    return [seen.text for seen in user.sees() if not seen.mine]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_reply_arrives_in_the_end_whatever_happens_on_its_way(stage: Stage) -> None:
    faults = (Fault.ERROR_500, Fault.ERROR_502, Fault.CUT, Fault.LOSE_REPLY, Fault.HALF_JSON)
    people = [stage.person() for _ in faults]
    for person in people:
        await stage.joins(person)
    plans = [
        stage.double.fail(fault, method="sendMessage", times=2, chat_id=person.id)
        for person, fault in zip(people, faults, strict=True)
    ]

    async def goes_on(person: User) -> None:
        await person.says("Klein")
        await stage.asked(person, PEOPLE)
        await person.says("20")
        await stage.asked(person, NEEDS)

    await asyncio.gather(*map(goes_on, people))
    await stage.settled()
    assert [plan.met for plan in plans] == [2] * len(faults)
    for person in people:
        assert stage.given(person) == [("size", "small"), ("people", 20)]
        said = said_by_bot(person)
        places = [next(n for n, text in enumerate(said) if label in text) for label in (SIZE, PEOPLE, NEEDS)]
        assert places == sorted(places)


@pytest.mark.asyncio(loop_scope="module")
async def test_what_was_said_first_arrives_first(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    stage.double.fail(Fault.ERROR_502, method="sendMessage", times=2, chat_id=ada.id)
    for words in ("/hilfe", "Mittel", "/datenschutz"):
        await ada.says(words)
    await ada.hears("Hinweis. / Notice.", timeout=PATIENCE)
    said = said_by_bot(ada)
    order = [
        next(n for n, text in enumerate(said) if words in text) for words in ("Was Sie hier tun", PEOPLE, "Notice.")
    ]
    assert order == sorted(order)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.CUT, Fault.LOSE_REPLY])
async def test_a_press_is_answered_though_the_first_try_fails(stage: Stage, fault: Fault) -> None:
    ada = stage.person()
    question = await stage.joins(ada)
    plan = stage.double.fail(fault, method="answerCallbackQuery")
    press = await ada.presses("Klein", message_id=question.id)
    await stage.asked(ada, PEOPLE)
    await press.hears()
    assert plan.met == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_reading_fails_for_a_while_and_the_log_says_so_once(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    await stage.settled()
    before = len(stage.bot.log)
    await stage.double.stop()
    await ada.says("Klein")
    await ada.says("20")
    await stage.until(lambda: "out of order" in "\n".join(stage.bot.log[before:]))
    await asyncio.sleep(AT_ONCE)  # it tries again meanwhile
    await stage.double.start()
    await stage.asked(ada, NEEDS)
    said = "\n".join(stage.bot.log[before:])
    assert (said.count("is out of order"), said.count("answers again")) == (1, 1)
    assert TOKEN not in said
    assert stage.given(ada) == [("size", "small"), ("people", 20)]


@pytest.mark.asyncio(loop_scope="module")
async def test_broken_answers_to_a_poll_lose_nothing(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    await stage.settled()
    plans = [stage.double.fail(fault, method="getUpdates") for fault in (Fault.HALF_JSON, Fault.LOSE_REPLY)]
    await ada.says("Klein")
    await stage.asked(ada, PEOPLE)
    await ada.says("20")
    await stage.asked(ada, NEEDS)
    await stage.until(lambda: all(plan.met == 1 for plan in plans))
    assert stage.given(ada) == [("size", "small"), ("people", 20)]


@pytest.mark.asyncio(loop_scope="module")
async def test_another_poller_is_named_once_and_does_no_harm(stage: Stage) -> None:
    ada = stage.person()
    await stage.joins(ada)
    await stage.settled()
    before = len(stage.bot.log)
    url = f"{stage.double.url}/bot{TOKEN}/getUpdates"
    async with aiohttp.ClientSession() as other, other.post(url, json={"timeout": 1}) as answer:
        assert answer.status in {200, 409}
    await stage.until(lambda: "Another process polls this bot" in "\n".join(stage.bot.log[before:]))
    await ada.says("Klein")
    await stage.asked(ada, PEOPLE)
    assert "\n".join(stage.bot.log[before:]).count("Another process polls this bot") == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_chat_that_is_told_to_wait_waits_and_nobody_else(stage: Stage) -> None:
    ada, bob = stage.person(), stage.person()
    await stage.joins(ada)
    await stage.joins(bob)
    await stage.settled()
    stage.double.limit(chat_rate=1, chat_burst=1, retry_after=3)
    stage.double.rates.refused.clear()
    for words in ("/hilfe", "/datenschutz", "Mittel"):
        await ada.says(words)
    await stage.double.until(lambda: bool(stage.double.rates.refused))
    began = time.monotonic()
    await bob.says("Groß")
    await stage.asked(bob, PEOPLE)
    assert time.monotonic() - began < AT_ONCE
    await stage.asked(ada, PEOPLE)
    said = said_by_bot(ada)
    order = [
        next(n for n, text in enumerate(said) if words in text) for words in ("Was Sie hier tun", "Notice.", PEOPLE)
    ]
    assert order == sorted(order)
    assert [haste for haste in stage.double.rates.refused if haste.in_pause] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_long_pause_of_one_chat_is_kept_and_what_comes_later_does_not_overtake(stage: Stage) -> None:
    ada, bob = stage.person(), stage.person()
    await stage.joins(ada)
    await stage.joins(bob)
    await stage.settled()
    stage.double.rates.refused.clear()
    stage.double.rates.pause(12, chat_id=ada.id)
    for words in ("/hilfe", "/datenschutz"):
        await ada.says(words)
    await stage.double.until(lambda: bool(stage.double.rates.refused))
    await ada.says("Mittel")
    await bob.says("Groß")
    await stage.asked(bob, PEOPLE)
    await stage.asked(ada, PEOPLE)
    said = said_by_bot(ada)
    order = [
        next(n for n, text in enumerate(said) if words in text) for words in ("Was Sie hier tun", "Notice.", PEOPLE)
    ]
    assert order == sorted(order)
    assert len(stage.double.rates.refused) == 1  # the request that found out


# A pause counts as the whole bot's above 30 s only, so this takes 36: it belongs to the long proofs.
@pytest.mark.soak
async def test_a_pause_of_the_whole_bot_holds_for_everybody_and_over_a_restart(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        ada, bob = stage.person(), stage.person()
        await stage.joins(ada)
        await stage.joins(bob)
        await stage.settled()
        stage.double.rates.pause(LONG_PAUSE)
        over_at = stage.double.clock.monotonic() + LONG_PAUSE
        await ada.says("Klein")
        await stage.double.until(lambda: bool(stage.double.rates.refused))
        await bob.says("Groß")
        await bob.says("30")
        await stage.double.until_confirmed()
        assert await stage.bot.stop() == 0
        await stage.bot.start()
        carla = stage.person()
        await carla.starts()
        await carla.hears(timeout=LONG_PAUSE + PATIENCE)
        await stage.asked(bob, NEEDS)
        await stage.asked(ada, PEOPLE)
        # The one request that found out; what waited, and what came after the restart, kept still.
        assert len(stage.double.rates.refused) == 1
        sent = [call.at for call in stage.double.requests if call.method == "sendMessage" and call.error is None]
        assert not [at for at in sent if over_at - LONG_PAUSE < at < over_at]
        said = said_by_bot(bob)
        order = [next(n for n, text in enumerate(said) if label in text) for label in (SIZE, PEOPLE, NEEDS)]
        assert order == sorted(order)


@pytest.mark.timeout(120)
async def test_forty_people_at_once_are_answered_within_telegrams_limits(tmp_path: Path) -> None:
    async with staged(tmp_path, TELEGRAM__RATE="30", TELEGRAM__CHAT_RATE="1") as stage:
        stage.double.limit(bot_rate=30, bot_burst=30, chat_rate=1, chat_burst=4)

        async def walks(person: User) -> None:
            await stage.joins(person)
            await person.presses("Mittel")
            await stage.asked(person, PEOPLE)
            await person.says("12")
            await stage.asked(person, NEEDS)
            await person.hears_edit("✓ Mittel", timeout=PATIENCE)

        people = [stage.person() for _ in range(40)]
        await asyncio.gather(*map(walks, people))
        await stage.settled()
        assert stage.double.rates.refused == []
        for person in people:
            mine = [call for call in stage.double.requests if call.params.get("chat_id") == person.id]
            answered = next(n for n, call in enumerate(mine) if "✓ Mittel" in call.params.get("text", ""))
            following = next(n for n, call in enumerate(mine) if PEOPLE in call.params.get("text", ""))
            assert following < answered  # the next question is what people wait for; the tick can come later
            assert stage.given(person) == [("size", "medium"), ("people", 12)]


async def test_a_restart_in_the_middle_answers_what_was_left_and_repeats_nothing(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        ada = stage.person()
        question = await stage.comes_to(ada, NEEDS)
        press = await ada.presses("☐ Beratung", message_id=question.id)
        await stage.settled()
        assert await stage.bot.stop() == 0
        await ada.presses("Fertig", message_id=question.id)
        assert press.update_id is not None
        stage.double.redeliver(press.update_id)
        await stage.bot.start()
        await stage.asked(ada, TOWN)
        await stage.settled()
        assert stage.answers(ada)["needs"] == ["advice"]
        await stage.hands_out_again(press.update_id, stage.double.updates.last_id)
        await ada.says("5")
        await stage.asked(ada, PLAN)
        await ada.says("1")
        await stage.asked(ada, WISH)
        assert sum(1 for text in said_by_bot(ada) if TOWN in text) == 1
        assert stage.double.take_violations() == []
