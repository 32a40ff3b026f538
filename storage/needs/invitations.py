"""The invitation behind a code, unless its person has tried too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select

from bot.domain.guessing import EVERYBODY, Guesses, held_until
from bot.domain.people import Company, CompanyId, ContactId, Invitation, InvitationState, Invitee
from bot.domain.scene import Need, Scene, Tried
from storage.codec import from_micros, to_micros
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import companies, contacts, guesses, invitations

INVITATIONS = Statement(
    select(
        invitations.c.code_hash,
        invitations.c.id,
        invitations.c.role,
        invitations.c.uses_left,
        invitations.c.expires_at,
        invitations.c.revoked_at,
        companies.c.id,
        companies.c.name,
        companies.c.state,
        contacts.c.id,
        contacts.c.name,
        contacts.c.joined_at,
    )
    .select_from(
        invitations.outerjoin(contacts, contacts.c.id == invitations.c.contact_id).outerjoin(
            companies, companies.c.id == func.coalesce(invitations.c.company_id, contacts.c.company_id)
        )
    )
    .where(any_of(invitations.c.code_hash, "hashes")),
    name="invitations",
)
GUESSES = Statement(
    select(guesses.c.key, guesses.c.tries, guesses.c.since, guesses.c.last_at).where(any_of(guesses.c.key, "keys")),
    name="guesses",
)


_Key = tuple[str, str]


def _key(scene: Scene) -> _Key:
    return scene.message.account, scene.message.native_id


def _invitations(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    codes = [around.code_in(scene) for scene in scenes]
    tried = yield from _tried([scene for scene, code in zip(scenes, codes, strict=True) if code], around)
    hashes = []
    for scene, code in zip(scenes, codes, strict=True):
        kept = scene.visitor.code_hash if scene.visitor else ""
        held = code and tried[_key(scene)].held_until is not None
        hashes.append("" if held else around.hub.code_hash(code) if code else kept)
    found = {row[0]: row for row in (yield from rows(INVITATIONS, hashes=[item for item in hashes if item]))}
    result = []
    for scene, code_hash in zip(scenes, hashes, strict=True):
        row = found.get(code_hash)
        invitation = None if row is None else _invitation(row, scene)
        result.append(replace(scene, invitation=invitation, tried=tried.get(_key(scene))))
    return result


def _invitation(row: Row, scene: Scene) -> Invitation:
    code_hash, number, role, _, _, _, company, company_name, company_state, person, name, _ = row
    return Invitation(
        id=number,
        company=None if company is None else Company(id=CompanyId(company), name=company_name, state=company_state),
        role=role or None,
        state=_state(row, now=to_micros(scene.now)),
        code_hash=code_hash,
        person=None if person is None else Invitee(id=ContactId(person), name=name),
    )


def _state(row: Row, *, now: int) -> InvitationState:
    _, _, _, uses_left, expires_at, revoked_at, _, _, _, _, _, joined_at = row
    if revoked_at is not None:
        return "revoked"
    if joined_at is not None or (uses_left is not None and uses_left <= 0):
        return "used_up"
    return "expired" if expires_at is not None and expires_at <= now else "alive"


def _tried(scenes: Sequence[Scene], around: Surroundings) -> Steps[Mapping[_Key, Tried]]:
    """Return, by the message, what the person of each has guessed and whether they have to wait."""
    if not scenes:
        return {}
    keys = {_key(scene): around.hub.person_hash(scene.written_by) for scene in scenes}
    found = {
        key: Guesses(tries=tries, since=from_micros(since), last_at=from_micros(last_at))
        for key, tries, since, last_at in (yield from rows(GUESSES, keys=sorted({*keys.values(), EVERYBODY})))
    }
    result = {}
    for scene in scenes:
        own = found.get(keys[_key(scene)])
        until = held_until(own, found.get(EVERYBODY), now=scene.now)
        result[_key(scene)] = Tried(guesses=own, held_until=until)
    return result


LOADERS: dict[Need, Loader] = {"invitation": _invitations}
