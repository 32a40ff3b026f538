"""The channel against a Bot API server: what it asks, what it makes of the answers, what it keeps to itself."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from aiohttp.test_utils import TestServer

from bot.adapters.telegram.channel import TelegramChannel
from bot.domain.messages import (
    Acknowledgement,
    Address,
    Attachment,
    Choice,
    DeliveryId,
    Edit,
    Identity,
    OutboundMessage,
    Outgoing,
    PromptId,
    Said,
    Way,
)
from bot.errors import (
    ChannelRefused,
    ChannelUnavailable,
    HubtalkError,
    RateLimited,
    Refused,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from bot.ports import Channel

TOKEN = "123:AAsecret"
ADA = Address("telegram", "4711")
QUESTION = OutboundMessage(
    text="Stimmt das?", choices=(Choice("1", "Ja"),), ways=(Way("back", "Zurück"),), prompt=PromptId(7)
)
HALL = Attachment("halle.png", "image/png", b"picture", source="form:12:halle.png", caption="1 · Groß")
ICS = Attachment("termin.ics", "text/calendar", b"BEGIN:VCALENDAR")


class BotApiServer(Protocol):
    """What these tests use of the server in conftest.py."""

    asked: list[tuple[str, dict[str, Any]]]
    uploads: list[tuple[str, str, bytes]]
    files: dict[str, bytes]

    def params(self, method: str) -> list[dict[str, Any]]: ...
    def result(self, method: str, result: Any) -> None: ...
    def refusal(self, method: str, code: int, description: str = "", **parameters: Any) -> None: ...
    def page(self, method: str, status: int, text: str = "<html>") -> None: ...
    def hang_up(self, method: str) -> None: ...
    def redirect(self, method: str, to: str) -> None: ...


def outgoing(message: OutboundMessage) -> Outgoing:
    return Outgoing(delivery=DeliveryId(1), address=ADA, message=message)


def text_update(update_id: int, text: str = "hallo") -> dict[str, Any]:
    person = {"id": 4711, "is_bot": False, "first_name": "Ada"}
    chat = {"id": 4711, "type": "private"}
    return {"update_id": update_id, "message": {"message_id": 5, "from": person, "chat": chat, "date": 0, "text": text}}


def test_it_is_a_channel() -> None:
    channel: Channel = TelegramChannel(token=TOKEN, api_url=None, rate=30, chat_rate=1)
    assert (channel.abilities.buttons, channel.abilities.rate, channel.abilities.chat_rate) == (True, 30, 1)


# ------------------------------------------------------------------------------------------------------ connect


async def test_it_learns_who_it_is(channel: TelegramChannel) -> None:
    assert await channel.connect() == Identity(
        "telegram:123", "@hub_test_bot", "https://t.me/hub_test_bot?start={code}"
    )


async def test_a_wrong_token_is_refused(server: TestServer) -> None:
    channel = TelegramChannel(token="123:wrong", api_url=str(server.make_url("")))
    with pytest.raises(ChannelRefused, match="token"):
        await channel.connect()
    await channel.close()


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    channel = TelegramChannel(token=TOKEN, api_url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(ChannelUnavailable):
        await channel.connect()
    await channel.close()


def test_an_impossible_url_is_told_at_once_and_without_the_token() -> None:
    with pytest.raises(ValueError, match="ort") as caught:
        TelegramChannel(token=TOKEN, api_url="http://127.0.0.1:99999")
    assert "AAsecret" not in str(caught.value)


async def test_a_result_of_another_shape_is_no_sign_in(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getMe", [])
    with pytest.raises(ChannelUnavailable):
        await channel.connect()


def test_importing_the_channel_does_not_load_the_library() -> None:
    script = (
        "import asyncio, sys\n"
        "from bot.adapters.telegram.channel import TelegramChannel\n"
        "sys.exit(any(name.split('.')[0] in ('telegram', 'httpx') for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 0


# ------------------------------------------------------------------------------------------------------ read


async def test_reading_asks_for_what_comes_after_the_cursor(channel: TelegramChannel, api: BotApiServer) -> None:
    await channel.read(None)
    await channel.read("41")
    first, second = api.params("getUpdates")
    assert "offset" not in first
    assert second == {
        "offset": 42,
        "limit": 100,
        "timeout": 25,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }


async def test_an_empty_read_leaves_the_cursor_where_it_was(channel: TelegramChannel) -> None:
    for cursor in (None, "41"):
        reading = await channel.read(cursor)
        assert (reading.account, reading.messages, reading.cursor) == ("telegram:123", (), cursor)


async def test_a_read_brings_messages_and_the_last_cursor(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getUpdates", [text_update(42, "a"), text_update(43, "b"), {"update_id": 44, "poll": {}}])
    reading = await channel.read("41")
    assert [message.content for message in reading.messages] == [Said("a"), Said("b")]
    assert reading.cursor == "44"


async def test_updates_out_of_order_are_all_confirmed(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getUpdates", [text_update(44), text_update(43)])
    assert (await channel.read("41")).cursor == "44"


@pytest.mark.parametrize("broken", [{"message": 5}, {"message": {"text": "geheim"}}, {"callback_query": {"id": 1}}])
async def test_an_update_that_cannot_be_digested_is_set_aside(
    channel: TelegramChannel, api: BotApiServer, caplog: pytest.LogCaptureFixture, broken: dict[str, Any]
) -> None:
    api.result("getUpdates", [{"update_id": 42, **broken}, text_update(43)])
    reading = await channel.read(None)
    assert ([message.native_id for message in reading.messages], reading.cursor) == (["43"], "43")
    assert "42" in caplog.text
    assert "geheim" not in caplog.text


async def test_a_second_poller_is_named_as_the_cause(channel: TelegramChannel, api: BotApiServer) -> None:
    api.refusal("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    with pytest.raises(ChannelUnavailable, match="Another process polls this bot"):
        await channel.read(None)


async def test_a_revoked_token_refuses_the_channel(channel: TelegramChannel, api: BotApiServer) -> None:
    api.refusal("getUpdates", 401, "Unauthorized")
    with pytest.raises(ChannelRefused):
        await channel.read(None)


async def test_polling_too_fast_says_how_long_to_wait(channel: TelegramChannel, api: BotApiServer) -> None:
    api.refusal("getUpdates", 429, "Too Many Requests", retry_after=9)
    with pytest.raises(ChannelUnavailable) as caught:
        await channel.read(None)
    assert caught.value.retry_after == timedelta(seconds=9)


Trouble = Callable[[BotApiServer, str], None]
TROUBLE: dict[str, Trouble] = {
    "server error": lambda api, method: api.refusal(method, 500, "Internal Server Error"),
    "web page": lambda api, method: api.page(method, 502),
    "broken json": lambda api, method: api.page(method, 200, '{"ok": tru'),
    "no result": lambda api, method: api.page(method, 200, '{"ok": true}'),
    "another shape": lambda api, method: api.result(method, 5),
    "connection cut": lambda api, method: api.hang_up(method),
    "redirected": lambda api, method: api.redirect(method, "redirected"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_trouble_while_reading_is_passing(channel: TelegramChannel, api: BotApiServer, trouble: str) -> None:
    TROUBLE[trouble](api, "getUpdates")
    with pytest.raises(ChannelUnavailable):
        await channel.read("41")
    assert (await channel.read("41")).cursor == "41"


async def test_an_update_without_a_number_cannot_be_confirmed(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getUpdates", [{"message": {}}])
    with pytest.raises(ChannelUnavailable):
        await channel.read(None)


# ------------------------------------------------------------------------------------------------------ send, edit


async def test_a_message_is_sent_and_its_id_returned(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("sendMessage", {"message_id": 60})
    assert await channel.send(outgoing(QUESTION)) == ["60"]
    (params,) = api.params("sendMessage")
    assert (params["chat_id"], params["text"]) == (4711, "Stimmt das?")
    assert params["reply_markup"]["inline_keyboard"][0] == [{"text": "Ja", "callback_data": "7.1"}]


async def test_files_follow_the_text_but_the_buttons_id_comes_last(channel: TelegramChannel, api: BotApiServer) -> None:
    message = OutboundMessage(text="a" * 5000, choices=QUESTION.choices, prompt=QUESTION.prompt, attachments=(ICS,))
    chat = {"id": 4711, "type": "private"}
    for message_id in (60, 61):
        api.result("sendMessage", {"message_id": message_id})
    api.result("sendDocument", {"message_id": 62, "date": 0, "chat": chat})
    assert await channel.send(outgoing(message)) == ["60", "62", "61"]
    assert [method for method, _ in api.asked[-3:]] == ["sendMessage", "sendMessage", "sendDocument"]
    assert api.params("sendDocument")[0]["chat_id"] == "4711"
    assert api.uploads == [("termin.ics", "text/calendar", b"BEGIN:VCALENDAR")]


async def test_a_mere_file_is_sent_alone(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("sendDocument", {"message_id": 62, "date": 0, "chat": {"id": 4711, "type": "private"}})
    assert await channel.send(outgoing(OutboundMessage(text="", attachments=(ICS,)))) == ["62"]
    assert api.params("sendMessage") == []


def sent_as(message_id: int, **file: Any) -> dict[str, Any]:
    return {"message_id": message_id, "date": 0, "chat": {"id": 4711, "type": "private"}, **file}


def photo(file_id: str) -> list[dict[str, Any]]:
    sizes = (("small", 90, 60), (file_id, 900, 600))
    return [
        {"file_id": name, "file_unique_id": f"u{name}", "width": width, "height": height}
        for name, width, height in sizes
    ]


async def test_what_a_question_shows_comes_before_it(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("sendPhoto", sent_as(59, photo=photo("large")))
    api.result("sendMessage", {"message_id": 60})
    assert await channel.send(outgoing(replace(QUESTION, attachments=(HALL,)))) == ["59", "60"]
    assert [method for method, _ in api.asked[-2:]] == ["sendPhoto", "sendMessage"]
    assert api.params("sendPhoto")[0]["caption"] == "1 · Groß"
    assert api.uploads == [("halle.png", "image/png", b"picture")]


async def test_the_same_file_of_a_form_is_uploaded_once(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("sendPhoto", sent_as(59, photo=photo("large")))
    await channel.send(outgoing(OutboundMessage(text="", attachments=(HALL,))))
    api.result("sendPhoto", sent_as(60))
    assert await channel.send(outgoing(OutboundMessage(text="", attachments=(HALL,)))) == ["60"]
    assert api.params("sendPhoto")[1] == {"chat_id": 4711, "photo": "large", "caption": "1 · Groß"}
    assert len(api.uploads) == 1


async def test_a_sound_is_sent_again_as_what_telegram_made_of_it(channel: TelegramChannel, api: BotApiServer) -> None:
    sound = Attachment("halle.mp3", "audio/mpeg", b"ID3", source="form:12:halle.mp3")
    audio = {"file_id": "CQAC", "file_unique_id": "u", "duration": 3}
    api.result("sendDocument", sent_as(59, audio=audio))
    await channel.send(outgoing(OutboundMessage(text="", attachments=(sound,))))
    api.result("sendAudio", sent_as(60))
    assert await channel.send(outgoing(OutboundMessage(text="", attachments=(sound,)))) == ["60"]
    assert api.params("sendAudio") == [{"chat_id": 4711, "audio": "CQAC"}]


async def test_a_file_whose_id_is_refused_is_uploaded_anew(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("sendPhoto", sent_as(59, photo=photo("large")))
    await channel.send(outgoing(OutboundMessage(text="", attachments=(HALL,))))
    api.refusal("sendPhoto", 400, "Bad Request: wrong file identifier/HTTP URL specified")
    api.result("sendPhoto", sent_as(61, photo=photo("new")))
    assert await channel.send(outgoing(OutboundMessage(text="", attachments=(HALL,)))) == ["61"]
    assert len(api.uploads) == 2


async def test_a_picture_that_is_no_photo_to_telegram_comes_as_a_document(
    channel: TelegramChannel, api: BotApiServer
) -> None:
    api.refusal("sendPhoto", 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    document = {"file_id": "BQAC", "file_unique_id": "u"}
    api.result("sendDocument", sent_as(62, document=document))
    assert await channel.send(outgoing(OutboundMessage(text="", attachments=(HALL,)))) == ["62"]


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("method", ["sendMessage", "sendDocument"])
async def test_without_an_answer_a_message_may_or_may_not_have_arrived(
    channel: TelegramChannel, api: BotApiServer, method: str, trouble: str
) -> None:
    TROUBLE[trouble](api, method)
    with pytest.raises(Unavailable):
        await channel.send(outgoing(OutboundMessage(text="x", attachments=(ICS,))))
    assert api.params("redirected") == [], "the token goes nowhere else"


@pytest.mark.parametrize("method", ["sendMessage", "sendDocument"])
async def test_who_blocked_us_is_unreachable(channel: TelegramChannel, api: BotApiServer, method: str) -> None:
    api.refusal(method, 403, "Forbidden: bot was blocked by the user")
    with pytest.raises(Unreachable) as caught:
        await channel.send(outgoing(OutboundMessage(text="x", attachments=(ICS,))))
    assert caught.value.reason == "blocked"


async def test_too_fast_says_how_long_the_chat_pauses(channel: TelegramChannel, api: BotApiServer) -> None:
    api.refusal("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
    with pytest.raises(RateLimited) as caught:
        await channel.send(outgoing(QUESTION))
    assert (caught.value.retry_after, caught.value.whole_bot) == (timedelta(seconds=3), False)


async def test_an_answered_question_loses_its_buttons(channel: TelegramChannel, api: BotApiServer) -> None:
    answered = OutboundMessage(text="Stimmt das?", chosen=("Ja",), prompt=PromptId(7))
    await channel.edit(Edit(address=ADA, message_id="60", message=answered))
    assert api.params("editMessageText") == [
        {
            "chat_id": 4711,
            "message_id": 60,
            "text": "Stimmt das?\n\n✓ Ja",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
    ]


async def test_an_edit_that_changes_nothing_is_fine(channel: TelegramChannel, api: BotApiServer) -> None:
    api.refusal("editMessageText", 400, "Bad Request: message is not modified: specified new message content …")
    await channel.edit(Edit(address=ADA, message_id="60", message=QUESTION))
    assert len(api.params("editMessageText")) == 1


async def test_a_message_that_is_gone_cannot_be_edited(channel: TelegramChannel, api: BotApiServer) -> None:
    api.refusal("editMessageText", 400, "Bad Request: message to edit not found")
    with pytest.raises(Refused):
        await channel.edit(Edit(address=ADA, message_id="60", message=QUESTION))


# ------------------------------------------------------------------------------------------------------ acknowledge


async def test_a_press_is_acknowledged_in_few_words(channel: TelegramChannel, api: BotApiServer) -> None:
    await channel.acknowledge(Acknowledgement(address=ADA, ack="99"))
    await channel.acknowledge(Acknowledgement(address=ADA, ack="99", text="a" * 300))
    silent, spoken = api.params("answerCallbackQuery")
    assert silent == {"callback_query_id": "99"}
    assert len(spoken["text"]) == 200


async def test_a_press_that_is_too_old_is_fine(channel: TelegramChannel, api: BotApiServer) -> None:
    words = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    api.refusal("answerCallbackQuery", 400, words)
    await channel.acknowledge(Acknowledgement(address=ADA, ack="99"))
    assert len(api.params("answerCallbackQuery")) == 1


async def test_an_acknowledgement_that_got_lost_is_told(channel: TelegramChannel, api: BotApiServer) -> None:
    api.hang_up("answerCallbackQuery")
    with pytest.raises(Unavailable):
        await channel.acknowledge(Acknowledgement(address=ADA, ack="99"))


# ------------------------------------------------------------------------------------------------------ files


async def test_a_file_is_fetched(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getFile", {"file_id": "F", "file_unique_id": "u", "file_size": 4, "file_path": "documents/a b.xlsx"})
    api.files["documents/a b.xlsx"] = b"PK\3\4"
    assert await channel.fetch("F", limit=4) == b"PK\3\4"


async def test_a_file_that_says_it_is_too_large_is_not_fetched(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getFile", {"file_id": "F", "file_unique_id": "u", "file_size": 5, "file_path": "a"})
    with pytest.raises(Refused) as caught:
        await channel.fetch("F", limit=4)
    assert caught.value.reason == "too_large"


async def test_a_file_that_is_larger_than_it_says_is_given_up(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getFile", {"file_id": "F", "file_unique_id": "u", "file_path": "a"})
    api.files["a"] = b"x" * 5
    with pytest.raises(Refused) as caught:
        await channel.fetch("F", limit=4)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Bad Request: file is too big", "too_large"),
        ("Bad Request: wrong file_id or the file is temporarily unavailable", "gone"),
    ],
)
async def test_a_file_that_telegram_does_not_give_is_refused(
    channel: TelegramChannel, api: BotApiServer, description: str, reason: str
) -> None:
    api.refusal("getFile", 400, description)
    with pytest.raises(Refused) as caught:
        await channel.fetch("F", limit=4)
    assert caught.value.reason == reason


@pytest.mark.parametrize("path", ["missing", None])
async def test_a_file_that_is_gone_is_refused(channel: TelegramChannel, api: BotApiServer, path: str | None) -> None:
    api.result("getFile", {"file_id": "F", "file_unique_id": "u", **({"file_path": path} if path else {})})
    with pytest.raises(Refused) as caught:
        await channel.fetch("F", limit=4)
    assert caught.value.reason == "gone"


async def test_a_path_on_the_servers_own_disk_is_not_read(channel: TelegramChannel, api: BotApiServer) -> None:
    api.result("getFile", {"file_id": "F", "file_unique_id": "u", "file_path": __file__})
    with pytest.raises(Refused):
        await channel.fetch("F", limit=10**6)


# ------------------------------------------------------------------------------------------------------ commands


async def test_menus_are_set_a_language_and_for_all_others(channel: TelegramChannel, api: BotApiServer) -> None:
    await channel.offer_commands({"de": [("hilfe", "Hilfe")], "en-GB": [("help", "Help" * 100)]})
    default, german, english = api.params("setMyCommands")
    assert default["commands"] == german["commands"] == [{"command": "hilfe", "description": "Hilfe"}]
    assert ("language_code" in default, german["language_code"], english["language_code"]) == (False, "de", "en")
    assert len(english["commands"][0]["description"]) == 256
    assert german["scope"] == {"type": "all_private_chats"}


async def test_staff_get_a_menu_of_their_own(channel: TelegramChannel, api: BotApiServer) -> None:
    await channel.offer_commands({"de": [("export", "Export")]}, chat="4711")
    assert [params["scope"] for params in api.params("setMyCommands")] == [{"type": "chat", "chat_id": 4711}] * 2


@pytest.mark.parametrize("commands", [[("Hilfe", "x")], [("zurück", "x")], [("a" * 33, "x")], [("a", "x")] * 101])
async def test_a_menu_that_telegram_would_refuse_is_not_sent(
    channel: TelegramChannel, api: BotApiServer, commands: list[tuple[str, str]]
) -> None:
    with pytest.raises(ValueError, match="menu"):
        await channel.offer_commands({"de": [("hilfe", "Hilfe")], "en": commands})
    assert api.params("setMyCommands") == []


async def test_a_menu_that_did_not_arrive_is_told(channel: TelegramChannel, api: BotApiServer) -> None:
    api.hang_up("setMyCommands")
    with pytest.raises(Unavailable):
        await channel.offer_commands({"de": [("hilfe", "Hilfe")]})


# ------------------------------------------------------------------------------------------------------ secrets, end

CALLS: dict[str, Callable[[TelegramChannel], Awaitable[object]]] = {
    "connect": lambda channel: channel.connect(),
    "read": lambda channel: channel.read(None),
    "send": lambda channel: channel.send(outgoing(QUESTION)),
    "send a file": lambda channel: channel.send(outgoing(OutboundMessage(text="", attachments=(ICS,)))),
    "edit": lambda channel: channel.edit(Edit(address=ADA, message_id="60", message=QUESTION)),
    "acknowledge": lambda channel: channel.acknowledge(Acknowledgement(address=ADA, ack="9")),
    "fetch": lambda channel: channel.fetch("F", limit=1),
    "offer commands": lambda channel: channel.offer_commands({"de": [("hilfe", "Hilfe")]}),
}


@pytest.mark.parametrize("call", CALLS)
async def test_no_error_and_no_log_names_the_token(
    server: TestServer, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = TelegramChannel(token=TOKEN, api_url=str(server.make_url("")))
    await channel.connect()
    await server.close()
    with pytest.raises(HubtalkError) as caught:
        await CALLS[call](channel)
    told = "".join(traceback.format_exception(caught.value))
    cause: BaseException | None = caught.value
    while cause is not None:
        told += f"{cause!r} {cause} {cause.args}"
        cause = cause.__cause__ or cause.__context__
    await channel.close()
    # The server under test runs in this process and logs its own requests.
    told += "".join(record.getMessage() for record in caplog.records if record.name != "aiohttp.access")
    assert "AAsecret" not in told


@pytest.mark.parametrize("call", [call for call in CALLS if call != "connect"])
async def test_after_closing_every_call_fails_as_if_unreachable(channel: TelegramChannel, call: str) -> None:
    await channel.close()
    await channel.close()
    with pytest.raises((ChannelUnavailable, Unavailable)):
        await CALLS[call](channel)
