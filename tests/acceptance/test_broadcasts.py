"""`hubtalk broadcast` beside a running bot: what readers get, what operators see, and what can be taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.processes import BotProcess, command, environment
from tests.acceptance.readers import Readers, enter
from tests.doubles.telegram import TOKEN, TelegramDouble

WITHIN = 30.0


@dataclass
class Office:
    """An operator beside a running bot, and five readers: Person 0, 2, 4 read German, the others English."""

    readers: Readers
    environ: dict[str, str]
    folder: Path
    bot: BotProcess

    async def hubtalk(self, *words: str, fails: bool = False) -> Any:
        code, out, complaints = await command(self.environ, *words, directory=self.folder)
        assert code == (1 if fails else 0), complaints
        return complaints if fails else json.loads(out)

    async def until(self, number: int, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until a broadcast is so, as `show` has it."""
        async with asyncio.timeout(WITHIN):
            while not holds(shown := await self.hubtalk("broadcast", "show", str(number), "--json")):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        return dict(shown)

    def said(self) -> list[list[str]]:
        return [[seen.text for seen in user.sees()] for user in self.readers.users]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with TelegramDouble() as double:
        environ = environment(
            tmp_path,
            TELEGRAM__TOKEN=TOKEN,
            TELEGRAM__API_URL=double.url,
            TELEGRAM__RATE="0",
            COURTESY__QUIET_HOURS="off",
            COURTESY__WORKING_DAYS="Mon-Sun",
        )
        url = f"sqlite:///{tmp_path / 'hubtalk.db'}"
        readers = await enter(double, url, 5, now=datetime.now(UTC) - timedelta(days=3))
        async with BotProcess(environ, directory=tmp_path) as bot:
            yield Office(readers, environ, tmp_path, bot)
        await readers.database.close()
        assert double.take_violations() == []


async def test_a_broadcast_is_read_edited_and_taken_back(office: Office) -> None:
    users = office.readers.users
    await users[3].blocks()
    await users[4].says("/stopp")
    await office.readers.double.until_confirmed(timeout=WITHIN)
    german, english = "Guten Tag {contact}, *morgen* um drei.", "Hello {contact}, *tomorrow* at three."
    made = await office.hubtalk("broadcast", "create", "--text-de", german, "--text-en", english, "--yes", "--json")
    assert (made["id"], made["recipients"], made["excluded"]) == (1, 3, {"blocked": 1, "opted_out": 1})
    shown = await office.until(1, lambda found: found["state"] == "done")
    assert shown["audience"] == sum(shown["states"].values()) == 5
    assert (shown["states"]["sent"], shown["states"]["skipped"]) == (3, 2)
    heard = [texts[-1] if texts else "" for texts in office.said()]
    assert heard[0].startswith("Guten Tag Person 0, morgen um drei.")
    assert heard[1].startswith("Hello Person 1, tomorrow at three.")
    assert "/stop" in heard[1]

    missing = await office.hubtalk("broadcast", "edit", "1", "--text-de", "Um vier.", "--json", fails=True)
    assert "a text in en was sent too" in missing
    await office.hubtalk("broadcast", "edit", "1", "--text-de", "Um vier.", "--text-en", "At four.", "--json")
    await office.until(1, lambda found: found["amended"]["edited"] == 3)
    assert [texts[-1].split("\n")[0] for texts in office.said()[:3]] == ["Um vier.", "At four.", "Um vier."]
    assert sum(len(texts) for texts in office.said()[:3]) == 3  # nothing new was sent

    await office.hubtalk("broadcast", "recall", "1", "--yes", "--json")
    await office.until(1, lambda found: found["amended"]["recalled"] == 3)
    assert [texts for texts in office.said()[:3] if texts] == []


async def test_a_broadcast_waits_is_paused_goes_on_and_is_cancelled(office: Office) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    waits = await office.hubtalk("broadcast", "create", "--text-de", "Morgen", "--at", tomorrow, "--yes", "--json")
    shown = await office.hubtalk("broadcast", "pause", str(waits["id"]), "--json")
    assert (shown["state"], shown["reason"]) == ("paused", "organiser")
    assert (await office.hubtalk("broadcast", "resume", "1", "--json"))["state"] == "scheduled"
    assert (await office.hubtalk("broadcast", "cancel", "1", "--json"))["state"] == "cancelled"
    assert "nothing to cancel" in await office.hubtalk("broadcast", "cancel", "1", "--json", fails=True)
    # A correction goes to whom it corrects, and to nobody else.
    await office.hubtalk("broadcast", "create", "--text-de", "Um drei", "--audience", "language=de", "--yes", "--json")
    await office.until(2, lambda found: found["state"] == "done")
    await office.hubtalk("broadcast", "create", "--text-de", "Um vier", "--corrects", "2", "--yes", "--json")
    await office.until(3, lambda found: found["state"] == "done")
    assert [any("Um vier" in text for text in texts) for texts in office.said()] == [True, False, True, False, True]
    listed = await office.hubtalk("broadcast", "list", "--json")
    assert [(each["id"], each["state"]) for each in listed] == [(3, "done"), (2, "done"), (1, "cancelled")]


WRONG = (
    (["--text-de", "Guten Tag {name}"], "{name} means nothing in a broadcast; possible are {company}"),
    (["--text-de", "x", "--audience", "language=fr"], "nobody would get it"),
    (["--text-de", "x", "--audience", "tag"], "is no rule"),
    (["--text-de", "x" * 4200], "characters too long for telegram"),
    (["--text-de", "x", "--at", "2031-03-30T02:30"], "does not exist"),
    (["--text-de", "x", "--form", "nope"], "there is no form nope"),
)


async def test_what_cannot_be_sent_is_said(tmp_path: Path) -> None:
    async with TelegramDouble() as double:
        environ = environment(tmp_path, TELEGRAM__TOKEN=TOKEN, TELEGRAM__API_URL=double.url)
        readers = await enter(double, f"sqlite:///{tmp_path / 'hubtalk.db'}", 1, now=datetime.now(UTC))
        await readers.database.close()
        await command(environ, "broadcast", "list", directory=tmp_path)  # lets the content enter

        async def complaints(words: list[str]) -> tuple[int, str]:
            code, _, said = await command(environ, "broadcast", "create", *words, "--yes", directory=tmp_path)
            return code, " ".join(said.split())

        found = await asyncio.gather(*(complaints(words) for words, _ in WRONG))
    for (code, said), (_, complaint) in zip(found, WRONG, strict=True):
        assert code in {1, 2}
        assert complaint in said
