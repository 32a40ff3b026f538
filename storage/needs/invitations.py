"""The invitation behind a code."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from bot.domain.people import Company, CompanyId, Invitation
from bot.domain.scene import Need, Scene
from storage.codec import to_micros
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import companies, invitations

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
    )
    .select_from(invitations.outerjoin(companies, companies.c.id == invitations.c.company_id))
    .where(any_of(invitations.c.code_hash, "hashes")),
    name="invitations",
)


def _invitations(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    hashes = []
    for scene in scenes:
        code = around.code_in(scene)
        kept = scene.visitor.code_hash if scene.visitor else ""
        hashes.append(around.hub.code_hash(code) if code else kept)
    found = {row[0]: row for row in (yield from rows(INVITATIONS, hashes=[item for item in hashes if item]))}
    result = []
    for scene, code_hash in zip(scenes, hashes, strict=True):
        row = found.get(code_hash)
        if row is None:
            result.append(scene)
            continue
        _, number, role, uses_left, expires_at, revoked_at, company, company_name, state = row
        expired = expires_at is not None and expires_at <= to_micros(scene.now)
        invitation = Invitation(
            id=number,
            company=None if company is None else Company(id=CompanyId(company), name=company_name, state=state),
            role=role or None,
            alive=(uses_left is None or uses_left > 0) and not expired and revoked_at is None,
            code_hash=code_hash,
        )
        result.append(replace(scene, invitation=invitation))
    return result


LOADERS: dict[Need, Loader] = {"invitation": _invitations}
