"""Who holds which role. A right stands at one address, and holds at all addresses of the same contact."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, bindparam, select, union, update

from bot.domain.desk import public_id
from bot.domain.people import Role
from bot.errors import UsageError
from storage.statements import Statement, Steps, any_of, change, lock_rows, rows
from storage.tables import addresses, contacts, invitations, rights

Person = tuple[str, str]
"""A channel, and a person there."""

other = addresses.alias("other")
_THERE = and_(rights.c.channel == other.c.channel, rights.c.person == other.c.person)
RIGHTS = Statement(
    union(
        select(rights.c.channel, rights.c.person, rights.c.role).where(
            any_of((rights.c.channel, rights.c.person), "persons")
        ),
        select(addresses.c.channel, addresses.c.person, rights.c.role)
        .select_from(addresses.join(other, other.c.contact_id == addresses.c.contact_id).join(rights, _THERE))
        .where(any_of((addresses.c.channel, addresses.c.person), "persons")),
    ),
    name="rights",
)
STAFF_CHATS = Statement(
    select(addresses.c.chat, rights.c.role, contacts.c.staff)
    .distinct()
    .select_from(
        rights.join(other, _THERE)
        .join(addresses, addresses.c.contact_id == other.c.contact_id)
        .join(contacts, contacts.c.id == other.c.contact_id)
    )
    .where(addresses.c.channel == bindparam("channel"), addresses.c.kind == "private"),
    name="staff chats",
)
ROLES_OF_CHAT = Statement(
    select(rights.c.role)
    .distinct()
    .select_from(addresses.join(other, other.c.contact_id == addresses.c.contact_id).join(rights, _THERE))
    .where(addresses.c.channel == bindparam("channel"), addresses.c.chat == bindparam("chat")),
    name="roles of chat",
)
PLACES = Statement(
    select(other.c.contact_id, other.c.channel, other.c.person)
    .select_from(addresses.join(other, other.c.contact_id == addresses.c.contact_id))
    .where(addresses.c.channel == bindparam("channel"), addresses.c.person == bindparam("person")),
    name="all addresses of a person",
)
HELD = Statement(
    select(rights.c.channel, rights.c.person, rights.c.source).where(
        rights.c.role == bindparam("role"), any_of((rights.c.channel, rights.c.person), "persons")
    ),
    name="role of a person",
)
# Held until the commit: two admins who take each other's role in one instant do it one after the other.
ADMINS = Statement(
    lock_rows(
        select(rights.c.channel, rights.c.person)
        .where(rights.c.role == "admin")
        .order_by(rights.c.channel, rights.c.person)
    ),
    name="admins",
)
TEAM_CODES_GONE = Statement(
    update(invitations)
    .where(invitations.c.created_by == bindparam("actor"), invitations.c.role != "", invitations.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now")),
    name="codes for the team revoked",
)


def load_roles(persons: Collection[Person]) -> Steps[dict[Person, frozenset[Role]]]:
    """Return the roles of persons, at whichever of their addresses they were given."""
    found: dict[Person, frozenset[Role]] = {}
    for channel, person, role in (yield from rows(RIGHTS, persons=list(persons))):
        found[channel, person] = found.get((channel, person), frozenset()) | {role}
    return found


def roles_of_chat(channel: str, chat: str) -> Steps[frozenset[Role]]:
    """Return the roles of whose chat it is."""
    return frozenset(row[0] for row in (yield from rows(ROLES_OF_CHAT, channel=channel, chat=chat)))


def places_of(channel: str, person: str) -> Steps[tuple[int | None, set[Person]]]:
    """Return the contact known by an address, if one is, and all places where they are somebody."""
    found = yield from rows(PLACES, channel=channel, person=person)
    return (found[0][0] if found else None), {(channel, person), *((row[1], row[2]) for row in found)}


def admins_besides(persons: Collection[Person]) -> Steps[int]:
    """Hold the admins until the commit, and count those who are left without these.

    Raises:
        UsageError: one of them is an admin, and nobody else is.
    """
    admins = {(row[0], row[1]) for row in (yield from rows(ADMINS))}
    left = admins - set(persons)
    if admins and not left:
        raise UsageError("this is the last admin; make somebody else admin first: `hubtalk roles grant ADDRESS admin`")
    return len(left)


def revoke_team_codes(contact: int, *, now: int) -> Steps[int]:
    """Revoke the codes for the team that a person has made, as one of them would bring them back; return how many."""
    return (yield from change(TEAM_CODES_GONE, actor=public_id("P", contact), now=now))
