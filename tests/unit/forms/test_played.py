"""Whole forms, played step by step, agree with what the official ODK engine did with them, or with sums done by hand.

The forms are ours; their states were recorded from that engine, on the XForm that pyxform writes of them, or worked out
by hand (each file says which). Lists in csv files stand beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.forms.program import build
from bot.forms.simulation import Simulation
from bot.forms.source import blueprint_of_source
from tests.unit.forms.making import BERLIN

FORMS = sorted((Path(__file__).parent / "played").glob("*.md"))
WALKS = [(form, walk) for form in FORMS for walk in json.loads(form.with_suffix(".json").read_text())["walks"]]
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


def shown(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a state as it was recorded: labels without double spaces, empty ones left out."""
    made = {}
    for path, node in nodes.items():
        label = " ".join(str(node.get("label", "")).split())
        made[path] = {key: value for key, value in node.items() if key != "label"} | ({"label": label} if label else {})
    return made


def test_there_are_forms_to_play() -> None:
    assert len(WALKS) >= 8


@pytest.mark.parametrize(("form", "walk"), WALKS, ids=[f"{form.stem}-{n % 2}" for n, (form, _) in enumerate(WALKS)])
def test_every_step_gives_what_was_recorded_or_worked_out(form: Path, walk: Mapping[str, Any]) -> None:
    files = {other.name: other.read_bytes() for other in form.parent.glob("*.csv")}
    program, findings = build(blueprint_of_source(form.read_bytes(), file_name=form.name, files=files))
    assert not findings.faults
    played = Simulation(program, now=NOW, zone=BERLIN, language=walk["language"])
    expected = dict(walk["first"])
    assert shown(played.nodes) == expected
    for step in walk["steps"]:
        said = played.do(step["do"])
        expected.update(step["changed"])
        for path in step.get("gone", ()):
            del expected[path]
        assert shown(played.nodes) == expected, step["do"]
        assert said["gone"] == step.get("gone", [])
        assert set(said["changed"]) == set(step["changed"])
