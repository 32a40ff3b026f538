"""Contacts who have joined long ago, written straight into the database: joining them by talk would take minutes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Table, create_engine, insert

from bench.processes import BrokenBench
from storage.tables import addresses, companies, consents, contacts

_CONTACTS_A_COMPANY = 4
_ROWS_A_STATEMENT = 5_000
_LONG_AGO = 1_700_000_000_000_000


def write_contacts(data: Path, *, count: int, address: Callable[[int], dict[str, object]]) -> None:
    """Write `count` contacts who have consented and belong to companies into the database of a data folder.

    Args:
        data: the folder, its database at its schema.
        count: how many.
        address: channel, chat, person and account of a contact, by number from 0.
    """
    files = list(data.glob("*.db")) + list(data.glob("*.sqlite*"))
    database = next((file for file in files if not file.name.endswith(("-wal", "-shm"))), None)
    if database is None:
        raise BrokenBench(f"`hubtalk db upgrade` left no database in its data folder: {sorted(data.iterdir())}")
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        _fill(connection, count=count, address=address)
    engine.dispose()


def _fill(connection: Connection, *, count: int, address: Callable[[int], dict[str, object]]) -> None:
    for begin in range(0, count, _ROWS_A_STATEMENT):
        numbers = range(begin, min(begin + _ROWS_A_STATEMENT, count))
        heads = [n for n in numbers if n % _CONTACTS_A_COMPANY == 0]
        _insert(
            connection,
            companies,
            [{"id": 1 + n, "name": f"Werk {n} GmbH", "state": "confirmed", "created_at": _LONG_AGO} for n in heads],
        )
        _insert(connection, contacts, [_contact(n) for n in numbers])
        _insert(
            connection,
            addresses,
            [{"id": 1 + n, "contact_id": 1 + n, "seen_at": _LONG_AGO, **address(n)} for n in numbers],
        )
        _insert(connection, consents, [_consent(n, channel=str(address(n)["channel"])) for n in numbers])


def _insert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    connection.execute(insert(table), rows)


def _contact(number: int) -> dict[str, object]:
    company = 1 + number - number % _CONTACTS_A_COMPANY
    return {
        "id": 1 + number,
        "company_id": company,
        "name": f"Ada {number}",
        "language": "de",
        "created_at": _LONG_AGO,
    }


def _consent(number: int, *, channel: str) -> dict[str, object]:
    return {
        "id": 1 + number,
        "contact_id": 1 + number,
        "purpose": "study",
        "version": "1",
        "hash": "0" * 64,
        "language": "de",
        "channel": channel,
        "given_at": _LONG_AGO,
    }
