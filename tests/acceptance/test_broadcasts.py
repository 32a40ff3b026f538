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
from typer.testing import CliRunner

from bot.cli.root import app
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

    async def process(self, *words: str) -> Any:
        """Run a command as operators do, in a process of its own."""
        code, out, complaints = await command(self.environ, *words, directory=self.folder)
        assert code == 0, complaints
        return json.loads(out)

    async def hubtalk(self, *words: str, fails: bool = False) -> Any:
        """Run a command without the second that a process takes to begin; all else is the same."""
        runner = CliRunner(env=self.environ)
        done = await asyncio.to_thread(lambda: runner.invoke(app, list(words)))
        assert (done.exit_code == 0) is not fails, f"{done.output} {done.exception}"
        return str(done.exception) if fails else json.loads(done.stdout)

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
    made = await office.process("broadcast", "create", "--text-de", german, "--text-en", english, "--yes", "--json")
    assert (made["id"], made["recipients"], made["excluded"]) == (1, 3, {"blocked": 1, "opted_out": 1})
    shown = await office.until(1, lambda found: found["state"] == "done")
    assert shown["audience"] == sum(shown["states"].values()) == 5
    assert (shown["states"]["sent"], shown["states"]["skipped"]) == (3, 2)
    heard = [texts[-1] if texts else "" for texts in office.said()]
    assert heard[0].startswith("Guten Tag Person 0, morgen um drei.")
    assert heard[1].startswith("Hello Person 1, tomorrow at three.")
    assert "/stop" in heard[1]

    got = await office.hubtalk("broadcast", "recipients", "1", "--json")
    assert sorted((each["state"], each["reason"] or "") for each in got) == [
        ("sent", ""),
        ("sent", ""),
        ("sent", ""),
        ("skipped", "blocked"),
        ("skipped", "opted_out"),
    ]
    who = ("broadcast", "recipients", "1", "-o", "who.csv", "--state", "skipped")
    await command(office.environ, *who, directory=office.folder)
    head, *lines = (office.folder / "who.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head.split(";") == ["Kennung", "Name", "Unternehmen", "Kanal", "Stand", "Grund", "Zeit (UTC)"]
    assert sorted(line.split(";")[4:6] for line in lines) == [
        ["nicht gesendet", "abgemeldet"],
        ["nicht gesendet", "blockiert"],
    ]

    missing = await office.hubtalk("broadcast", "edit", "1", "--text-de", "Um vier.", "--json", fails=True)
    assert "a text in en was sent too" in missing
    wrong = await office.hubtalk(
        "broadcast", "edit", "1", "--text-de", "{nope}", "--text-en", "x", "--json", fails=True
    )
    assert "{nope} means nothing" in wrong
    wrong = await office.hubtalk("broadcast", "edit", "1", "--text-de", "y" * 4200, "--text-en", "x", fails=True)
    assert "too long for telegram" in wrong
    new = str(office.folder / "new.md")
    Path(new).write_text("At four.\n", encoding="utf-8")  # noqa: ASYNC240 -- a test may wait
    await office.hubtalk("broadcast", "edit", "1", "--text-de", "Um vier.", "--text-file-en", new, "--json")
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
    # A draft goes to one of the team alone, and to all once it is confirmed.
    tester = f"telegram:{office.readers.users[1].id}"
    await office.hubtalk("roles", "grant", tester, "organiser", "--json")
    create = (
        "broadcast",
        "create",
        "--text-en",
        "At five",
        "--save-audience",
        "Ours",
        "--audience",
        "channel=telegram",
    )
    tried = await office.hubtalk(*create, "--test", tester, "--json")
    assert (tried["id"], tried["state"], tried["test"]) == (4, "draft", tester)
    async with asyncio.timeout(WITHIN):
        while not any("At five" in text for text in office.said()[1]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert [any("At five" in text for text in texts) for texts in office.said()] == [False, True, False, False, False]
    await office.hubtalk("broadcast", "confirm", "4", "--yes", "--json")
    shown = await office.until(4, lambda found: found["state"] == "done")
    assert shown["states"]["sent"] == shown["audience"] == 5
    assert await office.hubtalk("broadcast", "audience", "list", "--json") == [
        {"name": "Ours", "rules": ["channel=telegram"]}
    ]
    listed = await office.hubtalk("broadcast", "list", "--json")
    assert [each["state"] for each in listed] == ["done", "done", "done", "cancelled"]


WRONG = (
    (["--text-de", "Guten Tag {name}"], "{name} means nothing in a broadcast; possible are {company}"),
    (["--text-de", "x", "--audience", "language=fr"], "nobody would get it"),
    (["--text-de", "x", "--audience", "tag"], "is no rule"),
    (["--text-de", "x" * 4200], "characters too long for telegram"),
    (["--text-de", "x", "--at", "2031-03-30T02:30"], "does not exist"),
    (["--text-de", "x", "--form", "nope"], "there is no form nope"),
    (["--text-de", "x", "--test", "telegram:4711"], "telegram:4711 cannot be reached"),
    (["--text-file-de", "hubtalk.db"], "too large for a text"),
    (["--text-de", "x", "--link", "A|B=https://nowhere"], "nowhere"),
)


async def test_what_cannot_be_sent_is_said(tmp_path: Path) -> None:
    async with TelegramDouble() as double:
        environ = environment(tmp_path, TELEGRAM__TOKEN=TOKEN, TELEGRAM__API_URL=double.url)
        readers = await enter(double, f"sqlite:///{tmp_path / 'hubtalk.db'}", 1, now=datetime.now(UTC))
        await readers.database.close()
        create = ("broadcast", "create", "--yes")
        code, out, said = await command(environ, *create, *WRONG[0][0], directory=tmp_path)
        assert (code, out, said.count("\n"), WRONG[0][1] in said) == (1, "", 1, True)
        # A process each would take a minute; what they say is the same without.
        runner = CliRunner(env=environ)
        files = {"hubtalk.db": str(tmp_path / "hubtalk.db")}
        for words, complaint in WRONG[1:]:
            line = [*create, *(files.get(word, word) for word in words)]
            done = await asyncio.to_thread(lambda line=line: runner.invoke(app, line))  # type: ignore[misc]
            assert done.exit_code in {1, 2}, done.output
            assert complaint in " ".join(f"{done.output} {done.exception}".split())
