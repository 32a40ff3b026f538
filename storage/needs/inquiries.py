"""A contact's own inquiries, and what somebody of the team looks at in the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from sqlalchemy import and_, select

from bot.domain.inbox import looked_for
from bot.domain.inquiries import Colleague, FileSent, Inbox, Inquiry, Line
from bot.domain.messages import FileOfInquiry
from bot.domain.people import ContactId
from bot.domain.rights import BUNDLES
from bot.domain.scene import Need, Scene
from storage.inquiries import chosen, last_number, lines, own
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import addresses, attachments, contacts, inquiry_messages, rights

TEAM = Statement(
    select(contacts.c.id, contacts.c.name)
    .distinct()
    .select_from(
        rights.join(
            addresses, and_(rights.c.channel == addresses.c.channel, rights.c.person == addresses.c.person)
        ).join(contacts, contacts.c.id == addresses.c.contact_id)
    )
    .where(rights.c.role.in_([role for role, bundle in BUNDLES.items() if "send" in bundle]))
    .order_by(contacts.c.name, contacts.c.id),
    name="who of the team answers inquiries",
)
FILES = Statement(
    select(
        attachments.c.id,
        inquiry_messages.c.inquiry_id,
        inquiry_messages.c.from_team,
        contacts.c.name,
        attachments.c.value,
        attachments.c.media_type,
        attachments.c.sha256,
    )
    .select_from(
        attachments.join(inquiry_messages, inquiry_messages.c.id == attachments.c.inquiry_message_id).outerjoin(
            contacts, contacts.c.id == inquiry_messages.c.author_id
        )
    )
    .where(any_of(attachments.c.id, "ids")),
    name="files of inquiries",
)


def _own(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    people = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    found = yield from own(people, now=scenes[0].now)
    numbers = count((yield from last_number()) + 1)
    return [
        replace(
            scene,
            inquiries=tuple(each for each in found if scene.contact is not None and each.contact == scene.contact.id),
            next_inquiry=numbers.__next__,
        )
        for scene in scenes
    ]


def _inbox(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    """Load for those alone who have the right: what is not loaded can be shown to nobody."""
    del around
    wishes = {place: looked_for(scene) for place, scene in enumerate(scenes) if scene.may("send")}
    if not wishes:
        return scenes
    found = yield from chosen(
        ids=[wish.id for wish in wishes.values() if wish.id],
        numbers=[wish.number for wish in wishes.values() if wish.number],
    )
    team = tuple(Colleague(id=ContactId(number), name=name) for number, name in (yield from rows(TEAM)))
    pages: dict[int, tuple[list[Line], int, int]] = {}
    result = list(scenes)
    for place, wish in wishes.items():
        if wish.page not in pages:
            pages[wish.page] = yield from lines(page=wish.page)
        listed, total, waiting = pages[wish.page]
        inquiry = next(
            (each for each in found if (each.number if wish.number else each.id) == (wish.number or wish.id)), None
        )
        inbox = Inbox(lines=tuple(listed), page=wish.page, total=total, waiting=waiting, chosen=inquiry, team=team)
        result[place] = replace(scenes[place], inbox=inbox)
    return result


def _file(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    ids = [scene.message.content.attachment for scene in scenes if isinstance(scene.message.content, FileOfInquiry)]
    found = {row[0]: row for row in (yield from rows(FILES, ids=ids))}
    asked = {each.id: each for each in (yield from chosen(ids=[row[1] for row in found.values()]))}
    return [replace(scene, file=_sent(scene.message.content, found, asked)) for scene in scenes]


def _sent(content: object, found: Mapping[int, Row], asked: Mapping[int, Inquiry]) -> FileSent | None:
    row = found.get(content.attachment) if isinstance(content, FileOfInquiry) else None
    if row is None or row[1] not in asked:
        return None
    number, inquiry, from_team, author, name, media_type, sha256 = row
    return FileSent(
        attachment=number,
        inquiry=asked[inquiry],
        from_team=bool(from_team),
        author=author or "",
        name=name,
        media_type=media_type,
        sha256=sha256 or "",
    )


LOADERS: dict[Need, Loader] = {"inquiries": _own, "inbox": _inbox, "file": _file}
