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


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0]}-{place[1]}")
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(params=(False, True), ids=("steady", "restarting"))
def restarts(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@pytest.fixture
async def open_stage(place: tuple[str, str], tmp_path: Path) -> AsyncIterator[OpenStage]:
    """Open a stage with the forms and settings that a test names; it is closed, and looked through, at the end."""
    channel, database = place
    async with AsyncExitStack() as stack:

        async def opened(**wishes: Any) -> Stage:
            return await stack.enter_async_context(staged(channel, folder=tmp_path, database=database, **wishes))

        yield opened
