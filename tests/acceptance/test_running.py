"""`hubtalk run` as an operator sees it: starts or says why not, answers health checks, stops cleanly, logs cleanly."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import aiohttp

from tests.acceptance.processes import BotProcess, command
from tests.acceptance.stage import PATIENCE, PEOPLE, TOWN, staged
from tests.doubles.telegram import TOKEN, Fault, TelegramDouble

WRONG_TOKEN = "4242424242:AAH-another-token-that-nobody-issued_01"
STACK = "Traceback"


async def refused(environ: dict[str, str], folder: Path) -> str:
    """Run a bot that must not start; return its one line."""
    code, out, complaints = await command(environ, "run", directory=folder)
    lines = [line for line in complaints.splitlines() if line and not line.startswith("{")]
    assert (code, out, len(lines)) == (1, "", 1), (code, out, complaints)
    assert STACK not in complaints and TOKEN not in complaints and WRONG_TOKEN not in complaints
    return lines[0]


async def test_wrong_settings_are_named_in_one_line(tmp_path: Path) -> None:
    async with staged(tmp_path, start=False) as stage:
        for setting, value, named in (
            ("HUBTALK_TELEGRM__TOKEN", "x", "TELEGRM"),
            ("HUBTALK_TELEGRAM__RATE", "fast", "TELEGRAM__RATE"),
            ("HUBTALK_REGISTRATION", "everybody", "REGISTRATION"),
            ("HUBTALK_HUB__TIMEZONE", "Europe/Bergkamen", "TIMEZONE"),
            ("HUBTALK_HUB__CONTROLLER", "", "CONTROLLER"),
            ("HUBTALK_DATABASE_URL", "mysql://localhost/x", "DATABASE_URL"),
            ("HUBTALK_CONTENT_DIR", str(tmp_path / "nowhere"), "nowhere"),
            ("HUBTALK_HTTP__BIND", "8080", "HTTP__BIND"),
        ):
            line = await refused(stage.environ | {setting: value}, tmp_path)
            assert named.lower() in line.lower(), (setting, line)
        without_token = {name: value for name, value in stage.environ.items() if name != "HUBTALK_TELEGRAM__TOKEN"}
        assert "HUBTALK_TELEGRAM__TOKEN" in await refused(without_token, tmp_path)


async def test_a_wrong_token_ends_the_start_with_one_line(tmp_path: Path) -> None:
    async with staged(tmp_path, start=False) as stage:
        line = await refused(stage.environ | {"HUBTALK_TELEGRAM__TOKEN": WRONG_TOKEN}, tmp_path)
        assert "token" in line
        assert WRONG_TOKEN.partition(":")[2] not in line


async def test_wrong_usage_is_told_apart(tmp_path: Path) -> None:
    async with staged(tmp_path, start=False) as stage:
        code, _, complaints = await command(stage.environ, "run", "--no-such-option", directory=tmp_path)
        assert (code, STACK in complaints) == (2, False)


async def test_a_second_run_on_the_same_file_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        ada = stage.person()
        await stage.joins(ada)
        line = await refused(stage.environ, tmp_path)
        assert "already runs" in line
        await ada.says("1")
        await stage.asked(ada, PEOPLE)


async def test_an_http_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        async with staged(tmp_path, start=False, HTTP__BIND=bind) as stage:
            assert "HUBTALK_HTTP__BIND" in await refused(stage.environ, tmp_path)


def health_of(bot: BotProcess) -> str:
    found = re.search(r"health at (http://[\d.]+:\d+)/healthz", bot.text)
    assert found is not None, bot.text
    return found[1]


async def test_an_unreachable_platform_is_waited_for(tmp_path: Path) -> None:
    double = TelegramDouble()
    await double.start()
    await double.stop()
    settings = {"HTTP__BIND": "127.0.0.1:0", "TELEGRAM__API_URL": double.url}
    bot_settings = staged(tmp_path, start=False, double=_Stopped(double), **settings)  # type: ignore[arg-type]
    async with bot_settings as stage, aiohttp.ClientSession() as http:
        await stage.bot.start(wait=False)
        await stage.until(lambda: "health at" in stage.bot.text and "out of order" in stage.bot.text)
        health = health_of(stage.bot)

        async def status(page: str) -> tuple[int, dict[str, object]]:
            async with http.get(f"{health}/{page}") as answer:
                return answer.status, await answer.json()

        assert (await status("healthz"))[0] == 200
        code, body = await status("readyz")
        assert (code, list(body["wrong"])) == (503, ["telegram"])  # type: ignore[call-overload]
        assert TOKEN not in str(body)
        await double.start()
        ada = stage.person()
        await ada.starts()
        await ada.hears(timeout=PATIENCE)
        assert await status("readyz") == (200, {"status": "ok", "wrong": {}})
        assert stage.bot.text.count("out of order") == 1
        assert await stage.bot.stop() == 0
    await double.stop()


class _Stopped:
    """A double that the test itself starts and stops."""

    def __init__(self, double: TelegramDouble) -> None:
        self._double = double

    async def __aenter__(self) -> TelegramDouble:
        return self._double

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_a_stop_finishes_what_is_on_its_way(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        people = [stage.person() for _ in range(10)]
        for person in people:
            await stage.joins(person)
        await stage.settled()
        stage.double.delay = 0.3
        for person in people:
            await person.says("2")
        await stage.double.until(lambda: stage.double.calls["sendMessage"] > 0)
        code = await stage.bot.stop()
        stage.double.delay = 0.0
        assert code == 0 and STACK not in stage.bot.text, stage.bot.text
        taken = [person for person in people if stage.given(person)]
        for person in taken:
            assert any(PEOPLE in seen.text for seen in person.sees())
        await stage.bot.start()
        for person in people:
            await stage.asked(person, PEOPLE)
            assert sum(1 for seen in person.sees() if PEOPLE in seen.text) == 1
            assert stage.given(person) == [("size", "medium")]


async def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        ada = stage.person()
        await stage.joins(ada)
        stage.double.fail(Fault.DELAY, method="sendMessage", seconds=8)
        sends = stage.double.calls["sendMessage"]
        await ada.says("2")
        await stage.double.until(lambda: stage.double.calls["sendMessage"] > sends)
        stage.bot.signal(signal.SIGTERM)
        await stage.until(lambda: "stopping" in stage.bot.text)
        assert stage.bot.running
        stage.bot.signal(signal.SIGINT)
        assert await stage.bot.ended() == 1
        assert stage.given(ada) == [("size", "medium")]


async def test_the_log_holds_nobodys_words_names_or_secrets(tmp_path: Path) -> None:
    async with staged(tmp_path, LOG__LEVEL="debug", SECRET="c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=") as stage:
        ada = stage.person(first_name="Wilhelmina", last_name="Querfurth", username="wilhelmina_q")
        await ada.starts()
        await ada.hears()
        await stage.agrees(ada)
        await ada.hears(lambda seen: "Fragebogen beginnen" in seen.buttons)
        await ada.presses("Fragebogen beginnen")
        await stage.asked(ada, "Wie groß")
        said = ["Gross und geheim", "Mittel", "viele Leute 7734", "20", "1 und 3", "unlesbar-9911"]
        stage.double.fail(Fault.ERROR_502, method="sendMessage", chat_id=ada.id)
        stage.double.fail(Fault.CUT, method="getUpdates")
        for words in said:
            await ada.says(words)
        await stage.asked(ada, TOWN)
        message = await ada.says("noch-nichts-5522")
        await ada.edits(message, "Stadt 12")
        await ada.sends_document("gehaltsliste.xlsx", b"PK", caption="vertraulich-3344")
        await ada.sends_contact(first_name="Friedhelm")
        await ada.forwards("weitergesagt-8800")
        await ada.says("/nonsense geheimwort-1212")
        await ada.presses_data(message, "forged-data-667")
        await ada.blocks()
        await ada.unblocks()
        await ada.says("/vergessen")
        await ada.hears("LÖSCHEN")
        await stage.settled()
        assert await stage.bot.stop() == 0
        log = stage.bot.text
        assert '"level": "debug"' in log
        secrets = (
            *said[:1], *said[2:3], *said[5:], "noch-nichts", "Stadt 12", "gehaltsliste", "vertraulich", "Friedhelm",
            "weitergesagt", "geheimwort", "forged-data", "Wilhelmina", "Querfurth", "wilhelmina_q", f"Person {ada.id}",
            f"Betrieb {ada.id}", TOKEN, TOKEN.partition(":")[2], "c2VjcmV0",
        )  # fmt: skip
        assert [word for word in secrets if word in log] == []
        for line in stage.bot.log:
            json.loads(line)  # nothing prints past the log
