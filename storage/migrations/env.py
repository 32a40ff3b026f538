"""Run by Alembic: applies the migrations on the connection (in a transaction) that `storage.schema` opened."""

from __future__ import annotations

from typing import Any

from alembic import context

from storage.tables import metadata


def _note(ctx: object, step: Any, heads: object, run_args: object) -> None:  # noqa: ARG001 - called with these names
    context.config.attributes["applied"].append(step.up_revision_id)


context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, on_version_apply=_note)
with context.begin_transaction():
    context.run_migrations()
