"""PostgreSQL's planner told what is in the tables, as it learns by itself within a minute."""

from __future__ import annotations

import asyncpg


async def analyse(url: str) -> None:
    """Let the planner look at all tables."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
