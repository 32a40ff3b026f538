"""`forms simulate` and `forms evaluate`: one line out for each line in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.root import app
from bot.errors import HubtalkError

FORM = """| survey |
| | type | name | label::English (en) | label::Deutsch (de) | relevant |
| | text | name | Name | Name | |
| | today | day | | | |
| | begin repeat | pet | Pet | Tier | ${name} != '' |
| | text | called | Called | Ruf | |
| | end repeat | | | | |
| | select_one_from_file towns.csv | town | Town | Ort | |
"""


def run(*words: str, lines: list[Any]) -> list[dict[str, Any]]:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    done = CliRunner().invoke(app, ["forms", *words], input=text)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_expressions_are_worked_out_line_by_line() -> None:
    said = run(
        "evaluate",
        lines=[
            {"expression": "1 + 1", "as": "number"},
            {"expression": "concat('a', 2 = 2)", "as": "string"},
            {"expression": "count(/data)", "as": "boolean"},
            {"expression": "0 div 0", "as": "number"},
            {"expression": "-1 div 0", "as": "number"},
            {"expression": "decimal-time('12:00:00.000')", "as": "number", "timezone": "America/Phoenix"},
            "",
            {"expression": "explode()", "as": "string"},
            {"expression": "true() or explode()", "as": "boolean"},
            {"expression": "1 +"},
            {"expression": "1", "as": "colour"},
            {"expression": "1", "timezone": "Nowhere/At_all"},
            {},
            [],
            "no json",
        ],
    )
    assert [line.get("value") for line in said[:6]] == [2.0, "atrue", True, "NaN", "-Infinity", 0.5]
    assert "no function explode" in said[6]["error"]
    assert said[7] == {"value": True}
    errors = ["too early", "no kind colour", "no time zone", "lacks 'expression'", "must be a JSON object", "no JSON"]
    assert [what in line["error"] for what, line in zip(errors, said[8:], strict=True)] == [True] * len(errors)


@pytest.fixture
def form(tmp_path: Path) -> Path:
    file = tmp_path / "pets.md"
    file.write_text(FORM, encoding="utf-8")
    (tmp_path / "towns.csv").write_text("\ufeffname;label\nb;Bergkamen\nu;Unna\n", encoding="utf-8")
    return file


def test_a_form_is_played_by_paths(form: Path) -> None:
    first, *said = run(
        "simulate", str(form), "--language", "Deutsch (de)", "--now", "2026-11-22T14:55:00+01:00",
        "--timezone", "Europe/Berlin",
        lines=[
            {"set": "/data/name", "value": "Ada"}, {"add": "/data/pet"}, {"set": "/data/pet[2]/called", "value": "Rex"},
            {"remove": "/data/pet[1]"}, {"set": "/data/town", "value": "u"}, {"language": "English (en)"},
            {"set": "/data/nobody", "value": ""},
        ],
    )  # fmt: skip
    assert first["nodes"]["/data/day"]["value"] == "2026-11-22"
    assert first["nodes"]["/data/pet[1]"] == {"relevant": False}
    assert first["nodes"]["/data/town"]["choices"] == ["b", "u"]
    assert said[0]["changed"]["/data/pet[1]/called"] == {
        "relevant": True, "value": "", "required": False, "readonly": False, "label": "Ruf",
    }  # fmt: skip
    assert set(said[1]["changed"]) == {"/data/pet[2]", "/data/pet[2]/called"}
    assert said[3]["gone"] == ["/data/pet[2]", "/data/pet[2]/called"]
    assert said[3]["changed"]["/data/pet[1]/called"]["value"] == "Rex"
    assert said[4]["changed"]["/data/town"]["value"] == "u"
    assert said[5]["changed"]["/data/town"]["label"] == "Town"
    assert "nothing at" in said[6]["error"]


@pytest.mark.parametrize(
    ("source", "words", "what"),
    [
        (FORM, ("--language", "Klingon"), "no language Klingon"),
        (FORM, ("--timezone", "Moon"), "no time zone Moon"),
        ("| survey |\n| | type | name |\n| | nonsense | a |\n", (), "Unknown question type"),
        ("| survey |\n| | type | name | label | relevant |\n| | text | a | A | 1 + |\n", (), "too early"),
        ("nothing", (), "cannot be read"),
    ],
)
def test_what_cannot_be_played_is_said(tmp_path: Path, source: str, words: tuple[str, ...], what: str) -> None:
    file = tmp_path / "f.md"
    file.write_text(source, encoding="utf-8")
    with pytest.raises(HubtalkError, match=what):
        run("simulate", str(file), *words, lines=[])


def test_a_moment_that_is_none_is_wrong_usage(form: Path) -> None:
    done = CliRunner().invoke(app, ["forms", "simulate", str(form), "--now", "yesterday"], input="")
    assert done.exit_code == 2
