"""Files on Telegram's double, with a bot killed while it fetches them: each is kept once, a bad one is asked anew."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.acceptance.processes import BotProcess, environment
from tests.content.building import content_folder
from tests.doubles.telegram import TOKEN, TelegramDouble, User
from tests.doubles.telegram.faults import Fault

HALL, PLAN = "Wie sieht Ihre Halle aus?", "Haben Sie einen Plan?"
PATIENCE = 40.0
PEOPLE, KILLS = 8, 4
STATES = "SELECT responses.contact_id, attachments.state FROM attachments JOIN responses ON responses.id = response_id"
CONTACTS = "SELECT chat, contact_id FROM addresses"


def read(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """Look into the bot's file, beside the bot."""
    with closing(sqlite3.connect(f"file:{folder / 'hubtalk.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(statement).fetchall()


async def comes_to_the_hall(user: User) -> None:
    """Let somebody go to the question for a picture."""
    await user.starts()
    consent = await user.hears(lambda seen: "Einverstanden" in seen.buttons, timeout=PATIENCE)
    await user.presses("Einverstanden", message_id=consent.id)
    await user.hears("Unternehmen sprechen", timeout=PATIENCE)
    await user.says(f"Betrieb {user.id}")
    await user.hears("ansprechen", timeout=PATIENCE)
    await user.says(f"Person {user.id}")
    await user.hears(lambda seen: "Fragebogen beginnen" in seen.buttons, timeout=PATIENCE)
    await user.presses("Fragebogen beginnen")
    await user.hears(HALL, timeout=PATIENCE)


async def test_killed_while_files_are_fetched(tmp_path: Path, rng: random.Random) -> None:
    async with TelegramDouble() as double:
        environ = environment(
            tmp_path,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__API_URL=double.url,
            TELEGRAM__CHAT_RATE="0",
            TELEGRAM__RATE="0",
            REGISTRATION="open",
            CONTENT_DIR=str(content_folder(tmp_path / "content", ("files",))),
        )
        bot = BotProcess(environ, directory=tmp_path)
        try:
            await bot.start()
            people = [double.user(20_001 + number, language_code="de") for number in range(PEOPLE)]
            await asyncio.gather(*map(comes_to_the_hall, people))
            double.fail(Fault.DELAY, method="getFile", times=PEOPLE * KILLS, seconds=0.3)
            bad = {user.id for user in people[::2]}
            for user in people:
                # The double calls every photo a JPEG; Telegram's own word is not what counts.
                content = b"MZ\x90\x00 program" if user.id in bad else b"\xff\xd8\xff\xe0" + str(user.id).encode()
                await user.sends_photo(content)
            for _ in range(KILLS):
                await asyncio.sleep(rng.uniform(0.1, 1.5))
                await bot.kill()
                await bot.start()
            await asyncio.gather(*(user.hears(PLAN, timeout=PATIENCE) for user in people))
            lost = [user.hears("konnte ich nicht behalten", timeout=PATIENCE) for user in people if user.id in bad]
            await asyncio.gather(*lost)
            await asyncio.gather(*(user.hears(HALL, timeout=PATIENCE) for user in people if user.id in bad))
            await until(lambda: not read(tmp_path, "SELECT id FROM jobs"), bot)
            assert await bot.stop() == 0, bot.text
        finally:
            await bot.away()
        assert double.take_violations() == []
    contacts = dict(read(tmp_path, CONTACTS))
    states = {(contact, state) for contact, state in read(tmp_path, STATES)}
    assert states == {(contacts[str(user.id)], "failed" if user.id in bad else "stored") for user in people}
    assert len(read(tmp_path, STATES)) == PEOPLE
    answered = {contact for (contact,) in read(tmp_path, "SELECT contact_id FROM answers WHERE path = 'hall'")}
    assert answered == {contacts[str(user.id)] for user in people if user.id not in bad}
    kept = {path.read_bytes() for path in (tmp_path / "attachments").glob("??/*")}
    assert kept == {b"\xff\xd8\xff\xe0" + str(user.id).encode() for user in people if user.id not in bad}
    for user in people:
        told = [seen for seen in user.sees() if "konnte ich nicht behalten" in seen.text]
        assert len(told) >= (user.id in bad)


async def until(holds: Any, bot: BotProcess) -> None:
    """Wait until the bot's file says so."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 -- a file does not tell when it changes
            await asyncio.sleep(0.05)
    assert bot.running
