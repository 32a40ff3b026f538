from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from bot.errors import FormError
from bot.forms.outline import program_of
from bot.forms.source import compile_source
from bot.forms.state import State
from bot.forms.store import from_json, to_json
from tests.unit.forms.making import BERLIN, NOON, compiled, table

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


EVERYTHING = (
    "survey",
    "type | name | label::Deutsch (de) | label::English (en) | choice_filter | default | parameters | media::image::de",
    "begin repeat | r | Runde | Round | | | |",
    "select_one l | a | Käse | Cheese | region = ${t} | | | a.png",
    "range | b | B | B | | 2 | end=5 |",
    "end repeat | | | | | | |",
    "rank l | k | Rang | Rank | | | randomize=true |",
    "text | t | Sie sind ${k} | You are ${k} | | | |",
    "today | day | | | | | |",
    "select_one_from_file towns.csv | town | Ort | Town | | | |",
    "dateTime | dt | T | T | | now() | |",
    "choices",
    "list_name | name | label::Deutsch (de) | label::English (en) | region | media::image::de",
    "l | x | Ix | X | north | x.png",
    "l | y | Ypsilon | Y | south |",
)


def test_a_form_of_everything_survives_with_what_the_engine_runs() -> None:
    made = compile_source(table(*EVERYTHING), file_name="f.md", files={"towns.csv": b"name,label\n1,Unna\n"}).form
    assert made is not None and made.blueprint is not None
    again = from_json(to_json(made))
    assert again == made
    assert again.blueprint == made.blueprint
    assert again.by_path["r/a"].choices is again.by_path["k"].choices
    assert again.by_path["r/a"].filtered and again.group_by_path["r"].repeats
    assert (again.files, again.by_path["r/a"].media) == (("towns.csv", "a.png", "x.png"), {"image": {"de": "a.png"}})
    begun = [State.opened(program_of(form), now=NOON.now, zone=BERLIN).top for form in (made, again)]
    for state in begun:  # each has its own id
        state.stored.pop("meta/instanceID")
        state.values.pop("meta/instanceID")
    assert (begun[0].stored, begun[0].values) == (begun[1].stored, begun[1].values)


def test_a_stored_form_of_500_questions_is_read_quickly() -> None:
    """A second is 20 times what it takes on a slow machine: only a change of its order is found here."""
    rows = [f"select_one l | q{row} | Frage {row} | ${{q{row - 1}}} = 'c1'" for row in range(1, 500)]
    listed = [f"l | c{row} | Auswahl {row}" for row in range(100)]
    made = compiled(
        "survey", "type | name | label | relevant", "select_one l | q0 | Erste |", *rows, "choices",
        "list_name | name | label", *listed,
    ).form  # fmt: skip
    assert made is not None
    text = to_json(made)
    began = time.process_time()
    again = from_json(text)
    took = time.process_time() - began
    print(f"{len(text) / 1e3:.0f} kB read in {took * 1e3:.1f} ms")
    assert again == made
    assert took < 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format":2}',
        '{"format":1}',
        '{"format":2,"choices":[],"questions":[{"choices":3}]}',
        '{"format":99}',
        '{"format":2,"strange":2}',
        "null",
    ],
)
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
