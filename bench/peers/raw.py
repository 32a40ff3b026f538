"""Peer 3, the bare limit: aiohttp and one writer thread with group commit, no framework, no form engine, no objects."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import threading
from typing import Any

import aiohttp
import orjson

from bench.peers.schema import CREATE, INSERT, PRAGMAS
from bench.questions import CHOICES, LABELS, by_button

_KEYBOARD = {
    "inline_keyboard": [[{"text": label, "callback_data": key} for key, label in CHOICES[at : at + 2]] for at in (0, 2)]
}
_JSON = {"Content-Type": "application/json"}
_CREATE_SESSIONS = "CREATE TABLE IF NOT EXISTS sessions (chat INTEGER PRIMARY KEY, question INTEGER NOT NULL)"
_Said = tuple[int, str]


class Writer:
    """Takes every answer one step further in one thread: read the session, insert the answer, update the session.

    What arrives while a batch is written makes the next batch; all of a batch is one commit.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[_Said, asyncio.Future[int]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    async def store(self, chat: int, value: str) -> int:
        """Return the next question once what `chat` said is committed."""
        stored: asyncio.Future[int] = self._loop.create_future()
        self._queue.put(((chat, value), stored))
        return await stored

    def _run(self) -> None:
        database = sqlite3.connect(self._file, isolation_level=None)
        for statement in (*PRAGMAS, CREATE, _CREATE_SESSIONS):
            database.execute(statement)
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            database.execute("BEGIN IMMEDIATE")
            done = [(stored, _step(database, *said)) for said, stored in batch]
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, done)


def _step(database: sqlite3.Connection, chat: int, value: str) -> int:
    session = database.execute("SELECT question FROM sessions WHERE chat = ?", (chat,)).fetchone()
    if session is None:
        database.execute("INSERT INTO sessions (chat, question) VALUES (?, 0)", (chat,))
        return 0
    database.execute(INSERT, (chat, session[0], value))
    question = (int(session[0]) + 1) % len(LABELS)
    database.execute("UPDATE sessions SET question = ? WHERE chat = ?", (question, chat))
    return question


def _resolve(done: list[tuple[asyncio.Future[int], int]]) -> None:
    for stored, question in done:
        stored.set_result(question)


class RawBot:
    """Asks the ten questions, round and round; where a chat stands is one number in the database."""

    def __init__(self, session: aiohttp.ClientSession, *, url: str, writer: Writer) -> None:
        self._session = session
        self._url = url
        self._writer = writer
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Poll for ever; every update is a task of its own."""
        offset = 0
        while True:
            for update in await self._call("getUpdates", {"offset": offset, "timeout": 10}):
                offset = update["update_id"] + 1
                task = asyncio.create_task(self._handle(update))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _call(self, method: str, params: dict[str, Any]) -> Any:
        async with self._session.post(
            f"{self._url}/bot4711:bench/{method}", data=orjson.dumps(params), headers=_JSON
        ) as response:
            return orjson.loads(await response.read())["result"]

    async def _handle(self, update: dict[str, Any]) -> None:
        query = update.get("callback_query")
        message = query["message"] if query else update["message"]
        chat = message["chat"]["id"]
        question = await self._writer.store(chat, query["data"] if query else message["text"])
        if query:
            await self._call("answerCallbackQuery", {"callback_query_id": query["id"]})
        params: dict[str, Any] = {"chat_id": chat, "text": LABELS[question]}
        if by_button(question):
            params["reply_markup"] = _KEYBOARD
        await self._call("sendMessage", params)


async def main() -> None:
    """Run against the server and database named on the command line."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        await RawBot(session, url=sys.argv[1], writer=Writer(sys.argv[2])).run()


if __name__ == "__main__":
    asyncio.run(main())
