"""What typed words pick from the choices that are shown."""

from __future__ import annotations

from bot.domain.choosing import pick
from bot.domain.messages import Said
from bot.domain.scene import Scene


def picked(scene: Scene) -> str | None:
    """Return what typed words pick from the current choices."""
    content = scene.message.content
    if scene.current is None or not isinstance(content, Said):
        return None
    return pick([(key, label) for key, label in scene.current.data.get("choices", ())], content.text)
