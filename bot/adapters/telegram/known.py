"""Files of forms that Telegram has already: they are sent again by its id, without their bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.messages import Attachment

if TYPE_CHECKING:
    from telegram import Message

KEPT = 1000
"""Files whose ids are remembered; beyond that the one that was sent longest ago is forgotten."""

# A file keeps its type when it is sent again (https://core.telegram.org/bots/api#sending-files).
_METHODS: Mapping[str, str] = {
    "photo": "sendPhoto",
    "audio": "sendAudio",
    "animation": "sendAnimation",
    "video": "sendVideo",
    "voice": "sendVoice",
    "document": "sendDocument",
}


CAPTION = 500
"""Characters shown below a file; the platform's limit is 1024 after entities are parsed, in UTF-16 units."""


def caption_of(attachment: Attachment) -> str | None:
    """Return what stands below a file."""
    return attachment.caption[:CAPTION] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    field: str
    file_id: str


class KnownFiles:
    """Ids by source, of one bot; Telegram gives each bot ids of its own."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def call(self, attachment: Attachment, *, chat: int | str) -> tuple[str, dict[str, Any]] | None:
        """Return the call that sends a file by its id, None if it must be uploaded."""
        known = self._known.get(attachment.source)
        if known is None:
            return None
        self._known.move_to_end(attachment.source)
        params = {"chat_id": chat, known.field: known.file_id}
        if caption := caption_of(attachment):
            params["caption"] = caption
        return _METHODS[known.field], params

    def learn(self, attachment: Attachment, message: Message) -> None:
        """Remember under which id an upload is known."""
        for field in _METHODS:
            found = getattr(message, field, None)
            file = found[-1] if field == "photo" and found else found
            if file:
                self._known[attachment.source] = _Known(field=field, file_id=file.file_id)
                break
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def forget(self, attachment: Attachment) -> None:
        """Upload it the next time: its id is refused."""
        self._known.pop(attachment.source, None)
