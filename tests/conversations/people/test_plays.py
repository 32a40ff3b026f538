"""Every conversation of several people goes as its file says, on every channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.channels.staging import staged
from tests.conversations.people.cast import WHERE, Troupe, read_play

FOLDER = Path(__file__).parent
PLACES = [(file, where) for file in sorted(FOLDER.glob("*.talk")) for where in WHERE if where in read_play(file).only]


@pytest.mark.parametrize(("file", "where"), PLACES, ids=lambda value: value.stem if isinstance(value, Path) else value)
async def test_play(file: Path, where: str, tmp_path: Path) -> None:
    play = read_play(file)
    settings: dict[str, Any] = {"folder": tmp_path, "forms": play.forms, **play.settings}
    async with staged(where, **settings) as stage:
        troupe = Troupe(stage, play)
        await troupe.gather()
        for number, name, kind, rest in play.steps:
            try:
                await troupe.take(name, kind, rest)
            except AssertionError as error:
                raise AssertionError(f"{file.name}:{number}: {name} {kind} {rest}\n{error}") from error
        await troupe.bow()
