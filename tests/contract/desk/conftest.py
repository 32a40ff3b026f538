"""What staff order, on both databases, in a house without forms of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_asyncio import fixture
from sqlalchemy import select

from bot.domain.people import folded_company
from bot.house import House, open_house
from config.settings import load_settings
from storage.codec import dump
from storage.statements import Statement, Steps, insert, many, rows
from storage.tables import addresses, answers, companies, contacts, form_versions, forms, responses
from tests.fixtures_databases import (  # noqa: F401 - fixtures
    database_kind,
    database_url,
    postgresql_server,
)

CONTACT = insert(contacts, ("id", "name", "language", "company_id", "staff", "joined_at", "created_at"))
COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))
RESPONSE = insert(
    responses,
    (
        "id",
        "form_id",
        "form_version_id",
        "contact_id",
        "company_id",
        "status",
        "channel",
        "language",
        "started_at",
        "submitted_at",
        "revised_at",
        "superseded_at",
        "respondent",
    ),
)
MANY_RESPONSES = insert(
    responses,
    (
        "id",
        "form_id",
        "form_version_id",
        "contact_id",
        "company_id",
        "round",
        "status",
        "channel",
        "language",
        "started_at",
        "submitted_at",
    ),
)
ANSWER = insert(answers, ("response_id", "path", "instance", "state", "relevant", "value", "contact_id", "answered_at"))


NEWEST = Statement(
    select(forms.c.id, form_versions.c.id)
    .select_from(form_versions.join(forms))
    .order_by(form_versions.c.number.desc())
    .limit(1)
)


async def form_ids(house: House) -> tuple[int, int]:
    """Ids of the form and of its newest version."""
    ((number, version),) = await house.database.read(lambda: rows(NEWEST))
    return number, version


@fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:  # noqa: F811 - the fixture
    content = tmp_path / "content"
    content.mkdir()
    (content / "hub.toml").write_text("", encoding="utf-8")
    settings = load_settings(
        {},
        directory=tmp_path,
        database_url=database_url,
        content_dir=content,
        secret="a secret of more than thirty-two signs",
        admins=("matrix:@ada:example.org",),
    )
    async with open_house(settings) as opened:
        yield opened


class People:
    """Contacts with responses, written as the bot writes them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.now = 1_700_000_000_000_000

    async def company(self, name: str, *, state: str = "claimed") -> int:
        number = self.house.next_id()
        row = {"id": number, "name": name, "folded": folded_company(name), "state": state, "created_at": self.now}
        await self._write(lambda: many(COMPANY, [row]))
        return number

    async def contact(self, name: str, *, company: int | None = None, staff: bool = False, joined: bool = True) -> int:
        number = self.house.next_id()
        row = {
            "id": number,
            "name": name,
            "language": "de",
            "company_id": company,
            "staff": staff,
            "joined_at": self.now if joined else None,
            "created_at": self.now,
        }
        place = {
            "id": self.house.next_id(),
            "channel": "terminal",
            "chat": name.lower(),
            "person": name.lower(),
            "account": "terminal:local",
            "contact_id": number,
            "seen_at": self.now,
        }

        def unit() -> Steps[None]:
            yield from many(CONTACT, [row])
            yield from many(ADDRESS, [place])

        await self._write(unit)
        return number

    async def response(
        self,
        contact: int,
        version: tuple[int, int],
        given: Mapping[str, Any],
        *,
        company: int | None = None,
        submitted: bool = True,
        aside: Mapping[str, Any] | None = None,
        state: str = "given",
        at: int | None = None,
        revised_at: int | None = None,
        superseded: bool = False,
        shared: bool = False,
    ) -> int:
        """Store a response; `version`: ids of form and version; `aside`: answers that are not relevant.

        shared: it is the company's own; `contact` has answered it so far.
        """
        number, at = self.house.next_id(), at or self.now
        row = {
            "id": number,
            "form_id": version[0],
            "form_version_id": version[1],
            "contact_id": None if shared else contact,
            "company_id": company,
            "respondent": "company" if shared else "contact",
            "status": "submitted" if submitted else "partial",
            "channel": "terminal",
            "language": "de",
            "started_at": at,
            "submitted_at": at + 60_000_000 if submitted else None,
            "revised_at": revised_at,
            "superseded_at": at if superseded else None,
        }
        kept = [(path, value, True) for path, value in given.items()]
        kept += [(path, value, False) for path, value in (aside or {}).items()]
        rows = [
            {
                "response_id": number,
                "path": path,
                "instance": 0,
                "state": state,
                "relevant": relevant,
                "value": None if value is None else dump(value),
                "contact_id": contact,
                "answered_at": at,
            }
            for path, value, relevant in kept
        ]

        def unit() -> Steps[None]:
            yield from many(RESPONSE, [row])
            yield from many(ANSWER, rows)

        await self._write(unit)
        return number

    def many_responses(self, contact: int, version: tuple[int, int], count: int) -> Steps[list[int]]:
        """Store submitted responses with one answer each, 0, 1, 2 …; return their ids."""
        numbers = [self.house.next_id() for _ in range(count)]
        common = {
            "form_id": version[0],
            "form_version_id": version[1],
            "contact_id": contact,
            "company_id": None,
            "status": "submitted",
            "channel": "terminal",
            "language": "de",
            "started_at": self.now,
            "submitted_at": self.now,
        }
        answer = {"path": "size", "instance": 0, "state": "given", "relevant": True, "answered_at": self.now}
        yield from many(
            MANY_RESPONSES, [{**common, "id": number, "round": place} for place, number in enumerate(numbers, start=1)]
        )
        yield from many(
            ANSWER,
            [
                {**answer, "response_id": number, "value": dump(place), "contact_id": contact}
                for place, number in enumerate(numbers)
            ],
        )
        return numbers

    async def _write(self, unit: Callable[[], Steps[None]]) -> None:
        await self.house.database.write(unit)


@pytest.fixture
def people(house: House) -> People:
    return People(house)
