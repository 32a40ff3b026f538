"""People who come for the first time: they go through whatever the bot asks until the first question is there.

What they press and write stands in the tables below; a bot that words its steps otherwise needs another line there.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.load.people import buttons_of, press, write
from bench.questions import FORM_TITLE, asks

if TYPE_CHECKING:
    from bench.load.bot_api import BotApi

# The first pattern that matches a button is pressed. "Später" stands before "beginnen", since that button
# may begin another form than ours.
_BUTTONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        re.escape(FORM_TITLE),
        r"^Deutsch",
        r"^\W*Einverstanden",
        r"^\W*(Später|Nicht jetzt)",
        r"^\W*Ja\b",
        r"^\W*(Weiter|Fortfahren|Weitermachen)\b",
        r"beginnen|starten",
    )
)
# The first pattern that a message without such buttons matches decides what is written.
_TEXTS = (
    (re.compile(r"(Wie dürfen|ansprechen|heißen Sie|Ihr(en)? Name)", re.IGNORECASE), "Ada Muster"),
    (re.compile(r"(Unternehmen|Firma|Betrieb|Organisation)", re.IGNORECASE), "Testwerk {chat} GmbH"),
)
_SURVEY = "/umfrage"
# A bot may say several things in a row; people react to the last one after this pause.
_PAUSE = 0.15
_STEPS_AT_MOST = 20
_SURVEYS_AT_MOST = 3


@dataclass(slots=True)
class _Visit:
    """How far one newcomer has come."""

    steps: int = 0
    surveys: int = 0
    last: dict[str, Any] | None = None
    timer: asyncio.TimerHandle | None = None
    transcript: list[str] = field(default_factory=list)


class Newcomers:
    """Brings `count` people, `at_once` of them at the same time, to their first question."""

    def __init__(self, api: BotApi, *, count: int, at_once: int, first_chat: int, pause: float = _PAUSE) -> None:
        self._api = api
        self._to_come = list(range(first_chat + count - 1, first_chat - 1, -1))
        self._at_once = at_once
        self._pause = pause
        self._visits: dict[int, _Visit] = {}
        self.arrived: list[dict[str, Any]] = []
        self.lost: list[list[str]] = []

    def begin(self) -> None:
        """Let the first ones come in."""
        for _ in range(min(self._at_once, len(self._to_come))):
            self._next_person()

    def hear(self, message: dict[str, Any]) -> None:
        """Keep the latest thing said."""
        visit = self._visits.get(int(message["chat"]["id"]))
        if visit is not None:
            visit.last = message
            labels = " ".join(f"[{label}]" for label, _ in buttons_of(message))
            visit.transcript.append(f"Bot: {message['text']} {labels}")

    def react(self, message: dict[str, Any]) -> None:
        """React once the bot has been silent for a moment; a first question ends the visit at once."""
        chat = int(message["chat"]["id"])
        visit = self._visits.get(chat)
        if visit is None:
            return
        if visit.timer is not None:
            visit.timer.cancel()
        if asks(message["text"], question=0):
            self.arrived.append(message)
            self._leave(chat)
        else:
            visit.timer = asyncio.get_running_loop().call_later(self._pause, self._step, chat)

    def state(self) -> dict[str, Any]:
        """Say how many are through, on their way and lost, with what the first lost one heard."""
        return {
            "arrived": len(self.arrived),
            "on_the_way": len(self._visits) + len(self._to_come),
            "lost": len(self.lost),
            "transcript": self.lost[0] if self.lost else next((v.transcript for v in self._visits.values()), []),
        }

    def _next_person(self) -> None:
        if self._to_come:
            chat = self._to_come.pop()
            self._visits[chat] = _Visit()
            write(self._api, chat, text="/start")

    def _leave(self, chat: int) -> None:
        del self._visits[chat]
        self._next_person()

    def _step(self, chat: int) -> None:
        visit = self._visits[chat]
        assert visit.last is not None
        visit.steps += 1
        data = button_to_press(buttons_of(visit.last))
        text = text_to_write(visit.last["text"], chat=chat)
        if visit.steps > _STEPS_AT_MOST or visit.surveys > _SURVEYS_AT_MOST:
            self.lost.append(visit.transcript)
            self._leave(chat)
        elif data is not None:
            visit.transcript.append(f"Ada presses {data}")
            press(self._api, visit.last, data=data)
        else:
            visit.surveys += text == _SURVEY
            visit.transcript.append(f"Ada: {text}")
            write(self._api, chat, text=text)


def button_to_press(buttons: list[tuple[str, str]]) -> str | None:
    """Return the data of the button a newcomer presses, None if none of them leads on."""
    return next((data for pattern in _BUTTONS for label, data in buttons if pattern.search(label)), None)


def text_to_write(asked: str, *, chat: int) -> str:
    """Return what a newcomer writes: what was asked for, else the command that begins a form."""
    question = asked if "?" in asked else ""
    return next((text.format(chat=chat) for pattern, text in _TEXTS if pattern.search(question)), _SURVEY)
