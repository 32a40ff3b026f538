"""The command as people run it: a process, its output, its exit code. SQLite is enough here."""

from __future__ import annotations

import asyncio
import csv
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from config.settings import SHIPPED_CONTENT
from storage.locks import RunLock
from tests.content import lists
from tests.doubles.telegram import TelegramDouble

SHEET = """
| survey |
| | type | name | label::English (en) | label::Deutsch (de) |
| | integer | age | How old? | Wie alt? |
| | select_multiple yes_no | topics | Which? | Welche? |
| | text | wish | Your wish? | Ihr Wunsch? |

| choices |
| | list_name | name | label::English (en) | label::Deutsch (de) |
| | yes_no | a | Apples | Äpfel |
| | yes_no | b | Pears | Birnen |

| settings |
| | form_id | form_title |
| | fruit | Fruit |
"""
JOINING = ["1", "Sample Ltd", "Eva", "1", "-3", "1 2", "=1+1", "1"]


class Here:
    """A working directory with a content folder of one form, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HUBTALK_CONTENT_DIR": "content",
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE")},
        }
        (folder / "content").mkdir()
        (folder / "content" / "hub.toml").write_text('[[forms]]\nname = "fruit"\nfile = "fruit.md"\n', encoding="utf-8")
        (folder / "content" / "fruit.md").write_text(SHEET, encoding="utf-8")

    def __call__(self, *words: str, said: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", *words],
            cwd=self.folder,
            env={**self.environment, **more},
            input=said,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def json(self, *words: str) -> Any:
        done = self(*words, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return orjson.loads(done.stdout)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_demo_ends_with_the_row_that_the_export_holds(here: Here) -> None:
    unfinished = here("chat", "--demo", "--lang", "en", said="\n".join(JOINING[:4]) + "\n")
    assert (unfinished.returncode, unfinished.stderr) == (0, "")
    assert "Your data is here: data/hubtalk.db" in unfinished.stdout
    assert "goes on where you stopped" in unfinished.stdout

    finished = here("chat", "--demo", said="\n".join(JOINING[4:]) + "\n")
    assert "age: -3" in finished.stdout
    assert "topics: a, b" in finished.stdout
    assert "export fruit -f csv" in finished.stdout

    told = here.json("export", "fruit", "-o", "out.csv")
    assert (told["responses"], told["columns"][-5:]) == (1, ["age", "topics", "topics/a", "topics/b", "wish"])
    with (here.folder / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert [row[name] for name in ("company", "contact", "status")] == ["Sample Ltd", "Eva", "submitted"]
    assert [row[name] for name in told["columns"][-5:]] == ["-3", "a b", "1", "1", "'=1+1"]
    assert row["submitted_at"].endswith("+00:00")

    lines = here("export", "fruit", "-f", "jsonl", "--values", "labels", "--lang", "de", "--pseudonymise")
    written = orjson.loads(lines.stdout)
    assert (written["age"], written["topics"], written["wish"]) == (-3, ["Äpfel", "Birnen"], "=1+1")
    assert "Sample" not in lines.stdout


def test_form_from_check_to_download(here: Here) -> None:
    (here.folder / "new.md").write_text(SHEET.replace("fruit", "veg"), encoding="utf-8")
    (here.folder / "broken.md").write_text(SHEET.replace("| integer |", "| intger |"), encoding="utf-8")
    assert here.json("forms", "check", "new.md")["questions"] == 3
    broken = here("forms", "check", "broken.md", "--json")
    (problem, *_) = orjson.loads(broken.stdout)["problems"]
    assert (broken.returncode, problem["sheet"], problem["level"]) == (1, "survey", "error")
    refused = here("forms", "publish", "broken.md")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert here.json("forms", "publish", "new.md", "--draft") == {
        "name": "veg",
        "version": 1,
        "new": True,
        "state": "draft",
    }
    listed = {form["name"]: form["state"] for form in here.json("forms", "list")}
    assert listed == {"fruit": "open", "veg": "draft"}
    assert here("forms", "download", "veg", "-o", "-").stdout == SHEET.replace("fruit", "veg")


def test_changed_form_says_what_changed_before_and_after_it_is_published(here: Here) -> None:
    (here.folder / "veg.md").write_text(SHEET.replace("fruit", "veg"), encoding="utf-8")
    assert here.json("forms", "publish", "veg.md", "--dry-run") == {"name": "veg", "dry_run": True}
    here.json("forms", "publish", "veg.md")
    changed = SHEET.replace("fruit", "veg").replace("| wish |", "| dream |")
    (here.folder / "veg.md").write_text(changed, encoding="utf-8")
    said = here("forms", "publish", "veg.md", "--dry-run").stdout
    assert ("renamed: question dream (wish)" in said, said.splitlines()[-1]) == (True, "nothing was published")
    done = here.json("forms", "publish", "veg.md", "--migrate")
    assert [(change["kind"], change["before"]) for change in done["changes"]] == [("renamed", "wish")]
    assert (done["version"], done["running"], done["moves"], done["moved"], done["stays"]) == (2, 0, 0, True, [])


def test_preview_plays_the_form_and_keeps_nothing(here: Here) -> None:
    done = here("forms", "preview", "content/fruit.md", "--lang", "de", said="7\n1\nviel\n1\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Wie alt?" in done.stdout
    assert "topics: a\n  wish: viel" in done.stdout
    assert not (here.folder / "data").exists()


def test_preview_shows_the_pictures_and_the_row_with_its_entries_and_logs_nothing(here: Here) -> None:
    sheet = """
| survey |
| | type | name | label | media::image |
| | begin repeat | site | | |
| | text | town | Town? | town.png |
| | image | photo | A photo? | gone.png |
| | end repeat | | | |
"""
    (here.folder / "sites.md").write_text(sheet, encoding="utf-8")
    (here.folder / "sites-media").mkdir()
    (here.folder / "sites-media" / "town.png").write_bytes(b"\x89PNG\r\n\x1a\n a town")
    done = here(
        "forms",
        "preview",
        "sites.md",
        "--lang",
        "en",
        "--record",
        "sites.test.txt",
        said="Unna\n/skip\n1\nHamm\n@none.png\n@sites-media/town.png\n2\n1\n",
    )
    assert done.returncode == 0
    assert "[Picture: town.png]\nEntry 1 · Question 1 of about" in done.stdout
    assert "I need a photo" in done.stdout
    assert "  town_1: Unna\n  town_2: Hamm" in done.stdout
    assert here("forms", "test", "sites.md").returncode == 0
    script = (here.folder / "sites.test.txt").read_text(encoding="utf-8")
    assert (
        "= photo_2: photo-{number}.png" in script and "< {repeat.entry} 2 · " in script and "1 {repeat.yes}" in script
    )
    assert "gone.png" in done.stderr and "town.png" not in done.stderr and '"level"' not in done.stdout + done.stderr


def test_a_recorded_preview_is_a_test_of_the_form(here: Here) -> None:
    form = here.folder / "content" / "fruit.md"
    recorded = here(
        "forms", "preview", str(form), "--lang", "en", "--record", "content/fruit.test.txt", said="x\n7\n1\n"
    )
    assert (recorded.returncode, "forms test" in recorded.stderr) == (0, True)
    written = (here.folder / "content" / "fruit.test.txt").read_text(encoding="utf-8")
    assert "> x\n< {expected." in written
    assert "How old?" in written
    assert written.endswith("= -\n")
    assert here.json("forms", "test", str(form))["ok"] is True

    form.write_text(SHEET.replace("How old?", "What age?"), encoding="utf-8")
    changed = here("forms", "test", str(form))
    assert changed.returncode == 1
    assert "the beginning differs" in changed.stdout
    assert "-   How old?\n    +   What age?" in changed.stdout
    told = here("forms", "test", str(form), "content/fruit.test.txt", "--json")
    (one,) = orjson.loads(told.stdout)["tests"]
    assert (told.returncode, one["ok"], one["turn"], one["turns"]) == (1, False, 0, 4)

    assert here("forms", "test", str(form), "--update").returncode == 0
    assert here("forms", "test", str(form)).returncode == 0
    assert (here.folder / "content" / "fruit.test.txt").read_text("utf-8") == written.replace("How old?", "What age?")
    assert not (here.folder / "data").exists()


def test_a_recorded_conversation_knows_its_time_its_chances_and_its_row(here: Here) -> None:
    sheet = """
| survey |
| | type | name | label | calculation | default |
| | date | day | Which day? | | today() |
| | calculate | chance | | once(random()) | |
| | calculate | stamp | | uuid() | |

| settings |
| | form_id |
| | chances |
"""
    (here.folder / "chances.md").write_text(sheet, encoding="utf-8")
    here("forms", "preview", "chances.md", "--lang", "en", "--record", "chances.test.txt", said="2026-01-31\n1\n")
    script = (here.folder / "chances.test.txt").read_text(encoding="utf-8")
    assert "= day: 2026-01-31\n= chance: 0." in script
    assert "= stamp: {uuid}" in script
    assert here("forms", "test", "chances.md").returncode == 0
    lines = ["time: 2024-02-29T12:00:00+01:00" if "time: " in line else line for line in script.splitlines()]
    (here.folder / "chances.test.txt").write_text("\n".join(lines), encoding="utf-8")
    assert "29 February 2024" in here("forms", "test", "chances.md").stdout
    (here.folder / "chances.test.txt").write_text(script.replace("seed: ", "seed: 1"), encoding="utf-8")
    assert "the row differs" in here("forms", "test", "chances.md").stdout


def test_the_shipped_form_goes_as_its_recorded_conversations_say(here: Here) -> None:
    shipped = SHIPPED_CONTENT / "forms" / "needs.md"
    done = here.json("forms", "test", str(shipped))
    assert [Path(test["file"]).name for test in done["tests"]] == ["needs.de.test.txt", "needs.en.test.txt"]
    assert done["ok"] is True


def test_the_documented_conversation_is_what_the_documented_form_gives(here: Here) -> None:
    blocks = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8").split("```\n")
    sheet = next(block for block in blocks if block.startswith("| survey |"))
    script = next(block for block in blocks if "seed: " in block)
    (here.folder / "sectors.md").write_text(sheet, encoding="utf-8")
    (here.folder / "sectors.test.txt").write_text(script, encoding="utf-8")
    assert here.json("forms", "test", "sectors.md")["tests"][0]["turns"] == 6


def test_preview_pages_long_lists(here: Here) -> None:
    (here.folder / "lists.md").write_text(lists.sheet(), encoding="utf-8")
    said = "nächste\nhausen\n392\n1, 99\n/weiter\n1\n"
    done = here("forms", "preview", "lists.md", "--lang", "de", said=said)
    assert done.returncode == 0 and "the list has 412 choices" in done.stderr
    for words in ("1 bis 20 von 412", "21 bis 40 von 412", "Dazu passen 21 Antworten von 412.", "place: p392"):
        assert words in done.stdout
    assert "trades: t1, t99" in done.stdout


def test_invitation_names_channels_that_have_no_link_yet(here: Here) -> None:
    here.environment["HUBTALK_TELEGRAM__TOKEN"] = "1:x"
    told = here.json("invite", "--company", "Sample Ltd", "--uses", "3")
    assert (told["company"], told["uses"], told["links"], told["missing"]) == ("Sample Ltd", 3, {}, ["telegram"])


def test_what_the_last_line_orders_is_done_before_the_end_of_the_file(here: Here) -> None:
    here.json("invite", "--company", "Testwerk GmbH")
    said = "1\nOlga\n/einladen Testwerk\n"
    done = here("chat", "--as", "olga", "--lang", "de", said=said, HUBTALK_ADMINS='["terminal:olga"]')
    assert (done.returncode, done.stderr) == (0, "")
    assert "Einladung für Testwerk GmbH. Der Code: " in done.stdout and "Der Code gilt für 10 Personen." in done.stdout


def test_backup_comes_back_in_another_place(here: Here) -> None:
    here.json("roles", "grant", "telegram:4711", "admin")
    assert here.json("db", "backup", "b.tar.gz")["rows"] > 0
    refused = here("db", "restore", "b.tar.gz")
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    here.environment["HUBTALK_DATA_DIR"] = "other"
    here.json("db", "restore", "b.tar.gz")
    assert [right["address"] for right in here.json("roles", "list")] == ["telegram:4711"]
    assert here.json("db", "check") == {"ok": True, "problems": []}


def test_doctor_says_what_is_wrong_and_how_to_mend_it(here: Here) -> None:
    sick = here("doctor", "--json")
    assert sick.returncode == 1
    found = {each["what"]: each for each in orjson.loads(sick.stdout)["checks"]}
    assert "HUBTALK_HUB__CONTROLLER" in found["configuration"]["message"]
    assert found["telegram"]["state"] == "warning"
    assert not (here.folder / "data").exists()


def test_wrong_setting_and_unknown_language_are_one_line(here: Here) -> None:
    wrong = here("chat", HUBTALK_REGISTRATION="sometimes")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "HUBTALK_REGISTRATION" in wrong.stderr
    unknown = here("chat", "--lang", "fr")
    assert (unknown.returncode, "de, en" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("words", [["export", "--help"], ["forms", "preview", "content/fruit.md"]])
def test_reader_that_goes_away_is_no_error_worth_a_traceback(here: Here, words: list[str]) -> None:
    command = [sys.executable, "-c", "from bot.cli import main; main()", *words]
    with (
        (here.folder / "content" / "fruit.md").open() as said,
        subprocess.Popen(
            command, cwd=here.folder, env=here.environment, stdin=said, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_two_terminals_of_one_person_do_not_fight(here: Here) -> None:
    command = [sys.executable, "-u", "-c", "from bot.cli import main; main()", "chat", "--demo"]
    with subprocess.Popen(
        command, cwd=here.folder, env=here.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "\n"  # it has greeted, so it holds the lock
        second = here("chat", "--demo")
        assert (second.returncode, "another terminal" in second.stderr) == (1, True)
        assert here("chat", "--demo", "--as", "bob").returncode == 0
        assert here.json("forms", "list")[0]["name"] == "fruit"
        first.communicate("")
    assert first.returncode == 0


async def test_restore_and_upgrade_wait_until_no_bot_runs_and_all_else_works_beside_it(here: Here) -> None:
    here.json("db", "upgrade")
    here.json("db", "backup", "b.tar.gz")
    async with RunLock(f"sqlite:///{here.folder}/data/hubtalk.db"):
        for words in (("db", "upgrade"), ("db", "restore", "b.tar.gz", "--force")):
            refused = await asyncio.to_thread(here, *words)
            assert (refused.returncode, "already runs" in refused.stderr) == (1, True)
        assert await asyncio.to_thread(here.json, "roles", "grant", "telegram:4711", "organiser")
        checks = orjson.loads((await asyncio.to_thread(here, "doctor", "--json")).stdout)["checks"]
    assert {each["what"]: each["message"] for each in checks}["bot"] == "one is running on this database"


def test_hub_folder_is_copied_checked_and_applied(here: Here) -> None:
    made = here.json("hub", "init", "mine")
    assert "hub.toml" in made["files"]
    assert here("hub", "init", "mine").returncode == 1
    assert here.json("hub", "check", "mine") == {"ok": True, "problems": []}
    first = here.json("hub", "apply", "mine")
    assert ([form["name"] for form in first["forms"]], len(first["texts"]) > 5) == (["needs"], True)
    (here.folder / "mine" / "texts" / "welcome.de.md").write_text("Moin", encoding="utf-8")
    second = here.json("hub", "apply", "mine")
    assert (second["texts"], second["milestones"], second["forms"]) == (["welcome.de"], [], [])
    (here.folder / "mine" / "texts" / "welcome.de.md").write_text("Moin {name}", encoding="utf-8")
    refused = here("hub", "apply", "mine")
    assert (refused.returncode, "{name}" in refused.stderr) == (1, True)


async def test_doctor_reaches_telegram_or_says_why_not(here: Here) -> None:
    async with TelegramDouble() as double:
        here.environment["HUBTALK_TELEGRAM__API_URL"] = double.url
        for token, state, says in (
            (double.token, "ok", "connected as @"),
            ("1:wrong", "error", "token"),
        ):
            done = await asyncio.to_thread(here, "doctor", "--json", HUBTALK_TELEGRAM__TOKEN=token)
            found = {each["what"]: each for each in orjson.loads(done.stdout)["checks"]}["telegram"]
            assert found["state"] == state
            assert says in found["message"] + found["mend"]
            assert token not in done.stdout + done.stderr
    done = await asyncio.to_thread(here, "doctor", "--json", HUBTALK_TELEGRAM__TOKEN="1:any")
    found = {each["what"]: each for each in orjson.loads(done.stdout)["checks"]}["telegram"]
    assert (found["state"], "network" in found["mend"]) == ("error", True)


def test_invitation_has_a_link_for_each_channel_that_was_met(here: Here) -> None:
    here.json("db", "upgrade")
    with closing(sqlite3.connect(here.folder / "data" / "hubtalk.db")) as raw, raw:
        raw.execute(
            "INSERT INTO identities (channel, account, name, link, seen_at) "
            "VALUES ('telegram', 'telegram:1', '@hub_bot', 'https://t.me/hub_bot?start={code}', 1)"
        )
    told = here.json("invite", "--role", "organiser")
    assert told["links"] == {"telegram": f"https://t.me/hub_bot?start={told['code']}"}
    assert (told["uses"], told["missing"]) == (1, [])
    for name in ("Testwerk GmbH", "Müller & Söhne"):
        made = here.json("invite", "--company", name, "--qr", "code.png", "--text", "both")
        assert made["files"] == ["code.png"]
        assert [made["code"] in part and name in part for part in made["text"].split("---")] == [True, True]
        (found,) = zxingcpp.read_barcodes(Image.open(here.folder / "code.png"))
        assert found.text == made["links"]["telegram"]
    cards = here.json("invite", "--companies", "all", "--sheet", "cards.pdf")
    assert [card["company"] for card in cards] == ["Müller & Söhne", "Testwerk GmbH"]
    with closing(pypdfium2.PdfDocument(here.folder / "cards.pdf")) as document:
        read = zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())
    assert {found.text for found in read} == {card["links"]["telegram"] for card in cards}
    for place in ("nowhere/cards.pdf", "data"):  # nothing is made that could not be written
        refused = here("invite", "--company", "Testwerk GmbH", "--sheet", place)
        assert (refused.returncode, "cannot be written" in refused.stderr) == (1, True)
    assert len(here.json("invitations", "list")) == 5
    assert here.json("invitations", "revoke", here.json("invitations", "list")[0]["id"])["state"] == "revoked"


def test_scripts_answer_inquiries_and_the_answer_waits_for_the_contact(here: Here) -> None:
    asked = here("chat", "--demo", "--lang", "en", said="\n".join([*JOINING[:4], "/ask Is there parking?"]) + "\n")
    assert "as inquiry 1" in asked.stdout
    (line,) = here.json("inquiries", "list")
    assert (line["number"], line["state"], line["waiting"], line["name"]) == (1, "open", True, "Eva")
    assert here.json("inquiries", "reply", "1", "Yes, behind the house.") == {
        "number": 1,
        "state": "open",
        "channel": "terminal",
    }
    shown = here.json("inquiries", "show", "1")
    assert [(each["from"], each["text"]) for each in shown["messages"]] == [
        ("contact", "Is there parking?"),
        ("team", "Yes, behind the house."),
    ]
    assert shown["waiting_since"] is None
    heard = here("chat", "--demo", said="/help\n")
    assert "The team: Yes, behind the house." in heard.stdout
    assert here.json("inquiries", "close", "1") == {"number": 1, "state": "closed"}
    unknown = here("inquiries", "reply", "2", "Yes.")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1) and "there is no inquiry 2" in unknown.stderr
    assert here("inquiries", "reply", "1", "x" * 4001).returncode == 2
