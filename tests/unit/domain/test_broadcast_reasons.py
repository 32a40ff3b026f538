"""Every code that can be stored as a reason is said in words, in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot import errors
from bot.adapters.telegram import errors as telegram
from bot.domain.broadcasts.reasons import REASONS, in_words
from tests.house.test_translations import messages

ROOT = Path(__file__).parents[3]
WHERE = ("bot/adapters", "bot/runtime")
OF_A_BROADCAST = {"errors", "audience"}  # why one stopped by itself: said elsewhere


def written_down() -> set[str]:
    """Return the codes that stand in the sources as `reason=…`."""
    calls = [
        node
        for folder in WHERE
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    return {
        keyword.value.value
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }


def families(family: type[errors.DeliveryError] = errors.DeliveryError) -> set[str]:
    """Return the codes of the families of errors."""
    return {family.reason}.union(*map(families, family.__subclasses__()))


def test_every_code_of_platforms_and_errors_is_said_in_words() -> None:
    of_telegram = {reason for _, reason in (*telegram._FORBIDDEN, *telegram._BAD_REQUEST)}
    stored = (written_down() | families() | of_telegram) - OF_A_BROADCAST
    assert {"not_in_room", "no_rights", "defect", "not_deletable"} <= stored
    assert sorted(stored - REASONS) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_code_has_words_of_its_own(language: str) -> None:
    said = {name.removeprefix("reason."): m.string for name, m in messages(language).items() if "reason." in name}
    assert said.keys() == REASONS
    assert len(set(said.values())) == len(said)
    assert not any("_" in str(words) for words in said.values())


def test_a_code_that_nobody_knows_is_shown_as_it_is() -> None:
    assert in_words("brand_new", lambda key: key) == "brand_new"  # type: ignore[arg-type]
    assert in_words("", lambda key: key) == ""  # type: ignore[arg-type]
