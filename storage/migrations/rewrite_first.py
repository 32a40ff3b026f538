"""Write the first migration anew from `storage/tables.py`: `python -m storage.migrations.rewrite_first`.

Only until 0.1 is released; delete your development database afterwards. From then on a change of the tables is a
migration of its own:

1. Change `storage/tables.py`.
2. Add `versions/0002_what_changes.py` by hand (`revision = "0002"`, `down_revision = "0001"`); tables that SQLite
   cannot alter are rebuilt with `op.batch_alter_table`.
3. Add its number to `storage.schema.REVISIONS`.
4. `tests/contract/storage/test_schema.py` compares tables and migrations on both databases.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from storage.tables import metadata

TARGET = Path(__file__).parent / "versions" / "0001_first.py"
HEAD = '''"""The first schema; written by `storage.migrations.rewrite_first` until 0.1 is released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915 -- a statement a table and index
    """Create all tables."""
'''


def first_migration() -> str:
    """Return the source of the first migration for the tables as they are now (not formatted)."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            script = produce_migrations(MigrationContext.configure(connection), metadata)
    finally:
        engine.dispose()
    assert script.upgrade_ops is not None
    body = "\n".join(
        line for line in render_python_code(script.upgrade_ops).splitlines() if not line.lstrip().startswith("#")
    )
    # Rendered as SQLite spells them; PostgreSQL takes no number for a Boolean.
    for spelled, meant in (("sa.text('0')", "sa.false()"), ("sa.text('1')", "sa.true()")):
        body = body.replace(spelled, meant)
    return HEAD + body + "\n"


if __name__ == "__main__":
    TARGET.write_text(first_migration(), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(TARGET)], check=True)  # noqa: S603
