"""A double of the Bot API's methods that a chat bot needs; it believes its callers and checks next to nothing.

Long polling follows https://core.telegram.org/bots/api#getupdates: an offset confirms all updates below it, what is not
confirmed is given again, at most 100 at once, and of two pollers the earlier is turned away.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from bench.load.http import Answer, Connection
    from bench.load.ledger import Ledger
    from bench.load.people import People

_BOT = {"id": 4711, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
_TEXT_LIMIT = 4096
_UPDATES_A_POLL = 100
_TRUE = b'{"ok":true,"result":true}'
_CONFLICT = b'{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}'

_EDITS = frozenset({"editmessagetext", "editmessagereplymarkup"})


class BotApi:
    """Takes the bot's calls and hands out what people say; `delay` passes before every answer leaves."""

    def __init__(self, *, ledger: Ledger, delay: float = 0.0) -> None:
        self.delay = delay
        self.people: People | None = None
        self._ledger = ledger
        self._pending: deque[tuple[int, orjson.Fragment]] = deque()
        self._poll: tuple[Answer, Connection, asyncio.TimerHandle] | None = None
        self._last_id = 1_000

    def call(self, path: str, params: dict[str, Any], *, answer: Answer, connection: Connection) -> None:
        """Answer one Bot API call, `/bot<token>/<method>`."""
        method = path.rpartition("/")[2].lower()
        self._ledger.calls[method] += 1
        if method == "getupdates":
            self._get_updates(params, answer=answer, connection=connection)
        elif method == "sendmessage":
            self._send_message(params, answer=answer)
        elif method == "getme":
            self._answer_late(answer, orjson.dumps({"ok": True, "result": {**_BOT, "can_join_groups": False}}))
        elif method in _EDITS and "message_id" in params:
            self._answer_late(
                answer, orjson.dumps({"ok": True, "result": self._message(params, int(params["message_id"]))})
            )
        elif method == "getwebhookinfo":
            info = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            self._answer_late(answer, orjson.dumps({"ok": True, "result": info}))
        else:
            self._answer_late(answer, _TRUE)

    def gone(self, connection: Connection) -> None:
        """Forget a poll whose connection was closed."""
        if self._poll is not None and self._poll[1] is connection:
            self._poll[2].cancel()
            self._poll = None

    def say(self, update: dict[str, Any]) -> None:
        """Queue what somebody said or pressed, and wake the poll that waits."""
        update["update_id"] = update_id = self.next_id()
        self._pending.append((update_id, orjson.Fragment(orjson.dumps(update))))
        if self._poll is not None:
            answer, _, timer = self._poll
            timer.cancel()
            self._poll = None
            self._hand_out(answer)

    def next_id(self, *, above: int = 0) -> int:
        """Return a fresh id, for updates, messages and presses; `above` what a bot's stored cursor has seen."""
        self._last_id = max(self._last_id, above) + 1
        return self._last_id

    def _get_updates(self, params: dict[str, Any], *, answer: Answer, connection: Connection) -> None:
        offset = int(params.get("offset") or 0)
        while self._pending and self._pending[0][0] < offset:
            self._pending.popleft()
        if self._poll is not None:
            self._poll[2].cancel()
            self._poll[0](_CONFLICT)
            self._poll = None
        timeout = float(params.get("timeout") or 0)
        if self._pending or not timeout:
            self._hand_out(answer)
            return
        timer = asyncio.get_running_loop().call_later(timeout, self._poll_ends)
        self._poll = (answer, connection, timer)

    def _poll_ends(self) -> None:
        assert self._poll is not None
        answer, self._poll = self._poll[0], None
        answer(b'{"ok":true,"result":[]}')

    def _hand_out(self, answer: Answer) -> None:
        batch = [update for _, update in list(self._pending)[:_UPDATES_A_POLL]]
        self._ledger.updates += len(batch)
        self._answer_late(answer, orjson.dumps({"ok": True, "result": batch}))

    def _send_message(self, params: dict[str, Any], *, answer: Answer) -> None:
        text = str(params.get("text") or "")
        if not text or len(text) > _TEXT_LIMIT or self.people is None:
            self._answer_late(
                answer, b'{"ok":false,"error_code":400,"description":"Bad Request: message text is empty or too long"}'
            )
            return
        message = self._message(params, self.next_id())
        self.people.hear(message)
        body = orjson.dumps({"ok": True, "result": message})
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self._answer_and_react, answer, body, message)
        else:
            self._answer_and_react(answer, body, message)

    def _answer_and_react(self, answer: Answer, body: bytes, message: dict[str, Any]) -> None:
        answer(body)
        if self.people is not None:
            self.people.react(message)

    def _answer_late(self, answer: Answer, body: bytes) -> None:
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, answer, body)
        else:
            answer(body)

    @staticmethod
    def _message(params: dict[str, Any], message_id: int) -> dict[str, Any]:
        chat = int(params["chat_id"])
        message: dict[str, Any] = {
            "message_id": message_id,
            "from": _BOT,
            "chat": {"id": chat, "type": "private", "first_name": f"Ada {chat}"},
            "date": int(time.time()),
            "text": str(params.get("text") or ""),
        }
        markup = params.get("reply_markup")
        if isinstance(markup, str):
            markup = orjson.loads(markup)
        if markup and "inline_keyboard" in markup:
            message["reply_markup"] = {"inline_keyboard": markup["inline_keyboard"]}
        return message
