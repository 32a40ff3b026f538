"""Methods that write: send, edit and delete messages.

Source: https://core.telegram.org/bots/api#sendmessage, #updating-messages
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.telegram.chats import Chat, Message
from tests.doubles.telegram.files import PHOTO_LIMIT
from tests.doubles.telegram.keyboards import Markup, checked_markup
from tests.doubles.telegram.people import without_reply
from tests.doubles.telegram.refusals import bad_request, violation
from tests.doubles.telegram.state import State
from tests.doubles.telegram.texts import caption, message_text

Params = Mapping[str, Any]

# https://core.telegram.org/bots/api#deletemessage: "can only be deleted if it was sent less than 48 hours ago"
DELETABLE_FOR = 48 * 3600
# https://core.telegram.org/bots/api#deletemessages
DELETE_LIMIT = 100
ACTIONS = frozenset(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note".split(),
)


def send_message(state: State, params: Params) -> Message:
    """Send a text."""
    text, entities = message_text(params)
    return _sent(state, params, text=text, entities=entities)


def send_document(state: State, params: Params) -> Message:
    """Send a file, uploaded now or known by its id."""
    text, entities = caption(params)
    stored = state.files.sent(params["document"], folder="documents")
    document = {**stored.facts, "file_name": stored.name, "mime_type": stored.media_type}
    return _sent(state, params, document=document, caption=text, caption_entities=entities)


def send_photo(state: State, params: Params) -> Message:
    """Send a picture."""
    text, entities = caption(params)
    stored = state.files.sent(params["photo"], folder="photos", limit=PHOTO_LIMIT)
    photo = [{**stored.facts, "width": 320, "height": 240}]
    return _sent(state, params, photo=photo, caption=text, caption_entities=entities)


def send_chat_action(state: State, params: Params) -> bool:
    """Show "typing" and the like."""
    if params["action"] not in ACTIONS:
        raise violation("wrong parameter action in request")
    chat = state.reachable(params["chat_id"])
    state.rates.check_pause(chat.id)
    chat.actions.append(params["action"])
    return True


def edit_text(state: State, params: Params) -> Message:
    """Change a message's text; a keyboard that is not sent again goes."""
    text, entities = message_text(params)
    chat, message = _editable(state, params)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _edited(state, chat, message, params, text=text, entities=entities)


def edit_caption(state: State, params: Params) -> Message:
    """Change the text below a file."""
    text, entities = caption(params)
    chat, message = _editable(state, params)
    if "text" in message:
        raise bad_request("there is no caption in the message to edit")
    return _edited(state, chat, message, params, caption=text, caption_entities=entities)


def edit_markup(state: State, params: Params) -> Message:
    """Change a message's keyboard alone; that leaves no mark of an edit."""
    chat, message = _editable(state, params)
    return _edited(state, chat, message, params)


def delete_message(state: State, params: Params) -> bool:
    """Delete a message: the bot's own ones, and in private chats the person's too."""
    chat = state.reachable(params["chat_id"])
    state.rates.check_pause(chat.id)
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    foreign = message["from"]["id"] != state.bot["id"]
    if (foreign and not chat.private) or state.clock.date() - message["date"] > DELETABLE_FOR:
        raise bad_request("message can't be deleted for everyone")
    chat.remove(message["message_id"])
    return True


def delete_messages(state: State, params: Params) -> bool:
    """Delete several messages; what cannot be found is skipped."""
    if not 1 <= len(params["message_ids"]) <= DELETE_LIMIT:
        raise violation(f"message_ids holds 1-{DELETE_LIMIT} identifiers")
    known = state.reachable(params["chat_id"]).messages.keys()
    for message_id in params["message_ids"]:
        if message_id in known:
            delete_message(state, {"chat_id": params["chat_id"], "message_id": message_id})
    return True


def _sent(state: State, params: Params, **content: Any) -> Message:
    markup = checked_markup(params)
    chat = state.reachable(params["chat_id"])
    answered = _replied(chat, params)
    state.rates.admit(chat.id)
    _show_reply_keyboard(chat, markup)
    inline = markup if markup and "inline_keyboard" in markup else None
    message = state.message(chat, sender=state.bot, reply_to_message=answered, **content, reply_markup=inline)
    chat.add(message, by_bot=True)
    return message


def _replied(chat: Chat, params: Params) -> Message | None:
    reply = params.get("reply_parameters")
    if reply is None:
        return None
    target = chat.messages.get(reply["message_id"])
    if target is None and not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return None if target is None else without_reply(target)


def _show_reply_keyboard(chat: Chat, markup: Markup | None) -> None:
    if markup and "keyboard" in markup:
        chat.reply_keyboard = tuple(tuple(button["text"] for button in row) for row in markup["keyboard"])
    elif markup and "remove_keyboard" in markup:
        chat.reply_keyboard = ()


def _editable(state: State, params: Params) -> tuple[Chat, Message]:
    if "chat_id" not in params or "message_id" not in params:
        raise violation("message identifier is not specified")
    chat = state.reachable(params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != state.bot["id"]:
        raise bad_request("message can't be edited")
    return chat, message


def _edited(state: State, chat: Chat, message: Message, params: Params, **content: Any) -> Message:
    dropped = {"reply_markup", *content}
    changed = {name: value for name, value in message.items() if name not in dropped}
    changed |= {name: value for name, value in content.items() if value}
    markup = checked_markup(params)
    changed |= {"reply_markup": markup} if markup else {}
    if changed == message:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message",
        )
    state.rates.admit(chat.id)
    changed |= {"edit_date": state.clock.date()} if content else {}
    chat.replace(changed, by_bot=True)
    return changed
