"""Random forms, answered by people who do anything: no defect, no dead end, and a state that can be read again."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.forms.source import compile_source
from bot.house import open_house
from bot.runtime.clock import StandingClock
from config.settings import load_settings
from tests.contract.channels.staging import CONTROLLER
from tests.conversations.strange_forms import strange_form
from tests.conversations.strangers import Stranger, Town

NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)
STEPS = 14


def test_random_forms_are_valid_and_of_many_kinds(rng: random.Random, seed: int) -> None:
    kinds: Counter[str] = Counter()
    for _ in range(100):
        made = strange_form(rng)
        compiled = compile_source(made.source.encode(), file_name="strange.md")
        assert compiled.form is not None, f"seed {seed}\n{made.source}\n{compiled.problems}"
        kinds.update(question.type for question in compiled.form.questions)
        kinds["group"] += len(compiled.form.groups)
        kinds["relevant"] += sum(question.relevant is not None for question in compiled.form.questions)
    assert min(kinds.values()) >= 10


@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.soak)])
async def test_strangers_come_to_an_end_with_any_form(count: int, seed: int, tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "hub.toml").touch()
    settings = load_settings(
        {}, directory=tmp_path, database_url=f"sqlite:///{tmp_path}/strangers.db", content_dir=tmp_path / "content",
        hub=CONTROLLER,
    )  # fmt: skip
    clock = StandingClock(NOW)
    ends: Counter[str] = Counter()
    async with open_house(settings, clock=clock) as house:
        town = Town(house, clock)
        for number in range(count):
            rnd = random.Random(f"{seed}/{number}")
            made = strange_form(rnd)
            form = compile_source(made.source.encode(), file_name="strange.md").form
            assert form is not None, f"seed {seed}, form {number}\n{made.source}"
            stranger = await town.stranger(form, made, rnd=rnd)
            try:
                ends[await lived(stranger, rnd)] += 1
            except Exception as error:
                said = "\n".join([*stranger.said, "heard:", *(str(heard) for heard in stranger.heard[-4:])])
                raise AssertionError(f"seed {seed}, form {number}: {error!r}\n{made.source}\nsaid:\n{said}") from error
    assert ends["submitted"] > count * 0.7, ends


async def lived(stranger: Stranger, rnd: random.Random) -> str:
    """Let somebody do anything for a while, then be done with it."""
    await stranger.says("/survey")
    for _ in range(rnd.randrange(STEPS)):
        await stranger.does_something()
    return await stranger.finishes()
