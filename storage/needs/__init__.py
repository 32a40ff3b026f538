"""What some routes need beyond the base, loaded once a kind for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.scene import Need, Scene
from storage.needs import (
    broadcasts,
    companies,
    forms,
    inquiries,
    invitations,
    inviting,
    linking,
    my_data,
    newcomers,
    progress,
    staff,
    team,
)
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Steps

_ROOMS = (
    linking,
    broadcasts,
    companies,
    forms,
    inquiries,
    invitations,
    inviting,
    my_data,
    newcomers,
    progress,
    staff,
    team,
)
_LOADERS: dict[Need, Loader] = {kind: loader for room in _ROOMS for kind, loader in room.LOADERS.items()}


def load(scenes: Sequence[Scene], needs: Sequence[frozenset[Need]], around: Surroundings) -> Steps[list[Scene]]:
    """Return the scenes with what their routes need."""
    result = list(scenes)
    for kind, loader in _LOADERS.items():
        places = [place for place, wanted in enumerate(needs) if kind in wanted]
        if places:
            loaded = yield from loader([result[place] for place in places], around)
            for place, scene in zip(places, loaded, strict=True):
                result[place] = scene
    return result
