"""A house for a preview, where nothing is kept."""

from __future__ import annotations

from storage.statements import Steps, change, insert
from storage.tables import addresses, contacts

CONTACT = insert(contacts, ("id", "name", "language", "joined_at", "created_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))


def let_in(*, contact: int, address: int, channel: str, person: str, language: str, now: int) -> Steps[None]:
    """Make somebody a contact without a word of theirs: only where nothing is kept, as in a preview."""
    yield from change(CONTACT, id=contact, name=person, language=language, joined_at=now, created_at=now)
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
