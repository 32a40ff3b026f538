"""What the double refuses, in the words of the real servers, and what of that it remembers as a violation."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.doubles.telegram import TelegramDouble, User
from tests.doubles.telegram.facts import facts
from tests.doubles.telegram.methods import NAMES
from tests.unit.doubles.conftest import Ask

BUTTON = {"text": "ok", "callback_data": "1"}


def keyboard(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


async def test_unknown_method_is_not_found(ask: Ask, double: TelegramDouble) -> None:
    assert (await ask("sendMessages", chat_id=1))["error_code"] == 404
    assert (await ask("sendPoll", chat_id=1))["error_code"] == 404
    assert double.take_violations() == [
        "sendMessages: there is no such method",
        "sendPoll: not played by this double",
    ]


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"text": "x", "silent": True}, "sendMessage.silent: unknown, or not played by this double"),
        ({"text": 5}, "sendMessage.text: String is expected, not int"),
        (
            {"text": "x", "disable_notification": "yes"},
            "sendMessage.disable_notification: Boolean is expected, not str",
        ),
        ({}, "message text is empty"),
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            "can't parse entities: can't find end tag corresponding to start tag \"b\"",
        ),
        ({"text": "x", "parse_mode": "Text"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"label": "x"}]]}}, "unknown"),
        ({"text": "x", "reply_markup": keyboard([{"text": "a", "callback_data": 1}])}, "String is expected"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"text": "x", "reply_markup": keyboard([{"text": "a", "callback_data": "ü" * 33}])}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keyboard([{"text": "a", "callback_data": ""}])}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keyboard([{"text": " ", "callback_data": "1"}])}, "text must be non-empty"),
        ({"text": "x", "reply_markup": keyboard([{"text": "a"}])}, "exactly one optional field"),
        (
            {"text": "x", "reply_markup": keyboard([BUTTON | {"url": "https://example.org"}])},
            "exactly one optional field",
        ),
        ({"text": "x", "reply_markup": keyboard([BUTTON] * 9)}, "at most 8 buttons"),
        ({"text": "x", "reply_markup": keyboard(*[[BUTTON]] * 101)}, "reply markup is too long"),
        ({"text": "x", "reply_markup": keyboard([{"text": "a", "url": "http://localhost/x"}])}, "Wrong HTTP URL"),
        ({"text": "https://t.me/some_bot?start=a.b"}, "the start parameter"),
        ({"text": "ab", "entities": [{"type": "bold", "offset": 1, "length": 2}]}, "lies outside"),
        ({"text": "😀", "entities": [{"type": "bold", "offset": 0, "length": 1}]}, "middle of a UTF-16 symbol"),
    ],
)
async def test_wrong_message_is_refused_and_remembered(
    ask: Ask,
    ada: User,
    double: TelegramDouble,
    params: dict[str, Any],
    complaint: str,
) -> None:
    answer = await ask("sendMessage", chat_id=ada.id, **params)
    assert answer["error_code"] == 400
    assert answer["description"].startswith("Bad Request: ")
    assert complaint in answer["description"]
    assert len(double.take_violations()) == 1
    assert [one for one in ada.sees() if not one.mine] == []


async def test_limits_are_kept_to_the_last_unit(ask: Ask, ada: User) -> None:
    assert (await ask("sendMessage", chat_id=ada.id, text="😀" * 2048))["ok"]
    assert (await ask("sendMessage", chat_id=ada.id, text="<b>" + "&lt;" * 4096 + "</b>", parse_mode="HTML"))["ok"]
    full = keyboard(*[[{"text": "a", "callback_data": "x" * 64}] * 8] * 12, [BUTTON] * 4)
    assert (await ask("sendMessage", chat_id=ada.id, text="x", reply_markup=full))["ok"]


async def test_offsets_are_utf16_units(ask: Ask, ada: User) -> None:
    answer = await ask("sendMessage", chat_id=ada.id, text="😀 <b>fett</b> /hilfe", parse_mode="HTML")
    assert answer["result"]["entities"] == [
        {"type": "bold", "offset": 3, "length": 4},
        {"type": "bot_command", "offset": 8, "length": 6},
    ]


async def test_edits_are_refused_for_the_reasons_the_servers_give(ask: Ask, ada: User) -> None:
    sent = (await ask("sendMessage", chat_id=ada.id, text="x", reply_markup=keyboard([BUTTON])))["result"]["message_id"]

    async def edit(message_id: int, text: str, **more: Any) -> str:
        answer = await ask("editMessageText", chat_id=ada.id, message_id=message_id, text=text, **more)
        return str(answer.get("description", "ok"))

    said = await ada.says("mine")
    assert "message is not modified" in await edit(sent, "x", reply_markup=keyboard([BUTTON]))
    assert await edit(sent, "x") == "ok"
    assert "message is not modified" in await edit(sent, "x")
    assert "message to edit not found" in await edit(sent + 100, "x")
    assert "message can't be edited" in await edit(said, "x")
    answer = await ask("editMessageReplyMarkup", chat_id=ada.id, message_id=sent)
    assert "message is not modified" in answer["description"]


async def test_deleting_has_its_time(ask: Ask, ada: User, double: TelegramDouble) -> None:
    sent = (await ask("sendMessage", chat_id=ada.id, text="x"))["result"]["message_id"]
    double.clock.advance(48 * 3600 + 60)
    answer = await ask("deleteMessage", chat_id=ada.id, message_id=sent)
    assert "message can't be deleted" in answer["description"]
    answer = await ask("deleteMessage", chat_id=ada.id, message_id=sent + 1)
    assert "message to delete not found" in answer["description"]


async def test_callback_answer_is_at_most_200_characters(ask: Ask, ada: User, double: TelegramDouble) -> None:
    await ask("sendMessage", chat_id=ada.id, text="x", reply_markup=keyboard([BUTTON]))
    press = await ada.presses("ok")
    assert not (await ask("answerCallbackQuery", callback_query_id=press.id, text="x" * 201))["ok"]
    assert len(double.take_violations()) == 1
    assert (await ask("answerCallbackQuery", callback_query_id=press.id, text="x" * 200))["ok"]


@pytest.mark.parametrize(
    ("command", "description", "complaint"),
    [
        ("Hilfe", "x", "BOT_COMMAND_INVALID"),
        ("zurück", "x", "BOT_COMMAND_INVALID"),
        ("x" * 33, "x", "BOT_COMMAND_INVALID"),
        ("help", "", "BOT_COMMAND_DESCRIPTION_INVALID"),
        ("help", "x" * 257, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ],
)
async def test_commands_have_rules(
    ask: Ask,
    double: TelegramDouble,
    command: str,
    description: str,
    complaint: str,
) -> None:
    answer = await ask("setMyCommands", commands=[{"command": command, "description": description}])
    assert complaint in answer["description"]
    assert len(double.take_violations()) == 1


async def test_menu_holds_at_most_100_commands(ask: Ask, double: TelegramDouble) -> None:
    commands = [{"command": f"c{number}", "description": "x"} for number in range(101)]
    assert "BOT_COMMANDS_TOO_MUCH" in (await ask("setMyCommands", commands=commands))["description"]
    assert (await ask("setMyCommands", commands=commands[:100]))["ok"]
    scope = {"type": "everybody"}
    assert not (await ask("setMyCommands", commands=commands[:1], scope=scope))["ok"]
    assert len(double.take_violations()) == 2


async def test_updates_of_unwanted_kinds_are_not_kept(ask: Ask, ada: User, double: TelegramDouble) -> None:
    await ask("getUpdates", allowed_updates=["message"])
    await ada.blocks()
    await ada.unblocks()
    assert (await ask("getUpdates"))["result"] == []
    await ada.blocks()
    assert (await ask("getUpdates", allowed_updates=[]))["result"] == []
    await ada.unblocks()
    assert [set(one) for one in (await ask("getUpdates"))["result"]] == [{"update_id", "my_chat_member"}]
    assert not (await ask("getUpdates", allowed_updates=["messages"]))["ok"]
    assert len(double.take_violations()) == 1


async def test_group_that_grew_says_where_it_went(ask: Ask, ada: User, double: TelegramDouble) -> None:
    group = double.group(-77)
    await group.adds_bot(by=ada)
    moved = await group.becomes_supergroup(-100500, by=ada)
    answer = await ask("sendMessage", chat_id=-77, text="x")
    assert answer["parameters"] == {"migrate_to_chat_id": -100500}
    assert (await ask("sendMessage", chat_id=-100500, text="x"))["result"]["message_id"] == 2
    assert moved.last.text == "x"


async def test_message_ids_count_over_all_private_chats(ask: Ask, ada: User, double: TelegramDouble) -> None:
    eve = double.user(5, first_name="Eve")
    first = await ada.says("a")
    second = await eve.says("b")
    third = (await ask("sendMessage", chat_id=ada.id, text="c"))["result"]["message_id"]
    assert (second, third) == (first + 1, first + 2)


async def test_somebody_known_from_a_group_alone_cannot_be_written_to(ask: Ask, double: TelegramDouble) -> None:
    eve, group = double.user(5), double.group(-77)
    await group.adds_bot(by=eve)
    await eve.says("/start", chat=group)
    answer = await ask("sendMessage", chat_id=5, text="x")
    assert (answer["error_code"], answer["description"]) == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )


async def test_forms_are_read_like_json(double: TelegramDouble, ada: User) -> None:
    url = f"{double.url}/bot{double.token}/sendMessage"
    form = {
        "chat_id": str(ada.id),
        "text": "x",
        "reply_markup": '{"inline_keyboard":[[{"text":"a","callback_data":"1"}]]}',
    }
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=form) as reply:
            assert reply.status == 200
        async with session.get(url, params={"chat_id": ada.id, "text": "y"}) as reply:
            assert reply.status == 200
        async with session.post(url, data={**form, "reply_markup": '{"inline_keyboard":[[{"text":"a"}]]}'}) as reply:
            assert reply.status == 400
        async with session.post(url, data=b"{", headers={"Content-Type": "application/json"}) as reply:
            assert reply.status == 400
    assert [one.rows for one in ada.sees()[-2:]] == [(("a",),), ()]
    assert len(double.take_violations()) == 2


async def test_malformed_token_is_not_found(double: TelegramDouble) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{double.url}/botnonsense/getMe") as reply:
            assert reply.status == 404
        async with session.get(f"{double.url}/bot1:x/getMe") as reply:
            assert (reply.status, await reply.json()) == (
                401,
                {"ok": False, "error_code": 401, "description": "Unauthorized"},
            )


def test_every_method_of_the_list_is_played() -> None:
    assert set(facts().methods) == set(NAMES.values())


async def test_results_have_the_documented_shapes(ask: Ask, ada: User) -> None:
    sent = await ask("sendMessage", chat_id=ada.id, text="<b>x</b>", parse_mode="HTML", reply_markup=keyboard([BUTTON]))
    edited = await ask("editMessageText", chat_id=ada.id, message_id=sent["result"]["message_id"], text="y")
    results = {
        "User": await ask("getMe"),
        "ChatFullInfo": await ask("getChat", chat_id=ada.id),
        "WebhookInfo": await ask("getWebhookInfo"),
        "BotName": await ask("getMyName"),
        "BotShortDescription": await ask("getMyShortDescription"),
    }
    complaints = [facts().mismatch(one["result"], ["Message"], at="Message") for one in (sent, edited)]
    complaints += [facts().mismatch(answer["result"], [name], at=name) for name, answer in results.items()]
    assert [one for one in complaints if one] == []


async def test_logged_out_bot_gets_nothing_more(ask: Ask) -> None:
    assert (await ask("logOut"))["ok"]
    assert (await ask("getMe"))["description"] == "Bad Request: Logged out"


async def test_file_that_nobody_sent_cannot_be_fetched(ask: Ask, double: TelegramDouble, ada: User) -> None:
    assert "wrong file_id" in (await ask("getFile", file_id="nothing"))["description"]
    await ada.sends_document("big.bin", bytes(20 * 1024 * 1024 + 1))
    (update,) = (await ask("getUpdates"))["result"]
    answer = await ask("getFile", file_id=update["message"]["document"]["file_id"])
    assert answer["description"] == "Bad Request: file is too big"
    async with aiohttp.ClientSession() as session, session.get(f"{double.url}/file/bot{double.token}/x/y") as reply:
        assert reply.status == 404


async def test_upload_must_hold_something(double: TelegramDouble, ada: User) -> None:
    form = aiohttp.FormData({"chat_id": str(ada.id)})
    form.add_field("document", b"", filename="empty.csv", content_type="text/csv")
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{double.url}/bot{double.token}/sendDocument", data=form) as reply:
            assert "file must be non-empty" in (await reply.json())["description"]
        form = aiohttp.FormData({"chat_id": str(ada.id), "document": "attach://here"})
        async with session.post(f"{double.url}/bot{double.token}/sendDocument", data=form) as reply:
            assert "no file is attached by the name here" in (await reply.json())["description"]
    assert len(double.take_violations()) == 2
