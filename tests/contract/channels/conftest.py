"""Every test of this folder runs on every channel, and on both databases at the memory channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contract.channels.stage import Stage
from tests.contract.channels.staging import OpenStage, staged

PLACES = (("terminal", "sqlite"), ("telegram", "sqlite"), ("memory", "sqlite"), ("memory", "postgresql"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test at every place; what is asked for with restarts, steadily and with a restart before every step.

    A restart is the same work on both databases, and takes longest on PostgreSQL: once is enough.
    """
    if "restarts" in metafunc.fixturenames:
        pairs = [(place, restarts) for place in PLACES for restarts in (False, True)]
        pairs.remove((("memory", "postgresql"), True))
        names = ["-".join((*place, "restarting" if restarts else "steady")) for place, restarts in pairs]
        metafunc.parametrize(("place", "restarts"), pairs, ids=names)
    elif "place" in metafunc.fixturenames:
        metafunc.parametrize("place", PLACES, ids=["-".join(place) for place in PLACES])


@pytest.fixture
async def open_stage(place: tuple[str, str], tmp_path: Path) -> AsyncIterator[OpenStage]:
    """Open a stage with the forms and settings that a test names; it is closed, and looked through, at the end."""
    channel, database = place
    async with AsyncExitStack() as stack:

        async def opened(**wishes: Any) -> Stage:
            return await stack.enter_async_context(staged(channel, folder=tmp_path, database=database, **wishes))

        yield opened
