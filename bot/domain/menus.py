"""The menu of commands: which of them a message picks, pressed or typed."""

from __future__ import annotations

from bot.domain.choosing import pick
from bot.domain.messages import Pressed, Said
from bot.domain.scene import Scene

MENU = "menu"
"""The kind of the prompt."""


def chosen_of_menu(scene: Scene) -> str | None:
    """Return what a press or typed words pick from the menu they refer to, None if they pick nothing of one."""
    content = scene.message.content
    if isinstance(content, Pressed):
        prompt = scene.referred
        return content.choice if prompt is not None and prompt.kind == MENU else None
    prompt = scene.current
    if not isinstance(content, Said) or prompt is None or prompt.kind != MENU:
        return None
    return pick([(key, label) for key, label in prompt.data.get("choices", ())], content.text)
