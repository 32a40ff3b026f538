"""How long a list of 10,000 people takes, from the file to the commit, on both databases."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench.hubtalk import environment, executable
from bench.processes import BrokenBench
from tests.fixtures_databases import PostgresqlServer

PEOPLE = 10_000
IMPORT_S = 5.0


def measure(*, rounds: int) -> dict[str, float]:
    """Return the seconds of `hubtalk companies import FILE --yes`, the median of the rounds, by database.

    Raises:
        BrokenBench: hubtalk or the database does not do it.
    """
    took: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    server = PostgresqlServer()
    try:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                data = Path(folder)
                (data / "list.csv").write_text(_list(), encoding="utf-8")
                took["SQLite"].append(_import(data, {}))
                took["PostgreSQL"].append(_import(data, {"HUBTALK_DATABASE_URL": server.new_database()}))
    finally:
        server.remove()
    return {database: statistics.median(seconds) for database, seconds in took.items()}


def _import(data: Path, more: dict[str, str]) -> float:
    own = environment(data, url="http://127.0.0.1:9") | more
    for arguments in (("db", "upgrade"), ("companies", "import", "list.csv", "--yes")):
        began = time.perf_counter()
        done = subprocess.run(
            [*executable(), *arguments], cwd=data, env=own, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise BrokenBench(f"hubtalk {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - began


def _list() -> str:
    rows = ["Unternehmen;Ort;Ansprechpartner;E-Mail;Branche;Größe"]
    for number in range(PEOPLE):
        company = number // 3
        rows.append(f"Werk {company} GmbH;Kamen;Person {number};p{number}@werk{company}.example.org;Bau;10-49")
    return "\n".join(rows)
