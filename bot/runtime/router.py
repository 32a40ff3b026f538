"""Which handler takes a message: the first route that fits; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.scene import Scene
from bot.ports import Route


def find(routes: Sequence[Route], scene: Scene) -> Route:
    """Return the first route that fits.

    Raises:
        LookupError: none does; the table ends with one that always does.
    """
    typed = scene.command
    for route in routes:
        if (route.command is None or route.command == typed) and route.when(scene):
            return route
    raise LookupError("no route")
