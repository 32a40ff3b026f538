from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.compiling import Beside, compile_apart
from bot.forms.source import compile_source
from tests.unit.forms.making import table

FORM = table(
    "survey", "type | name | label | relevant", "select_one_from_file towns.csv | a | A |", "text | b | B | ${a} = '1'"
)
WRONG = table("survey", "type | name | label | relevant", "text | a | A | 1 +")
TOWNS = b"name,label\n1,Unna\n"


def test_a_form_compiled_apart_is_the_same() -> None:
    here = compile_source(FORM, file_name="f.md", files={"towns.csv": TOWNS})
    assert here.form is not None
    assert compile_apart(FORM, file_name="f.md", files={"towns.csv": TOWNS}) == here
    assert compile_apart(WRONG, file_name="f.md") == compile_source(WRONG, file_name="f.md")


def test_what_lies_beside_a_form_is_found(tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_bytes(TOWNS)
    (tmp_path / "inner").mkdir()
    source = tmp_path / "f.md"
    source.write_bytes(FORM)
    beside = Beside(source)
    assert [*beside] == ["towns.csv"] and len(beside) == 1 and beside["towns.csv"] == TOWNS
    assert "f.md" not in beside and "inner" not in beside
    assert compile_apart(FORM, file_name="f.md", files=beside).form is not None


def large() -> bytes:
    """Return a form that takes three seconds or more."""
    conditions = [" or ".join(f"${{q{number // part}}} = 'x'" for part in range(2, 22)) for number in range(1900)]
    rows = [f"select_one l | q{number} | Frage {number} | {conditions[number]}" for number in range(1, 1900)]
    listed = [f"l | c{number} | Choice {number}" for number in range(3000)]
    return table("survey", "type | name | label | relevant", "select_one l | q0 | Q |", *rows, "choices",
                 "list_name | name | label", "l | x | X", *listed)  # fmt: skip


def test_a_form_that_takes_too_long_is_refused() -> None:
    (problem,) = compile_apart(large(), file_name="f.md", seconds=0).problems
    assert problem.level == "error" and "longer than 0 s" in problem.what and problem.mend


def test_a_form_that_takes_too_much_memory_is_refused() -> None:
    (problem,) = compile_apart(large(), file_name="f.md", seconds=60, memory=8 * 1024 * 1024).problems
    assert problem.level == "error" and "more than 8 MB" in problem.what


@pytest.mark.parametrize(
    "greed", ["[bytearray(2**20) for _ in range(200)]", "[b'x' * 2**20 + bytes([n]) for n in range(200)]"]
)
def test_memory_is_watched_where_the_system_keeps_no_limit(greed: str) -> None:
    program = (
        "import time, bot.compiling as c; c._address_space = lambda: 0\n"
        f"c.limit(seconds=60, memory=64 * 2**20); kept = {greed}; time.sleep(30)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=50)
    assert done.returncode == 77


def test_a_process_that_never_ends_is_ended_by_the_system() -> None:
    program = "import bot.compiling as c; c.limit(seconds=0, memory=2**30)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=50)
    assert done.returncode == -signal.SIGXCPU
