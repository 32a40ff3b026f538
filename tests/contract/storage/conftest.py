"""The storage suite runs on both databases."""

from tests.fixtures_databases import (  # noqa: F401 - fixtures
    database,
    database_kind,
    database_url,
    empty_url,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)
