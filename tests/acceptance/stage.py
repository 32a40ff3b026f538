"""A running bot, the strict double, and people who fill in the form `odd.md`: the stage on which slips are played."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from tests.acceptance.processes import BotProcess, environment
from tests.doubles.telegram import TOKEN, Seen, TelegramDouble, User

HERE = Path(__file__).parent
SIZE, PEOPLE, NEEDS = "Wie groß ist der Betrieb?", "Wie viele Menschen", "Was würde helfen?"
TOWN, PLAN, HALL, WISH = "In welcher Stadt?", "Was haben Sie vor?", "Wofür ist die Halle?", "Was wünschen Sie sich?"
# Whoever walks a whole form needs no more than this, also while the machine is busy.
PATIENCE = 30.0

_ids = itertools.count(20_001)

ANSWERS = """
    SELECT answers.path, answers.state, answers.value, answers.relevant, responses.status
    FROM addresses JOIN responses ON responses.contact_id = addresses.contact_id
    JOIN answers ON answers.response_id = responses.id WHERE addresses.chat = ?
"""
HISTORY = """
    SELECT answer_history.path, answer_history.value
    FROM addresses JOIN responses ON responses.contact_id = addresses.contact_id
    JOIN answer_history ON answer_history.response_id = responses.id WHERE addresses.chat = ? ORDER BY answer_history.id
"""


def odd_content(folder: Path) -> Path:
    """Make a hub's content with the form `odd.md`; return its folder."""
    target = folder / "content"
    shutil.copytree(HERE / "content", target)
    shutil.copy(HERE / "odd.md", target / "forms" / "walk.md")
    return target


class Stage:
    """What a test has in hand; `data` holds the bot's SQLite file."""

    def __init__(self, double: TelegramDouble, bot: BotProcess, *, environ: dict[str, str], data: Path) -> None:
        self.double = double
        self.bot = bot
        self.environ = environ
        self.data = data

    @property
    def database(self) -> Path:
        """The bot's file."""
        return self.data / "hubtalk.db"

    def person(self, **facts: Any) -> User:
        """Return somebody new, who speaks German unless told otherwise."""
        return self.double.user(next(_ids), **({"language_code": "de"} | facts))

    async def joins(self, user: User) -> Seen:
        """Let somebody go from /start to the first question, which is returned."""
        await user.starts()
        await self.agrees(user)
        await user.hears(lambda seen: "Fragebogen beginnen" in seen.buttons, timeout=PATIENCE)
        await user.presses("Fragebogen beginnen")
        return await self.asked(user, SIZE)

    async def agrees(self, user: User) -> None:
        """Let somebody who wrote already consent and say who they are."""
        consent = await user.hears(lambda seen: "Einverstanden" in seen.buttons, timeout=PATIENCE)
        await user.presses("Einverstanden", message_id=consent.id)
        await user.hears("Unternehmen sprechen", timeout=PATIENCE)
        await user.says(f"Betrieb {user.id}")
        await user.hears("ansprechen", timeout=PATIENCE)
        await user.says(f"Person {user.id}")

    async def asked(self, user: User, label: str) -> Seen:
        """Wait for a question with its place line."""
        return await user.hears(lambda seen: label in seen.text and "von etwa" in seen.text, timeout=PATIENCE)

    async def comes_to(self, user: User, label: str) -> Seen:
        """Let somebody new answer up to a question, which is returned unanswered."""
        seen = await self.joins(user)
        for asked, answer in ((SIZE, "Klein"), (PEOPLE, "20"), (NEEDS, "1 und 3"), (TOWN, "7"), (PLAN, "2")):
            if asked == label:
                return seen
            await user.says(answer)
            seen = await self.asked(user, _AFTER[asked])
        return seen

    def answers(self, user: User) -> dict[str, Any]:
        """Return the answers that count for somebody: path -> value; skipped ones are None."""
        return {
            path: None if value is None else json.loads(value)
            for path, state, value, relevant, _ in self.rows(ANSWERS, str(user.id))
            if relevant and state in {"given", "skipped"}
        }

    def status(self, user: User) -> set[str]:
        """Return the states of somebody's responses."""
        return {status for *_, status in self.rows(ANSWERS, str(user.id))}

    def given(self, user: User) -> list[tuple[str, Any]]:
        """Return every answer somebody ever gave, in order: (path, value)."""
        return [(path, value and json.loads(value)) for path, value in self.rows(HISTORY, str(user.id))]

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read from the bot's file, beside the bot."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(statement, parameters).fetchall()

    async def settled(self) -> None:
        """Wait until everything that people did so far was handled and every press was answered.

        Telegram forgets an update when it is confirmed, which the bot does after its commit.
        """
        await self.double.until_confirmed(timeout=PATIENCE)
        await self.double.until(lambda: not self.double.unanswered, timeout=PATIENCE)

    async def hands_out_again(self, *update_ids: int) -> None:
        """Let updates come once more, and wait until the bot has dealt with them."""
        for number in update_ids:
            self.double.redeliver(number)
        await self.double.until_polled(timeout=PATIENCE)

    async def until(self, holds: Callable[[], bool], *, timeout: float = PATIENCE) -> None:
        """Wait until something outside the double (the file, the log) is so."""
        try:
            async with asyncio.timeout(timeout):
                while not holds():  # noqa: ASYNC110 -- neither a file nor a log tells when it changes
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it did not become so in {timeout:g} s; the log:\n{self.bot.text[-3000:]}") from None


_AFTER = {SIZE: PEOPLE, PEOPLE: NEEDS, NEEDS: TOWN, TOWN: PLAN, PLAN: WISH}


@asynccontextmanager
async def staged(
    folder: Path, *, start: bool = True, double: TelegramDouble | None = None, **settings: str
) -> AsyncIterator[Stage]:
    """Set the stage in `folder`: no pacing and open registration unless told otherwise."""
    environ = environment(
        folder,
        **{
            "TELEGRAM__TOKEN": TOKEN,
            "TELEGRAM__CHAT_RATE": "0",
            "TELEGRAM__RATE": "0",
            "REGISTRATION": "open",
            "CONTENT_DIR": str(odd_content(folder)),
        }
        | settings,
    )
    async with double or TelegramDouble() as server:
        environ.setdefault("HUBTALK_TELEGRAM__API_URL", server.url)
        bot = BotProcess(environ, directory=folder)
        try:
            if start:
                await bot.start()
            yield Stage(server, bot, environ=environ, data=folder)
            if bot.running:
                assert await bot.stop() == 0, bot.text[-3000:]
        finally:
            await bot.away()
