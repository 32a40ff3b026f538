"""A house for a preview, where nothing is kept."""

from __future__ import annotations

from storage.statements import Steps, change, insert
from storage.tables import addresses, companies, contacts

COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
CONTACT = insert(contacts, ("id", "name", "language", "company_id", "joined_at", "created_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))


def let_in(
    *, contact: int, address: int, channel: str, person: str, language: str, now: int, company: bool = False
) -> Steps[None]:
    """Make somebody a contact without a word of theirs: only where nothing is kept, as in a preview.

    company: they stand for one, which has the number of the contact.
    """
    if company:
        yield from change(COMPANY, id=contact, name=person, folded=person, state="confirmed", created_at=now)
    yield from change(
        CONTACT,
        id=contact,
        name=person,
        language=language,
        company_id=contact if company else None,
        joined_at=now,
        created_at=now,
    )
    yield from change(
        ADDRESS,
        id=address,
        channel=channel,
        chat=person,
        person=person,
        account=f"{channel}:local",
        contact_id=contact,
        seen_at=now,
    )
