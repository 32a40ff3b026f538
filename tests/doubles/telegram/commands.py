"""Command menus: what a bot sets for scopes and languages, and which one a person sees.

Source: https://core.telegram.org/bots/api#setmycommands, #determining-list-of-commands
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.telegram.refusals import violation

COMMAND_LIMIT = 100
DESCRIPTION_LIMIT = 256
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")

Menu = list[dict[str, str]]
Scope = tuple[str, int | None, int | None]


class Commands:
    """All menus that were set."""

    def __init__(self) -> None:
        self._menus: dict[tuple[Scope, str], Menu] = {}

    def set(self, menu: Menu, *, scope: Scope, language: str) -> None:
        """Set a menu, or take it away by an empty one."""
        if len(menu) > COMMAND_LIMIT:
            raise violation("BOT_COMMANDS_TOO_MUCH")
        for one in menu:
            if not _NAME.fullmatch(one["command"]):
                raise violation("BOT_COMMAND_INVALID")
            if not 1 <= len(one["description"].strip()) <= DESCRIPTION_LIMIT:
                raise violation("BOT_COMMAND_DESCRIPTION_INVALID")
        if menu:
            self._menus[scope, language] = menu
        else:
            self._menus.pop((scope, language), None)

    def get(self, *, scope: Scope, language: str) -> Menu:
        """Return exactly what was set for a scope and language."""
        return self._menus.get((scope, language), [])

    def seen(self, *, chat_id: int, user_id: int, private: bool, language: str) -> Menu:
        """Return the menu that somebody sees in a chat: the narrowest scope first, then the language, then any."""
        everywhere: Scope = ("all_private_chats" if private else "all_group_chats", None, None)
        scopes: list[Scope] = [("chat", chat_id, None), everywhere, ("default", None, None)]
        if not private:
            scopes.insert(0, ("chat_member", chat_id, user_id))
        keys = [(scope, code) for scope in scopes for code in (language[:2], "")]
        return next((self._menus[key] for key in keys if key in self._menus), [])


def language_of(params: Mapping[str, Any]) -> str:
    """Return the request's two-letter language code, empty for all languages."""
    code: str = params.get("language_code", "")
    if code and not _LANGUAGE.fullmatch(code):
        raise violation("invalid language code specified")
    return code
