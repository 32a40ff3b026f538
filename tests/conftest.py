"""What every test has: a seed that is printed and can be set, and an environment without anybody's settings."""

from __future__ import annotations

import os
import random
import secrets
from typing import Any

import pytest
from hypothesis import settings

# Taken out of the environment, as no variable of the product has this name, and processes under test inherit ours.
SEED = int(os.environ.pop("HUBTALK_TEST_SEED", "0")) or secrets.randbelow(2**31 - 1) + 1

for _name in [name for name in os.environ if name.upper().startswith("HUBTALK_")]:
    # A developer's own settings must not decide what a test sees.
    del os.environ[_name]

# A random test that fails prints what repeats it; slow machines are no failure.
settings.register_profile("hubtalk", derandomize=False, print_blob=True, deadline=None)
settings.load_profile("hubtalk")


def seed_of(config: pytest.Config) -> int:
    """Return the seed of the run, which a worker process is told by the one that reports."""
    return int(getattr(config, "workerinput", {}).get("seed", SEED))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the seed to a worker process of pytest-xdist."""
    node.workerinput["seed"] = SEED


def pytest_configure(config: pytest.Config) -> None:
    """Seed hypothesis as well, unless the command line does it."""
    if getattr(config.option, "hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(seed_of(config))


def pytest_report_header() -> str:
    """Show the seed where every log begins."""
    return f"seed: {SEED} (repeat with HUBTALK_TEST_SEED={SEED})"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the seed again where people look after a failure (and with -q, which has no header)."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(f"seed: {SEED} (repeat with HUBTALK_TEST_SEED={SEED})")


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The number from which all randomness of this run comes."""
    return seed_of(pytestconfig)


@pytest.fixture
def rng(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Randomness of this test alone, the same for the same seed whatever else runs."""
    return random.Random(f"{seed}/{request.node.nodeid}")
