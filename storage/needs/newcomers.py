"""Those who ask to take part: for the team who waits, and for themselves the company that theirs may be."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.admission import looked_for
from bot.domain.newcomers import Decided, Newcomers
from bot.domain.scene import Need, Scene
from storage.needs.loader import Loader
from storage.newcomers import alike, count, decided, newcomer, waiting
from storage.scenes import Surroundings
from storage.statements import Steps


def _newcomers(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    """Load who waits for those alone who may let them in: what is not loaded can be shown to nobody."""
    del around
    names = {scene.contact.company.name for scene in scenes if _asks(scene) and scene.contact and scene.contact.company}
    companies = yield from alike(sorted(names))
    result = []
    for scene in scenes:
        if scene.may("send"):
            result.append(replace(scene, newcomers=(yield from _of_team(scene))))
        elif _asks(scene) and scene.contact is not None and scene.contact.company is not None:
            similar = companies.get(scene.contact.company.name)
            result.append(replace(scene, newcomers=Newcomers(similar=similar)))
        else:
            result.append(scene)
    return result


def _asks(scene: Scene) -> bool:
    return scene.waits and scene.contact is not None


def _of_team(scene: Scene) -> Steps[Newcomers]:
    wish = looked_for(scene)
    total = yield from count()
    if wish.contact:
        chosen = yield from newcomer(wish.contact)
        late: Decided | None = None
        if chosen is None or not chosen.waits:
            late = yield from decided(chosen.contact if chosen is not None else wish.contact)
        return Newcomers(total=total, chosen=chosen, decided=late)
    if not total:
        return Newcomers()
    return Newcomers(lines=(yield from waiting(page=wish.page)), page=wish.page, total=total)


LOADERS: dict[Need, Loader] = {"newcomers": _newcomers}
