"""Who a person is on other channels: what `/link` needs, for a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, or_, select

from bot.domain.commands import typed_command
from bot.domain.interviews import Interview
from bot.domain.linked import Asked, Linking, Place
from bot.domain.merging import Picks, Side, collisions, company_differs, obstacle
from bot.domain.messages import Address, Said
from bot.domain.people import ContactId
from bot.domain.scene import Need, Scene
from storage.codec import from_micros, load, to_micros
from storage.merging import ASKED_FOR, DAY
from storage.needs.loader import Loader
from storage.scenes import Surroundings, load_interviews
from storage.sides import sides
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import addresses, contacts, identities, link_codes, merges

KIND = "link"
CODES = Statement(
    select(link_codes.c.code_hash, link_codes.c.contact_id).where(
        any_of(link_codes.c.code_hash, "hashes"), link_codes.c.expires_at > bindparam("now")
    ),
    name="link codes",
)
MERGES = Statement(
    select(merges.c.id, merges.c.state, merges.c.kept, merges.c.gone, merges.c.data).where(
        merges.c.kind == "contact",
        or_(
            (merges.c.state == "asked")
            & (merges.c.made_at > bindparam("asked_after"))
            & (any_of(merges.c.id, "asked") | any_of(merges.c.kept, "contacts") | any_of(merges.c.gone, "contacts")),
            (merges.c.state == "done") & any_of(merges.c.kept, "contacts") & (merges.c.made_at > bindparam("after")),
        ),
    ),
    name="merges that concern these",
)
PLACES = Statement(
    select(
        addresses.c.contact_id,
        addresses.c.channel,
        addresses.c.chat,
        addresses.c.person,
        addresses.c.seen_at,
        contacts.c.language,
    )
    .select_from(addresses.join(contacts, contacts.c.id == addresses.c.contact_id))
    .where(any_of(addresses.c.contact_id, "contacts"))
    .order_by(addresses.c.id),
    name="places of these",
)
IDENTITIES = Statement(
    select(identities.c.channel, identities.c.name, identities.c.link).order_by(identities.c.channel),
    name="where we are found",
)


def _link(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    now = to_micros(scenes[0].now)
    hashes = [_hash(scene, around) for scene in scenes]
    codes: dict[str, int] = dict((yield from rows(CODES, hashes=[each for each in hashes if each], now=now)))
    own = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    asked_ids = sorted({merge for scene in scenes if (merge := _asked_in(scene))})
    found_merges = yield from rows(MERGES, asked=asked_ids, contacts=own, after=now - DAY, asked_after=now - ASKED_FOR)
    asked = {row[0]: row for row in found_merges if row[1] == "asked"}
    involved = [number for row in asked.values() for number in (row[2], row[3])]
    found = yield from sides([*own, *codes.values(), *involved])
    where = yield from rows(PLACES, contacts=sorted(found))
    known = {channel: link or name for channel, name, link in (yield from rows(IDENTITIES))}
    pairs = [
        (found.get(scene.contact.id) if scene.contact is not None else None, found.get(codes.get(code_hash, 0)))
        for scene, code_hash in zip(scenes, hashes, strict=True)
    ]
    walks = yield from _interviews(pairs, around)
    undoable = {row[2] for row in found_merges if row[1] == "done"}
    result = []
    for scene, code_hash, (mine, other), walked in zip(scenes, hashes, pairs, walks, strict=True):
        row = asked.get(_asked_in(scene))
        number = scene.contact.id if scene.contact is not None else 0
        linking = Linking(
            code_hash=code_hash,
            own=mine,
            other=other,
            interviews=walked,
            places=tuple(_place(each) for each in where),
            push_channel=mine.push_channel if mine is not None else "",
            elsewhere=known,
            undoable=number in undoable,
            asked=None if row is None else _asked(row, found),
            waiting=any(number in (each[2], each[3]) and _waits(each, found) for each in asked.values()),
        )
        result.append(replace(scene, linking=linking))
    return result


def _interviews(
    pairs: list[tuple[Side | None, Side | None]], around: Surroundings
) -> Steps[list[dict[int, Interview]]]:
    """Return for each pair, by response, what the other one has open, and what both have answered: of nobody else."""
    if all(other is None for _, other in pairs):
        return [{} for _ in pairs]
    both = [
        held.response
        for mine, other in pairs
        if mine is not None and other is not None
        for each in collisions(other, mine)
        for held in (each.kept, each.gone)
    ]
    owners = sorted({side.contact for pair in pairs for side in pair if side is not None})
    found = yield from load_interviews(contact_ids=owners, response_ids=both, library=around.library)
    return [_of_pair(pair, found) for pair in pairs]


def _of_pair(pair: tuple[Side | None, Side | None], found: Mapping[int, Sequence[Interview]]) -> dict[int, Interview]:
    """Return what the two may see; of what both share the one who is kept has their own place in it."""
    mine, other = pair
    return {
        walk.response: walk
        for side in (mine, other)
        if side is not None and other is not None
        for walk in found.get(side.contact, ())
        if walk.together is None or (side.company is not None and walk.together.company == side.company.id)
    }


def _hash(scene: Scene, around: Surroundings) -> str:
    prompt = scene.referred or scene.current
    if prompt is not None and prompt.kind == KIND and prompt.data.get("hash") and not _command(scene):
        return str(prompt.data["hash"])
    code = around.code_in(scene)
    return around.hub.code_hash(code) if code else ""


def _command(scene: Scene) -> bool:
    content = scene.message.content
    return isinstance(content, Said) and typed_command(content.text) is not None


def _asked_in(scene: Scene) -> int:
    prompt = scene.referred or scene.current
    data: Any = prompt.data if prompt is not None and prompt.kind == KIND else {}
    return int(data.get("merge", 0))


def _asked(row: Row, found: dict[int, Side]) -> Asked | None:
    number, _, kept, gone, data = row
    if kept not in found or gone not in found:
        return None
    return Asked(
        merge=number, kept=found[kept], gone=found[gone], picks=Picks(responses=load(data).get("responses", {}))
    )


def _waits(row: Row, found: Mapping[int, Side]) -> bool:
    """Whether the team still has something to say: not once the two cannot become one, or belong to one company."""
    _, _, kept, gone, _ = row
    if kept not in found or gone not in found:
        return False
    return obstacle(found[kept], found[gone]) is None and company_differs(found[kept], found[gone])


def _place(row: Row) -> Place:
    contact, channel, chat, person, seen_at, language = row
    return Place(
        address=Address(channel, chat),
        person=person,
        contact=ContactId(contact),
        language=language,
        since=from_micros(seen_at),
    )


LOADERS: dict[Need, Loader] = {"link": _link}
