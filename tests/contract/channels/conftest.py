"""Every test of this folder runs on every channel, and on both databases at the memory channel.

Tests that ask for `restarts` run steadily and with a restart before every step. At three places only a part of them
does, since it takes longest there and little can differ:

- On PostgreSQL no test restarts: a restart is the same work on both databases. At the terminal neither: it keeps
  nothing of its own, so a restart there is what it is at the memory channel.
- Matrix runs everything in plain rooms, steadily. What a restart brings back there beyond the database (keys, cursor,
  the rooms one is in), and what encryption touches (the first message both ways, answers of every type, texts of odd
  signs, files, groups, coming back into a room), is the matter of the tests marked `encrypted`. These restart on Matrix
  as well, and they run once more in encrypted rooms, with restarts where they ask for them.
- Of the tests marked `values`, whose cases differ in what people write and not in how it travels, it runs the first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contract.channels.stage import Stage
from tests.contract.channels.staging import OpenStage, staged

PLACES = (
    ("terminal", "sqlite"),
    ("telegram", "sqlite"),
    ("matrix", "sqlite"),
    ("memory", "sqlite"),
    ("memory", "postgresql"),
)
ENCRYPTED = ("matrix-encrypted", "sqlite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test at every place, and in the ways that make sense there."""
    marked = metafunc.definition.get_closest_marker("encrypted") is not None
    places = (*PLACES, ENCRYPTED) if marked else PLACES
    if "restarts" in metafunc.fixturenames:
        pairs = [(place, restarts) for place in places for restarts in _ways(place, marked=marked)]
        names = ["-".join((*place, "restarting" if restarts else "steady")) for place, restarts in pairs]
        metafunc.parametrize(("place", "restarts"), pairs, ids=names)
    elif "place" in metafunc.fixturenames:
        metafunc.parametrize("place", places, ids=["-".join(place) for place in places])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the further cases of `values` on Matrix."""
    seen: set[str] = set()
    for item in list(items):
        place: Any = getattr(item, "callspec", None) and item.callspec.params.get("place")  # type: ignore[attr-defined]
        is_place = place in (*PLACES, ENCRYPTED)  # other folders' tests come by here too, with places of their own
        if is_place and place[0].startswith("matrix") and item.get_closest_marker("values") is not None:
            name = f"{item.nodeid.partition('[')[0]}@{place[0]}"
            if name in seen:
                items.remove(item)
            seen.add(name)


def _ways(place: tuple[str, str], *, marked: bool) -> tuple[bool, ...]:
    """Return whether to restart before every step: not, or both with and without."""
    channel, database = place
    if database == "postgresql" or channel == "terminal" or (channel == "matrix" and not marked):
        return (False,)
    return (True,) if place == ENCRYPTED else (False, True)


@pytest.fixture
async def open_stage(place: tuple[str, str], tmp_path: Path) -> AsyncIterator[OpenStage]:
    """Open a stage with the forms and settings that a test names; it is closed, and looked through, at the end."""
    channel, database = place
    async with AsyncExitStack() as stack:

        async def opened(**wishes: Any) -> Stage:
            return await stack.enter_async_context(staged(channel, folder=tmp_path, database=database, **wishes))

        yield opened
