"""Real processes, the strict double, both databases."""

from tests.fixtures_databases import *  # noqa: F403
