from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bot.errors import FormError
from bot.forms.store import from_json, to_json
from tests.unit.forms.making import compiled

FORM = (
    "survey",
    "type | name | label::Deutsch (de) | label::English (en) | relevant | default | parameters | required",
    "begin group | g | Gruppe | Group | | | |",
    "select_multiple l | a | Käse „quer“ | Cheese | | x y | | yes",
    "end group | | | | | | |",
    "calculate | c | | | | today() | |",
    "text | t | T | T | selected(${a}, 'x') | | rows=3 |",
    "choices",
    "list_name | name | label::Deutsch (de) | label::English (en)",
    "l | x | Ix | X",
    "l | y | Ypsilon | Y",
)


def test_a_form_survives_saving_and_reading() -> None:
    made = compiled(*FORM).form
    assert made is not None
    again = from_json(to_json(made))
    assert again == made
    assert again.by_path["g/a"].default == ("x", "y")
    assert again.by_path["t"].relevant == made.by_path["t"].relevant
    assert again.by_path["t"].relevant is not None and again.by_path["t"].relevant.depends == {"g/a"}
    assert to_json(again) == to_json(made)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":1}', '{"format":99}', '{"format":1,"strange":2}', "null"])
def test_damaged_forms_are_refused(text: str) -> None:
    with pytest.raises(FormError):
        from_json(text)


def test_fields_at_their_default_are_not_written() -> None:
    made = compiled(*FORM).form
    assert made is not None
    written = json.loads(to_json(made))
    assert "hint" not in written["questions"][0]


def test_running_bots_never_import_pyxform() -> None:
    rooms = "bot.forms.state, bot.forms.wording, bot.forms.store, bot.forms.model, bot.forms.readers, bot.forms.source"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {rooms}; print('pyxform' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"
