from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
import pytest

from bench.load.bot_api import BotApi
from bench.load.greeters import Greeters
from bench.load.http import Connection, take_request
from bench.load.interviewees import Interviewees
from bench.load.ledger import Ledger, percentile
from bench.load.newcomers import Newcomers
from bench.questions import CHOICES, LABELS, by_button

KEYBOARD = {
    "inline_keyboard": [
        [{"text": f"1 {label}", "callback_data": key} for key, label in CHOICES],
        [{"text": "‹ Zurück", "callback_data": "back"}, {"text": "Pause", "callback_data": "pause"}],
    ]
}
MULTIPART = (
    b'--Xy\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n7\r\n'
    b'--Xy\r\nContent-Disposition: form-data; name="text"\r\n\r\na&b\r\n--Xy--\r\n'
)
NAVIGATION = {"inline_keyboard": [KEYBOARD["inline_keyboard"][-1]]}


class Bot:
    """The other end of a Bot API, without a network."""

    def __init__(self, *, delay: float = 0.0) -> None:
        self.ledger = Ledger()
        self.api = BotApi(ledger=self.ledger, delay=delay)
        self.connection = Connection(self.api)
        self.answers: list[Any] = []
        self._offset = 0

    def call(self, method: str, **params: Any) -> None:
        answer = self.answers.append
        self.api.call(
            f"/bot1:x/{method}", params, answer=lambda body: answer(orjson.loads(body)), connection=self.connection
        )

    def poll(self) -> list[dict[str, Any]]:
        """Return what people said since the last poll, and confirm it."""
        self.call("getUpdates", offset=self._offset, timeout=0)
        updates: list[dict[str, Any]] = self.answers.pop()["result"]
        self._offset = updates[-1]["update_id"] + 1 if updates else self._offset
        return updates

    async def wait(self, *, timeout: float = 5.0) -> list[dict[str, Any]]:
        """Return what people say next, like `poll`, but wait for it."""
        answered = asyncio.get_running_loop().create_future()
        params = {"offset": self._offset, "timeout": timeout}
        self.api.call("/bot1:x/getUpdates", params, answer=answered.set_result, connection=self.connection)
        updates: list[dict[str, Any]] = orjson.loads(await answered)["result"]
        self._offset = updates[-1]["update_id"] + 1 if updates else self._offset
        return updates

    def ask(self, chat: int, question: int) -> None:
        self.send(chat, f"Frage {question + 1}\n{LABELS[question]}", KEYBOARD if by_button(question) else NAVIGATION)

    def send(self, chat: int, text: str, markup: dict[str, Any] | None = None) -> None:
        self.call("sendMessage", chat_id=str(chat), text=text, reply_markup=orjson.dumps(markup or {}).decode())


def said(update: dict[str, Any]) -> str:
    text = update["callback_query"]["data"] if "callback_query" in update else update["message"]["text"]
    return str(text)


async def test_every_question_is_answered_once_by_button_or_text_round_and_round() -> None:
    bot = Bot()
    bot.api.people = people = Interviewees(bot.api, ledger=bot.ledger, at_once=1)
    people.begin()
    heard = [said(update) for update in bot.poll()]
    assert heard == ["/start"]
    for number in range(12):
        bot.ask(1_000, number % 10)
        heard += [said(update) for update in bot.poll()]
    assert heard[1] == "very"
    assert heard[2] == "Antwort 2 aus Chat 1000"
    assert len(heard) == 13
    # The twelfth is still unanswered by a thirteenth question.
    assert bot.ledger.close()["answers"] == 11


async def test_message_that_is_not_the_next_question_gets_no_answer_and_is_reported() -> None:
    bot = Bot()
    bot.api.people = people = Interviewees(bot.api, ledger=bot.ledger, at_once=1)
    people.begin()
    bot.ask(1_000, 0)
    bot.poll()
    bot.send(1_000, "Halbzeit")
    bot.ask(1_000, 0)
    assert bot.poll() == []
    window = bot.ledger.close()
    assert (window["answers"], window["unexpected"], window["samples"][0]) == (0, 2, "Halbzeit")


async def test_who_has_answered_all_makes_room_for_the_next_one_who_waits() -> None:
    bot = Bot()
    first = [{"message_id": chat, "chat": {"id": chat}, "text": LABELS[0], "reply_markup": KEYBOARD} for chat in (7, 8)]
    bot.api.people = people = Interviewees(bot.api, ledger=bot.ledger, at_once=1, waiting=first)
    people.begin()
    for question in range(1, 10):
        bot.ask(7, question)
    assert people.state()["to_come"] == 1
    bot.send(7, f"Ihre Antworten: {LABELS[0]} …")
    bot.send(7, "Danke")
    chats = {u.get("callback_query", u)["message"]["chat"]["id"] for u in bot.poll()[10:]}
    assert chats == {8}
    assert people.state() == {"in_flight": 1, "stuck": 0, "to_come": 0, "served": 1}
    assert bot.ledger.close()["answers"] == 10


async def test_newcomer_finds_the_first_question_through_a_conversation() -> None:
    bot = Bot()
    bot.api.people = people = Newcomers(bot.api, count=1, at_once=5, first_chat=7, pause=0)
    people.begin()
    heard = [said(bot.poll()[0])]
    steps: list[tuple[str, list[str]]] = [
        ("Guten Tag / Hello", ["Deutsch", "English"]),
        ("Bevor es losgeht", ["Ganzer Hinweis", "Einverstanden", "Nicht einverstanden"]),
        ("Für welches Unternehmen sprechen Sie?", []),
        ("Wie dürfen wir Sie ansprechen?", []),
        ("Guten Tag, Ada. Wollen wir anfangen?", ["Fragebogen beginnen", "Später"]),
        ("Gut, bis später.", []),
        ("Welcher Fragebogen?", ["EcoTecHub", "Bench: zehn Fragen"]),
    ]
    for text, buttons in steps:
        bot.send(7, "Ein Wort vorweg, ohne Frage nach dem Unternehmen.")
        bot.send(7, text, {"inline_keyboard": [[{"text": label, "callback_data": label}] for label in buttons]})
        heard.append(said((await bot.wait())[0]))
    bot.ask(7, 0)
    assert heard == [
        "/start",
        "Deutsch",
        "Einverstanden",
        "Testwerk 7 GmbH",
        "Ada Muster",
        "Später",
        "/umfrage",
        "Bench: zehn Fragen",
    ]
    assert people.state()["arrived"] == 1


async def test_newcomer_who_goes_in_circles_is_given_up_with_what_was_said() -> None:
    bot = Bot()
    bot.api.people = people = Newcomers(bot.api, count=1, at_once=1, first_chat=7, pause=0)
    people.begin()
    bot.poll()
    for _ in range(4):
        bot.send(7, "Das verstehe ich nicht.")
        assert [said(update) for update in await bot.wait()] == ["/umfrage"]
    bot.send(7, "Das verstehe ich nicht.")
    assert await bot.wait(timeout=0.05) == []
    assert people.state()["lost"] == 1
    assert "Bot: Das verstehe ich nicht. " in people.state()["transcript"]


async def test_greeters_write_once_each_and_are_counted_when_answered() -> None:
    bot = Bot()
    bot.api.people = people = Greeters(bot.api, count=3, at_once=2, first_chat=10, step=5, text="/hilfe")
    people.begin()
    assert [u["message"]["chat"]["id"] for u in bot.poll()] == [10, 15]
    bot.send(10, "Hilfe")
    bot.send(10, "noch mehr Hilfe")
    assert [u["message"]["chat"]["id"] for u in bot.poll()] == [20]
    assert people.state() == {"greeted": 1, "on_the_way": 2}


async def test_unconfirmed_updates_are_given_again_and_confirmed_ones_are_not() -> None:
    bot = Bot()
    for text in ("a", "b"):
        bot.api.say({"message": {"text": text}})
    bot.call("getUpdates", timeout=0)
    bot.call("getUpdates", timeout=0)
    assert bot.answers[0] == bot.answers[1]
    bot.call("getUpdates", offset=bot.answers[0]["result"][1]["update_id"], timeout=0)
    assert [update["message"]["text"] for update in bot.answers[2]["result"]] == ["b"]


async def test_waiting_poll_wakes_up_and_the_earlier_of_two_pollers_is_turned_away() -> None:
    bot = Bot()
    bot.call("getUpdates", timeout=10)
    bot.call("getUpdates", timeout=10)
    assert [answer["error_code"] for answer in bot.answers] == [409]
    bot.api.say({"message": {"text": "a"}})
    assert bot.answers[1]["result"][0]["message"]["text"] == "a"


async def test_update_is_not_lost_to_a_poller_that_has_gone() -> None:
    bot = Bot()
    bot.call("getUpdates", timeout=10)
    bot.api.gone(bot.connection)
    bot.api.say({"message": {"text": "a"}})
    assert bot.answers == []
    assert said(bot.poll()[0]) == "a"


async def test_delayed_server_answers_late_and_people_react_only_then() -> None:
    bot = Bot(delay=0.02)
    began = time.perf_counter()
    bot.api.people = people = Interviewees(bot.api, ledger=bot.ledger, at_once=1)
    people.begin()
    bot.ask(1_000, 0)
    assert [said(update) for update in await bot.wait()] == ["/start"]
    assert [said(update) for update in await bot.wait()] == ["very"]
    assert time.perf_counter() - began >= 0.03


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Type: application/json", b'{"chat_id":7,"text":"a&b"}'),
        (b"Content-Type: application/x-www-form-urlencoded", b"chat_id=7&text=a%26b"),
        (
            b'content-type: multipart/form-data; boundary="Xy"',
            MULTIPART,
        ),
    ],
    ids=["json", "urlencoded", "multipart"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_requests_are_read_in_every_encoding_however_they_are_cut(head: bytes, body: bytes, *, chunked: bool) -> None:
    sized = b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    if chunked:
        sized = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    request = b"POST /bot1:x/sendMessage HTTP/1.1\r\n" + head + b"\r\n" + sized
    assert all(take_request(request[:cut]) is None for cut in range(len(request)))
    taken = take_request(request + b"GET")
    assert taken is not None
    path, params, rest = taken
    assert (path, rest) == ("/bot1:x/sendMessage", b"GET")
    assert (str(params["chat_id"]), params["text"]) == ("7", "a&b")


def test_percentiles_of_few_and_no_values() -> None:
    assert percentile([], share=0.5) == 0
    assert percentile([1, 2, 3, 4], share=0.5) == 3
    assert percentile([1, 2, 3, 4], share=0.99) == 4
