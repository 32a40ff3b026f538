"""Every complaint of a reader has its text in both languages, and what that text names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import bot.forms.readers
from bot.forms.model import Question
from tests.unit.forms.readers.asking import FIELDS, asked, refused

ROOT = Path(__file__).parents[4]
SOURCE = Path(bot.forms.readers.__file__).parent
EXPECTED = re.compile(r'NotUnderstood\(\s*"(\w+)"')


def texts(language: str) -> dict[str, str]:
    path = ROOT / "config" / "locales" / language / "LC_MESSAGES" / "hubtalk.po"
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id}


def test_every_complaint_has_a_text() -> None:
    used = {key for file in SOURCE.glob("*.py") for key in EXPECTED.findall(file.read_text(encoding="utf-8"))}
    assert {"integer", "rank_missing", "rank_twice"} <= used
    for language in ("de", "en"):
        assert sorted(used - {key.removeprefix("expected.") for key in texts(language)}) == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("question", "text"),
    [
        *((asked(kind), "Pferd") for kind in ("integer", "decimal", "range", "date", "time", "datetime", "geopoint")),
        (asked("range", parameters={"step": "0.5"}), "0.3"),
        (asked("date", appearance="year"), "Pferd"),
        (asked("date", appearance="month-year"), "Pferd"),
        (asked("text", appearance="numbers"), "Pferd"),
        *((asked(kind, labels=FIELDS), "Pferd") for kind in ("select_one", "select_multiple", "rank")),
        *((asked("rank", labels=FIELDS), text) for text in ("1", "1 1")),
        (asked("file"), "Pferd"),
        (asked("note"), "Pferd"),
        (asked("integer"), "9" * 20),
        (asked("acknowledge"), "Pferd"),
        (asked("text"), ""),
        (asked("text"), "x" * 10_001),
    ],
)
def test_a_complaint_has_all_that_its_text_names(question: Question, text: str, language: str) -> None:
    complaint = refused(question, text, language=language)
    assert "{" not in texts(language)[f"expected.{complaint.expected}"].format(**complaint.parameters)
