"""Limits, faults, repeated and disordered updates, webhooks, and the double as its own process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.doubles.telegram import Fault, TelegramDouble, User
from tests.doubles.telegram.facts import facts
from tests.doubles.telegram.webhooks import SECRET_HEADER
from tests.unit.doubles.conftest import Ask


# ---------------------------------------------------------------------------------------------------- rates
async def test_limits_are_off_unless_wanted(ask: Ask, ada: User, double: TelegramDouble) -> None:
    for number in range(50):
        assert (await ask("sendMessage", chat_id=ada.id, text=str(number)))["ok"]
    assert double.rates.refused == []
    assert sum(double.rates.per_second(chat_id=ada.id).values()) == 50


async def test_hasty_chat_is_closed_until_the_pause_is_over(ask: Ask, ada: User, double: TelegramDouble) -> None:
    eve = double.user(5)
    await eve.starts()
    double.limit(chat_rate=1, chat_burst=2, retry_after=5)
    answers = [await ask("sendMessage", chat_id=ada.id, text=str(number)) for number in range(3)]
    assert [one["ok"] for one in answers] == [True, True, False]
    assert (answers[2]["error_code"], answers[2]["parameters"]) == (429, {"retry_after": 5})
    assert answers[2]["description"] == "Too Many Requests: retry after 5"
    assert (await ask("sendMessage", chat_id=eve.id, text="other chats are open"))["ok"]
    double.clock.advance(3)
    assert (await ask("sendMessage", chat_id=ada.id, text="too early"))["error_code"] == 429
    assert [one.in_pause for one in double.rates.refused] == [False, True]
    double.clock.advance(2)
    assert (await ask("sendMessage", chat_id=ada.id, text="now"))["ok"]


async def test_hasty_bot_is_closed_for_everybody(ask: Ask, ada: User, double: TelegramDouble) -> None:
    double.limit(bot_rate=30, bot_burst=1)
    assert (await ask("sendMessage", chat_id=ada.id, text="one"))["ok"]
    assert (await ask("sendMessage", chat_id=ada.id, text="two"))["parameters"] == {"retry_after": 1}
    assert double.rates.refused[0].whole_bot


async def test_pause_can_be_ordered(ask: Ask, ada: User, double: TelegramDouble) -> None:
    double.rates.pause(7, chat_id=ada.id)
    assert (await ask("sendMessage", chat_id=ada.id, text="x"))["parameters"] == {"retry_after": 7}
    assert (await ask("sendChatAction", chat_id=ada.id, action="typing"))["error_code"] == 429


async def test_busiest_window_is_counted_wherever_it_begins(ask: Ask, ada: User, double: TelegramDouble) -> None:
    for _ in range(3):
        await ask("sendMessage", chat_id=ada.id, text="x")
    double.clock.advance(2)
    await ask("sendMessage", chat_id=ada.id, text="x")
    assert (double.rates.busiest(), double.rates.busiest(seconds=10), double.rates.busiest(chat_id=1)) == (3, 4, 0)


# --------------------------------------------------------------------------------------------------- faults
@pytest.mark.parametrize(("fault", "arrived"), [(Fault.LOSE_REPLY, True), (Fault.CUT, False)])
async def test_connection_is_cut_after_or_before_the_effect(
    ask: Ask,
    ada: User,
    double: TelegramDouble,
    *,
    fault: Fault,
    arrived: bool,
) -> None:
    plan = double.fail(fault, method="sendMessage")
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask("sendMessage", chat_id=ada.id, text="x")
    assert plan.met == 1
    assert [one.text for one in ada.sees() if not one.mine] == ["x"] * arrived
    assert (await ask("sendMessage", chat_id=ada.id, text="y"))["ok"]


async def test_servers_can_be_out_of_order(ask: Ask, ada: User, double: TelegramDouble) -> None:
    double.fail(Fault.ERROR_500, times=2, skip=1)
    codes = [(await ask("sendMessage", chat_id=ada.id, text="x")).get("error_code") for _ in range(4)]
    assert codes == [None, 500, 500, None]
    assert [one.text for one in ada.sees() if not one.mine] == ["x", "x"]


async def test_proxy_answers_in_html(double: TelegramDouble) -> None:
    double.fail(Fault.ERROR_502, method="getMe")
    async with aiohttp.ClientSession() as session, session.get(f"{double.url}/bot{double.token}/getMe") as reply:
        assert (reply.status, reply.content_type) == (502, "text/html")


async def test_half_of_the_json_comes(double: TelegramDouble) -> None:
    double.fail(Fault.HALF_JSON, method="getMe")
    async with aiohttp.ClientSession() as session, session.get(f"{double.url}/bot{double.token}/getMe") as reply:
        assert reply.status == 200
        with pytest.raises(json.JSONDecodeError):
            await reply.json()


async def test_fault_waits_for_its_method_and_chat(ask: Ask, ada: User, double: TelegramDouble) -> None:
    plan = double.fail(Fault.ERROR_500, method="sendMessage", chat_id=12345)
    assert (await ask("getMe"))["ok"]
    assert (await ask("sendMessage", chat_id=ada.id, text="x"))["ok"]
    assert plan.met == 0


async def test_late_reply_does_not_delay_the_effect(ask: Ask, ada: User, double: TelegramDouble) -> None:
    double.fail(Fault.DELAY, method="sendMessage", seconds=60)
    late = asyncio.create_task(ask("sendMessage", chat_id=ada.id, text="x"))
    assert (await ada.hears("x")).text == "x"
    assert not late.done()
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late


async def test_unreachable_servers_come_back_with_their_memory(ask: Ask, ada: User, double: TelegramDouble) -> None:
    port = double.port
    await double.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask("getMe")
    await double.start()
    assert double.port == port
    assert (await ask("sendMessage", chat_id=ada.id, text="x"))["ok"]


# -------------------------------------------------------------------------------------------------- updates
async def test_update_can_come_twice(ask: Ask, ada: User, double: TelegramDouble) -> None:
    await ada.says("x")
    (update,) = (await ask("getUpdates"))["result"]
    offset = update["update_id"] + 1
    assert (await ask("getUpdates", offset=offset))["result"] == []
    double.redeliver(update["update_id"])
    assert (await ask("getUpdates", offset=offset))["result"] == [update]
    assert (await ask("getUpdates", offset=offset))["result"] == []


@pytest.mark.parametrize("renumber", [True, False])
async def test_updates_can_come_in_another_order(
    ask: Ask, ada: User, double: TelegramDouble, *, renumber: bool
) -> None:
    double.hold()
    for text in "abc":
        await ada.says(text)
    assert double.updates.pending == ()
    ids = double.release(order=[2, 0, 1], renumber=renumber)
    updates = (await ask("getUpdates"))["result"]
    assert [one["message"]["text"] for one in updates] == ["c", "a", "b"]
    assert [one["update_id"] for one in updates] == ids
    assert (ids == sorted(ids)) == renumber
    assert (await ask("getUpdates", offset=max(ids) + 1))["result"] == []


async def test_long_text_comes_in_pieces(ask: Ask, ada: User) -> None:
    await ada.says("x" * 50_000)
    updates = (await ask("getUpdates"))["result"]
    assert "".join(one["message"]["text"] for one in updates) == "x" * 50_000
    assert max(len(one["message"]["text"]) for one in updates) == 4096


async def test_every_update_has_the_shape_that_the_bot_api_documents(
    ask: Ask, ada: User, double: TelegramDouble
) -> None:
    group = double.group(-77)
    await group.adds_bot(by=ada)
    await ask(
        "sendMessage",
        chat_id=ada.id,
        text="x",
        reply_markup={"inline_keyboard": [[{"text": "ok", "callback_data": "1"}]]},
    )
    said = await ada.says("/start code", reply_to=ada.last.id)
    await ada.edits(said, "edited")
    await ada.presses("ok")
    await ada.presses_data(99_999, "old")
    for send in (ada.sends_photo, ada.sends_voice, ada.sends_video, ada.sends_sticker, ada.sends_location):
        await send()
    await ada.sends_contact()
    await ada.sends_dice()
    await ada.forwards("x")
    await ada.sends_document("a.txt", b"a")
    await group.removes_bot(by=ada)
    await ada.blocks()
    updates = (await ask("getUpdates"))["result"]
    assert len(updates) == 17
    complaints = [facts().mismatch(one, ["Update"], at="Update") for one in updates]
    assert [one for one in complaints if one] == []


# ------------------------------------------------------------------------------------------------- webhooks
class Hook:
    """A webhook that keeps what came and answers as told."""

    def __init__(self) -> None:
        self.came: list[tuple[str | None, dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.reply: dict[str, Any] = {}
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.came.append((request.headers.get(SECRET_HEADER), await request.json()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.json_response(self.reply, status=status)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_webhook_gets_updates_and_may_answer_with_a_call(
    ask: Ask,
    ada: User,
    double: TelegramDouble,
    hook: Hook,
) -> None:
    hook.reply = {"method": "sendMessage", "chat_id": ada.id, "text": "from the reply"}
    assert (await ask("setWebhook", url=hook.url, secret_token="s-1"))["ok"]
    await ada.says("hello")
    assert (await ada.hears()).text == "from the reply"
    ((secret, update),) = hook.came
    assert (secret, update["message"]["text"]) == ("s-1", "hello")
    assert double.updates.pending == ()


async def test_webhook_that_failed_gets_the_update_again(
    ask: Ask, ada: User, double: TelegramDouble, hook: Hook
) -> None:
    hook.statuses = [500]
    await ask("setWebhook", url=hook.url)
    await ada.says("hello")
    await double.until_confirmed()
    assert [update["message"]["text"] for _, update in hook.came] == ["hello", "hello"]
    assert "500" in (await ask("getWebhookInfo"))["result"]["last_error_message"]


# ------------------------------------------------------------------------------------------------ listening
async def test_waiting_in_vain_says_what_there_was(ask: Ask, ada: User) -> None:
    await ask("sendMessage", chat_id=ada.id, text="something else")
    with pytest.raises(AssertionError, match="something else"):
        await ada.hears("the question", timeout=0.01)


async def test_wrong_predicate_fails_the_test_and_not_the_bot(ask: Ask, ada: User) -> None:
    waiting = asyncio.create_task(ada.hears(lambda seen: seen.rows[0] == ("ok",)))
    await asyncio.sleep(0)
    assert (await ask("sendMessage", chat_id=ada.id, text="no rows"))["ok"]
    with pytest.raises(IndexError):
        await waiting


async def test_each_message_is_heard_once(ask: Ask, ada: User) -> None:
    for _ in range(2):
        await ask("sendMessage", chat_id=ada.id, text="again")
    first, second = await ada.hears("again"), await ada.hears("again")
    assert second.id == first.id + 1
    with pytest.raises(AssertionError):
        await ada.hears("again", timeout=0.01)


async def test_button_that_is_not_there_cannot_be_pressed(ask: Ask, ada: User) -> None:
    await ask(
        "sendMessage",
        chat_id=ada.id,
        text="x",
        reply_markup={"inline_keyboard": [[{"text": "ok", "callback_data": "1"}]]},
    )
    with pytest.raises(AssertionError, match="there is no button 'no'"):
        await ada.presses("no")


async def test_reply_keyboard_is_shown_until_it_is_removed(ask: Ask, ada: User) -> None:
    await ask("sendMessage", chat_id=ada.id, text="x", reply_markup={"keyboard": [[{"text": "a"}]]})
    assert list(ada.keyboard) == [("a",)]
    await ask("sendMessage", chat_id=ada.id, text="x", reply_markup={"remove_keyboard": True})
    assert not ada.keyboard


async def test_memory_can_be_bounded(ask: Ask) -> None:
    async with TelegramDouble(keep=3) as small:
        eve = small.user(5)
        for number in range(10):
            await eve.says(str(number))
        assert [one.text for one in eve.sees()] == ["7", "8", "9"]


# -------------------------------------------------------------------------------------------------- process
async def test_double_runs_as_its_own_process() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.doubles.telegram", "--token", "77:secret"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        where = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:

            async def post(path: str, **body: Any) -> dict[str, Any]:
                async with session.post(f"{where['url']}{path}", json=body) as reply:
                    answer: dict[str, Any] = await reply.json()
                    return answer

            await post("/control/users/5/starts", code="ABC", user={"language_code": "de"})
            (update,) = (await post("/bot77:secret/getUpdates"))["result"]
            assert update["message"]["text"] == "/start ABC"
            await post("/bot77:secret/sendMessage", chat_id=5, text="Guten Tag")
            heard = (await post("/control/users/5/hears", wanted="Guten"))["result"]
            assert heard["text"] == "Guten Tag"
            assert "there is no button" in (await post("/control/users/5/presses", label="x"))["error"]
            await post("/control/fail", fault="error_500", method="getMe")
            assert (await post("/bot77:secret/getMe"))["error_code"] == 500
            async with session.get(f"{where['url']}/control/state") as reply:
                state = await reply.json()
            assert (state["violations"], state["pending"]) == ([], 1)
    finally:
        process.terminate()
        assert await process.wait() == 0
