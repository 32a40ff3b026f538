"""People who answer the ten questions in a closed loop: each answers as soon as the next question is there."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.load.people import buttons_of, press, write
from bench.questions import LABELS, asks, by_button, first_choice

if TYPE_CHECKING:
    from bench.load.bot_api import BotApi
    from bench.load.ledger import Ledger

# A chat that has waited this long is counted as waiting; a person would have put the phone away.
PATIENCE = 5.0


@dataclass(slots=True)
class _Talk:
    """One chat in flight: which question was answered last, and when (None: nothing is awaited)."""

    question: int
    answered_at: float | None = None


class Interviewees:
    """Keeps `at_once` chats in flight.

    Without `waiting`, chats begin by /start and go round the ten questions for ever. With it, each of those messages is
    the first question somebody has been asked already; they answer ten questions, then the next one takes their place.
    """

    def __init__(
        self, api: BotApi, *, ledger: Ledger, at_once: int, waiting: Sequence[dict[str, Any]] | None = None
    ) -> None:
        self._api = api
        self._ledger = ledger
        self._at_once = at_once
        self._waiting = deque(waiting or ())
        self._for_ever = waiting is None
        self._talks: dict[int, _Talk] = {}
        self._served = 0

    def begin(self) -> None:
        """Let the first chats begin, all at once."""
        for number in range(self._at_once):
            if self._for_ever:
                # Before the first question: the last question of a round that never was.
                self._talks[1_000 + number] = _Talk(len(LABELS) - 1)
                write(self._api, 1_000 + number, text="/start")
            else:
                self._next_person()

    def hear(self, message: dict[str, Any]) -> None:
        """Stop the clock of a chat whose next question, or whose end, has come."""
        talk = self._talks.get(int(message["chat"]["id"]))
        if talk is None:
            return
        if not self._comes_next(talk, message["text"]):
            self._ledger.odd(message["text"])
        elif talk.answered_at is not None:
            self._ledger.answered(time.perf_counter() - talk.answered_at)
            talk.answered_at = None

    def react(self, message: dict[str, Any]) -> None:
        """Answer the next question, or leave when all are answered."""
        chat = int(message["chat"]["id"])
        talk = self._talks.get(chat)
        if talk is None or talk.answered_at is not None or not self._comes_next(talk, message["text"]):
            return
        if not self._for_ever and talk.question == len(LABELS) - 1:
            del self._talks[chat]
            self._served += 1
            self._next_person()
            return
        talk.question = (talk.question + 1) % len(LABELS)
        self._answer(talk, message)

    def state(self) -> dict[str, Any]:
        """Say how many are in flight, wait without a reply, are still to come and are through."""
        now = time.perf_counter()
        waits = [t for t in self._talks.values() if t.answered_at is not None and now - t.answered_at > PATIENCE]
        return {
            "in_flight": len(self._talks),
            "stuck": len(waits),
            "to_come": None if self._for_ever else len(self._waiting),
            "served": self._served,
        }

    def _comes_next(self, talk: _Talk, text: str) -> bool:
        if not self._for_ever and talk.question == len(LABELS) - 1:
            return True  # whatever a bot says when all is answered
        return asks(text, question=(talk.question + 1) % len(LABELS))

    def _next_person(self) -> None:
        if self._waiting:
            message = self._waiting.popleft()
            talk = self._talks[int(message["chat"]["id"])] = _Talk(0)
            self._answer(talk, message)

    def _answer(self, talk: _Talk, message: dict[str, Any]) -> None:
        chat = int(message["chat"]["id"])
        data = first_choice(buttons_of(message)) if by_button(talk.question) else None
        talk.answered_at = time.perf_counter()
        if data is not None:
            press(self._api, message, data=data)
        else:
            write(self._api, chat, text=f"Antwort {talk.question + 1} aus Chat {chat}")
