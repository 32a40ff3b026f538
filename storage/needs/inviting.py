"""What an organiser needs to invite: the companies there are, and the invitations that are open."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.people import Company, CompanyId
from bot.domain.scene import Need, OpenInvitation, Scene
from storage.codec import to_micros
from storage.invited import confirmed_companies, list_invitations
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Steps


def _inviting(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    found = yield from confirmed_companies()
    known = tuple(Company(id=CompanyId(number), name=name, state="confirmed") for number, name in found)
    made = yield from list_invitations(now=max(to_micros(scene.now) for scene in scenes))
    still = [
        OpenInvitation(
            id=each["id"],
            whom=each["contact"] or each["company"] or each["role"] or "",
            role=each["role"],
            uses=each["uses"],
            used=each["used"],
            until=each["expires_at"],
        )
        for each in made
        if each["state"] == "open"
    ]
    return [
        replace(
            scene,
            companies=known,
            # One without the right to give roles learns nothing of the codes for them.
            open_invitations=tuple(each for each in still if each.role is None or scene.may("grant")),
        )
        for scene in scenes
    ]


LOADERS: dict[Need, Loader] = {"inviting": _inviting}
