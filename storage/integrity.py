"""Is what is stored sound? Used by `hubtalk db check` and `doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ForeignKey, and_, func, select, text

from storage.driver import Database
from storage.statements import Statement, Steps, one, rows
from storage.tables import answers, deliveries, metadata, repeat_instances

DELIVERY_STATES = ("planned", "claimed", "sending", "sent", "failed", "unknown", "skipped", "cancelled")

_INTEGRITY = Statement(text("PRAGMA integrity_check"), name="check the file")
_ILLEGAL = Statement(
    select(deliveries.c.state, func.count())
    .where(deliveries.c.state.not_in(DELIVERY_STATES))
    .group_by(deliveries.c.state)
    .order_by(deliveries.c.state)
)


_AROUND = repeat_instances.alias()
_PLACES = {
    "answers.instance": Statement(
        select(func.count())
        .select_from(answers)
        .where(
            answers.c.instance != 0,
            ~select(_AROUND.c.id)
            .where(and_(_AROUND.c.id == answers.c.instance, _AROUND.c.response_id == answers.c.response_id))
            .correlate(answers)
            .exists(),
        ),
        name="look for answers in no instance",
    ),
    "repeat_instances.parent_id": Statement(
        select(func.count())
        .select_from(repeat_instances)
        .where(
            repeat_instances.c.parent_id != 0,
            ~select(_AROUND.c.id)
            .where(
                and_(
                    _AROUND.c.id == repeat_instances.c.parent_id,
                    _AROUND.c.response_id == repeat_instances.c.response_id,
                )
            )
            .correlate(repeat_instances)
            .exists(),
        ),
        name="look for instances in no instance",
    ),
}
"""References without a key of their own: 0 or NULL is the response itself."""


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
    for column, statement in _PLACES.items():
        row = yield from one(statement)
        if row is not None and row[0]:
            problems.append(f"{column}: {row[0]} rows refer to an instance of their response that is not there")
    illegal = yield from rows(_ILLEGAL)
    return problems + [f"deliveries.state: {count} rows have the unknown state {state!r}" for state, count in illegal]


async def check(database: Database) -> list[str]:
    """Return what is wrong, one plain sentence each; nothing if all is well."""
    return await database.read(lambda: _find(file=database.kind == "sqlite"))
