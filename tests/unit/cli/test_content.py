from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.cli.content import problems_of
from config.settings import SHIPPED_CONTENT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_CONTENT, tmp_path / "hub"))


def found(folder: Path) -> list[str]:
    return [str(problem) for problem in problems_of(folder)]


def test_shipped_content_is_in_order() -> None:
    assert found(SHIPPED_CONTENT) == []


def test_missing_folder_is_said(tmp_path: Path) -> None:
    (problem,) = found(tmp_path / "nowhere")
    assert "no such folder" in problem


def test_text_missing_or_empty_in_one_language_is_named(folder: Path) -> None:
    (folder / "notice" / "staff.en.md").unlink()
    (folder / "texts" / "thanks.de.md").write_text("\n", encoding="utf-8")
    assert found(folder) == ["error: notice/staff.en.md: is missing", "error: texts/thanks.de.md: is empty"]


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("notice/short.de.md", "Von {controler}", "{controler}"),
        ("texts/welcome.de.md", "Hallo {hub}", "{hub}"),
        ("texts/welcome.en.md", "Hello {", "brace"),
    ],
)
def test_field_that_nobody_fills_in_is_named(folder: Path, file: str, text: str, says: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    (problem,) = found(folder)
    assert file in problem
    assert says in problem


def test_error_in_a_form_comes_with_its_place(folder: Path) -> None:
    sheet = folder / "forms" / "needs.md"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("| select_one size |", "| select_won size |"), "utf-8")
    (problem,) = found(folder)
    assert problem.startswith("error: forms/needs.md: sheet survey, row 3")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('key = "evaluation"', 'key = "workshop"', "key of its own"),
        ('status = "done"', 'status = "ready"', "status must be"),
        ('title.de = "Workshop mit 22 Unternehmen"', "", "title.de"),
        ('status = "done"', 'status = "done"\ndue = "March"', "YYYY-MM"),
    ],
)
def test_wrong_milestone_is_named(folder: Path, old: str, new: str, says: str) -> None:
    path = folder / "milestones.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (problem,) = found(folder)
    assert problem.startswith("error: milestones.toml: milestone")
    assert says in problem


def test_broken_toml_is_one_problem(folder: Path) -> None:
    (folder / "hub.toml").write_text("[[forms]\n", encoding="utf-8")
    (problem,) = found(folder)
    assert "hub.toml cannot be read" in problem
