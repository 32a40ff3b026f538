"""Who holds which role, and people whom one might give one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Text, and_, bindparam, select
from sqlalchemy import func as sql

from bot.domain.choosing import folded
from bot.domain.desk.words import read_id
from bot.domain.holders import Holder, Known
from bot.domain.messages import Address
from bot.domain.people import ContactId
from bot.domain.roles import SHOWN, address_in, looked_for
from bot.domain.scene import Need, Scene
from storage.codec import from_micros
from storage.needs.loader import Loader
from storage.rights import other
from storage.scenes import Surroundings
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import addresses, companies, contacts, rights

# Where somebody is told something: on the channel they chose, else where they wrote last.
_LAST = (
    (other.c.channel == contacts.c.push_channel).desc(),
    other.c.reachable.desc(),
    other.c.seen_at.desc(),
    other.c.id,
)
_KNOWN = (
    contacts.c.id,
    contacts.c.name,
    companies.c.name,
    contacts.c.language,
    other.c.channel,
    other.c.chat,
    other.c.person,
)
HOLDERS = Statement(
    select(
        rights.c.channel,
        rights.c.person,
        rights.c.role,
        rights.c.source,
        rights.c.granted_by,
        rights.c.granted_at,
        *_KNOWN,
    )
    .select_from(
        rights.outerjoin(
            addresses, and_(addresses.c.channel == rights.c.channel, addresses.c.person == rights.c.person)
        )
        .outerjoin(contacts, contacts.c.id == addresses.c.contact_id)
        .outerjoin(companies, companies.c.id == contacts.c.company_id)
        .outerjoin(other, other.c.contact_id == contacts.c.id)
    )
    .order_by(rights.c.role, rights.c.granted_at, rights.c.channel, rights.c.person, *_LAST),
    name="who holds roles",
)
_FOUND = (
    select(*_KNOWN)
    .select_from(
        contacts.join(other, other.c.contact_id == contacts.c.id).outerjoin(
            companies, companies.c.id == contacts.c.company_id
        )
    )
    .where(contacts.c.joined_at.is_not(None), contacts.c.merged_into.is_(None), other.c.kind == "private")
)
BY_NAME = Statement(
    _FOUND.where(sql.lower(contacts.c.name).like(bindparam("pattern", type_=Text), escape="!"))
    .order_by(contacts.c.name, contacts.c.id, *_LAST)
    .limit(20 * SHOWN),
    name="contacts of a name",
)
BY_ID = Statement(
    _FOUND.where(any_of(contacts.c.id, "contacts")).order_by(contacts.c.id, *_LAST), name="contacts picked"
)
BY_PERSON = Statement(
    _FOUND.where(
        contacts.c.id.in_(
            select(addresses.c.contact_id).where(
                addresses.c.channel == bindparam("channel"), addresses.c.person == bindparam("person")
            )
        )
    ).order_by(contacts.c.id, *_LAST),
    name="contact of an address",
)
NAMES = Statement(select(contacts.c.id, contacts.c.name).where(any_of(contacts.c.id, "contacts")), name="names")


def _staff(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    """Only who may give roles gets to know who has them; whom they look for is found for each of them alone."""
    del around
    if not any(scene.may("grant") for scene in scenes):
        return scenes
    staff = yield from holders()
    result = []
    for scene in scenes:
        found = yield from _found(scene)
        result.append(replace(scene, staff=staff, found=found) if scene.may("grant") else scene)
    return result


def holders() -> Steps[tuple[Holder, ...]]:
    """Return who holds which role."""
    found: dict[tuple[str, str, str], Row] = {}
    for row in (yield from rows(HOLDERS)):
        found.setdefault((row[0], row[1], row[2]), row)
    givers = {row[4]: _giver(row[4]) for row in found.values()}
    wanted = [number for number in givers.values() if number]
    names: dict[int, str] = dict((yield from rows(NAMES, contacts=wanted))) if wanted else {}
    return tuple(
        Holder(
            person=Address(channel, person),
            role=role,
            source=source,
            since=from_micros(granted_at),
            known=_known(known) if known[0] is not None else None,
            by=names.get(givers[giver], ""),
        )
        for channel, person, role, source, giver, granted_at, *known in found.values()
    )


def _giver(actor: str) -> int:
    try:
        return read_id("P", actor)
    except ValueError:  # the command line, the settings
        return 0


def _known(row: Sequence[object]) -> Known:
    contact, name, company, language, channel, chat, person = row
    return Known(
        contact=ContactId(int(str(contact))),
        name=str(name),
        company=str(company or ""),
        language=str(language),
        person=Address(str(channel), str(person)),
        chat=Address(str(channel), str(chat)),
    )


def _found(scene: Scene) -> Steps[tuple[Known, ...]]:
    text, contact = looked_for(scene)
    person = address_in(text)
    if contact is not None:
        found = yield from rows(BY_ID, contacts=[contact])
    elif person is not None:
        found = yield from rows(BY_PERSON, channel=person.channel, person=person.chat)
    elif text:
        found = yield from rows(BY_NAME, pattern=_pattern(text))
        found = [row for row in found if folded(text) in folded(row[1])]
    else:
        return ()
    each: dict[int, Known] = {}
    for row in found:
        each.setdefault(row[0], _known(row))
    return tuple(each.values())


def _pattern(text: str) -> str:
    """Databases agree on the letter case of ASCII alone: any sign stands for another one."""
    return f"%{re.sub('[^a-z0-9 ]', '_', text.strip().lower())}%"


LOADERS: dict[Need, Loader] = {"staff": _staff}
