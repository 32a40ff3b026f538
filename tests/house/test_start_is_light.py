"""What is not used is not imported: a bot starts in two seconds, `--help` in half of one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("aiohttp", "alembic", "babel", "cryptography", "nio", "pyxform", "rich", "sqlalchemy", "telegram", "typer")


@pytest.mark.parametrize("module", ["config.settings", "config.secret", "config.logging", "bot.ports"])
def test_module_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
