"""Random forms that a company answers together, by people who do anything at once, beside those of another company."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.forms.source import compile_source
from bot.house import open_house
from bot.runtime.clock import StandingClock
from config.settings import load_settings
from tests.contract.channels.staging import CONTROLLER
from tests.conversations.colleagues import Office
from tests.conversations.strange_forms import strange_form

NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)
STEPS = 40


@pytest.mark.parametrize("count", [12, pytest.param(600, marks=pytest.mark.soak)])
async def test_colleagues_share_one_response_and_nobody_else_sees_it(count: int, seed: int, tmp_path: Path) -> None:
    ends: Counter[str] = Counter()
    for number in range(count):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "hub.toml").touch()
        settings = load_settings(
            {}, directory=tmp_path / f"{number}", database_url=f"sqlite:///{tmp_path}/{number}/town.db",
            content_dir=tmp_path / f"{number}", hub=CONTROLLER,
        )  # fmt: skip
        async with open_house(settings, clock=(clock := StandingClock(NOW))) as house:
            ends[
                await lived(Office(house, clock), random.Random(f"{seed}/{number}"), f"seed {seed}, form {number}")
            ] += 1
    assert ends["submitted"] > count * 0.6, ends


async def lived(office: Office, rnd: random.Random, which: str) -> str:
    """Let a team and somebody of another company do anything for a while, then be done with it."""
    made = strange_form(rnd)
    form = compile_source(made.source.encode(), file_name="strange.md").form
    assert form is not None, which
    await office.open(form, made, name="strange")
    team = await office.team("eins", ["ada", "ben", "cem", "dea"][: rnd.randint(2, 4)], made, rnd=rnd)
    other = await office.team("zwei", ["sid"], made, rnd=rnd)
    everybody = [*team.people, *other.people]
    try:
        await office.at_once([*rnd.sample(team.people, 2), *other.people])
        for person in everybody:
            await person.says("/survey")
        for _ in range(rnd.randrange(STEPS)):
            if rnd.random() < 0.2:
                await office.at_once(rnd.sample(everybody, rnd.randint(2, len(everybody))))
            else:
                await rnd.choice(everybody).does_something()
            if rnd.random() < 0.05:
                office.clock.pass_by(timedelta(days=2))
        end = await rnd.choice(team.people).finishes()
        await other.people[0].finishes()
        for person in everybody:
            await person.does_something()
            await person.says("/survey")
        await office.check()
    except Exception as error:
        said = "\n".join(
            f"{one._name}: {one.said[-6:]}\n  {[h.message.text for h in one.heard[-4:]]}" for one in everybody
        )
        raise AssertionError(f"{which}: {error!r}\n{made.source}\n{said}") from error
    return end
