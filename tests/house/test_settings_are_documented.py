"""Whoever adds a setting tells people about it, in the template and on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from config.sources import places, variable

ROOT = Path(__file__).parents[2]
NAMES = sorted(map(variable, places(Settings)))
# The injected ones are named as groups, with a star.
NAME = re.compile(r"HUBTALK_[A-Z_]+\b(?!\*)")


def names_in(file: str, *, at: str) -> list[str]:
    """All settings that have a line of their own in a file."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return sorted(match[0] for line in lines if line.startswith(at) if (match := NAME.search(line)))


@pytest.mark.parametrize(("file", "at"), [(".env.example", "HUBTALK_"), ("docs/configuration.md", "| `HUBTALK_")])
def test_file_lists_every_setting_once_and_no_other(file: str, at: str) -> None:
    assert names_in(file, at=at) == NAMES


def test_the_template_shows_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".env").write_text((ROOT / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    written = load_settings({}, directory=tmp_path / "a", data_dir=tmp_path / "data")
    assert written == load_settings({}, directory=tmp_path, data_dir=tmp_path / "data")
