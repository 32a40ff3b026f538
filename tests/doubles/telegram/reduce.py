"""Makes `bot_api.json`, the double's own small copy of the facts, from the whole list: `python -m … WHOLE.json`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

METHODS = """
    getMe logOut getUpdates getWebhookInfo setWebhook deleteWebhook sendMessage editMessageText editMessageCaption
    editMessageReplyMarkup deleteMessage deleteMessages answerCallbackQuery sendDocument sendPhoto sendChatAction
    getFile getChat leaveChat setMyCommands deleteMyCommands getMyCommands setMyName getMyName setMyDescription
    getMyDescription setMyShortDescription getMyShortDescription
""".split()

TYPES = """
    Update User Chat Message MaybeInaccessibleMessage InaccessibleMessage MessageEntity CallbackQuery
    ChatMemberUpdated ChatMember ChatMemberOwner ChatMemberAdministrator ChatMemberMember ChatMemberRestricted
    ChatMemberLeft ChatMemberBanned MessageOrigin MessageOriginUser MessageOriginHiddenUser
    Document PhotoSize Voice Video Sticker Location Contact Dice File InputFile
    InlineKeyboardMarkup InlineKeyboardButton CopyTextButton ReplyKeyboardMarkup KeyboardButton ReplyKeyboardRemove
    ForceReply ReplyParameters LinkPreviewOptions WebhookInfo ChatFullInfo AcceptedGiftTypes
    BotCommand BotCommandScope BotCommandScopeDefault BotCommandScopeAllPrivateChats BotCommandScopeAllGroupChats
    BotCommandScopeAllChatAdministrators BotCommandScopeChat BotCommandScopeChatAdministrators
    BotCommandScopeChatMember BotName BotDescription BotShortDescription
""".split()

# Parameters whose effect the double does not play; using them is reported, so that no test passes by ignoring them.
UNPLAYED = frozenset(
    "business_connection_id inline_message_id direct_messages_topic_id message_thread_id allow_paid_broadcast "
    "message_effect_id certificate thumbnail icon_custom_emoji_id checklist_task_id poll_option_id".split(),
)
SCALARS = frozenset(("Integer", "String", "Boolean", "Float"))
ARRAY = "Array of "

Fields = dict[str, list[Any]]


def reduced(whole: dict[str, Any]) -> dict[str, Any]:
    """Keep the methods and types a questionnaire bot can need, and of those what refers to nothing left out."""
    known = SCALARS | set(TYPES)
    return {
        "version": whole["version"],
        "release_date": whole["release_date"],
        "origin": f"{whole['origin']} further to what a questionnaire bot can need",
        "format": "field: [types, required, constant?]",
        "all_methods": sorted(whole["methods"]),
        "all_updates": [name for name in whole["types"]["Update"]["fields"] if name != "update_id"],
        "methods": {name: _kept(whole["methods"][name]["params"], known=known) for name in METHODS},
        "types": {name: _shape(whole["types"][name], known=known) for name in TYPES},
    }


def _shape(shape: dict[str, Any], *, known: frozenset[str] | set[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {"fields": _kept(shape["fields"], known=known)}
    if "subtypes" in shape:
        kept["subtypes"] = [name for name in shape["subtypes"] if name in known]
    return kept


def _kept(fields: Fields, *, known: frozenset[str] | set[str]) -> Fields:
    kept: Fields = {}
    for name, (types, required, *constant) in fields.items():
        usable = [one for one in types if one.replace(ARRAY, "") in known]
        if usable and name not in UNPLAYED:
            kept[name] = [usable, required, *constant]
    return kept


def main() -> None:
    """Write the small copy beside this file."""
    whole = orjson.loads(Path(sys.argv[1]).read_bytes())
    facts = reduced(whole)
    head = {name: value for name, value in facts.items() if name not in {"methods", "types"}}
    lines = [f'"{name}": {orjson.dumps(value).decode()}' for name, value in head.items()]
    for part in ("methods", "types"):
        rows = ",\n".join(f'"{name}": {orjson.dumps(value).decode()}' for name, value in facts[part].items())
        lines.append(f'"{part}": {{\n{rows}\n}}')
    Path(__file__).with_name("bot_api.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
