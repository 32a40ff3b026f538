"""The table of all methods that the double plays, and those of them that do not write messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.telegram import sending
from tests.doubles.telegram.commands import Scope, language_of
from tests.doubles.telegram.facts import facts
from tests.doubles.telegram.refusals import Refusal, bad_request, violation
from tests.doubles.telegram.state import State
from tests.doubles.telegram.texts import limited

Params = Mapping[str, Any]
Method = Callable[[State, Params], Any]

# https://core.telegram.org/bots/api#answercallbackquery: "0-200 characters"
ANSWER_LIMIT = 200
PROFILE_LIMITS = {"name": 64, "description": 512, "short_description": 120}
WEBHOOK_PORTS = frozenset((None, 443, 80, 88, 8443))
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
# The real servers want TLS everywhere; a webhook in a test listens on this machine without.
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


async def perform(state: State, method: str, params: Params) -> Any:
    """Do what a request asks for and return its result.

    Raises:
        Refusal: the Bot API would not do it.
    """
    complaint = facts().unlike_method(method, params)
    if complaint:
        raise violation(_real_words(complaint))
    if state.logged_out:
        raise bad_request("Logged out")
    if method == "getUpdates":
        return await _get_updates(state, params)
    return METHODS[method](state, params)


def _real_words(complaint: str) -> str:
    """Give the words that the servers use, where a missing parameter has its own."""
    match complaint.split(": "):
        case ["sendMessage.text", "required, but missing"]:
            return "message text is empty"
        case [place, "required, but missing"] if place.endswith(".chat_id"):
            return "chat_id is empty"
        case _:
            return complaint


async def _get_updates(state: State, params: Params) -> list[dict[str, Any]]:
    state.updates.allow(params.get("allowed_updates"))
    polling = state.updates.poll(
        offset=params.get("offset", 0),
        limit=params.get("limit", 100),
        timeout=params.get("timeout", 0),
    )
    # Looked at when the poll has begun: what waits for a poller or a confirmation learns of it then.
    state.waiting.notify_soon()
    return await polling


def _get_me(state: State, _: Params) -> dict[str, Any]:
    return {
        **state.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": not state.privacy_mode,
        "supports_inline_queries": False,
    }


def _log_out(state: State, _: Params) -> bool:
    state.logged_out = True
    state.updates.end_poll(superseded=False)
    return True


def _answer_callback_query(state: State, params: Params) -> bool:
    text = limited(params, "text", limit=ANSWER_LIMIT)
    state.presses.answer(params["callback_query_id"], text=text, alert=params.get("show_alert", False))
    return True


def _get_file(state: State, params: Params) -> dict[str, Any]:
    stored = state.files.downloadable(params["file_id"])
    return {**stored.facts, "file_path": stored.path}


def _get_chat(state: State, params: Params) -> dict[str, Any]:
    gifts = facts().types["AcceptedGiftTypes"].fields
    chat = state.reachable(params["chat_id"])
    looks = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
    return {**chat.facts, **looks}


def _leave_chat(state: State, params: Params) -> bool:
    chat = state.reachable(params["chat_id"])
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.removed = True
    return True


# ------------------------------------------------------------------------------------------------- commands
def _set_commands(state: State, params: Params) -> bool:
    state.commands.set(params["commands"], scope=_scope(state, params), language=language_of(params))
    return True


def _delete_commands(state: State, params: Params) -> bool:
    state.commands.set([], scope=_scope(state, params), language=language_of(params))
    return True


def _get_commands(state: State, params: Params) -> list[dict[str, str]]:
    return state.commands.get(scope=_scope(state, params), language=language_of(params))


def _scope(state: State, params: Params) -> Scope:
    scope = params.get("scope", {"type": "default"})
    if "chat_id" not in scope:
        return scope["type"], None, None
    return scope["type"], state.reachable(scope["chat_id"]).id, scope.get("user_id")


# -------------------------------------------------------------------------------------------------- profile
def _setter(name: str) -> Method:
    def set_it(state: State, params: Params) -> bool:
        state.profile[name, language_of(params)] = limited(params, name, limit=PROFILE_LIMITS[name])
        return True

    return set_it


def _getter(name: str) -> Method:
    def get_it(state: State, params: Params) -> dict[str, str]:
        language = language_of(params)
        default = state.bot["first_name"] if name == "name" else ""
        return {name: state.profile.get((name, language)) or state.profile.get((name, "")) or default}

    return get_it


# ------------------------------------------------------------------------------------------------- webhooks
def _set_webhook(state: State, params: Params) -> bool:
    url = params["url"]
    parts = urlsplit(url)
    if url and parts.hostname not in _LOOPBACK and (parts.scheme != "https" or parts.port not in WEBHOOK_PORTS):
        raise violation("bad webhook: An HTTPS URL must be provided for webhook")
    if "secret_token" in params and not _SECRET.fullmatch(params["secret_token"]):
        raise violation("secret token contains unallowed characters")
    if not 1 <= params.get("max_connections", 40) <= 100:
        raise violation("max_connections must lie between 1 and 100")
    state.updates.allow(params.get("allowed_updates"))
    if params.get("drop_pending_updates"):
        state.updates.drop_pending()
    state.webhook = {"secret_token": params.get("secret_token"), "max_connections": params.get("max_connections", 40)}
    state.updates.end_poll(superseded=True)
    state.updates.webhook_url = url
    # Wakes the one who delivers.
    state.updates.arrived.set()
    return True


def _delete_webhook(state: State, params: Params) -> bool:
    return _set_webhook(state, {"url": "", **params})


def _get_webhook_info(state: State, _: Params) -> dict[str, Any]:
    info = {
        "url": state.updates.webhook_url,
        "has_custom_certificate": False,
        "pending_update_count": len(state.updates.pending),
        "allowed_updates": state.updates.allowed,
    }
    errors = {name: value for name, value in state.webhook.items() if name.startswith("last_error")}
    return {name: value for name, value in (info | errors).items() if value != []}


METHODS: Mapping[str, Method] = {
    "getMe": _get_me,
    "logOut": _log_out,
    "getWebhookInfo": _get_webhook_info,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "sendMessage": sending.send_message,
    "sendDocument": sending.send_document,
    "sendPhoto": sending.send_photo,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": sending.edit_text,
    "editMessageCaption": sending.edit_caption,
    "editMessageReplyMarkup": sending.edit_markup,
    "deleteMessage": sending.delete_message,
    "deleteMessages": sending.delete_messages,
    "answerCallbackQuery": _answer_callback_query,
    "getFile": _get_file,
    "getChat": _get_chat,
    "leaveChat": _leave_chat,
    "setMyCommands": _set_commands,
    "deleteMyCommands": _delete_commands,
    "getMyCommands": _get_commands,
    "setMyName": _setter("name"),
    "getMyName": _getter("name"),
    "setMyDescription": _setter("description"),
    "getMyDescription": _getter("description"),
    "setMyShortDescription": _setter("short_description"),
    "getMyShortDescription": _getter("short_description"),
}
# The servers read method names in any letter case.
NAMES: Mapping[str, str] = {name.lower(): name for name in (*METHODS, "getUpdates")}


def canonical(state: State, method: str) -> str:
    """Return a method's name as the documentation writes it.

    Raises:
        Refusal: there is no such method (404), or the double does not play it.
    """
    name = NAMES.get(method.lower())
    if name is None:
        known = method.lower() in facts().all_methods
        state.violations.append(f"{method}: {'not played by this double' if known else 'there is no such method'}")
        raise Refusal(404, "Not Found")
    return name
