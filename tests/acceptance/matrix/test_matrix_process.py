"""`hubtalk run` on a real homeserver, as an operator starts it: answered, killed in the middle, finished, exported."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import orjson

from tests.acceptance.matrix.conftest import OpenContact
from tests.acceptance.processes import BotProcess, command, environment
from tests.fixtures_synapse import PASSWORD, Synapse, aside
from tests.people_matrix import ENCRYPTION

CONTENT = Path(__file__).parents[1] / "content"
ANSWERS = (
    ("Wie groß ist der Betrieb?", "2"),
    ("In welchem Ort?", "Bergkamen"),
    ("Wie viele Menschen arbeiten dort?", "1.200"),
    ("Gibt es ein Labor?", "nein"),
    ("Was würde helfen?", "1 und 3"),
    ("Wie groß soll der Betrieb werden?", "Groß"),
    ("Was wünschen Sie sich?", "!weiter"),
)
EXPECTED = {
    "size": "medium",
    "town": "Bergkamen",
    "people": 1200,
    "lab": "no",
    "needs": ["advice", "rooms"],
    "plan": "large",
}


def _environ(synapse: Synapse, user_id: str, folder: Path) -> dict[str, str]:
    return environment(
        folder,
        MATRIX__HOMESERVER=synapse.url,
        MATRIX__USER_ID=user_id,
        MATRIX__PASSWORD=PASSWORD,
        REGISTRATION="open",
        CONTENT_DIR=str(CONTENT),
    )


async def test_fifty_who_invite_at_once_are_greeted_once_each(
    synapse: Synapse, contact: OpenContact, tmp_path: Path
) -> None:
    user_id, ada = await aside(synapse.new_user, "bot"), await contact()
    for person in (user_id, ada.user_id):
        await aside(synapse.unlimited, person)

    async def opens_room(number: int) -> str:
        body = {"is_direct": True, "invite": [user_id], "initial_state": [ENCRYPTION] if number % 2 else []}
        room: str = (await ada.call("POST", "/createRoom", body))["room_id"]
        return room

    async with BotProcess(_environ(synapse, user_id, tmp_path), directory=tmp_path):
        began = time.monotonic()
        rooms = await asyncio.gather(*(opens_room(number) for number in range(50)))
        invited = time.monotonic()
        await ada.until(lambda: set(rooms) <= set(ada.heard), "not everybody was greeted", patience=60)
        print(
            f"50 invitations took {invited - began:.1f} s, all greetings came {time.monotonic() - invited:.1f} s later"
        )
        # A second greeting would have been in the reading of the first, and so come before this.
        for room in rooms[:2]:
            await ada.says(room, "Deutsch")
            await ada.hears(room, "Verantwortlich: Hochschule Muster")
    assert {sum("Welche Sprache" in heard.text for heard in ada.heard[room]) for room in rooms} == {1}
    assert {room: ada.heard[room][0].encrypted for room in rooms} == {
        room: bool(number % 2) for number, room in enumerate(rooms)
    }


async def test_a_bot_that_is_killed_goes_on_where_it_was(
    synapse: Synapse, contact: OpenContact, tmp_path: Path, rng: random.Random
) -> None:
    user_id = await aside(synapse.new_user, "bot")
    await aside(synapse.unlimited, user_id)
    environ = _environ(synapse, user_id, tmp_path)
    bot = BotProcess(environ, directory=tmp_path)
    kills = set(rng.sample(range(len(ANSWERS)), 2))
    try:
        await bot.start()
        ada = await contact()
        room = await ada.opens_room(user_id, encrypted=True)
        for wanted, said in (
            ("Welche Sprache", "Deutsch"),
            ("Verantwortlich: Hochschule Muster", "Einverstanden"),
            ("Unternehmen sprechen", "Testwerk GmbH"),
            ("ansprechen", "Ada Muster"),
            ("Wollen wir anfangen?", "1"),
        ):
            await ada.hears(room, wanted)
            await ada.says(room, said)
        for place, (question, answer) in enumerate(ANSWERS):
            heard = await ada.hears(room, question)
            assert heard.encrypted
            await ada.says(room, answer)
            if place in kills:
                await bot.kill()
                await bot.start()
        await ada.hears(room, "Wollen Sie absenden?")
        await ada.says(room, "Absenden")
        await ada.hears(room, "Vielen Dank")
        code, out, complaints = await command(environ, "doctor", directory=tmp_path)
        assert "matrix signed" in out, (code, out, complaints)
        said_once = [text for text in await ada.history(room) if "von etwa" in text]
        assert len(said_once) == len(ANSWERS)
        assert len(said_once) == len(set(said_once)), "the server recognised no repeated question"
    finally:
        code = await bot.stop()
    assert code == 0, bot.text
    _, out, _ = await command(environ, "export", "walk", "-f", "jsonl", "-o", "-", directory=tmp_path)
    (row,) = [orjson.loads(line) for line in out.splitlines()]
    assert {name: row[name] for name in EXPECTED} == EXPECTED
    assert (row["channel"], row["company"], row["status"]) == ("matrix", "Testwerk GmbH", "submitted")
