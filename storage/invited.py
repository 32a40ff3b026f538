"""What became of invitations: how often each was opened and used, by whom, and whether it is still good."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, func, select

from storage.codec import from_micros, maybe_moment
from storage.statements import Statement, Steps, rows
from storage.tables import companies, company_tags, contacts, invitation_uses, invitations

INVITATIONS = Statement(
    select(
        invitations.c.id,
        companies.c.id,
        companies.c.name,
        invitations.c.role,
        contacts.c.id,
        contacts.c.name,
        invitations.c.uses,
        invitations.c.uses_left,
        invitations.c.opened,
        invitations.c.opened_at,
        invitations.c.expires_at,
        invitations.c.revoked_at,
        invitations.c.created_by,
        invitations.c.created_at,
    )
    .select_from(
        invitations.outerjoin(contacts, contacts.c.id == invitations.c.contact_id).outerjoin(
            companies, companies.c.id == func.coalesce(invitations.c.company_id, contacts.c.company_id)
        )
    )
    .order_by(invitations.c.created_at.desc(), invitations.c.id.desc()),
    name="list of invitations",
)
USES = Statement(
    select(invitation_uses.c.invitation_id, contacts.c.id, contacts.c.name)
    .select_from(invitation_uses.join(contacts, contacts.c.id == invitation_uses.c.contact_id))
    .order_by(invitation_uses.c.used_at, contacts.c.id),
    name="uses of invitations",
)
CONFIRMED = Statement(
    select(companies.c.id, companies.c.name)
    .where(companies.c.state == "confirmed")
    .order_by(companies.c.name, companies.c.id),
    name="confirmed companies",
)
TAGGED = Statement(
    select(company_tags.c.company_id).where(
        company_tags.c.key == bindparam("key"), company_tags.c.value == bindparam("value")
    ),
    name="tagged companies",
)
ENTERED = Statement(
    select(contacts.c.company_id, contacts.c.id, contacts.c.name)
    .where(contacts.c.joined_at.is_(None), contacts.c.merged_into.is_(None))
    .order_by(contacts.c.name, contacts.c.id),
    name="people who were entered",
)


def confirmed_companies(*, tag: tuple[str, str] | None = None) -> Steps[list[tuple[int, str]]]:
    """Return id and name of every confirmed company, or of those with a tag, by name."""
    found: list[tuple[int, str]] = [(row[0], row[1]) for row in (yield from rows(CONFIRMED))]
    if tag is None:
        return found
    tagged = {row[0] for row in (yield from rows(TAGGED, key=tag[0], value=tag[1]))}
    return [each for each in found if each[0] in tagged]


def people_to_invite(of: Collection[int]) -> Steps[list[int]]:
    """Return those of these companies who were entered and have not joined, company by company."""
    waiting: dict[int, list[int]] = {}
    for company, contact, _ in (yield from rows(ENTERED)):
        waiting.setdefault(company, []).append(contact)
    return [contact for company in of for contact in waiting.get(company, ())]


def list_invitations(*, now: int) -> Steps[list[dict[str, Any]]]:
    """Return every invitation, the newest first. `used` counts people erased since, `used_by` does not name them."""
    names: dict[int, list[str]] = {}
    for invitation, _, name in (yield from rows(USES)):
        names.setdefault(invitation, []).append(name)
    result = []
    for (
        number, company_id, company, role, contact_id, contact, uses, left, opened, opened_at, expires_at, revoked_at,
        created_by, created_at,
    ) in (yield from rows(INVITATIONS)):  # fmt: skip
        state = "open"
        if revoked_at is not None:
            state = "revoked"
        elif left is not None and left <= 0:
            state = "used up"
        elif expires_at is not None and expires_at <= now:
            state = "expired"
        used_by = names.get(number, [])
        result.append(
            {
                "id": number,
                "state": state,
                "company_id": company_id,
                "company": company,
                "role": role or None,
                "contact_id": contact_id,
                "contact": contact,
                "uses": uses,
                "left": left,
                "used": len(used_by) if uses is None else uses - (left or 0),
                "used_by": used_by,
                "opened": opened,
                "opened_at": maybe_moment(opened_at),
                "created_by": created_by,
                "created_at": from_micros(created_at),
                "expires_at": maybe_moment(expires_at),
                "revoked_at": maybe_moment(revoked_at),
            }
        )
    return result
