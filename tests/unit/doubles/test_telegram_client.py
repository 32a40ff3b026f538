"""The double as seen by python-telegram-bot, which was written against the real servers."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Bot, BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ChatMemberStatus, MessageEntityType, ParseMode
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken

from tests.doubles.telegram import TelegramDouble, User

KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Ja", callback_data="1:y"), InlineKeyboardButton("Nein", callback_data="1:n")]]
)


async def test_bot_learns_who_it_is(bot: Bot, double: TelegramDouble) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (double.bot["id"], "hubtalk_test_bot", True)


async def test_wrong_token_is_refused(double: TelegramDouble) -> None:
    stranger = Bot("1:wrong", base_url=f"{double.url}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_start_arrives_with_its_code_as_a_marked_command(bot: Bot, double: TelegramDouble) -> None:
    await double.user(7, first_name="Ada", language_code="de").starts("AB-c_9")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "/start AB-c_9"
    assert update.message.from_user is not None
    assert (update.message.from_user.id, update.message.from_user.language_code) == (7, "de")
    assert update.message.chat.type == "private"
    (entity,) = update.message.entities
    assert (entity.type, entity.offset, entity.length) == (MessageEntityType.BOT_COMMAND, 0, 6)


async def test_updates_stay_until_a_higher_offset_confirms_them(bot: Bot, ada: User, double: TelegramDouble) -> None:
    for text in ("one", "two", "three"):
        await ada.says(text)
    first = await bot.get_updates()
    again = await bot.get_updates(offset=first[0].update_id)
    assert [one.update_id for one in again] == [one.update_id for one in first]
    (third,) = await bot.get_updates(offset=first[1].update_id + 1)
    assert third.message is not None
    assert third.message.text == "three"
    assert await bot.get_updates(offset=third.update_id + 1) == ()
    assert double.updates.pending == ()


async def test_limit_and_negative_offset(bot: Bot, ada: User) -> None:
    for text in "abcd":
        await ada.says(text)
    assert len(await bot.get_updates(limit=2)) == 2
    (newest,) = await bot.get_updates(offset=-1)
    assert newest.message is not None
    assert newest.message.text == "d"
    assert len(await bot.get_updates()) == 1


async def test_long_poll_returns_as_soon_as_something_is_said(bot: Bot, ada: User, double: TelegramDouble) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await double.until_polled()
    assert not poll.done()
    await ada.says("here I am")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "here I am"


async def test_second_poller_ends_the_first_with_a_conflict(bot: Bot, ada: User, double: TelegramDouble) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await double.until_polled()
    second = asyncio.create_task(bot.get_updates(timeout=30))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    await ada.says("hello")
    assert len(await second) == 1


async def test_polling_is_refused_while_a_webhook_is_set(bot: Bot) -> None:
    await bot.set_webhook("https://bot.example.org/hook")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    assert (await bot.get_webhook_info()).url == "https://bot.example.org/hook"
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_question_press_answer_and_edit(bot: Bot, ada: User, double: TelegramDouble) -> None:
    sent = await bot.send_message(ada.id, "<b>Frage 1</b> &amp; mehr", parse_mode=ParseMode.HTML, reply_markup=KEYBOARD)
    heard = await ada.hears("Frage 1")
    assert (heard.text, heard.html, heard.rows) == ("Frage 1 & mehr", "<b>Frage 1</b> &amp; mehr", (("Ja", "Nein"),))

    press = await ada.presses("Ja")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.message.message_id) == ("1:y", sent.message_id)
    assert not press.answered
    assert await query.answer("Danke")
    assert (await press.hears()).text == "Danke"
    assert double.unanswered == []

    await bot.edit_message_text("Frage 1\n✓ Ja", chat_id=ada.id, message_id=sent.message_id)
    assert (await ada.hears_edit("✓ Ja")).rows == ()
    assert ada.last.edited


async def test_press_is_answered_once(bot: Bot, ada: User) -> None:
    await bot.send_message(ada.id, "?", reply_markup=KEYBOARD)
    press = await ada.presses("Nein")
    await bot.answer_callback_query(press.id)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(press.id)


async def test_press_grows_too_old(bot: Bot, ada: User, double: TelegramDouble) -> None:
    await bot.send_message(ada.id, "?", reply_markup=KEYBOARD)
    press = await ada.presses("Nein")
    double.clock.advance(double.presses.lifetime + 1)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(press.id)
    assert not press.answered
    assert double.unanswered == [press]


async def test_press_on_a_deleted_message_names_it_only(bot: Bot, ada: User) -> None:
    sent = await bot.send_message(ada.id, "?", reply_markup=KEYBOARD)
    await bot.delete_message(ada.id, sent.message_id)
    await ada.presses_data(sent.message_id, "forged")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert not query.message.is_accessible
    assert query.data == "forged"


async def test_document_goes_up_and_comes_down_again(bot: Bot, ada: User) -> None:
    sent = await bot.send_document(ada.id, b"a;b\r\n1;2\r\n", filename="rows.csv", caption="Ihre Kopie")
    seen = await ada.hears("Ihre Kopie")
    assert (seen.document, seen.content) == ("rows.csv", b"a;b\r\n1;2\r\n")
    assert sent.document is not None
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"a;b\r\n1;2\r\n"


async def test_document_is_sent_again_by_its_id(bot: Bot, ada: User, double: TelegramDouble) -> None:
    sent = await bot.send_document(ada.id, b"once", filename="once.txt")
    assert sent.document is not None
    await bot.send_document(ada.id, sent.document.file_id)
    assert [one.content for one in ada.sees()[-2:]] == [b"once", b"once"]
    assert set(double.files.uploads.values()) == {1}


async def test_persons_file_can_be_fetched(bot: Bot, ada: User) -> None:
    await ada.sends_document("form.xlsx", b"PK workbook", caption="/forms")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    assert update.message.document.file_name == "form.xlsx"
    file = await bot.get_file(update.message.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"PK workbook"


async def test_all_that_people_send_can_be_read(bot: Bot, ada: User) -> None:
    await ada.sends_sticker()
    await ada.sends_voice()
    await ada.sends_video(caption="look")
    await ada.sends_photo()
    await ada.sends_location()
    await ada.sends_contact()
    await ada.sends_dice()
    await ada.forwards("said by somebody")
    messages = [update.message for update in await bot.get_updates()]
    kinds = ("sticker", "voice", "video", "photo", "location", "contact", "dice", "forward_origin")
    assert [bool(getattr(message, kind)) for message, kind in zip(messages, kinds, strict=True)] == [True] * 8


async def test_edited_answer_arrives_under_its_old_id(bot: Bot, ada: User) -> None:
    said = await ada.says("twnety")
    await ada.edits(said, "twenty")
    _, update = await bot.get_updates()
    assert update.edited_message is not None
    assert (update.edited_message.message_id, update.edited_message.text) == (said, "twenty")
    assert update.edited_message.edit_date is not None


async def test_reply_carries_the_message_it_refers_to(bot: Bot, ada: User) -> None:
    sent = await bot.send_message(ada.id, "Wie viele?")
    await ada.says("20", reply_to=sent.message_id)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.reply_to_message is not None
    assert update.message.reply_to_message.message_id == sent.message_id


async def test_blocking_is_told_and_felt(bot: Bot, ada: User) -> None:
    await ada.blocks()
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == ChatMemberStatus.BANNED
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ada.id, "hello?")
    await ada.starts()
    back, start = (await bot.get_updates())[-2:]
    assert back.my_chat_member is not None
    assert back.my_chat_member.new_chat_member.status == ChatMemberStatus.MEMBER
    assert start.message is not None
    await bot.send_message(ada.id, "welcome back")
    assert ada.last.text == "welcome back"


async def test_bot_cannot_write_first(bot: Bot, double: TelegramDouble) -> None:
    double.user(99)
    for chat in (99, 12345):
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(chat, "hello")


async def test_group_tells_a_bot_only_what_is_meant_for_it(bot: Bot, ada: User, double: TelegramDouble) -> None:
    group = double.group(-77, title="Workshop")
    await group.adds_bot(by=ada)
    await ada.says("just chatting", chat=group)
    await ada.says("/start@hubtalk_test_bot", chat=group)
    added, service, command = await bot.get_updates()
    assert added.my_chat_member is not None
    assert added.my_chat_member.chat.type == "group"
    assert service.message is not None
    assert service.message.new_chat_members[0].id == bot.id
    assert command.message is not None
    assert command.message.chat.id == -77
    await bot.send_message(-77, "Bitte privat.")
    assert (await group.hears()).text == "Bitte privat."
    await bot.leave_chat(-77)
    with pytest.raises(Forbidden, match="kicked"):
        await bot.send_message(-77, "again")


async def test_menus_depend_on_language_and_chat(bot: Bot, ada: User, double: TelegramDouble) -> None:
    eve = double.user(8, first_name="Eve", language_code="en-GB")
    await eve.starts()
    await bot.set_my_commands([BotCommand("help", "Help")])
    await bot.set_my_commands([BotCommand("hilfe", "Hilfe")], language_code="de")
    await bot.set_my_commands([BotCommand("export", "Daten")], scope=BotCommandScopeChat(ada.id), language_code="de")
    assert (ada.menu(), eve.menu()) == ([("export", "Daten")], [("help", "Help")])
    await bot.delete_my_commands(scope=BotCommandScopeChat(ada.id), language_code="de")
    assert ada.menu() == [("hilfe", "Hilfe")]


async def test_profile_texts_are_kept_a_language(bot: Bot) -> None:
    await bot.set_my_description("Hello")
    await bot.set_my_description("Guten Tag", language_code="de")
    assert (await bot.get_my_description("de")).description == "Guten Tag"
    assert (await bot.get_my_description("fr")).description == "Hello"
    await bot.set_my_short_description("Short")
    await bot.set_my_name("EcoTecHub")
    assert (await bot.get_my_name()).name == "EcoTecHub"


async def test_chat_of_a_person_can_be_looked_up(bot: Bot, ada: User) -> None:
    chat = await bot.get_chat(ada.id)
    assert (chat.first_name, chat.last_name) == ("Ada", "Muster")


async def test_typing_is_seen(bot: Bot, ada: User) -> None:
    await bot.send_chat_action(ada.id, "typing")
    assert ada.actions == ["typing"]
