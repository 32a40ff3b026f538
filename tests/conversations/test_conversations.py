"""Every golden conversation goes as its file says, with a restart between any two steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.channels.memory import MemoryPerson, MemoryStage
from tests.contract.channels.staging import staged
from tests.conversations.talk import Teller, read_talk

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.talk"))


def test_there_are_conversations() -> None:
    assert len(FILES) >= 8


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_conversation(file: Path, tmp_path: Path) -> None:
    talk = read_talk(file)
    async with staged("memory", folder=tmp_path, forms=talk.forms) as stage:
        assert isinstance(stage, MemoryStage)
        person = stage.person("ada", language=talk.language)
        assert isinstance(person, MemoryPerson)
        teller = Teller(stage, person)
        teller.listen()
        for number, kind, rest in talk.steps:
            try:
                await teller.take(kind, rest)
            except AssertionError as error:
                raise AssertionError(f"{file.name}:{number}: {kind} {rest}\n{error}") from error
