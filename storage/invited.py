"""What became of invitations: how often each was opened and used, by whom, and whether it is still good."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from storage.codec import from_micros, maybe_moment
from storage.statements import Statement, Steps, rows
from storage.tables import companies, contacts, invitation_uses, invitations

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
