"""`hubtalk export` over what a bot has written: repeats, and why there is no answer."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from bot.cli.root import app
from bot.desk import perform
from bot.forms.model import Form, Group, Question
from bot.house import House
from storage.codec import dump
from storage.statements import Steps, insert, many
from storage.tables import answers, repeat_instances
from tests.contract.desk.conftest import People, form_ids
from tests.contract.desk.sheets import SIZE, WISH, form, publish

TOWN = Question(path="sites/town", name="town", type="text", label={"de": "Ort?"}, groups=("sites",))
REPEATED = form(WISH, SIZE, TOWN)
REPEATED = Form(
    name="needs", title=REPEATED.title, version="", languages=REPEATED.languages, questions=REPEATED.questions,
    groups=(Group(path="sites", name="sites", repeats=True),),
)  # fmt: skip


@pytest.fixture
async def stored(house: House, people: People) -> str:
    """Store a response with two sites, one answer passed over and one not known; return its id in exports."""
    await perform(house, actor="somebody", command=publish(REPEATED))
    number = await people.response(await people.contact("Eva"), await form_ids(house), {"wish": "x"})
    common = {"response_id": number, "relevant": True, "contact_id": None, "answered_at": 1, "value": None}
    site = {"response_id": number, "path": "sites", "parent_id": None}
    rows: list[dict[str, Any]] = [
        {**common, "path": "size", "instance": 0, "state": "skipped"},
        {**common, "path": "sites", "instance": 0, "state": "given", "value": dump("no")},
        {**common, "path": "sites/town", "instance": 5, "state": "given", "value": dump("Unna")},
        {**common, "path": "sites/town", "instance": 6, "state": "unknown"},
    ]

    def unit() -> Steps[None]:
        yield from many(insert(repeat_instances), [{**site, "id": 5, "ordinal": 1}, {**site, "id": 6, "ordinal": 2}])
        yield from many(insert(answers), rows)

    await house.database.write(unit)
    return str(number)


async def export(house: House, folder: Path, *words: str) -> Result:
    settings = house.settings
    environment = {
        "HUBTALK_DATABASE_URL": house.database.url,
        "HUBTALK_DATA_DIR": str(settings.data_dir),
        "HUBTALK_CONTENT_DIR": str(settings.content_dir),
        "HUBTALK_SECRET": "a secret of more than thirty-two signs",
    }
    line = ["export", "needs", *(word.replace("HERE", str(folder)) for word in words)]
    return await asyncio.to_thread(lambda: CliRunner(env=environment).invoke(app, line))


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


async def test_csv_writes_a_file_for_each_repeat(house: House, stored: str, tmp_path: Path) -> None:
    done = await export(house, tmp_path, "-o", "HERE/needs.csv", "--missing", "codes", "--json")
    assert done.exit_code == 0, done.output
    assert [Path(each).name for each in orjson.loads(done.stdout)["files"]] == ["needs.csv", "needs-sites.csv"]
    head, row = table(tmp_path / "needs.csv")
    assert (head[-2:], row[-2:]) == (["wish", "size"], ["x", "-98"])
    head, *rows = table(tmp_path / "needs-sites.csv")
    assert head == ["PARENT_KEY", "KEY", "ordinal", "town"]
    assert rows == [[row[0], f"{row[0]}/sites[1]", "1", "Unna"], [row[0], f"{row[0]}/sites[2]", "2", "-97"]]


async def test_csv_on_standard_output_says_where_repeats_are(house: House, stored: str, tmp_path: Path) -> None:
    done = await export(house, tmp_path)
    assert "--wide" in done.stderr
    assert "Unna" not in done.stdout


async def test_wide_csv_has_a_column_an_instance(house: House, stored: str, tmp_path: Path) -> None:
    done = await export(house, tmp_path, "--wide")
    head, row = csv.reader(done.stdout.splitlines())
    assert (head[-3:], row[-3:]) == (["size", "town_1", "town_2"], ["", "Unna", ""])


async def test_jsonl_nests_instances(house: House, stored: str, tmp_path: Path) -> None:
    done = await export(house, tmp_path, "-f", "jsonl")
    assert orjson.loads(done.stdout)["sites"] == [{"town": "Unna"}, {"town": None}]
