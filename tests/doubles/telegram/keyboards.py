"""The rules for keyboards under messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.telegram.refusals import violation
from tests.doubles.telegram.texts import check_deep_links

BUTTON_LIMIT = 100
ROW_LIMIT = 8
# https://core.telegram.org/bots/api#inlinekeyboardbutton: "1-64 bytes"
DATA_LIMIT = 64
# https://core.telegram.org/bots/api#copytextbutton: "1-256 characters"
COPY_LIMIT = 256
# "Exactly one of the fields other than text, icon_custom_emoji_id, and style must be used".
_LOOKS = frozenset(("text", "style"))
_STYLES = frozenset(("danger", "success", "primary"))
_SCHEMES = frozenset(("http", "https", "tg"))

Markup = dict[str, Any]


def checked_markup(params: Mapping[str, Any]) -> Markup | None:
    """Return the request's keyboard after checking it; None if there is none, or an empty one."""
    markup: Markup | None = params.get("reply_markup")
    if markup is None:
        return None
    if "inline_keyboard" in markup:
        rows = [row for row in markup["inline_keyboard"] if row]
        _check_size(rows)
        for row in rows:
            for button in row:
                _check_button(button)
        return {"inline_keyboard": rows} if rows else None
    if "keyboard" in markup:
        _check_size(markup["keyboard"])
        if not markup["keyboard"] or any(not button["text"].strip() for row in markup["keyboard"] for button in row):
            raise violation("keyboard button text must be non-empty")
    return markup


def _check_size(rows: list[list[Any]]) -> None:
    if any(len(row) > ROW_LIMIT for row in rows):
        raise violation(f"a keyboard row holds at most {ROW_LIMIT} buttons")
    if sum(map(len, rows)) > BUTTON_LIMIT:
        raise violation("reply markup is too long")


def _check_button(button: dict[str, Any]) -> None:
    if not button["text"].strip():
        raise violation("inline keyboard button text must be non-empty")
    if button.get("style", "primary") not in _STYLES:
        raise violation("invalid button style specified")
    actions = button.keys() - _LOOKS
    if len(actions) != 1:
        raise violation("exactly one optional field of an inline keyboard button must be used")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= DATA_LIMIT:
        raise violation("BUTTON_DATA_INVALID")
    if "copy_text" in button and not 1 <= len(button["copy_text"]["text"]) <= COPY_LIMIT:
        raise violation("BUTTON_COPY_TEXT_INVALID")
    if "url" in button:
        _check_url(button["url"])


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    # The servers know no host without a dot, `localhost` among them.
    if parts.scheme not in _SCHEMES or (parts.scheme != "tg" and "." not in (parts.hostname or "")):
        raise violation(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    check_deep_links(url)
