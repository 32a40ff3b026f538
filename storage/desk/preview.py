"""A house for a preview, where nothing is kept."""

from __future__ import annotations

from storage.statements import Steps, change, insert
from storage.tables import addresses, companies, contacts

COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
CONTACT = insert(contacts, ("id", "name", "language", "company_id", "joined_at", "created_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))


def let_in(*, contact: int, address: int, channel: str, person: str, language: str, now: int) -> Steps[None]:
    """Make somebody a contact without a word of theirs: only where nothing is kept, as in a preview.

    They stand for a company too, which has the number of the contact.
    """
    yield from change(COMPANY, id=contact, name=person, folded=person, state="confirmed", created_at=now)
    yield from change(
        CONTACT, id=contact, name=person, language=language, company_id=contact, joined_at=now, created_at=now
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
