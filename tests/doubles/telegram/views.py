"""Looking at a chat and listening to the bot in it; people and groups have this in common."""

from __future__ import annotations

from collections.abc import Callable

from tests.doubles.telegram.chats import Chat, Match, Message, Seen, seen
from tests.doubles.telegram.state import State

PATIENCE = 10.0


class View:
    """What is to be seen in one chat."""

    def __init__(self, state: State, chat: Chat) -> None:
        self._state = state
        self._chat = chat
        self._heard = 0
        self._edits_heard = 0

    @property
    def id(self) -> int:
        """Give the chat's id, which for a person is the person's id."""
        return self._chat.id

    def sees(self) -> list[Seen]:
        """Return all messages of the chat as they look now, after edits and deletions."""
        return [self._show(message) for message in self._chat.messages.values()]

    def sees_message(self, message_id: int) -> Seen | None:
        """Return one message as it looks now, None if it is gone."""
        message = self._chat.messages.get(message_id)
        return None if message is None else self._show(message)

    @property
    def last(self) -> Seen:
        """Return the bot's newest message in this chat that was not deleted."""
        newest = next((one for one in reversed(self._chat.by_bot) if one in self._chat.messages), None)
        assert newest is not None, "the bot has written nothing here"
        return self._show(self._chat.messages[newest])

    @property
    def actions(self) -> list[str]:
        """Return the chat actions ("typing" …) that the bot showed here."""
        return list(self._chat.actions)

    async def hears(self, wanted: Match = None, *, timeout: float = PATIENCE) -> Seen:
        """Wait for a new message of the bot that matches: one after the message that was heard last.

        Raises:
            AssertionError: none came in time.
        """
        return await self._listen(self._next_message, wanted, timeout=timeout, kind="message")

    async def hears_edit(self, wanted: Match = None, *, timeout: float = PATIENCE) -> Seen:
        """Wait for an edit by the bot, after the one heard last, whose message matches as it looks now."""
        return await self._listen(self._next_edit, wanted, timeout=timeout, kind="edit")

    def catches_up(self) -> None:
        """Take everything said so far as heard."""
        self._heard = len(self._chat.by_bot)
        self._edits_heard = len(self._chat.edits)

    async def until(self, holds: Callable[[], bool], *, timeout: float = PATIENCE) -> None:
        """Wait until a condition about this chat is true; it is looked at after every change in the chat.

        Raises:
            AssertionError: it did not become true in time.
        """
        try:
            await self._chat.waiting.until(holds, timeout=timeout)
        except TimeoutError:
            raise AssertionError(f"it did not become true in {timeout:g} s\n{self._told()}") from None

    async def _listen(
        self,
        following: Callable[[Match], Seen | None],
        wanted: Match,
        *,
        timeout: float,
        kind: str,
    ) -> Seen:
        try:
            return await self._chat.waiting.first(lambda: following(wanted), timeout=timeout)
        except TimeoutError:
            what = repr(wanted) if isinstance(wanted, str) else "as wanted"
            raise AssertionError(f"no {kind} {what} came in {timeout:g} s\n{self._told()}") from None

    def _next_message(self, wanted: Match) -> Seen | None:
        for place in range(self._heard, len(self._chat.by_bot)):
            found = self.sees_message(self._chat.by_bot[place])
            if found is not None and found.matches(wanted):
                self._heard = place + 1
                return found
        return None

    def _next_edit(self, wanted: Match) -> Seen | None:
        for place in range(self._edits_heard, len(self._chat.edits)):
            found = self.sees_message(self._chat.edits[place])
            if found is not None and found.matches(wanted):
                self._edits_heard = place + 1
                return found
        return None

    def _show(self, message: Message) -> Seen:
        return seen(message, files=self._state.files)

    def _told(self) -> str:
        lines = [
            f"  {one.id:>4} {'person' if one.mine else 'bot':<6} {one.text!r} {list(one.rows) or ''}"
            for one in self.sees()[-8:]
        ]
        return "\n".join(["the chat shows:", *lines])
