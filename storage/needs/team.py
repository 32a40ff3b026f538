"""Where the team hears of what concerns it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import and_, select

from bot.domain.messages import Address
from bot.domain.people import ContactId
from bot.domain.rights import BUNDLES
from bot.domain.scene import Hub, Need, Recipient, Scene
from storage.needs.loader import Loader
from storage.rights import other
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, one, rows
from storage.tables import addresses, contacts, hub_settings, rights

INBOX = "inbox"
"""The setting that holds the group's or room's address which is the inbox, once an organiser has chosen one."""

LOST = "lost"
"""What it holds once that cannot be reached any more, until the team has been told."""

_SENDERS = [role for role, bundle in BUNDLES.items() if "send" in bundle]
SENDERS = Statement(
    select(addresses.c.channel, addresses.c.chat, contacts.c.id, contacts.c.language, contacts.c.push_channel)
    .select_from(
        rights.join(other, and_(rights.c.channel == other.c.channel, rights.c.person == other.c.person))
        .join(contacts, contacts.c.id == other.c.contact_id)
        .join(addresses, addresses.c.contact_id == contacts.c.id)
    )
    .where(rights.c.role.in_(_SENDERS), addresses.c.reachable)
    .order_by(contacts.c.id, addresses.c.seen_at.desc(), addresses.c.id),
    name="who of the team may write to people",
)
INBOX_CHAT = Statement(select(hub_settings.c.value).where(hub_settings.c.key == INBOX), name="inbox chat")


def recipients(hub: Hub) -> Steps[tuple[tuple[Recipient, ...], tuple[Recipient, ...]]]:
    """Return each of the team alone, and where the team hears things: the inbox that was chosen, else the same."""
    chosen = yield from one(INBOX_CHAT)
    alone = tuple(_each_once((yield from rows(SENDERS))).values())
    if chosen is None or chosen[0] in ("", LOST):
        return alone, alone
    return alone, (Recipient(address=Address.parse(chosen[0]), contact=None, language=hub.languages[0]),)


def _team(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    alone, together = yield from recipients(around.hub)
    return [replace(scene, team=together, organisers=alone) for scene in scenes]


def _each_once(found: list[tuple[str, str, int, str, str]]) -> dict[int, Recipient]:
    """Take one address a person: on the channel they chose, else the one they used last."""
    result: dict[int, Recipient] = {}
    chosen: set[int] = set()
    for channel, chat, contact, language, push_channel in found:
        if contact in result and (contact in chosen or channel != push_channel):
            continue
        result[contact] = Recipient(address=Address(channel, chat), contact=ContactId(contact), language=language)
        if channel == push_channel:
            chosen.add(contact)
    return result


LOADERS: dict[Need, Loader] = {"team": _team}
