"""Roles: they follow a person over their addresses, and one admin always remains."""

from __future__ import annotations

import asyncio

import pytest

from bot.desk import invite
from bot.domain import desk
from bot.domain.messages import Address
from bot.domain.people import Role
from bot.errors import UsageError
from bot.house import House
from storage import rights
from storage.desk import Order, carry_out
from storage.driver import open_database
from storage.erasure import erase
from storage.hub import SETTINGS_RIGHTS_GONE
from storage.invited import list_invitations
from storage.statements import Steps, insert, many
from storage.tables import addresses, audit_log
from tests.contract.desk.conftest import People
from tests.contract.desk.test_desk import BOB, audit, do, table

CY = Address("terminal", "cy")


async def linked(house: House, contact: int, address: Address) -> None:
    row = {
        "id": house.next_id(),
        "channel": address.channel,
        "chat": f"room of {address.chat}",
        "person": address.chat,
        "account": "a",
        "contact_id": contact,
        "seen_at": 1,
    }
    await house.database.write(lambda: many(insert(addresses, tuple(row)), [row]))


async def test_role_holds_at_every_address_of_its_person(house: House, people: People) -> None:
    cy = await people.contact("Cy")
    await linked(house, cy, BOB)
    await do(house, desk.GrantRole(person=CY, role="organiser"))
    assert await do(house, desk.GrantRole(person=BOB, role="organiser")) is False  # the same person
    for person in (("terminal", "cy"), ("telegram", "4711")):
        assert await roles_of(house, person, ("matrix", "@no:one")) == {person: frozenset({"organiser"})}
    held = await house.database.read(lambda: rights.roles_of_chat("telegram", "room of 4711"))
    assert held == {"organiser"}
    await do(house, desk.RevokeRole(person=BOB, role="organiser"))
    assert await roles_of(house, ("terminal", "cy"), ("telegram", "4711")) == {}
    name = desk.public_id("P", cy)
    assert await audit(house) == [("role granted", name), ("role revoked", name)]


async def test_last_admin_stays(house: House, people: People) -> None:
    await house.database.write(_no_settings)
    cy = await people.contact("Cy")
    await do(house, desk.GrantRole(person=CY, role="admin"))
    with pytest.raises(UsageError, match="make somebody else admin first"):
        await do(house, desk.RevokeRole(person=CY, role="admin"))
    with pytest.raises(UsageError, match="last admin"):
        await house.database.write(lambda: erase(cy, erasure=1, now=1, person_hash="", keyed=str, number=house.next_id))
    await do(house, desk.GrantRole(person=BOB, role="admin"))
    await house.database.write(lambda: erase(cy, erasure=2, now=1, person_hash="", keyed=str, number=house.next_id))
    assert await roles_of(house, ("terminal", "cy"), ("telegram", "4711")) == {
        ("telegram", "4711"): frozenset({"admin"})
    }


async def test_of_two_admins_who_revoke_each_other_at_once_one_remains(house: House) -> None:
    await house.database.write(_no_settings)
    second = await open_database(house.database.url)
    try:
        for _ in range(5):
            for person in (BOB, CY):
                await do(house, desk.GrantRole(person=person, role="admin"))
            orders = [
                house.database.write(lambda: _revoke(house, BOB)),
                second.write(lambda: _revoke(house, CY)),
            ]
            done = await asyncio.gather(*orders, return_exceptions=True)
            failed = [each for each in done if isinstance(each, BaseException)]
            assert len(failed) == 1 and isinstance(failed[0], UsageError)
            left = await roles_of(house, ("telegram", "4711"), ("terminal", "cy"))
            assert len(left) == 1
    finally:
        await second.close()


async def test_codes_for_the_team_go_with_the_role_of_who_made_them(house: House, people: People) -> None:
    cy, bob = await people.contact("Cy"), await people.contact("Bob")
    await linked(house, cy, CY)
    for person in (CY, BOB):
        await do(house, desk.GrantRole(person=person, role="admin"))

    async def made(by: int) -> None:
        actor = desk.public_id("P", by)
        await invite(house, actor=actor, role="admin", uses=1, expires_at=None)
        await invite(house, actor=actor, company="Testwerk", uses=1, expires_at=None)

    async def states() -> list[tuple[str | None, str]]:
        listed = await house.database.read(lambda: list_invitations(now=1))
        return sorted((each["role"] or "", each["state"]) for each in listed)

    await made(cy)
    await made(bob)
    await do(house, desk.RevokeRole(person=CY, role="admin"))
    assert await states() == [("", "open"), ("", "open"), ("admin", "open"), ("admin", "revoked")]
    noted = await table(house, audit_log.c.id, audit_log.c.action, audit_log.c.subject)
    assert noted[-1][1:] == ("invitations revoked", desk.public_id("P", cy))
    await house.database.write(lambda: erase(bob, erasure=1, now=1, person_hash="", keyed=str, number=house.next_id))
    assert await states() == [("", "open"), ("", "open"), ("admin", "revoked"), ("admin", "revoked")]


async def roles_of(house: House, *persons: rights.Person) -> dict[rights.Person, frozenset[Role]]:
    return await house.database.read(lambda: rights.load_roles(persons))


def _revoke(house: House, person: Address) -> Steps[desk.Revoked]:
    order = Order(actor="somebody", now=1, number=house.next_id)
    return carry_out(order, desk.RevokeRole(person=person, role="admin"))


def _no_settings() -> Steps[None]:
    yield from many(SETTINGS_RIGHTS_GONE, [{}])
