"""Persons and groups: what they do becomes updates for the bot, in the shape the Bot API gives them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from tests.doubles.telegram.chats import Chat, Message, Seen
from tests.doubles.telegram.markup import units, with_commands
from tests.doubles.telegram.presses import Press
from tests.doubles.telegram.state import State
from tests.doubles.telegram.texts import DEEP_LINK, TEXT_LIMIT
from tests.doubles.telegram.views import View


class Group(View):
    """A group; its members are the users who write in it."""

    async def adds_bot(self, *, by: User) -> None:
        """Let somebody put the bot into the group."""
        self._chat.removed = False
        _member_changed(self._state, self._chat, by=by, before="left", after="member")
        by.meet(self._chat, new_chat_members=[self._state.bot])

    async def removes_bot(self, *, by: User) -> None:
        """Let somebody take the bot out of the group."""
        self._chat.removed = True
        _member_changed(self._state, self._chat, by=by, before="member", after="kicked")

    async def becomes_supergroup(self, new_id: int, *, by: User) -> Group:
        """Give the group a new id, as happens when a small group grows; return the group under it."""
        old = self._chat
        facts = {**old.facts, "id": new_id, "type": "supergroup"}
        new = self._state.chats[new_id] = Chat(id=new_id, kind="supergroup", facts=facts, open=True, keep=old.keep)
        by.meet(old, migrate_to_chat_id=new_id)
        by.meet(new, migrate_from_chat_id=self.id)
        old.migrated_to = new_id
        return Group(self._state, new)


class User(View):
    """A person and their private chat with the bot."""

    def __init__(self, state: State, chat: Chat, *, facts: Mapping[str, Any]) -> None:
        super().__init__(state, chat)
        self.facts = dict(facts)

    # ------------------------------------------------------------------------------------------------ words
    async def starts(self, code: str = "") -> int:
        """Press Start, perhaps from a deep link that carries `code`; somebody who had blocked the bot lets it in again.

        Raises:
            ValueError: Telegram would not pass this code on.
        """
        if code and not DEEP_LINK.fullmatch(code):
            raise ValueError(f"a deep link's code matches {DEEP_LINK.pattern}, not {code!r}")
        if self._chat.blocked:
            await self.unblocks()
        return await self.says(f"/start {code}".strip())

    def knows_the_bot(self) -> None:
        """Be somebody who pressed Start long ago, of which the bot has heard."""
        self._chat.open = True

    async def says(self, text: str, *, reply_to: int | None = None, chat: Group | None = None) -> int:
        """Write a text and return its message id; what is too long goes out in pieces, as the apps do it."""
        place = self._place(chat)
        *first, last = _pieces(text)
        for piece in first:
            self._write(place, text=piece, entities=with_commands(piece, []), **self._replied(place, reply_to))
        return self._write(place, text=last, entities=with_commands(last, []), **self._replied(place, reply_to))

    async def forwards(self, text: str, *, origin: str = "Someone else") -> int:
        """Forward somebody's text."""
        hidden = {"type": "hidden_user", "sender_user_name": origin, "date": self._state.clock.date()}
        return self._write(self._chat, text=text, entities=with_commands(text, []), forward_origin=hidden)

    async def edits(self, message_id: int, text: str) -> None:
        """Change a message written earlier."""
        old = self._chat.messages[message_id]
        assert old["from"]["id"] == self.id, "one can only edit one's own messages"
        changed = {key: value for key, value in old.items() if key != "entities"}
        changed |= {"text": text, "edit_date": self._state.clock.date()}
        entities = with_commands(text, [])
        changed |= {"entities": entities} if entities else {}
        self._chat.replace(changed)
        self._state.updates.put("edited_message", changed)

    # ---------------------------------------------------------------------------------------------- buttons
    async def presses(self, label: str, *, message_id: int | None = None) -> Press:
        """Press a button by its label, in the newest message that has one (or in the one named).

        Raises:
            AssertionError: there is no such button to be seen.
        """
        message = self._message_with(label, message_id)
        button = next(one for one in chain(*message["reply_markup"]["inline_keyboard"]) if one["text"] == label)
        assert "callback_data" in button, f"{label!r} opens something, it tells the bot nothing"
        return self._press(message, button["callback_data"])

    async def presses_data(self, message_id: int, data: str) -> Press:
        """Press what carries `data`, shown or not: an old button on a slow phone, or a forged one."""
        gone = {"message_id": message_id, "chat": self._chat.facts, "date": 0}
        return self._press(self._chat.messages.get(message_id, gone), data)

    # ------------------------------------------------------------------------------------------------ media
    async def sends_document(
        self,
        name: str,
        content: bytes,
        *,
        media_type: str = "application/octet-stream",
        caption: str = "",
    ) -> int:
        """Send a file."""
        stored = self._state.files.store(folder="documents", name=name, media_type=media_type, content=content)
        document = {**stored.facts, "file_name": name, "mime_type": media_type}
        return self._write(self._chat, document=document, caption=caption)

    async def sends_photo(self, content: bytes = b"\xff\xd8\xff\xe0 photo", *, caption: str = "") -> int:
        """Send a picture."""
        stored = self._state.files.store(folder="photos", name="photo.jpg", media_type="image/jpeg", content=content)
        return self._write(self._chat, photo=[{**stored.facts, "width": 320, "height": 240}], caption=caption)

    async def sends_voice(self, content: bytes = b"OggS voice", *, seconds: int = 3) -> int:
        """Send a voice message."""
        stored = self._state.files.store(folder="voice", name="voice.oga", media_type="audio/ogg", content=content)
        return self._write(self._chat, voice={**stored.facts, "duration": seconds, "mime_type": "audio/ogg"})

    async def sends_video(self, content: bytes = b"ftyp video", *, caption: str = "") -> int:
        """Send a film."""
        stored = self._state.files.store(folder="videos", name="video.mp4", media_type="video/mp4", content=content)
        return self._write(
            self._chat,
            video={**stored.facts, "width": 320, "height": 240, "duration": 2},
            caption=caption,
        )

    async def sends_sticker(self, *, emoji: str = "👍") -> int:
        """Send a sticker."""
        stored = self._state.files.store(folder="stickers", name="s.webp", media_type="image/webp", content=b"RIFF")
        look = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self._write(self._chat, sticker={**stored.facts, **look, "emoji": emoji})

    async def sends_location(self, *, latitude: float = 51.62, longitude: float = 7.63) -> int:
        """Send a place."""
        return self._write(self._chat, location={"latitude": latitude, "longitude": longitude})

    async def sends_contact(self, *, phone: str = "+49 30 1234567", first_name: str = "Someone") -> int:
        """Send somebody's phone number."""
        return self._write(self._chat, contact={"phone_number": phone, "first_name": first_name})

    async def sends_dice(self) -> int:
        """Send something that few bots know."""
        return self._write(self._chat, dice={"emoji": "🎲", "value": 4})

    # --------------------------------------------------------------------------------------------- presence
    async def blocks(self) -> None:
        """Block the bot."""
        self._chat.blocked = True
        _member_changed(self._state, self._chat, by=self, before="member", after="kicked")

    async def unblocks(self) -> None:
        """Let the bot in again."""
        self._chat.blocked = False
        _member_changed(self._state, self._chat, by=self, before="kicked", after="member")

    async def deactivates(self) -> None:
        """Delete the account."""
        self._chat.deactivated = True

    async def deletes(self, message_id: int) -> None:
        """Delete a message for both sides; bots hear nothing of it."""
        self._chat.remove(message_id)

    # ---------------------------------------------------------------------------------------------- looking
    @property
    def keyboard(self) -> tuple[tuple[str, ...], ...]:
        """Return the labels of the reply keyboard that is open below the text field."""
        return self._chat.reply_keyboard

    def menu(self) -> list[tuple[str, str]]:
        """Return the commands that the app offers this person in the private chat."""
        language = str(self.facts.get("language_code", ""))
        found = self._state.commands.seen(chat_id=self.id, user_id=self.id, private=True, language=language)
        return [(one["command"], one["description"]) for one in found]

    def meet(self, chat: Chat, **service: Any) -> None:
        """Leave a service message in a group (somebody came, the group moved)."""
        message = self._state.message(chat, sender=self.facts, **service)
        chat.add(message)
        self._state.updates.put("message", message)

    # ---------------------------------------------------------------------------------------------- private
    def _place(self, group: Group | None) -> Chat:
        if group is None:
            return self._chat
        # Whom the bot saw in a group it knows, but may still not write to.
        self._chat.acquainted = True
        return self._state.chats[group.id]

    def _write(self, chat: Chat, **content: Any) -> int:
        assert not self._chat.blocked, "somebody who blocked the bot cannot write to it"
        if chat is self._chat:
            chat.open = True
        message = self._state.message(chat, sender=self.facts, **content)
        chat.add(message)
        if chat.private or self._bot_may_read(message):
            self._state.updates.put("message", message)
        return int(message["message_id"])

    def _bot_may_read(self, message: Message) -> bool:
        """Apply the privacy mode of groups (https://core.telegram.org/bots/features#privacy-mode)."""
        bot = self._state.bot
        text: str = message.get("text") or message.get("caption") or ""
        to_bot = message.get("reply_to_message", {}).get("from", {}).get("id") == bot["id"]
        return not self._state.privacy_mode or text.startswith("/") or f"@{bot['username']}" in text or to_bot

    def _replied(self, chat: Chat, reply_to: int | None) -> dict[str, Any]:
        if reply_to is None:
            return {}
        return {"reply_to_message": without_reply(chat.messages[reply_to])}

    def _message_with(self, label: str, message_id: int | None) -> Message:
        candidates = [message_id] if message_id is not None else reversed(self._chat.by_bot)
        for one in candidates:
            message = self._chat.messages.get(one)
            rows = message.get("reply_markup", {}).get("inline_keyboard", ()) if message else ()
            if message and any(button["text"] == label for button in chain(*rows)):
                return message
        raise AssertionError(f"there is no button {label!r}\n{self._told()}")

    def _press(self, message: Message, data: str) -> Press:
        press = self._state.presses.new(chat_id=self.id, message_id=message["message_id"], data=data)
        query = {
            "id": press.id,
            "from": self.facts,
            "message": message,
            "chat_instance": str(self.id * 7919),
            "data": data,
        }
        press.update_id = self._state.updates.put("callback_query", query)
        return press

    def newest_with(self, label: str) -> Seen:
        """Return the newest message that has a button with this label."""
        return self._show(self._message_with(label, None))


def without_reply(message: Message) -> Message:
    """Give a message as it appears inside a reply: it holds no further reply."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def _pieces(text: str) -> list[str]:
    if units(text) <= TEXT_LIMIT:
        return [text]
    # Half the limit is safe however many signs need two units.
    size = TEXT_LIMIT if units(text) == len(text) else TEXT_LIMIT // 2
    return [text[start : start + size] for start in range(0, len(text), size)]


def _member_changed(state: State, chat: Chat, *, by: User, before: str, after: str) -> None:
    def member(status: str) -> dict[str, Any]:
        return {"status": status, "user": state.bot, **({"until_date": 0} if status == "kicked" else {})}

    change = {"chat": chat.facts, "from": by.facts, "date": state.clock.date()}
    state.updates.put("my_chat_member", {**change, "old_chat_member": member(before), "new_chat_member": member(after)})
