"""What typed words pick from the choices that are shown."""

from __future__ import annotations

from bot.domain.choosing import pick
from bot.domain.messages import Said
from bot.domain.scene import Prompt, Scene


def picked(scene: Scene, *, prompt: Prompt | None = None) -> str | None:
    """Return what typed words pick from the current choices, or from those of a prompt that they reply to."""
    content, shown = scene.message.content, prompt or scene.current
    if shown is None or not isinstance(content, Said):
        return None
    return pick([(key, label) for key, label in shown.data.get("choices", ())], content.text)
