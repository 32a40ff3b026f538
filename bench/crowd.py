"""A hub with very many people, entered straight into its tables: contacts at every stage of one questionnaire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from storage import tables
from storage.driver import Database
from storage.statements import insert, many

FORM = 7
VERSION = 8
DAY = 86_400_000_000
QUESTIONS = ("/data/about/size", "/data/about/branch", "/data/needs/training", "/data/needs/other", "/data/end/more")
CHANNELS = ("telegram", "matrix", "terminal")
SECTORS = ("Maschinenbau", "Handwerk", "Logistik", "Chemie", "Energie", "Handel", "Bau", "IT")
TOWNS = tuple(f"Ort {number}" for number in range(24))
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many there are, and at what moment (microseconds) all is looked at. Of each ten contacts three have not
    joined, one has joined and not begun, two stand in the middle, four have submitted.
    """

    contacts: int
    now: int
    a_company: int = 5

    @property
    def companies(self) -> int:
        """How many companies they belong to."""
        return -(-self.contacts // self.a_company)


async def fill(database: Database, crowd: Crowd) -> None:
    """Enter them all; the form of that name is not there before."""
    entered: tuple[tuple[Table, Iterator[dict[str, Any]]], ...] = (
        (tables.forms, _form(crowd)),
        (tables.form_versions, _version(crowd)),
        (tables.companies, _companies(crowd)),
        (tables.company_tags, _tags(crowd)),
        (tables.contacts, _contacts(crowd)),
        (tables.addresses, _addresses(crowd)),
        (tables.invitations, _invitations(crowd)),
        (tables.responses, _responses(crowd)),
        (tables.interviews, _interviews(crowd)),
        (tables.answers, _answers(crowd)),
        (tables.rights, _rights(crowd)),
    )
    for table, rows in entered:
        await _enter(database, table, rows)


async def _enter(database: Database, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            await _write(database, table, batch)
            batch = []
    if batch:
        await _write(database, table, batch)


async def _write(database: Database, table: Table, batch: list[dict[str, Any]]) -> None:
    statement = insert(table, tuple(batch[0]))
    await database.write(lambda: many(statement, batch))


def _form(crowd: Crowd) -> Iterator[dict[str, Any]]:
    yield {"id": FORM, "name": "crowd", "state": "open", "created_at": crowd.now}


def _version(crowd: Crowd) -> Iterator[dict[str, Any]]:
    yield {
        "id": VERSION, "form_id": FORM, "number": 1, "version": "1", "title": '{"de": "Bedarf"}',
        "file_name": "crowd.xlsx", "source": b"", "compiled": "{}", "hash": "", "published_at": crowd.now,
    }  # fmt: skip


def _companies(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.companies):
        name = f"Werk {number} GmbH"
        yield {"id": number, "name": name, "folded": name.lower(), "state": "confirmed", "created_at": crowd.now}


def _tags(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.companies):
        yield {"company_id": number, "key": "sector", "value": SECTORS[number % len(SECTORS)]}
        yield {"company_id": number, "key": "municipality", "value": TOWNS[number % len(TOWNS)]}


def _contacts(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.contacts):
        yield {
            "id": number, "company_id": number // crowd.a_company, "name": f"Kontakt {number}", "language": "de",
            "mail": f"k{number}@example.org", "staff": number < 5, "created_at": crowd.now,
            "joined_at": crowd.now if _stage(number) >= 1 else None,
        }  # fmt: skip


def _stage(number: int) -> int:
    """0: entered, 1: joined, 2: in the middle, 3: submitted. Neighbours differ, as they do in life."""
    return (0, 3, 2, 3, 0, 1, 3, 2, 0, 3)[(number * 7 + number // 10) % 10]


def _addresses(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.contacts):
        if _stage(number) >= 1:
            yield {
                "id": number, "channel": CHANNELS[number % 3], "chat": str(number), "person": str(number),
                "account": "a", "contact_id": number, "seen_at": crowd.now,
            }  # fmt: skip


def _invitations(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.contacts):
        opened = _stage(number) >= 1 or number % 2
        yield {
            "id": number, "code_hash": f"{number * 2_654_435_761 % 2**32:08x}{number:08x}",
            "contact_id": number, "uses": 1, "uses_left": 0 if _stage(number) else 1, "opened": 1 if opened else 0,
            "expires_at": crowd.now + 30 * DAY, "created_by": "command line", "created_at": crowd.now,
        }  # fmt: skip


def _responses(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.contacts):
        if _stage(number) >= 2:
            submitted = _stage(number) == 3
            yield {
                "id": number, "form_id": FORM, "form_version_id": VERSION, "contact_id": number,
                "company_id": number // crowd.a_company, "status": "submitted" if submitted else "partial",
                "channel": CHANNELS[number % 3], "language": "de", "started_at": crowd.now - 9 * DAY,
                "submitted_at": crowd.now - DAY if submitted else None,
            }  # fmt: skip


def _interviews(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.contacts):
        if _stage(number) >= 2:
            submitted = _stage(number) == 3
            yield {
                "id": number, "contact_id": number, "response_id": number,
                "state": "finished" if submitted else "paused",
                "position": "" if submitted else QUESTIONS[number * number % len(QUESTIONS)],
                "touched_at": crowd.now - (number % 9) * DAY,
            }  # fmt: skip


def _answers(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.contacts):
        if _stage(number) >= 2:
            for path in QUESTIONS[: 3 if _stage(number) == 2 else 5]:
                yield {
                    "response_id": number, "path": path, "instance": 0, "state": "given", "value": '"a"',
                    "answered_at": crowd.now,
                }  # fmt: skip


def _rights(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(5, 15):
        yield {
            "channel": CHANNELS[number % 3], "person": str(number), "role": "organiser", "source": "command",
            "granted_at": crowd.now,
        }  # fmt: skip
