"""Is what is stored sound? Used by `hubtalk db check` and `doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ForeignKey, func, select, text

from storage.driver import Database
from storage.statements import Statement, Steps, one, rows
from storage.tables import deliveries, metadata

DELIVERY_STATES = ("planned", "claimed", "sending", "sent", "failed", "unknown", "skipped", "cancelled")

_INTEGRITY = Statement(text("PRAGMA integrity_check"), name="check the file")
_ILLEGAL = Statement(
    select(deliveries.c.state, func.count())
    .where(deliveries.c.state.not_in(DELIVERY_STATES))
    .group_by(deliveries.c.state)
    .order_by(deliveries.c.state)
)


def _orphans() -> Iterator[tuple[ForeignKey, Statement]]:
    """Each reference of one table to another, with the statement that counts those that lead nowhere."""
    for table in metadata.sorted_tables:
        for foreign in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            other = foreign.column.table.alias()
            here = select(other.c[foreign.column.name]).where(other.c[foreign.column.name] == foreign.parent)
            missing = foreign.parent.is_not(None) & ~here.correlate(table).exists()
            yield foreign, Statement(select(func.count()).select_from(table).where(missing), name="look for orphans")


def _find(*, file: bool) -> Steps[list[str]]:
    problems = []
    if file:
        found = yield from rows(_INTEGRITY)
        problems += [f"the file is damaged: {line}" for (line,) in found if line != "ok"]
    for foreign, statement in _orphans():
        row = yield from one(statement)
        if row is not None and row[0]:
            problems.append(
                f"{foreign.parent}: {row[0]} rows refer to a row of {foreign.column.table} that is not there"
            )
    illegal = yield from rows(_ILLEGAL)
    return problems + [f"deliveries.state: {count} rows have the unknown state {state!r}" for state, count in illegal]


async def check(database: Database) -> list[str]:
    """Return what is wrong, one plain sentence each; nothing if all is well."""
    return await database.read(lambda: _find(file=database.kind == "sqlite"))
