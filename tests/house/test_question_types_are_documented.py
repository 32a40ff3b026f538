"""Every type that a chat asks stands in the two lists that authors read, and so does what stays empty."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from bot.forms.model import QuestionType
from bot.forms.xlsform.types import EMPTY

ROOT = Path(__file__).parents[2]
SPELT = {"datetime": "dateTime"}


@pytest.mark.parametrize("file", ["README.md", "docs/forms.md"])
def test_each_question_type_is_listed(file: str) -> None:
    words = set(re.findall(r"\w+", (ROOT / file).read_text(encoding="utf-8")))
    assert [kind for kind in get_args(QuestionType) if SPELT.get(kind, kind) not in words] == []


def test_what_is_called_empty_on_purpose_is() -> None:
    text = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("**Left empty on purpose**")
    named = re.findall(r"`([\w-]+)`", rest.partition("\n\n")[0].replace("`forms check`", ""))
    assert named and [kind for kind in named if kind not in EMPTY] == []
