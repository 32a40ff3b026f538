"""What a loader of a need is."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.scene import Scene
from storage.scenes import Surroundings
from storage.statements import Steps

Loader = Callable[[list[Scene], Surroundings], Steps[list[Scene]]]
"""Returns the scenes, in their order, with what was needed."""
