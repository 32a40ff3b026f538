"""What a person is told about themselves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.messages import Said
from bot.domain.scene import Draft
from handlers import account
from tests.unit.handlers.test_routes import scene


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (
            {"mail": "ada@b.example.org", "note": "ruft an"},
            ["E-Mail: ada@b.example.org", "Notiz des Teams über Sie: ruft an"],
        ),
        ({"mail": "", "note": ""}, []),
    ],
)
def test_contact_sees_what_the_team_has_entered_about_them(kept: dict[str, Any], told: list[str]) -> None:
    draft = Draft(scene(Said("/meinedaten"), my_data=kept))
    account.my_data(draft)
    lines = draft.turn().replies[0].message.text.splitlines()
    assert [line for line in lines if line.startswith(("E-Mail", "Notiz"))] == told
